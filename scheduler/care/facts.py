"""What is on record of a patient, gathered once for all that judge by it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import defer
from sqlmodel import Session, SQLModel, col, select

from pathways import timing
from scheduler.store.tables import (
    Answer,
    Appointment,
    AppointmentPatient,
    Authorization,
    Clearance,
    Clinic,
    Closure,
    Consent,
    ContactPoint,
    Coverage,
    Enrolment,
    Patient,
    PrivatePay,
    RideContact,
    Screening,
)
from scheduler.tracking import TAKES_TIME

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class House:
    """What holds for a whole clinic: its zone, its working days, what it has chosen."""

    clinic: Clinic
    closures: frozenset[date]

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return timing.zone(self.clinic.timezone)

    def day(self, moment: datetime) -> date:
        """The clinic's date of an instant."""
        return timing.local_date(moment, self.zone)

    def end_of(self, day: date) -> datetime:
        """The instant at which a date of the clinic ends."""
        return timing.instant(day + timedelta(days=1), 0, self.zone)

    def works_on(self, day: date) -> bool:
        """Whether the clinic is open on a date."""
        return day not in self.closures and bool(self.clinic.hours.get(timing.weekday(day)))

    def working_day_before(self, day: date) -> date:
        """The last date before one on which the clinic is open; the eve where none is in reach."""
        eves = (day - timedelta(days=number) for number in range(1, 15))
        return next((eve for eve in eves if self.works_on(eve)), day - timedelta(days=1))


@dataclass(frozen=True)
class Facts:
    """One patient's records, each kind in the order in which it came about.

    ``remembered``: what was worked out from them once, for all appointments that are judged.
    """

    house: House
    patient: Patient
    enrolments: Sequence[Enrolment] = ()
    appointments: Sequence[Appointment] = ()
    screenings: Sequence[Screening] = ()
    clearances: Sequence[Clearance] = ()
    consents: Sequence[Consent] = ()
    coverages: Sequence[Coverage] = ()
    agreements: Sequence[PrivatePay] = ()
    authorizations: Sequence[Authorization] = ()
    answers: Sequence[Answer] = ()
    rides: Sequence[RideContact] = ()
    contacts: Sequence[ContactPoint] = ()
    partner: "Facts | None" = None
    remembered: dict[str, frozenset[UUID]] = field(default_factory=dict, compare=False)

    @property
    def active(self) -> Enrolment | None:
        """The enrolment that runs, if one does."""
        return next((e for e in self.enrolments if e.status == "active"), None)

    @property
    def screening(self) -> Screening | None:
        """The screening that counts: the last one, signed or not."""
        return self.screenings[-1] if self.screenings else None

    @property
    def standing(self) -> list[Appointment]:
        """The appointments that take place or took place, in order of time."""
        return [a for a in self.appointments if a.status in TAKES_TIME]

    def enrolment_of(self, appointment: Appointment) -> Enrolment | None:
        """The patient's enrolment for which an appointment is; a partner's is the one that runs."""
        return next((e for e in self.enrolments if e.id == appointment.enrolment_id), self.active)

    def given(self, kind: str) -> list[Clearance]:
        """The clearances of a kind that nobody has revoked."""
        return [c for c in self.clearances if c.kind == kind and c.revoked_at is None]


_OF_PATIENT: tuple[tuple[str, type[Any], str], ...] = (
    ("enrolments", Enrolment, "start"),
    ("screenings", Screening, "made_at"),
    ("clearances", Clearance, "first"),
    ("consents", Consent, "signed_at"),
    ("coverages", Coverage, "verified_at"),
    ("agreements", PrivatePay, "signed_at"),
    ("authorizations", Authorization, "first"),
    ("answers", Answer, "taken_at"),
    ("rides", RideContact, "id"),
    ("contacts", ContactPoint, "id"),
)


_TAKEN: Any = Appointment.taken
"""What an appointment has taken from the ledger, which says nothing of care and is long."""


def house_of(session: Session, clinic_id: str) -> House:
    """The clinic with its closures."""
    closures = session.exec(select(col(Closure.day)).where(Closure.clinic_id == clinic_id)).all()
    return House(session.get_one(Clinic, clinic_id), frozenset(closures))


def facts_of(session: Session, clinic_id: str, names: Iterable[str]) -> dict[str, Facts]:
    """What is on record of these patients and of their partners, by id; a query for each kind."""
    house = house_of(session, clinic_id)
    patients = _with_partners(session, clinic_id, set(names))
    known: dict[str, dict[str, Any]] = {
        name: {"house": house, "patient": patient} for name, patient in patients.items()
    }
    for records, kind, order in _OF_PATIENT:
        for name, rows in _by_patient(session, kind, clinic_id, set(known), order).items():
            known[name][records] = rows
    for name, rows in _appointments(session, clinic_id, set(known)).items():
        known[name]["appointments"] = rows
    alone = {name: Facts(**fields) for name, fields in known.items()}
    return {
        name: Facts(**fields, partner=alone.get(patients[name].partner_id or ""))
        for name, fields in known.items()
    }


def _with_partners(session: Session, clinic_id: str, names: set[str]) -> dict[str, Patient]:
    found = {row.id: row for row in _patients(session, clinic_id, names)}
    partners = {row.partner_id for row in found.values() if row.partner_id} - found.keys()
    return found | {row.id: row for row in _patients(session, clinic_id, partners)}


def _patients(session: Session, clinic_id: str, names: set[str]) -> Sequence[Patient]:
    if not names:
        return ()
    return session.exec(
        select(Patient).where(Patient.clinic_id == clinic_id, col(Patient.id).in_(names))
    ).all()


def _by_patient(
    session: Session, kind: type[Any], clinic_id: str, names: set[str], order: str
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    rows = session.exec(
        select(kind)
        .where(kind.clinic_id == clinic_id, kind.patient_id.in_(names))
        .order_by(getattr(kind, order), kind.id)
    )
    for row in rows:
        found[row.patient_id].append(row)
    return found


def _appointments(
    session: Session, clinic_id: str, names: set[str]
) -> dict[str, list[Appointment]]:
    found: dict[str, list[Appointment]] = defaultdict(list)
    for name, row in _rows_of_appointments(session, clinic_id, names):
        found[name].append(row)
    return found


def _rows_of_appointments(
    session: Session, clinic_id: str, names: set[str]
) -> Iterator[tuple[str, Appointment]]:
    yield from session.exec(
        select(AppointmentPatient.patient_id, Appointment)
        .join(
            Appointment,
            (col(Appointment.clinic_id) == AppointmentPatient.clinic_id)
            & (col(Appointment.id) == AppointmentPatient.appointment_id),
        )
        .where(
            AppointmentPatient.clinic_id == clinic_id, col(AppointmentPatient.patient_id).in_(names)
        )
        .order_by(col(Appointment.start), col(Appointment.code))
        .options(defer(_TAKEN))
    )


def patients_of(
    session: Session, clinic_id: str, appointments: Iterable[UUID]
) -> dict[UUID, list[str]]:
    """Who takes part in appointments, in their order."""
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = session.exec(
        select(AppointmentPatient.appointment_id, AppointmentPatient.patient_id)
        .where(
            AppointmentPatient.clinic_id == clinic_id,
            col(AppointmentPatient.appointment_id).in_(list(appointments)),
        )
        .order_by(col(AppointmentPatient.position))
    )
    for appointment, patient in rows:
        found[appointment].append(patient)
    return found

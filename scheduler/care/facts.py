"""What is on record of a patient, gathered once for all that judge by it."""

from collections import defaultdict, namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import CompoundSelect, Select, and_, bindparam, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col

from pathways import timing
from scheduler.store.columns import Encrypted, EncryptedData
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
from scheduler.store.together import read, together
from scheduler.tracking import TAKES_TIME

OF_A_VISIT: Final = (
    *("id", "code", "enrolment_id", "activity", "occurrence", "is_dose", "status", "start", "end"),
    *("modality", "location_id", "series_id", "hold_reason", "cancel_reason", "ride_contact_id"),
    *("ride_confirmed_at", "changed_at", "version"),
)
"""The columns of an appointment that say something of care; the others are long."""


@dataclass(frozen=True)
class House:
    """What holds for a whole clinic: its zone, its working days, what it has chosen."""

    clinic: Clinic
    closures: frozenset[date]
    dates: dict[datetime, date] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return timing.zone(self.clinic.timezone)

    def day(self, moment: datetime) -> date:
        """The clinic's date of an instant; every requirement asks for the same ones."""
        if moment not in self.dates:
            self.dates[moment] = timing.local_date(moment, self.zone)
        return self.dates[moment]

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

    ``appointments``: their columns in OF_A_VISIT; ``taking_part``: who else comes to them, in
    order. ``remembered``: what was worked out from them once, for all appointments judged.
    """

    house: House
    patient: Patient
    enrolments: Sequence[Enrolment] = ()
    appointments: Sequence[Any] = ()
    taking_part: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
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
    remembered: dict[object, Any] = field(default_factory=dict, compare=False)

    @property
    def active(self) -> Enrolment | None:
        """The enrolment that runs, if one does."""
        return next((e for e in self.enrolments if e.status == "active"), None)

    @property
    def screening(self) -> Screening | None:
        """The screening that counts: the last one, signed or not."""
        return self.screenings[-1] if self.screenings else None

    @cached_property
    def standing(self) -> list[Any]:
        """The appointments that take place or took place, in order of time."""
        return [a for a in self.appointments if a.status in TAKES_TIME]

    def standing_of(self, enrolment_id: UUID) -> list[Any]:
        """Those of one enrolment."""
        found: list[Any] | None = self.remembered.get(enrolment_id)
        if found is None:
            found = [a for a in self.standing if a.enrolment_id == enrolment_id]
            self.remembered[enrolment_id] = found
        return found

    def enrolment_of(self, appointment: Appointment) -> Enrolment | None:
        """The patient's enrolment for which an appointment is; a partner's is the one that runs."""
        return next((e for e in self.enrolments if e.id == appointment.enrolment_id), self.active)

    def given(self, kind: str) -> list[Clearance]:
        """The clearances of a kind that nobody has revoked."""
        return [c for c in self.clearances if c.kind == kind and c.revoked_at is None]


_OF_PATIENT: tuple[tuple[str, Any, str], ...] = (
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


def house_of(session: Session, clinic_id: str) -> House:
    """The clinic with its closures."""
    closures = session.scalars(_closures(), {"clinic": clinic_id})
    return House(session.get_one(Clinic, clinic_id), frozenset(closures))


_JUDGED_BY: Final = frozenset({("screening", "answers")})
"""Encrypted columns by which care is judged: to open one takes as long as to ask a query."""


@cache
def _closures() -> Select[Any]:
    return select(col(Closure.day)).where(col(Closure.clinic_id) == bindparam("clinic"))


def facts_of(session: Session, clinic_id: str, names: Iterable[str]) -> dict[str, Facts]:
    """What is on record of these patients and of their partners, by id; a query for each kind."""
    return _gathered(session, clinic_id, names, _each_kind)


def known_of(session: Session, clinic_id: str, names: Iterable[str]) -> dict[str, Facts]:
    """The same for who judges and changes nothing: plain columns, by one query for all kinds.

    Of what is encrypted only that is read by which care is judged (_JUDGED_BY).
    """
    return _gathered(session, clinic_id, names, _all_kinds)


_Known = dict[str, dict[str, Any]]


def _gathered(
    session: Session,
    clinic_id: str,
    names: Iterable[str],
    records: Callable[[Session, str, _Known], None],
) -> dict[str, Facts]:
    house = house_of(session, clinic_id)
    patients = _with_partners(session, clinic_id, set(names))
    known: _Known = {
        name: {"house": house, "patient": patient} for name, patient in patients.items()
    }
    if known:
        records(session, clinic_id, known)
        _add_appointments(session, clinic_id, known)
    alone = {name: Facts(**fields) for name, fields in known.items()}
    return {
        name: Facts(**fields, partner=alone.get(patients[name].partner_id or ""))
        for name, fields in known.items()
    }


def _with_partners(session: Session, clinic_id: str, names: set[str]) -> dict[str, Patient]:
    asked = _records(Patient, "id", "id")
    found = {row.id: row for row in _rows(session, asked, clinic_id, names)}
    partners = {row.partner_id for row in found.values() if row.partner_id} - found.keys()
    return found | {row.id: row for row in _rows(session, asked, clinic_id, partners)}


def _each_kind(session: Session, clinic_id: str, known: _Known) -> None:
    for records, kind, order in _OF_PATIENT:
        for row in _rows(session, _records(kind, "patient_id", order), clinic_id, known):
            known[row.patient_id].setdefault(records, []).append(row)


@cache
def _records(kind: Any, column: str, order: str) -> Select[Any]:
    """The query for the records of some patients: to build it takes longer than to ask it."""
    return (
        select(kind)
        .where(
            kind.clinic_id == bindparam("clinic"),
            getattr(kind, column).in_(bindparam("names", expanding=True)),
        )
        .order_by(getattr(kind, order), kind.id)
        .execution_options(populate_existing=True)
    )


def _rows(
    session: Session, asked: Select[Any], clinic_id: str, names: Iterable[str]
) -> Sequence[Any]:
    values = {"clinic": clinic_id, "names": list(names)}
    return session.scalars(asked, values).all() if values["names"] else ()


def _all_kinds(session: Session, clinic_id: str, known: _Known) -> None:
    asked = _together(session.get_bind().dialect.name)
    for number, written in session.execute(asked, {"clinic": clinic_id, "names": list(known)}):
        records, kind, _ = _OF_PATIENT[number]
        row = _record_of(kind)(*read(_judged_by(kind), written))
        known[row.patient_id].setdefault(records, []).append(row)
    for fields in known.values():
        for records, _, order in _OF_PATIENT:
            rows = fields.get(records, [])
            rows.sort(key=lambda row, by=order: (getattr(row, by), row.id))


@cache
def _together(dialect: str) -> CompoundSelect[Any]:
    def of_patients(table: Any) -> Any:
        names: Any = bindparam("names", expanding=True)
        return and_(table.c.clinic_id == bindparam("clinic"), table.c.patient_id.in_(names))

    parts = [(_judged_by(kind), of_patients(_table(kind))) for _, kind, _ in _OF_PATIENT]
    return together(parts, dialect)


@cache
def _judged_by(kind: Any) -> tuple[Any, ...]:
    """The columns of a kind of records by which care is judged."""
    sealed = Encrypted | EncryptedData
    return tuple(
        column
        for column in _table(kind).c
        if not isinstance(column.type, sealed) or (_table(kind).name, column.name) in _JUDGED_BY
    )


@cache
def _record_of(kind: Any) -> Any:
    return namedtuple(kind.__name__, [column.name for column in _judged_by(kind)])


def _table(kind: Any) -> Any:
    return SQLModel.metadata.tables[str(kind.__tablename__)]


def _add_appointments(session: Session, clinic_id: str, known: dict[str, dict[str, Any]]) -> None:
    """Give each of these patients their appointments, and those who come to them, too."""
    for fields in known.values():
        fields["appointments"], fields["taking_part"] = [], defaultdict(list)
    values = {"clinic": clinic_id, "names": list(known)}
    for row in session.execute(_visits(), values):
        fields = known[row.whose]
        if row.id not in fields["taking_part"]:
            fields["appointments"].append(row)
        fields["taking_part"][row.id].append(row.taking_part)


@cache
def _visits() -> Select[Any]:
    """The appointments of some patients in order of time, a row for each who takes part."""
    own: Any = aliased(AppointmentPatient)
    other: Any = aliased(AppointmentPatient)
    visit = _table(Appointment).c
    return (
        select(
            own.patient_id.label("whose"),
            other.patient_id.label("taking_part"),
            *(visit[name] for name in OF_A_VISIT),
        )
        .where(
            own.clinic_id == bindparam("clinic"),
            own.patient_id.in_(bindparam("names", expanding=True)),
            and_(visit.clinic_id == own.clinic_id, visit.id == own.appointment_id),
            and_(other.clinic_id == own.clinic_id, other.appointment_id == own.appointment_id),
        )
        .order_by(visit.start, visit.code, other.position)
    )


def patients_of(
    session: Session, clinic_id: str, appointments: Iterable[UUID]
) -> dict[UUID, list[str]]:
    """Who takes part in appointments, in their order."""
    found: dict[UUID, list[str]] = defaultdict(list)
    values = {"clinic": clinic_id, "appointments": list(appointments)}
    for appointment, patient in session.execute(_taking_part(), values):
        found[appointment].append(patient)
    return found


@cache
def _taking_part() -> Select[Any]:
    part: Any = AppointmentPatient
    asked = select(part.appointment_id, part.patient_id).where(
        part.clinic_id == bindparam("clinic"),
        part.appointment_id.in_(bindparam("appointments", expanding=True)),
    )
    return asked.order_by(part.position)

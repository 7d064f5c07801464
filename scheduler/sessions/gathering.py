"""What stands around dose visits in the store, gathered for all of them together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel, col, select

from pathways import timing
from pathways.protocol import LibraryPathway
from scheduler import gates, protocols
from scheduler.sessions.happenings import RideHome
from scheduler.sessions.visit import DoseVisit, ShutGate
from scheduler.store.tables import (
    Appointment,
    Clinic,
    Enrolment,
    Gate,
    Patient,
    RideContact,
    Screening,
    SessionEvent,
)

JUDGED_HERE = frozenset({"R-29"})
"""Rules that the form of the day decides: who is named at the door may be the ride as well."""

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class Around:
    """Rows that belong to some visits, by the id of visit, enrolment, ride or patient."""

    clinic: Clinic
    enrolments: Mapping[UUID | None, Enrolment]
    rides: Mapping[UUID | None, RideContact]
    events: Mapping[UUID, list[SessionEvent]]
    gates: Mapping[UUID, list[Gate]]
    set_aside: Mapping[UUID, set[str]]
    screenings: Mapping[str, dict[str, Any]]
    names: Mapping[str, str]

    def protocol(self, appointment: Appointment) -> LibraryPathway | None:
        """The protocol of a visit; None for one that is not on a pathway of the library."""
        enrolment = self.enrolments.get(appointment.enrolment_id)
        return protocols.protocol_of(enrolment) if enrolment else None


def gathered(
    session: Session, clinic: Clinic, appointments: Sequence[Appointment], *, now: datetime
) -> Around:
    """Everything around these visits, one query for each kind of thing."""
    visits = [appointment.id for appointment in appointments]
    wanted = [appointment.enrolment_id for appointment in appointments]
    rides = [appointment.ride_contact_id for appointment in appointments]
    enrolments = _by_id(session, Enrolment, clinic.id, wanted)
    patients = {enrolment.patient_id for enrolment in enrolments.values()}
    return Around(
        clinic=clinic,
        enrolments=enrolments,
        rides=_by_id(session, RideContact, clinic.id, rides),
        events=_events(session, clinic.id, visits),
        gates=gates.open_gates_of(session, clinic.id, visits, now=now),
        set_aside=gates.set_aside_of(session, clinic.id, visits, now=now),
        screenings=_screenings(session, clinic.id, patients),
        names=_names(session, clinic.id, patients),
    )


def _by_id(
    session: Session, kind: type[Row], clinic_id: str, names: Iterable[UUID | None]
) -> Mapping[UUID | None, Row]:
    wanted = {name for name in names if name is not None}
    if not wanted:
        return {}
    table: Any = kind
    rows = session.exec(
        select(kind).where(table.clinic_id == clinic_id, table.id.in_(wanted))
    ).all()
    return {getattr(row, "id"): row for row in rows}  # noqa: B009  (rows of several tables)


def _events(
    session: Session, clinic_id: str, names: Sequence[UUID]
) -> Mapping[UUID, list[SessionEvent]]:
    found: dict[UUID, list[SessionEvent]] = defaultdict(list)
    for row in session.exec(
        select(SessionEvent)
        .where(
            SessionEvent.clinic_id == clinic_id,
            col(SessionEvent.appointment_id).in_(names),
        )
        .order_by(col(SessionEvent.number))
    ):
        found[row.appointment_id].append(row)
    return found


def _screenings(
    session: Session, clinic_id: str, patients: set[str]
) -> Mapping[str, dict[str, Any]]:
    """The answers of each patient's last screening that was signed."""
    rows = session.exec(
        select(Screening)
        .where(
            Screening.clinic_id == clinic_id,
            col(Screening.patient_id).in_(patients),
            col(Screening.signed_at).is_not(None),
        )
        .order_by(col(Screening.made_at))
    ).all()
    return {row.patient_id: row.answers for row in rows}


def _names(session: Session, clinic_id: str, patients: set[str]) -> Mapping[str, str]:
    rows = session.exec(
        select(Patient.id, Patient.name).where(
            Patient.clinic_id == clinic_id, col(Patient.id).in_(patients)
        )
    ).all()
    return dict(rows)


def visit_of(appointment: Appointment, protocol: LibraryPathway, around: Around) -> DoseVisit:
    """A visit as its rules see it."""
    zone = ZoneInfo(around.clinic.timezone)
    patient = around.enrolments[appointment.enrolment_id].patient_id
    shut = [g for g in around.gates.get(appointment.id, ()) if g.rule not in JUDGED_HERE]
    return DoseVisit(
        appointment_id=appointment.id,
        code=appointment.code,
        patient_id=patient,
        patient_name=around.names[patient],
        status=appointment.status,
        start=appointment.start,
        end=appointment.end,
        zone=zone,
        activity=protocol.activity(appointment.activity),
        occurrence=appointment.occurrence,
        resume_driving=timing.clock_minutes(around.clinic.resume_driving),
        closes=_closes(around.clinic, appointment.start, zone),
        longer=_longer(protocol, around.screenings.get(patient, {})),
        gates=tuple(ShutGate(gate.rule, gate.says, gate.fix) for gate in shut),
        ride=_ride(appointment, around.rides.get(appointment.ride_contact_id)),
        set_aside=frozenset(around.set_aside.get(appointment.id, ())),
        nurse=_nurse(appointment),
        location=appointment.location_id,
    )


def _closes(clinic: Clinic, start: datetime, zone: ZoneInfo) -> datetime | None:
    """When the clinic closes on the date of an instant; a date may have hours of its own."""
    day = timing.local_date(start, zone)
    windows = clinic.hours.get(day.isoformat(), clinic.hours.get(timing.weekday(day), ()))
    ends = [timing.window(text).end for text in windows]
    return timing.instant(day, max(ends), zone) if ends else None


def _nurse(appointment: Appointment) -> str | None:
    return next((s["practitioner"] for s in appointment.stages if s.get("practitioner")), None)


def _ride(appointment: Appointment, contact: RideContact | None) -> RideHome | None:
    """The ride that was named and confirmed before the day."""
    if contact is None or contact.revoked_at or appointment.ride_confirmed_at is None:
        return None
    return RideHome.model_validate({"kind": contact.kind, "name": contact.name})


def _longer(protocol: LibraryPathway, answers: Mapping[str, Any]) -> timedelta:
    """What a yes of the screening adds to the monitoring."""
    minutes = [
        item.longer_monitoring
        for item in protocol.screening
        if item.longer_monitoring and answers.get(item.id) == "yes"
    ]
    return timedelta(minutes=sum(minutes))

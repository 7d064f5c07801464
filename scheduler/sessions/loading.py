"""Dose sessions from the store: a whole day in a few queries, however many there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel, col, select

from pathways import timing
from pathways.protocol import LibraryPathway
from scheduler import gates, protocols
from scheduler.acting import Actor
from scheduler.errors import NotThere
from scheduler.sessions import happenings
from scheduler.sessions.drug import drug_of
from scheduler.sessions.happenings import Correction, Occurred, RideHome
from scheduler.sessions.stages import stage_of
from scheduler.sessions.telling import told
from scheduler.sessions.timeline import Timeline, timeline
from scheduler.sessions.visit import DoseVisit, Neighbour, ShutGate
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Clinic,
    Enrolment,
    RideContact,
    Screening,
    SessionEvent,
)
from scheduler.tracking import TAKES_TIME

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class DoseSession:
    """A dose visit, its protocol, and what was recorded of it so far, in writing order."""

    appointment: Appointment
    protocol: LibraryPathway
    visit: DoseVisit
    rows: tuple[SessionEvent, ...]

    @property
    def recorded(self) -> tuple[Occurred | Correction, ...]:
        """What was recorded, as events."""
        return tuple(happenings.read(row.data) for row in self.rows)

    def at(self, now: datetime) -> Timeline:
        """The session as it stands at an instant."""
        return timeline(self.protocol, self.visit, self.recorded, now)

    def also(self, row: SessionEvent) -> "DoseSession":
        """The session with one more event."""
        return replace(self, rows=(*self.rows, row))


def session_of(
    session: Session, actor: Actor, appointment_id: UUID, *, now: datetime
) -> DoseSession:
    """A dose session of the actor's clinic, with the others of its day; NotThere for any other."""
    appointment = session.get(Appointment, (actor.clinic_id, appointment_id))
    if appointment is None or not appointment.is_dose or actor.is_patient:
        raise NotThere("there is no such dose session")
    zone = ZoneInfo(appointment.zone)
    others = on_day(session, actor.clinic_id, timing.local_date(appointment.start, zone), now=now)
    found = next((one for one in others if one.appointment.id == appointment_id), None)
    found = found or next(iter(_loaded(session, actor.clinic_id, [appointment], now)), None)
    if found is None:
        raise NotThere("this session is not on a pathway of the library")
    return found


def on_day(
    session: Session, clinic_id: str, day: date | None, *, now: datetime
) -> tuple[DoseSession, ...]:
    """The dose sessions of a date of the clinic, today's where none is given, in order of time."""
    clinic = session.get(Clinic, clinic_id)
    if clinic is None:
        return ()
    zone = ZoneInfo(clinic.timezone)
    day = day or timing.local_date(now, zone)
    start, end = timing.instant(day, 0, zone), timing.instant(day, timing.MINUTES_A_DAY, zone)
    standing = session.exec(
        select(Appointment)
        .where(
            Appointment.clinic_id == clinic_id,
            Appointment.start >= start,
            Appointment.start < end,
            col(Appointment.is_dose),
            col(Appointment.status).in_(TAKES_TIME),
        )
        .order_by(col(Appointment.start), col(Appointment.id))
    ).all()
    return _loaded(session, clinic_id, standing, now)


def latest_of_patient(
    session: Session, clinic_id: str, patient_id: str, *, since: datetime, now: datetime
) -> tuple[DoseSession, ...]:
    """The dose sessions of a patient booked from an instant on, to a day from now, in order."""
    found = session.exec(
        select(Appointment)
        .join(
            AppointmentPatient,
            (col(AppointmentPatient.appointment_id) == col(Appointment.id))
            & (col(AppointmentPatient.clinic_id) == col(Appointment.clinic_id)),
        )
        .where(
            Appointment.clinic_id == clinic_id,
            AppointmentPatient.patient_id == patient_id,
            AppointmentPatient.start >= since,
            AppointmentPatient.start <= now + timing.ONE_DAY,
            col(Appointment.is_dose),
        )
        .order_by(col(Appointment.start))
    ).all()
    return _loaded(session, clinic_id, found, now)


def _loaded(
    session: Session, clinic_id: str, appointments: Sequence[Appointment], now: datetime
) -> tuple[DoseSession, ...]:
    clinic = session.get(Clinic, clinic_id)
    if clinic is None or not appointments:
        return ()
    names = [a.id for a in appointments]
    enrolments = _by_id(session, Enrolment, clinic_id, [a.enrolment_id for a in appointments])
    rides = _by_id(session, RideContact, clinic_id, [a.ride_contact_id for a in appointments])
    events = _events(session, clinic_id, names)
    shut = gates.open_gates_of(session, clinic_id, names, now=now)
    aside = gates.set_aside_of(session, clinic_id, names, now=now)
    signed = _screenings(session, clinic_id, {e.patient_id for e in enrolments.values()})
    found = []
    for appointment in appointments:
        enrolment = enrolments.get(appointment.enrolment_id)
        protocol = protocols.protocol_of(enrolment) if enrolment else None
        if enrolment is None or protocol is None:
            continue
        visit = _visit(clinic, appointment, enrolment, protocol)
        visit = replace(
            visit,
            gates=tuple(ShutGate(g.rule, g.says, g.fix) for g in shut.get(appointment.id, ())),
            set_aside=frozenset(aside.get(appointment.id, ())),
            ride=_ride(appointment, rides.get(appointment.ride_contact_id)),
            longer=_longer(protocol, signed.get(enrolment.patient_id, {})),
        )
        rows = tuple(events.get(appointment.id, ()))
        found.append(DoseSession(appointment, protocol, visit, rows))
    return _with_neighbours(found, now)


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


def _visit(
    clinic: Clinic, appointment: Appointment, enrolment: Enrolment, protocol: LibraryPathway
) -> DoseVisit:
    zone = ZoneInfo(clinic.timezone)
    return DoseVisit(
        appointment_id=appointment.id,
        code=appointment.code,
        patient_id=enrolment.patient_id,
        status=appointment.status,
        start=appointment.start,
        end=appointment.end,
        zone=zone,
        activity=protocol.activity(appointment.activity),
        occurrence=appointment.occurrence,
        resume_driving=timing.clock_minutes(clinic.resume_driving),
        closes=_closes(clinic, appointment.start, zone),
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


def _with_neighbours(found: Sequence[DoseSession], now: datetime) -> tuple[DoseSession, ...]:
    """Each session with those of the same nurse on the same day beside it."""
    beside = {one.visit.appointment_id: _as_neighbour(one, now) for one in found}
    return tuple(
        replace(
            one,
            visit=replace(
                one.visit,
                neighbours=tuple(
                    beside[other.visit.appointment_id]
                    for other in found
                    if other is not one
                    and one.visit.nurse is not None
                    and other.visit.nurse == one.visit.nurse
                    and other.visit.day == one.visit.day
                ),
            ),
        )
        for one in found
    )


def _as_neighbour(one: DoseSession, now: datetime) -> Neighbour:
    story = told(one.recorded).until(now)
    drug = drug_of(one.protocol, one.visit, story)
    stage = stage_of(one.visit, story, drug, now)
    left = stage.since if stage.is_over else None
    if drug is None:
        return Neighbour(one.visit.code, one.visit.planned_first_drug, one.visit.end, dosed=False)
    until = left or max(drug.leaves_from, now)
    return Neighbour(one.visit.code, drug.first, until, dosed=True)

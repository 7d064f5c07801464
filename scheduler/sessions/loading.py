"""Dose sessions from the store: a whole day in a few queries, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from pathways import timing
from pathways.protocol import LibraryPathway
from scheduler.acting import Actor
from scheduler.errors import NotThere
from scheduler.sessions import happenings
from scheduler.sessions.drug import drug_of
from scheduler.sessions.gathering import gathered, visit_of
from scheduler.sessions.happenings import Correction, Occurred
from scheduler.sessions.stages import stage_of
from scheduler.sessions.telling import told
from scheduler.sessions.timeline import Timeline, timeline
from scheduler.sessions.visit import DoseVisit, Neighbour
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Clinic,
    SessionEvent,
)
from scheduler.tracking import TAKES_TIME


@dataclass(frozen=True)
class DoseSession:
    """A dose visit, its protocol, and what was recorded of it so far, in writing order."""

    appointment: Appointment
    protocol: LibraryPathway
    visit: DoseVisit
    rows: tuple[SessionEvent, ...]

    @property
    def recorded(self) -> tuple[Occurred | Correction, ...]:
        """What was recorded, as events; that its room runs over is noted beside them."""
        return tuple(happenings.read(row.data) for row in self.rows if row.data)

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
    """The sessions of these visits; one that is not on a pathway of the library is left out."""
    clinic = session.get(Clinic, clinic_id)
    if clinic is None or not appointments:
        return ()
    around = gathered(session, clinic, appointments, now=now)
    found = []
    for appointment in appointments:
        protocol = around.protocol(appointment)
        if protocol is not None:
            visit = visit_of(appointment, protocol, around)
            rows = tuple(around.events.get(appointment.id, ()))
            found.append(DoseSession(appointment, protocol, visit, rows))
    return _with_neighbours(found, now)


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

"""What must follow an appointment: a dose's integration, and whatever else comes after it."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from pathways.model import Lag
from scheduler import protocols
from scheduler.acting import Actor
from scheduler.appointments.holding import InHand, patients_of
from scheduler.appointments.judging import contract_breaches
from scheduler.appointments.scene import Identity
from scheduler.appointments.writing import Change
from scheduler.store.tables import Appointment, AppointmentPatient, Enrolment

NOT_YET_THERE = ("pending", "booked")
"""What follows and has one of these may still be moved or ended."""


@dataclass(frozen=True)
class Follower:
    """An appointment that follows another, and how long after it. No lag: it follows a follower."""

    held: InHand
    lag: Lag | None

    @property
    def identity(self) -> Identity:
        """Patients, activity and number."""
        return self.held.identity


def followers_of(session: Session, actor: Actor, held: InHand) -> list[Follower]:
    """What follows an appointment and has not begun, then what follows that."""
    enrolment = session.get(Enrolment, (actor.clinic_id, held.row.enrolment_id))
    if enrolment is None:
        return []
    activities = protocols.pathway_of(session, enrolment).activities
    after = {a.id: a.after for a in activities if a.after is not None}
    chain = [held.row.activity]
    for name in chain:
        chain += [a for a, rule in after.items() if rule.activity == name and a not in chain]
    rows = _rows(session, held, chain[1:])
    return [
        Follower(
            InHand(row, patients_of(session, row.clinic_id, row.id)),
            after[row.activity].lag if after[row.activity].activity == held.row.activity else None,
        )
        for row in sorted(rows, key=lambda row: chain.index(row.activity))
    ]


def _rows(session: Session, held: InHand, activities: list[str]) -> list[Appointment]:
    if not activities:
        return []
    of_patients = select(AppointmentPatient.appointment_id).where(
        AppointmentPatient.clinic_id == held.row.clinic_id,
        col(AppointmentPatient.patient_id).in_(held.patients),
    )
    return list(
        session.exec(
            select(Appointment).where(
                Appointment.clinic_id == held.row.clinic_id,
                col(Appointment.id).in_(of_patients),
                col(Appointment.activity).in_(activities),
                Appointment.occurrence == held.row.occurrence,
                col(Appointment.status).in_(NOT_YET_THERE),
            )
        )
    )


def broken_followers(change: Change, followers: list[Follower]) -> list[Follower]:
    """Those that could not stay where they are once a change is written."""
    after = change.after
    return [
        follower
        for follower in followers
        if set(contract_breaches(after, frozenset({follower.identity})))
        - set(contract_breaches(change.before, frozenset({follower.identity})))
    ]

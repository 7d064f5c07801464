"""What may become of an appointment: the permitted moves, in one table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, update

from scheduler import audit
from scheduler.acting import Actor
from scheduler.errors import WrongMove
from scheduler.store.tables import Appointment, AppointmentPatient

MOVES: Final[dict[str, frozenset[str]]] = {
    "proposed": frozenset({"pending", "booked", "cancelled", "entered-in-error"}),
    "waitlist": frozenset({"proposed", "cancelled", "entered-in-error"}),
    "pending": frozenset({"booked", "cancelled", "entered-in-error"}),
    "booked": frozenset({"booked", "arrived", "noshow", "cancelled", "entered-in-error"}),
    "arrived": frozenset({"checked-in", "noshow", "cancelled", "entered-in-error"}),
    "checked-in": frozenset({"fulfilled", "noshow", "cancelled", "entered-in-error"}),
    "fulfilled": frozenset({"entered-in-error"}),
    "noshow": frozenset({"entered-in-error"}),
    "cancelled": frozenset({"entered-in-error"}),
    "entered-in-error": frozenset(),
}
"""From each status, where it may go. From ``booked`` to itself: it is moved in time."""

TAKES_TIME = frozenset({"pending", "booked", "arrived", "checked-in", "fulfilled"})
"""An appointment with one of these has its promises in the ledger."""

FIRST = frozenset({"book", "hold"})
"""Actions with which an appointment begins: its sequence is 0."""

MOVES_IN_TIME = frozenset({"move", "swap"})


def move(appointment: Appointment, to: str, *, at: datetime) -> None:
    """Give an appointment another status; WrongMove where the table does not have the move."""
    if to not in MOVES[appointment.status]:
        raise WrongMove(
            f"an appointment that is {appointment.status} cannot become {to}",
            fix="look at it again; somebody may have been faster",
        )
    appointment.status = to
    appointment.version += 1
    appointment.changed_at = at


def changed(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    action: str,
    *,
    now: datetime,
    patients: Sequence[str],
) -> None:
    """Do what every change of an appointment brings with it; call it once, after the change.

    Calendars learn of it by its sequence, patients' lists by its start, listeners by the change
    feed. Whatever else follows an appointment (reminders, gates) belongs here.
    """
    appointment.changed_at = now
    if action not in FIRST:
        appointment.sequence += 1
    session.flush()
    if action in MOVES_IN_TIME:
        session.execute(
            update(AppointmentPatient)
            .where(
                col(AppointmentPatient.clinic_id) == appointment.clinic_id,
                col(AppointmentPatient.appointment_id) == appointment.id,
            )
            .values(start=appointment.start)
        )
    audit.record(
        session,
        actor,
        f"appointment.{action}",
        at=now,
        subject=("appointment", appointment.id),
        patients=patients,
        status=appointment.status,
        start=appointment.start.isoformat(),
        version=appointment.version,
    )
    patient = patients[0] if patients else None
    audit.tell(
        session,
        appointment.clinic_id,
        "appointment",
        appointment.id,
        at=now,
        patient_id=patient,
    )

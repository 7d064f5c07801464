"""Who drives the patient home has said yes: by a link or a reply, from patient or driver."""

from datetime import datetime

from sqlmodel import Session, col, select

from scheduler import audit, work
from scheduler.acting import Actor
from scheduler.errors import WrongMove
from scheduler.store.tables import Appointment, AppointmentPatient, Gate

_RULE = "R-29"


def confirm(session: Session, actor: Actor, row: Appointment, *, by: str, now: datetime) -> None:
    """The ride of an appointment is certain; WrongMove where nobody was named to drive.

    ``by``: who has said so, ``patient`` or ``driver``.
    """
    if row.ride_contact_id is None:
        raise WrongMove("nobody is named who drives", fix="call us and say who it is")
    if row.ride_confirmed_at is not None:
        return
    row.ride_confirmed_at, row.changed_at = now, now
    row.version += 1
    patients = _patients(session, row)
    audit.record(
        session,
        actor,
        "ride.confirm",
        at=now,
        subject=("appointment", row.id),
        patients=patients,
        by=by,
    )
    _close_gate(session, row, now)
    for role in ("coordinator", "prescriber"):
        work.settle(session, row.clinic_id, "N-39", f"{row.id}:role:{role}", now=now)
    audit.tell(session, row.clinic_id, "appointment", row.id, at=now, patient_id=patients[0])


def _patients(session: Session, row: Appointment) -> list[str]:
    asked = (
        select(AppointmentPatient.patient_id)
        .where(
            AppointmentPatient.clinic_id == row.clinic_id,
            AppointmentPatient.appointment_id == row.id,
        )
        .order_by(col(AppointmentPatient.position))
    )
    return list(session.exec(asked))


def _close_gate(session: Session, row: Appointment, now: datetime) -> None:
    gate = session.exec(
        select(Gate).where(
            Gate.clinic_id == row.clinic_id,
            Gate.appointment_id == row.id,
            Gate.rule == _RULE,
            col(Gate.closed_at).is_(None),
        )
    ).first()
    if gate is not None:
        gate.closed_at, gate.closed_how = now, "the ride was confirmed"

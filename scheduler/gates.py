"""Gates: what must be done before an appointment may start, and what was set aside by whom.

An open gate is a row of its own. An appointment with one is planned and told, but does not start:
``booked`` may become ``arrived``, and nothing beyond.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler.errors import GateOpen
from scheduler.store.tables import Appointment, Gate, Override


def open_gates(session: Session, appointment: Appointment, *, now: datetime) -> list[Gate]:
    """The gates of an appointment that nobody has closed, and no override in force sets aside."""
    gates = session.exec(
        select(Gate)
        .where(
            Gate.clinic_id == appointment.clinic_id,
            Gate.appointment_id == appointment.id,
            col(Gate.closed_at).is_(None),
        )
        .order_by(Gate.rule)
    ).all()
    set_aside = _set_aside(session, appointment.clinic_id, appointment.id, now)
    return [gate for gate in gates if gate.rule not in set_aside]


def refuse_open(session: Session, appointment: Appointment, *, now: datetime) -> None:
    """GateOpen, naming each, where an appointment has a gate that is open."""
    gates = open_gates(session, appointment, now=now)
    if gates:
        raise GateOpen(
            "; ".join(gate.says for gate in gates),
            fix=gates[0].fix,
            rule=gates[0].rule,
            gates=[{"rule": g.rule, "says": g.says, "fix": g.fix} for g in gates],
        )


def _set_aside(session: Session, clinic_id: str, appointment_id: UUID, now: datetime) -> set[str]:
    found: Sequence[str] = session.exec(
        select(Override.rule).where(
            Override.clinic_id == clinic_id,
            Override.appointment_id == appointment_id,
            col(Override.approved_at).is_not(None),
            col(Override.revoked_at).is_(None),
            Override.expires_at > now,
        )
    ).all()
    return set(found)

"""Gates: what must be done before an appointment may start, and what was set aside by whom.

An open gate is a row of its own. An appointment with one is planned and told, but does not start:
``booked`` may become ``arrived``, and nothing beyond.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler.errors import GateOpen
from scheduler.store.tables import Appointment, Gate, Override


def open_gates(session: Session, appointment: Appointment, *, now: datetime) -> list[Gate]:
    """The gates of an appointment that nobody has closed, and no override in force sets aside."""
    found = open_gates_of(session, appointment.clinic_id, [appointment.id], now=now)
    return found.get(appointment.id, [])


def open_gates_of(
    session: Session, clinic_id: str, appointments: Collection[UUID], *, now: datetime
) -> dict[UUID, list[Gate]]:
    """The open gates of several appointments; one that has none is left out."""
    gates = session.exec(
        select(Gate)
        .where(
            Gate.clinic_id == clinic_id,
            col(Gate.appointment_id).in_(appointments),
            col(Gate.closed_at).is_(None),
        )
        .order_by(Gate.rule)
    ).all()
    set_aside = set_aside_of(session, clinic_id, appointments, now=now)
    found: dict[UUID, list[Gate]] = {}
    for gate in gates:
        if gate.rule not in set_aside.get(gate.appointment_id, ()):
            found.setdefault(gate.appointment_id, []).append(gate)
    return found


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


def set_aside_of(
    session: Session, clinic_id: str, appointments: Collection[UUID], *, now: datetime
) -> dict[UUID, set[str]]:
    """The rules that an approved override in force sets aside, for each of some appointments."""
    found: dict[UUID, set[str]] = {}
    for appointment_id, rule in session.exec(
        select(Override.appointment_id, Override.rule).where(
            Override.clinic_id == clinic_id,
            col(Override.appointment_id).in_(appointments),
            col(Override.approved_at).is_not(None),
            col(Override.revoked_at).is_(None),
            Override.expires_at > now,
        )
    ):
        found.setdefault(appointment_id, set()).add(rule)
    return found

"""Gates: what must be done before an appointment may start, and what was set aside by whom.

An open gate is a row of its own. An appointment with one is planned and told, but does not start:
``booked`` may become ``arrived``, and nothing beyond. A soft one is a warning that everybody sees.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from pathways.protocol import LibraryPathway
from scheduler import protocols
from scheduler.care import requirements
from scheduler.care.facts import Facts, facts_of, patients_of
from scheduler.care.requirements import Requirement
from scheduler.errors import GateOpen
from scheduler.store.tables import Appointment, Gate, Override

WAITING = ("pending", "booked", "arrived")
"""An appointment with one of these has not started: what it asks for is judged again and again."""

JUDGED = (*WAITING, "checked-in")
"""What is named to be judged may have checked in: until the drug, nothing has begun."""

BY_HAND = frozenset({"R-17", "R-26"})
"""Rules whose gates people open and close: no record says when what they ask for is done."""

HELD = "R-04"
"""The rule for which a dose is held: it stands, but nobody may start it whatever else is done."""

_Known = dict[tuple[str, str], Gate]


def open_gates(session: Session, appointment: Appointment, *, now: datetime) -> list[Gate]:
    """The gates of an appointment that nobody has closed, and no override in force sets aside.

    Warnings are none of them: they keep nobody from starting.
    """
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
            Gate.strength != "soft",
        )
        .order_by(Gate.rule, Gate.about)
    ).all()
    aside = overrides_in_force(session, clinic_id, appointments, now=now)
    found: dict[UUID, list[Gate]] = {}
    for gate in gates:
        if not any(sets_aside(one, gate) for one in aside):
            found.setdefault(gate.appointment_id, []).append(gate)
    return found


def set_aside_of(
    session: Session, clinic_id: str, appointments: Collection[UUID], *, now: datetime
) -> dict[UUID, set[str]]:
    """The rules that an approved override in force sets aside, for each of some appointments."""
    found: dict[UUID, set[str]] = {}
    for one in overrides_in_force(session, clinic_id, appointments, now=now):
        found.setdefault(one.appointment_id, set()).add(one.rule)
    return found


def refuse_open(session: Session, appointment: Appointment, *, now: datetime) -> None:
    """GateOpen, naming each, where an appointment has a gate that is open.

    What it asks for is judged anew first: a clearance may have run out since somebody looked.
    """
    refresh(session, appointment.clinic_id, [appointment], now=now)
    gates = open_gates(session, appointment, now=now)
    if gates:
        raise GateOpen(
            "; ".join(gate.says for gate in gates),
            fix=gates[0].fix,
            rule=gates[0].rule,
            gates=[{"rule": g.rule, "says": g.says, "fix": g.fix} for g in gates],
        )


def shut(
    session: Session, appointment: Appointment, rule: str, says: str, *, now: datetime
) -> None:
    """Open a gate that no record closes; a prescriber and another one may set it aside."""
    known = _known(session, appointment.clinic_id, [appointment.id])[appointment.id]
    gate = known.get((rule, ""))
    if gate is None:
        gate = Gate(
            clinic_id=appointment.clinic_id,
            appointment_id=appointment.id,
            rule=rule,
            opened_at=now,
        )
        session.add(gate)
    gate.strength, gate.roles, gate.says = "gate", ["prescriber"], says
    gate.fix, gate.closed_at, gate.closed_how = "a prescriber decides", None, None


def overrides_in_force(
    session: Session, clinic_id: str, appointments: Collection[UUID], *, now: datetime
) -> Sequence[Override]:
    """The overrides of appointments that are approved, not revoked and not at their end."""
    return session.exec(
        select(Override).where(
            Override.clinic_id == clinic_id,
            col(Override.appointment_id).in_(appointments),
            col(Override.approved_at).is_not(None),
            col(Override.revoked_at).is_(None),
            Override.expires_at > now,
        )
    ).all()


def sets_aside(override: Override, gate: Gate) -> bool:
    """Whether an override speaks of this very thing, in the weight that it had when approved."""
    return (
        (override.appointment_id, override.rule) == (gate.appointment_id, gate.rule)
        and override.about == gate.about
        and override.strength == gate.strength
        and bool(gate.roles)
    )


def refresh(
    session: Session, clinic_id: str, appointments: Iterable[Appointment], *, now: datetime
) -> None:
    """Judge anew what these appointments, and the others of their patients, ask for.

    One appointment's place decides about another's: units, therapy beside a dose, the dose before.
    Gates of those that do not take place any more are closed.
    """
    rows = list(appointments)
    names = {
        name
        for patients in patients_of(session, clinic_id, (row.id for row in rows)).values()
        for name in patients
    }
    _judge(session, clinic_id, names, rows, now)


def refresh_patients(
    session: Session, clinic_id: str, names: Iterable[str], *, now: datetime
) -> None:
    """Judge anew what all coming appointments of these patients and their partners ask for."""
    _judge(session, clinic_id, set(names), [], now)


def _judge(
    session: Session, clinic_id: str, names: set[str], rows: list[Appointment], now: datetime
) -> None:
    session.flush()
    facts = facts_of(session, clinic_id, names)
    coming = {row.id: row for row in rows}
    for one in facts.values():
        coming |= {a.id: a for a in one.appointments if a.status in WAITING and a.end > now}
    if not coming:
        return
    known = _known(session, clinic_id, coming.keys())
    taking_part = patients_of(session, clinic_id, coming)
    for appointment in sorted(coming.values(), key=lambda row: (row.start, row.code)):
        courses = _courses(appointment, taking_part[appointment.id], facts)
        asked = _asked(appointment, courses, now)
        _hold(appointment, asked)
        _write(session, appointment, asked, known[appointment.id], now)
        _close_met(known[appointment.id], asked, appointment, now, judged=bool(courses))
    session.flush()


def _known(session: Session, clinic_id: str, rows: Collection[UUID]) -> dict[UUID, _Known]:
    """The gates of appointments as they were left, by rule and what they are about."""
    found: dict[UUID, _Known] = {row: {} for row in rows}
    for gate in session.exec(
        select(Gate).where(Gate.clinic_id == clinic_id, col(Gate.appointment_id).in_(rows))
    ):
        found[gate.appointment_id][gate.rule, gate.about] = gate
    return found


_Course = tuple[str, Facts, LibraryPathway]


def _courses(
    appointment: Appointment, patients: list[str], facts: dict[str, Facts]
) -> list[_Course]:
    """Whose appointment it is, each with the protocol by which it is judged, if there is one."""
    found = []
    for name in patients:
        one = facts.get(name)
        enrolment = one.enrolment_of(appointment) if one else None
        protocol = protocols.protocol_of(enrolment) if enrolment else None
        if one is not None and protocol is not None:
            found.append((name, one, protocol))
    return found


def _asked(
    appointment: Appointment, courses: list[_Course], now: datetime
) -> dict[tuple[str, str], Requirement]:
    """What is not met of all that an appointment asks for, by rule and what it is about."""
    if appointment.status not in JUDGED:
        return {}
    found = {}
    for name, one, protocol in courses:
        for asked in requirements.required_gates(protocol, one, appointment, now):
            about = asked.about if len(courses) == 1 else f"{name}:{asked.about}"
            if not asked.met:
                found[asked.rule, about] = asked
    return found


def _hold(appointment: Appointment, asked: dict[tuple[str, str], Requirement]) -> None:
    forbidden = next((a for a in asked.values() if (a.rule, a.strength) == (HELD, "hard")), None)
    if forbidden is not None:
        appointment.hold_reason = HELD
    elif appointment.hold_reason == HELD:
        appointment.hold_reason = None


def _write(
    session: Session,
    appointment: Appointment,
    asked: dict[tuple[str, str], Requirement],
    known: _Known,
    now: datetime,
) -> None:
    for key, requirement in asked.items():
        gate = known.get(key)
        if gate is None:
            gate = Gate(
                clinic_id=appointment.clinic_id,
                appointment_id=appointment.id,
                rule=key[0],
                about=key[1],
                opened_at=now,
            )
            session.add(gate)
        _open(gate, requirement, now)


def _close_met(
    known: _Known,
    asked: dict[tuple[str, str], Requirement],
    appointment: Appointment,
    now: datetime,
    *,
    judged: bool,
) -> None:
    """Close what is asked for no more, of those gates that are opened and closed by records.

    A gate that somebody else has opened, such as one for a rule of the contract that a booking
    breaks, stands until the appointment ends; so do all where no protocol judges it.
    """
    over = appointment.status not in JUDGED
    for key, gate in known.items():
        by_records = judged and gate.rule.startswith("R-") and gate.rule not in BY_HAND
        if key not in asked and gate.closed_at is None and (over or by_records):
            gate.closed_at, gate.closed_how = now, "done"


def _open(gate: Gate, requirement: Requirement, now: datetime) -> None:
    if gate.closed_at is not None:
        gate.opened_at, gate.closed_at, gate.closed_how = now, None, None
    wanted = (requirement.strength, list(requirement.roles), requirement.says, requirement.fix)
    if (gate.strength, gate.roles, gate.says, gate.fix) != wanted:
        gate.strength, gate.roles, gate.says, gate.fix = wanted

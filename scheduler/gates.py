"""Gates: what must be done before an appointment may start, and what was set aside by whom.

An open gate is a row of its own. An appointment with one is planned and told, but does not start:
``booked`` may become ``arrived``, and nothing beyond. A soft one is a warning that everybody sees.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Select, String, bindparam, cast
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from pathways.protocol import LibraryPathway
from scheduler import protocols
from scheduler.care import requirements
from scheduler.care.facts import Facts, known_of, patients_of
from scheduler.care.requirements import Requirement, bearing
from scheduler.errors import GateOpen
from scheduler.store.asking import among, ask_about, put, table_of
from scheduler.store.tables import Appointment, Gate, Override

WAITING = ("pending", "booked", "arrived")
"""An appointment with one of these has not started: what it asks for is judged again and again."""

JUDGED = (*WAITING, "checked-in")
"""What is named to be judged may have checked in: until the drug, nothing has begun."""

BY_HAND = frozenset({"R-17", "R-26"})
"""Rules whose gates people open and close: no record says when what they ask for is done."""

HELD = "R-04"
"""The rule for which a dose is held: it stands, but nobody may start it whatever else is done."""

_GATE: Final = table_of(Gate)
_OF_GATE: Final = ("appointment_id", "rule", "about", "strength", "says", "fix", "closed_at")
_Known = dict[tuple[str, str], Any]
_Asked = dict[tuple[str, str], Requirement]


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
    aside = overrides_in_force(session, clinic_id, appointments, now=now) if gates else []
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
    session.flush()
    judge(session, clinic_id, rows, known_of(session, clinic_id, names), now=now)


def refresh_patients(
    session: Session, clinic_id: str, names: Iterable[str], *, now: datetime
) -> None:
    """Judge anew what all coming appointments of these patients and their partners ask for."""
    session.flush()
    judge(session, clinic_id, [], known_of(session, clinic_id, names), now=now)


def judge(
    session: Session,
    clinic_id: str,
    rows: Sequence[Appointment],
    facts: Mapping[str, Facts],
    *,
    now: datetime,
    begun: bool = False,
) -> None:
    """The same as `refresh`, by what was gathered of all whose appointments these are.

    ``begun``: they were not there before, so that the others of their patients are judged by what
    a new appointment bears on alone (`requirements.bearing`).
    """
    new = {row.id: row for row in rows} if begun else {}
    looks = _looks(rows, facts, new, now)
    known = _known(session, clinic_id, [look.visit.id for look in looks])
    missing: list[dict[str, Any]] = []
    for look in looks:
        visit, asked = look.visit, _asked(look, now)
        before = {key: gate for key, gate in known[visit.id].items() if look.is_about(gate.rule)}
        if look.rules is None:
            _hold(session, clinic_id, visit, asked)
        missing += _write(session, clinic_id, visit, asked, before, now)
        if look.courses or visit.status not in JUDGED:
            _close_met(session, clinic_id, visit, asked, before, now)
    put(session, _GATE, [{"clinic_id": clinic_id} | gate for gate in missing])


_Course = tuple[str, Facts, LibraryPathway]


@dataclass(frozen=True)
class _Look:
    """An appointment that is judged, and whose it is; by these rules, or by all."""

    visit: Any
    courses: Sequence[_Course]
    rules: frozenset[str] | None = None

    def is_about(self, rule: str) -> bool:
        return self.rules is None or rule in self.rules


def _looks(
    rows: Sequence[Any], facts: Mapping[str, Facts], new: Mapping[UUID, Any], now: datetime
) -> list[_Look]:
    """The appointments that may ask for something else than before, in order of time."""
    taking_part: dict[UUID, Sequence[str]] = {}
    coming: dict[UUID, Any] = {row.id: row for row in rows}
    for one in facts.values():
        taking_part |= one.taking_part
        for visit in one.appointments:
            if (visit.status in WAITING and visit.end > now) or visit.id in coming:
                coming[visit.id] = visit
    looks = []
    known: dict[tuple[UUID, tuple[str, ...]], list[_Course]] = {}
    for visit in sorted(coming.values(), key=attrgetter("start", "code")):
        names = tuple(taking_part.get(visit.id, ()))
        key = (visit.enrolment_id, names)
        if key not in known:  # most are of one enrolment
            known[key] = _courses(visit, names, facts)
        whole = not new or visit.id in new
        rules = None if whole else _rules_touched(visit, known[key], new)
        if whole or rules:
            looks.append(_Look(visit, known[key], rules))
    return looks


def _rules_touched(
    visit: Any, courses: Sequence[_Course], new: Mapping[UUID, Any]
) -> frozenset[str]:
    found = frozenset[str]()
    for _, one, kept in courses:
        found |= bearing.rules_touched(kept, one, new, visit)
    return found


def _known(session: Session, clinic_id: str, visits: Collection[UUID]) -> dict[UUID, _Known]:
    """The gates of appointments as they were left, by rule and what they are about."""
    found: dict[UUID, _Known] = {visit: {} for visit in visits}
    for gate in ask_about(session, _gates, "visit", list(found), {"clinic": clinic_id}):
        found[gate.appointment_id][gate.rule, gate.about] = gate
    return found


@cache
def _gates(number: int) -> Select[Any]:
    gate = _GATE.c
    # The roles as they are stored: those of a rule are the same hundreds of times.
    roles = cast(gate.roles, String).label("roles")
    return columns(*(gate[name] for name in _OF_GATE), roles).where(
        gate.clinic_id == bindparam("clinic"),
        among(gate.appointment_id, "visit", number),
    )


def _courses(visit: Any, patients: Iterable[str], facts: Mapping[str, Facts]) -> list[_Course]:
    """Whose appointment it is, each with the protocol by which it is judged, if there is one."""
    found = []
    for name in patients:
        one = facts.get(name)
        enrolment = one.enrolment_of(visit) if one else None
        protocol = protocols.protocol_of(enrolment) if enrolment else None
        if one is not None and protocol is not None:
            found.append((name, one, protocol))
    return found


def _asked(look: _Look, now: datetime) -> _Asked:
    """What is not met of all that an appointment asks for, by rule and what it is about."""
    if look.visit.status not in JUDGED:
        return {}
    found = {}
    for name, one, protocol in look.courses:
        for asked in requirements.required_gates(protocol, one, look.visit, now, look.rules):
            about = asked.about if len(look.courses) == 1 else f"{name}:{asked.about}"
            if not asked.met:
                found[asked.rule, about] = asked
    return found


def _hold(session: Session, clinic_id: str, visit: Any, asked: _Asked) -> None:
    reason = None if visit.hold_reason == HELD else visit.hold_reason
    forbidden = any((a.rule, a.strength) == (HELD, "hard") for a in asked.values())
    wanted = HELD if forbidden else reason
    if visit.hold_reason != wanted:
        session.get_one(Appointment, (clinic_id, visit.id)).hold_reason = wanted


def _write(
    session: Session,
    clinic_id: str,
    visit: Any,
    asked: _Asked,
    known: _Known,
    now: datetime,
) -> Iterator[dict[str, Any]]:
    """Bring the gates that there are to what is asked for; those that are missing, as values."""
    for (rule, about), requirement in asked.items():
        gate = known.get((rule, about))
        if gate is None:
            key = {"id": uuid4(), "appointment_id": visit.id, "rule": rule, "about": about}
            yield {**key, **_said_of(requirement), "opened_at": now}
        elif gate.closed_at is not None:
            again = {"opened_at": now, "closed_at": None, "closed_how": None}
            _change(session, clinic_id, gate, {**_said_of(requirement), **again})
        elif _says_other(gate, requirement):
            _change(session, clinic_id, gate, _said_of(requirement))


def _says_other(gate: Any, requirement: Requirement) -> bool:
    """Whether a gate speaks of its requirement as it was."""
    said = (gate.strength, _roles(gate.roles), gate.says, gate.fix)
    wanted = (requirement.strength, requirement.roles, requirement.says, requirement.fix)
    return said != wanted


@lru_cache(100)
def _roles(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _said_of(requirement: Requirement) -> dict[str, Any]:
    """What a gate says of its requirement."""
    return {
        "strength": requirement.strength,
        "roles": list(requirement.roles),
        "says": requirement.says,
        "fix": requirement.fix,
    }


def _close_met(
    session: Session,
    clinic_id: str,
    visit: Any,
    asked: _Asked,
    known: _Known,
    now: datetime,
) -> None:
    """Close what is asked for no more, of those gates that are opened and closed by records.

    A gate that somebody else has opened, such as one for a rule of the contract that a booking
    breaks, stands until the appointment ends; so do all where no protocol judges it.
    """
    over = visit.status not in JUDGED
    for key, gate in known.items():
        by_records = gate.rule.startswith("R-") and gate.rule not in BY_HAND
        if key not in asked and gate.closed_at is None and (over or by_records):
            _change(session, clinic_id, gate, {"closed_at": now, "closed_how": "done"})


def _change(session: Session, clinic_id: str, gate: Any, values: dict[str, Any]) -> None:
    row = session.exec(
        select(Gate).where(
            Gate.clinic_id == clinic_id,
            Gate.appointment_id == gate.appointment_id,
            Gate.rule == gate.rule,
            Gate.about == gate.about,
        )
    ).one()
    for name, value in values.items():
        setattr(row, name, value)

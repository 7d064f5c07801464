"""What a rule, a role or the order of things forbids to be recorded in a session."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from scheduler.acting import CLINICIANS, Actor
from scheduler.errors import GateOpen, NotThere, NotUnderstood, NotYours, RuleBroken, WrongMove
from scheduler.sessions import discharge
from scheduler.sessions.drug import devices_of
from scheduler.sessions.happenings import (
    AlarmAcknowledged,
    Correction,
    Decided,
    Device,
    FormFiled,
    Given,
    Occurred,
    Ready,
)
from scheduler.sessions.loading import DoseSession
from scheduler.sessions.obstacles import Obstacle
from scheduler.sessions.telling import told
from scheduler.sessions.timeline import Timeline, has_form, timeline
from scheduler.tracking import TAKES_TIME

NURSING: Final = frozenset({"nurse", "charge nurse", "prescriber"})
DESK: Final = NURSING | {"coordinator"}
FILERS: Final = DESK | {"authorised representative"}

RECORDS: Final[Mapping[str, frozenset[str]]] = {
    "arrived": DESK,
    "check-in": NURSING,
    "vitals": NURSING,
    "decision": CLINICIANS,
    "given": NURSING,
    "device": NURSING,
    "drug ended": NURSING,
    "side effect": NURSING,
    "alarm acknowledged": NURSING,
    "extended": NURSING,
    "ready": NURSING,
    "note given": NURSING,
    "ride met": DESK,
    "discharged": NURSING,
    "left early": DESK,
    "not given": NURSING,
    "reviewed": frozenset({"prescriber"}),
    "form filed": FILERS,
}
"""Which roles may record which kind of event, where it does not depend on what it is about."""

AFTERWARDS: Final = frozenset({"side effect", "note given", "reviewed", "form filed"})
"""What may happen after the patient has left."""

NEEDS_DRUG: Final = frozenset({"device", "drug ended", "extended", "ready", "discharged"})
BEFORE_DRUG: Final = frozenset({"given", "not given"})


@dataclass(frozen=True)
class Asked:
    """An event that somebody wants to record, and the session as it stood when it happened."""

    actor: Actor
    one: DoseSession
    event: Occurred
    then: Timeline


def refuse(actor: Actor, one: DoseSession, event: Occurred | Correction, *, now: datetime) -> None:
    """Raise the refusal, naming rule and fix, where an event may not be recorded."""
    if event.at > now:
        raise NotUnderstood(
            "this has not happened yet", place="at", fix="give the time it happened"
        )
    if one.appointment.status not in TAKES_TIME:
        raise WrongMove(f"the visit is {one.appointment.status}", fix="look at the bookings")
    if isinstance(event, Correction):
        _correction(actor, one, event, now)
    else:
        _refuse(Asked(actor, one, event, one.at(event.at)), now)


def _refuse(asked: Asked, now: datetime) -> None:
    _role(asked.actor, asked.event)
    _order(asked, now)
    check = _CHECKS.get(asked.event.kind)
    if check is not None:
        check(asked)


def recorders(kind: str, about: str | None) -> frozenset[str]:
    """Which roles may record a kind of event, and correct it; none for what nobody records.

    ``about``: what a decision is on, None for all else. On suicide risk any clinician decides.
    """
    if kind == "decision" and about != "suicide risk":
        return frozenset({"prescriber"})
    return RECORDS.get(kind, frozenset())


def _role(actor: Actor, event: Occurred) -> None:
    allowed = recorders(event.kind, event.about if isinstance(event, Decided) else None)
    if not actor.roles & allowed:
        who = ", ".join(sorted(allowed))
        raise NotYours(f"{event.kind} is recorded by: {who}", fix=f"ask one of: {who}")


def _order(asked: Asked, now: datetime) -> None:
    """WrongMove where the session is not where this can happen."""
    kind, present = asked.event.kind, asked.one.at(now)
    arrived = present.stage.phase != "expected"
    if kind == "arrived":
        _arrival(asked, arrived=arrived)
    elif not arrived:
        raise WrongMove("the patient has not arrived", fix="record the arrival first")
    over = present.stage.since if present.stage.is_over else None
    if over is not None and kind not in AFTERWARDS and asked.event.at > over:
        raise WrongMove(f"the session is over: {present.stage.phase}", fix="correct an event")
    if over is not None and kind in ("discharged", "left early", "not given"):
        raise WrongMove(f"the session is over: {present.stage.phase}", fix="correct that event")
    if kind in NEEDS_DRUG and asked.then.drug is None:
        raise WrongMove("the drug was not given by then", fix="record when it was given first")
    if kind in BEFORE_DRUG and present.drug is not None:
        raise WrongMove("the drug was given already", fix="correct that event")


def _arrival(asked: Asked, *, arrived: bool) -> None:
    if arrived:
        raise WrongMove("the patient has arrived already", fix="correct that event")
    if not asked.one.visit.on_its_day(asked.event.at):
        raise WrongMove("the visit is of another day", fix="move the visit first")


def _giving(asked: Asked) -> None:
    assert isinstance(asked.event, Given)  # noqa: S101  (registered for it alone)
    _ordered(asked.one, asked.event)
    found = asked.then.to_giving
    if not found:
        return
    shut = [gate.rule for gate in asked.one.visit.gates]
    kind = GateOpen if found[0].rule in shut else RuleBroken
    raise kind(_said(found), fix=found[0].fix, rule=found[0].rule, obstacles=_plain(found))


def _ordered(one: DoseSession, event: Given) -> None:
    allowed = one.protocol.dose_order.allowed_mg
    if event.mg is not None and allowed and event.mg not in allowed:
        known = ", ".join(map(str, allowed))
        raise RuleBroken(
            f"{event.mg} mg is no dose of this protocol",
            fix=f"one of {known} mg, as the prescriber has ordered",
            rule="R-18",
            place="mg",
        )


def _leaving(asked: Asked) -> None:
    found = asked.then.to_leaving
    if found:
        raise RuleBroken(
            _said(found), fix=found[0].fix, rule=found[0].rule, obstacles=_plain(found)
        )


def _said(found: tuple[Obstacle, ...]) -> str:
    return "; ".join(obstacle.says for obstacle in found)


def _plain(found: tuple[Obstacle, ...]) -> list[dict[str, Any]]:
    return [{"rule": o.rule, "says": o.says, "fix": o.fix} for o in found]


def _deciding(asked: Asked) -> None:
    assert isinstance(asked.event, Decided)  # noqa: S101  (registered for it alone)
    if asked.event.about != "blood pressure" or asked.event.outcome == "not today":
        return
    pressure = asked.then.pressure
    if pressure.found is None:
        raise WrongMove("blood pressure was not taken by then", fix="take it first")
    if pressure.found == "stop":
        raise RuleBroken(
            f"{pressure.systolic}/{pressure.diastolic} stops the dose for today; nobody overrides",
            fix="treat the blood pressure, and move the dose to another day",
            rule="R-24",
        )


def _device(asked: Asked) -> None:
    assert isinstance(asked.event, Device)  # noqa: S101  (registered for it alone)
    story = told(asked.one.recorded)
    used = 1 + len(story.all(Device))
    if asked.event.number != used + 1:
        raise NotUnderstood(
            f"{used} devices are recorded", place="number", fix=f"the next one is {used + 1}"
        )
    given = story.first(Given)
    most = devices_of(asked.one.protocol, asked.one.visit, given.mg if given else None)
    if most is not None and asked.event.number > most:
        raise RuleBroken(
            f"{most} devices were ordered", fix="correct the ordered dose first", rule="R-18"
        )


def _alarm(asked: Asked) -> None:
    assert isinstance(asked.event, AlarmAcknowledged)  # noqa: S101  (registered for it alone)
    if asked.event.sign not in {alarm.sign for alarm in asked.then.alarms}:
        raise WrongMove(f"there is no alarm of {asked.event.sign}", fix="look at the session again")


def _readiness(asked: Asked) -> None:
    assert isinstance(asked.event, Ready)  # noqa: S101  (registered for it alone)
    known = {item.id for item in discharge.confirmable(asked.one.protocol)}
    unknown = sorted(set(asked.event.confirmed) - known)
    if unknown:
        raise NotUnderstood(
            f"nobody confirms {', '.join(unknown)}",
            place="confirmed",
            fix=f"confirm {', '.join(sorted(known))}",
        )


def _filing(asked: Asked) -> None:
    assert isinstance(asked.event, FormFiled)  # noqa: S101  (registered for it alone)
    if not has_form(asked.one.protocol) or asked.then.drug is None:
        raise WrongMove("no form is due for this session", fix="look at the session again")


def _reviewing(asked: Asked) -> None:
    if asked.then.stage.phase != "left early":
        raise WrongMove("the patient did not leave early", fix="look at the session again")


_CHECKS: Final[Mapping[str, Callable[[Asked], None]]] = {
    "given": _giving,
    "discharged": _leaving,
    "decision": _deciding,
    "device": _device,
    "alarm acknowledged": _alarm,
    "ready": _readiness,
    "reviewed": _reviewing,
    "form filed": _filing,
}

_JUDGED_AGAIN: Final = frozenset({"discharged", "decision", "ready"})
"""What is a decision and no mere fact: a correction of it is judged like the event itself."""


def _correction(actor: Actor, one: DoseSession, correction: Correction, now: datetime) -> None:
    old = next((event for event in one.recorded if event.id == correction.corrects), None)
    if old is None:
        raise NotThere("there is no such event in this session")
    if isinstance(old, Correction):
        raise NotUnderstood(
            "this is a correction itself", place="corrects", fix="name the event that it corrects"
        )
    _role(actor, old)
    if correction.event is None:
        _striking(one, old, now)
        return
    _replacing(actor, one, old, correction.event, now)


def _striking(one: DoseSession, old: Occurred, now: datetime) -> None:
    """What a later state rests on cannot be said not to have happened."""
    over = one.at(now).stage.is_over
    if old.kind == "arrived" or (over and old.kind in ("given", "check-in", "discharged")):
        raise WrongMove(f"{old.kind} is what the rest stands on", fix="correct its time instead")
    if old.kind in ("left early", "not given", "reviewed"):
        raise WrongMove(f"{old.kind} has had its consequences", fix="book the visit anew")


def _replacing(actor: Actor, one: DoseSession, old: Occurred, new: Occurred, now: datetime) -> None:
    if new.kind != old.kind:
        raise NotUnderstood(
            f"{old.kind} cannot become {new.kind}", place="event.kind", fix="strike it, and add one"
        )
    if new.at > now:
        raise NotUnderstood("this has not happened yet", place="event.at", fix="correct the time")
    _role(actor, new)
    check = _CHECKS.get(new.kind)
    if check is not None and new.kind in _JUDGED_AGAIN:
        struck = Correction(id=old.id, at=now, corrects=old.id)
        without = timeline(one.protocol, one.visit, (*one.recorded, struck), new.at)
        check(Asked(actor, one, new, without))

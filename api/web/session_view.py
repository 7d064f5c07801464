"""What a session's page shows beside what is derived of it: its parts, and what comes next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from api.web.texts import marked
from scheduler.acting import Actor
from scheduler.sessions.checks import Check
from scheduler.sessions.drug import Drug, devices_of
from scheduler.sessions.happenings import Arrived, CheckIn, Device, Given, SideEffect
from scheduler.sessions.loading import DoseSession
from scheduler.sessions.permitting import recorders
from scheduler.sessions.stages import Phase
from scheduler.sessions.telling import told
from scheduler.sessions.timeline import Timeline

State = Literal["done", "current", "coming"]

_PART_OF: Final[dict[Phase, int]] = {
    "expected": 0,
    "arrived": 1,
    "check-in": 1,
    "dosing": 2,
    "monitoring": 3,
    "discharge": 4,
}
"""Which part of a visit is under way, by the phase of its session."""

_PARTS: Final = (
    marked("Arrival"),
    marked("Check-in"),
    marked("Drug"),
    marked("Monitoring"),
    marked("Leaving"),
    marked("Home"),
)
_ENDS: Final[dict[Phase, str]] = {
    "discharged": marked("Home"),
    "left early": marked("Left early"),
    "not given": marked("Not today"),
}

PHASES: Final[dict[Phase, str]] = {
    "expected": marked("expected"),
    "arrived": marked("is here"),
    "check-in": marked("checking in"),
    "dosing": marked("drug is being given"),
    "monitoring": marked("monitoring"),
    "discharge": marked("ready to leave?"),
    "discharged": marked("gone home"),
    "left early": marked("left early"),
    "not given": marked("not today"),
}


@dataclass(frozen=True)
class Part:
    """One part of the visit. ``at``: when it began, else when it is to begin."""

    words: str
    state: State
    at: datetime | None


@dataclass(frozen=True)
class Next:
    """What comes next, and when. ``state``: coming, due or late. ``check``: of the vital signs."""

    words: str
    at: datetime
    state: Literal["coming", "due", "late"]
    check: Check | None = None


def parts_of(one: DoseSession, present: Timeline, now: datetime) -> tuple[Part, ...]:
    """The visit from arrival to home; once it is over, only what took place."""
    times = _times(one, present, now)
    if present.stage.is_over:
        took_place = [
            Part(words, "done", at)
            for words, at, happened in zip(_PARTS[:-1], times, _happened(present), strict=False)
            if happened
        ]
        return (*took_place, Part(_ENDS[present.stage.phase], "done", present.stage.since))
    at = _PART_OF[present.stage.phase]
    return tuple(
        Part(words, _state(number, at), moment)
        for number, (words, moment) in enumerate(zip(_PARTS, times, strict=True))
    )


def _state(number: int, current: int) -> State:
    if number == current:
        return "current"
    return "done" if number < current else "coming"


def _happened(present: Timeline) -> Iterator[bool]:
    drug, left = present.drug, present.stage.since
    yield True
    yield present.check_in.at is not None
    yield drug is not None
    yield drug is not None and drug.over
    yield drug is not None and left is not None and left >= drug.leaves_from


def _times(one: DoseSession, present: Timeline, now: datetime) -> tuple[datetime, ...]:
    """When each part began; of those that have not, when they will by the forecast."""
    story, visit, drug = told(one.recorded).until(now), one.visit, present.drug
    arrived, form = story.first(Arrived), story.first(CheckIn)
    here = arrived.at if arrived else visit.start
    ends = present.forecast.ends
    leaves = ends - visit.planned("discharge")
    if drug is not None:
        leaves = max(leaves, drug.leaves_from)
        given, last = drug.first, drug.leaves_from - visit.monitoring
    else:
        last = leaves - visit.monitoring
        given = last - visit.planned("dosing")
    return here, form.at if form else here, given, last, leaves, max(ends, leaves)


def next_of(one: DoseSession, present: Timeline, now: datetime) -> Next | None:
    """The next thing that somebody is to do; None once the patient has left."""
    if present.stage.is_over:
        return None
    if present.stage.phase == "expected":
        return _next(marked("Arrival"), one.visit.start, now)
    if present.drug is None:
        return _before_drug(one, present, now)
    return _after_drug(one, present, present.drug, now)


def _after_drug(one: DoseSession, present: Timeline, drug: Drug, now: datetime) -> Next:
    check = due_check(present)
    leaves = drug.leaves_from
    if check is not None and (check.opens <= now or check.due < leaves):
        return _of_check(check, now)
    if not drug.over:
        return _next(marked("End of the drug"), leaves - one.visit.monitoring, now)
    if check is not None:
        return _of_check(check, now)
    words = marked("Discharge is possible") if present.may_leave else marked("List for leaving")
    stays = present.forecast.ends - one.visit.planned("discharge")
    return _next(words, max(leaves, stays), now)


def _before_drug(one: DoseSession, present: Timeline, now: datetime) -> Next:
    pressure, check = present.pressure, due_check(present)
    if pressure.repeat_from is not None and not pressure.lets_begin:
        return _next(marked("Blood pressure may be taken again"), pressure.repeat_from, now)
    if check is not None:
        return _of_check(check, now)
    words = marked("The drug may be given") if present.may_give else marked("Drug, as planned")
    return _next(words, one.visit.planned_first_drug, now)


def due_check(present: Timeline) -> Check | None:
    """The check that is to be taken next, open or to come."""
    given = present.drug.first if present.drug else None
    to_come = (
        check
        for check in present.checks
        if check.state in ("coming", "due", "overdue") and (given is None or check.closes > given)
    )
    return next(to_come, None)


def _of_check(check: Check, now: datetime) -> Next:
    """Until its time it counts down to that, then to the end of its window."""
    state: Literal["coming", "due", "late"] = "coming"
    if check.state != "coming":
        state = "late" if now > check.closes else "due"
    return Next(marked("Vital signs"), check.due if now < check.due else check.closes, state, check)


def _next(words: str, at: datetime, now: datetime) -> Next:
    return Next(words, at, "coming" if at > now else "due")


def changes_at(present: Timeline, now: datetime) -> list[datetime]:
    """The instants to come at which the page says something else without anybody's doing."""
    moments = [present.stage.until, present.pressure.repeat_from]
    moments += [present.drug.leaves_from] if present.drug else []
    moments += [at for check in present.checks for at in (check.opens, check.due, check.closes)]
    return sorted({moment for moment in moments if moment is not None and moment > now})


@dataclass(frozen=True)
class Doing:
    """What keys need to know: the next device, the effects that have not passed, what to decide."""

    next_device: int | None
    doses: tuple[int, ...]
    effects: tuple[str, ...]
    to_decide: tuple[str, ...]


def doing_of(actor: Actor, one: DoseSession, present: Timeline, now: datetime) -> Doing:
    """What the keys of a session offer somebody now."""
    story = told(one.recorded).until(now)
    given = story.first(Given)
    most = devices_of(one.protocol, one.visit, given.mg if given else None)
    used = 1 + len(story.all(Device))
    passed = {event.effect: event.passed for event in story.all(SideEffect)}
    return Doing(
        next_device=used + 1 if most is not None and used < most else None,
        doses=one.protocol.dose_order.allowed_mg,
        effects=tuple(effect for effect, over in passed.items() if not over),
        to_decide=tuple(
            about for about in _to_decide(present) if actor.roles & recorders("decision", about)
        ),
    )


def _to_decide(present: Timeline) -> Iterator[str]:
    if present.pressure.found in ("prescriber decides", "hold"):
        yield "blood pressure"
    if present.check_in.adverse:
        yield "check-in"
    if present.check_in.suicide_risk:
        yield "suicide risk"

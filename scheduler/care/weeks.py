"""Programme weeks: hours and days that a level asks for, planned, attended, still in reach."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from pathways import timing
from pathways.levels import Level, levels
from pathways.protocol import LibraryPathway
from pathways.protocol.course import LevelId
from pathways.safety.programme import BILLABLE_MINUTES
from scheduler.care.facts import Facts
from scheduler.care.requirements.requirement import activity_of, level_in
from scheduler.store.tables import Appointment, Enrolment

State = Literal["open", "kept", "short", "lost"]
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Week:
    """One week of an enrolment, counted from 1; ``first`` to ``last`` are both in it.

    ``planned``: hours of all that stands or took place, ``attended``: of what took place.
    ``days``: dates with enough minutes to be billed, as planned. ``state``: ``open`` while what
    is planned will do, ``kept`` once attended, ``short`` while it will not do but can be made up,
    ``lost`` once the week is over without it.
    """

    number: int
    first: date
    last: date
    level: LevelId
    planned: float
    attended: float
    days: int
    days_attended: int
    state: State

    @property
    def asks_for(self) -> Level:
        """The level of care, with the hours and days that it asks for."""
        return levels()[self.level]


def weeks_of(
    protocol: LibraryPathway, facts: Facts, enrolment: Enrolment, now: datetime
) -> list[Week]:
    """Every week of an enrolment; time in the chair is no hour of the programme."""
    counted = _counted(protocol, facts, enrolment)
    return [
        _week(protocol, facts, enrolment, number, counted[number], now)
        for number in range(1, protocol.weeks + 1)
    ]


def _counted(
    protocol: LibraryPathway, facts: Facts, enrolment: Enrolment
) -> dict[int, list[Appointment]]:
    found: dict[int, list[Appointment]] = defaultdict(list)
    for appointment in facts.standing:
        activity = activity_of(protocol, appointment)
        if appointment.enrolment_id == enrolment.id and activity and activity.programme_hours:
            day = facts.house.day(appointment.start)
            found[(day - enrolment.start).days // 7 + 1].append(appointment)
    return found


def _week(
    protocol: LibraryPathway,
    facts: Facts,
    enrolment: Enrolment,
    number: int,
    held: list[Appointment],
    now: datetime,
) -> Week:
    dates = timing.week_dates(enrolment.start, number)
    level = level_in(protocol, enrolment.level, number)
    attended = [a for a in held if a.status == "fulfilled"]
    # What lies behind and was not attended is lost, whatever its status still says.
    reached = [a for a in held if a.status == "fulfilled" or a.end > now]
    is_over = facts.house.day(now) > dates[-1]
    return Week(
        number=number,
        first=dates[0],
        last=dates[-1],
        level=level,
        planned=_hours(held),
        attended=_hours(attended),
        days=len(_billable(facts, held)),
        days_attended=len(_billable(facts, attended)),
        state=_state(levels()[level], facts, attended, reached, is_over=is_over),
    )


def _state(
    level: Level,
    facts: Facts,
    attended: list[Appointment],
    reached: list[Appointment],
    *,
    is_over: bool,
) -> State:
    if _suffices(level, facts, attended):
        return "kept"
    if is_over:
        return "lost"
    return "open" if _suffices(level, facts, reached) else "short"


def _suffices(level: Level, facts: Facts, held: list[Appointment]) -> bool:
    hours = level.hours.least if level.hours and level.hours.least else 0
    days = level.days_a_week.least if level.days_a_week else 0
    return _hours(held) >= hours and len(_billable(facts, held)) >= days


def _hours(held: list[Appointment]) -> float:
    return sum((a.end - a.start for a in held), timedelta()) / HOUR


def _billable(facts: Facts, held: list[Appointment]) -> list[date]:
    by_day: dict[date, timedelta] = defaultdict(timedelta)
    for appointment in held:
        by_day[facts.house.day(appointment.start)] += appointment.end - appointment.start
    return [day for day, time in by_day.items() if time >= timedelta(minutes=BILLABLE_MINUTES)]


def coming_short(weeks: list[Week], now: date) -> Iterator[Week]:
    """The present week and the next, where they will not do: told before they fail."""
    for week in weeks:
        if week.state == "short" and week.first <= now + timedelta(days=7):
            yield week

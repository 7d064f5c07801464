"""Which occurrence, and which start, somebody asks about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from pathways import timing
from pathways.plan import Plan
from pathways.scenario import Scenario
from scheduler.planning.asking import Key, Occurrence
from scheduler.planning.board import Board
from scheduler.planning.loading import board_of
from scheduler.planning.obstacles.facts import named
from scheduler.planning.obstacles.question import Question
from scheduler.planning.problem import Problem

_WISH = re.compile(r"(?:(\d{4}-\d{2}-\d{2})[tT]|([a-z]{3}) )(\d{2}:\d{2})")


class NotAQuestion(ValueError):
    """Nothing that is asked for, or no time at which it could begin, is what was asked about."""


@dataclass(frozen=True)
class Asked:
    """Whose, of what, which number, in which week of the pathway; None where all are meant."""

    patient: str | None = None
    activity: str | None = None
    number: int | None = None
    week: int | None = None

    def means(self, occurrence: Occurrence) -> bool:
        """Whether it speaks of an occurrence, its week left aside."""
        return (
            self.patient in (None, *occurrence.patients)
            and self.activity in (None, occurrence.activity.id)
            and self.number in (None, occurrence.number)
        )

    def __str__(self) -> str:
        number = f" {self.number}" if self.number is not None else ""
        week = f" in week {self.week}" if self.week is not None else ""
        return f"{self.activity or 'anything'}{number} of {self.patient or 'anybody'}{week}"


@dataclass(frozen=True)
class Wish:
    """A time of day on a date, or on a weekday of whatever week is meant."""

    day: str
    minute: int

    @classmethod
    def read(cls, text: str) -> "Wish":
        """The wish written ``2027-01-12T09:00`` or ``tue 09:00``; `NotAQuestion` for any other."""
        match = _WISH.fullmatch(text.strip().lower())
        try:
            day = _day(match[1] or match[2]) if match else ""
            minute = timing.clock_minutes(match[3]) if match else 0
        except ValueError:
            day = ""
        if not day:
            raise NotAQuestion(
                f'{text!r} is no time to ask about; write "2027-01-12T09:00" or "tue 09:00"'
            )
        return cls(day, minute)

    def on(self, days: Iterator[date], scenario: Scenario) -> Iterator[datetime]:
        """The instants of some dates that are meant."""
        for day in days:
            if self.day in (day.isoformat(), timing.weekday(day)):
                yield timing.instant(day, self.minute, scenario.clinic.zone)


def _day(text: str) -> str:
    """A weekday's name or a date, as it is written; ValueError for anything else."""
    return text if text in timing.WEEKDAYS else date.fromisoformat(text).isoformat()


def questions(scenario: Scenario, plan: Plan, asked: Asked, wish: Wish | None) -> list[Question]:
    """What somebody asks about: with a wish one question, without each that is unplaced.

    An occurrence named by activity and number is meant also where it has a time. `NotAQuestion`
    says why where nothing is.
    """
    board = board_of(Problem(scenario), plan)
    meant = [o for o in board.problem.occurrences if asked.means(o) and board.wanted(o)]
    meant = [o for o in meant if not o.locked and _lies_in(board, o, asked.week)]
    unjoined = list(_unjoined(plan, asked)) if wish is None else []
    if not meant and not unjoined:
        raise NotAQuestion(
            f"nothing that may be planned is {asked}; what follows a session without a time is "
            "not asked for, and what is locked stands"
        )
    if wish is not None:
        return [_wished(scenario, plan, board, meant, wish)]
    if asked.number is None or asked.activity is None:
        meant = [o for o in meant if o not in board.placed]
    keys = [*unjoined, *((o.owner, o.activity.id, o.number) for o in meant)]
    return [Question(scenario, plan, key) for key in keys]


def _unjoined(plan: Plan, asked: Asked) -> Iterator[Key]:
    """The groups of which a patient has joined no series, each as number 0."""
    if asked.number is None and asked.week is None:
        for left in plan.unplaced:
            mine = asked.patient in (None, left.patient)
            if left.occurrence == 0 and mine and asked.activity in (None, left.activity):
                yield (left.patient, left.activity, 0)


def _lies_in(board: Board, occurrence: Occurrence, week: int | None) -> bool:
    if week is None:
        return True
    start = board.problem.patients[occurrence.owner].start
    dates = timing.week_dates(start, week)
    return any(day in dates for day in _dates(board, occurrence))


def _dates(board: Board, occurrence: Occurrence) -> Iterator[date]:
    """The dates on which it may lie."""
    calendar = board.problem.calendar
    meeting = board.meeting(occurrence) if occurrence.is_meeting else None
    if meeting is not None:
        yield calendar.dates[calendar.day_of(meeting.start)]
        return
    reach = board.reach(occurrence)
    if reach is not None and not occurrence.is_meeting:
        yield from calendar.dates[reach[0] : reach[1] + 1]


def _wished(
    scenario: Scenario, plan: Plan, board: Board, meant: list[Occurrence], wish: Wish
) -> Question:
    """The question about the wished time: of what is unplaced there first, else the nearest."""
    calendar = board.problem.calendar
    found = []
    for occurrence in meant:
        for moment in wish.on(_dates(board, occurrence), scenario):
            tick = calendar.tick_of(moment)
            if calendar.instant(tick) == moment and _may_begin(board, occurrence, tick):
                placed = board.placed.get(occurrence)
                found.append((abs(placed.start - tick) if placed else -1, occurrence.index, moment))
    if not found:
        raise NotAQuestion(_why_none(board, meant, wish))
    _, index, moment = min(found)
    occurrence = board.problem.occurrences[index]
    key = (occurrence.owner, occurrence.activity.id, occurrence.number)
    return Question(scenario, plan, key, calendar.instant(calendar.tick_of(moment)))


def _may_begin(board: Board, occurrence: Occurrence, tick: int) -> bool:
    if occurrence.is_meeting:
        meeting = board.meeting(occurrence)
        return meeting is not None and meeting.start == tick
    return bool(board.domain(occurrence) >> tick & 1)


def _why_none(board: Board, meant: list[Occurrence], wish: Wish) -> str:
    slot = board.problem.clinic.slot_minutes
    if wish.minute % slot:
        return f"sessions start every {slot} minutes from the full hour; ask about such a time"
    days = [list(_dates(board, o)) for o in meant]
    told = [
        f"{named(o)} {o.number if o.is_meeting else ''}".rstrip() + f" on {held[0]} to {held[-1]}"
        for o, held in zip(meant, days, strict=True)
        if held
    ]
    more = f", and {len(told) - 3} more" if len(told) > 3 else ""
    return f"nothing that is meant may begin then: {', '.join(told[:3])}{more}"

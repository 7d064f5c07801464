"""An occurrence tried at a start, all else standing."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from pathways import timing
from pathways.plan import Rule
from pathways.record import WeekTable
from pathways.scenario import Patient, Scenario
from pathways.timing import Window
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.obstacles.facts import Fact, Way, appointment, day_text
from scheduler.planning.obstacles.world import WHOLE_DAY, Lift

Ways = list[Way]
"""Every way to have one thing that is needed; the thing is lacking while no way is gone along."""

DAY_NAMES = dict(
    zip(
        timing.WEEKDAYS,
        ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"),
        strict=True,
    )
)


@dataclass(frozen=True)
class Trial:
    """An occurrence tried at a start, all else standing; it stands nowhere on the board.

    ``scenario`` is the one that the person asks about, not narrowed by safety rules.
    """

    scenario: Scenario
    board: Board
    occurrence: Occurrence
    start: int
    length: int

    @property
    def end(self) -> int:
        """The tick at which it would end."""
        return self.start + self.length

    @cached_property
    def day(self) -> int:
        """The number of its day."""
        return self.board.problem.calendar.day_of(self.start)

    @cached_property
    def on(self) -> date:
        """Its date."""
        return self.board.problem.calendar.dates[self.day]

    @property
    def begins(self) -> datetime:
        """Its start as the clinic's clocks show it."""
        return self.board.problem.calendar.instant(self.start)

    @property
    def ends(self) -> datetime:
        """Its end as the clinic's clocks show it."""
        return self.board.problem.calendar.instant(self.end)

    @property
    def patients(self) -> list[Patient]:
        """Who takes part."""
        return [self.scenario.patient(name) for name in self.occurrence.patients]

    @property
    def last_dates(self) -> list[date]:
        """The last date of each of its patients' pathways."""
        weeks = self.board.problem.pathways
        return [
            timing.week_dates(patient.start, weeks[patient.id].weeks)[-1]
            for patient in self.patients
        ]

    def window(self, start: int, end: int) -> Window:
        """A stretch of its day on the wall clock; the whole day where the clocks change in it."""
        first, last = (self.minute(tick) for tick in (start, end))
        last = last or timing.MINUTES_A_DAY
        return Window(first, last) if first < last else WHOLE_DAY

    def minute(self, tick: int) -> int:
        """The minute of the day that the clock shows at a tick."""
        moment = self.board.problem.calendar.instant(tick)
        return moment.hour * 60 + moment.minute

    def hours_text(self, what: str, table: WeekTable) -> str:
        """``open 09:00-12:00 on Tue 12 Jan``, or ``not open on Tue 12 Jan``."""
        said = f"{what} {windows_text(table, self.on)}" if table.on(self.on) else f"not {what}"
        return f"{said} on {day_text(self.begins)}"

    def inside(self, table: WeekTable) -> bool:
        """Whether it lies inside one window of a table."""
        calendar = self.board.problem.calendar
        spans = (calendar.span(self.day, window) for window in table.on(self.on))
        return any(start <= self.start and self.end <= end for start, end in spans)

    def over(self, words: str, rule: Rule, other: Occurrence) -> Fact | None:
        """That another appointment stands; None where this one could not be without it."""
        return appointment(self.board, other, rule, words, self.occurrence)


def fact(rule: Rule, about: object, words: str, lift: Lift, **more: Any) -> Fact:
    """A fact of the scenario, by its rule and what it is about."""
    return Fact(key=(rule, about), rule=rule, words=words, lift=lift, **more)


def only(*facts: Fact) -> Ways:
    """The one way to have something: all of these facts gone."""
    return [frozenset(facts)]


def windows_text(table: WeekTable, day: date) -> str:
    """``09:00-12:00 and 13:00-17:00``, or ``none``."""
    return " and ".join(str(window) for window in table.on(day)) or "none"


def date_text(day: date) -> str:
    """``2 February 2027``."""
    return f"{day.day} {day:%B} {day.year}"

"""The cheapest course of one patient: a walk through the days, exact but for what is left out.

Each day takes the states of the morning to those of the evening, each night to those of the next
morning, with the least that each costs. States from which a whole course would cost more than the
limit are dropped. The cheapest end is then traced back to the start of every session.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from scheduler.planning.asking import Occurrence
from scheduler.planning.course.course import Course
from scheduler.planning.course.day import NEVER, Costs, Day, Question
from scheduler.planning.course.moves import Moves
from scheduler.planning.course.nights import Nights
from scheduler.planning.course.remembering import Memory, Outlook, Step, relative
from scheduler.planning.course.spacing import Counting
from scheduler.planning.course.state import Layer, Move, Night, Reached, State, Today
from scheduler.planning.course.steps import Steps
from scheduler.planning.course.tables import Tables
from scheduler.planning.course.trail import Journal, Trail
from scheduler.planning.course.weeks_alone import WeeksAlone
from scheduler.planning.stopping import Stop, Unfinished

WORK_A_WEEK = 1
"""Units of search that a week walked through counts, which takes a few hundredths of a second."""

BEFORE_ALL = Today(-1, None)
AFTER_ALL = Today(1 << 30, None)
"""A day after all others."""


@dataclass
class Walk:
    """The cheapest course: its cost, where each session starts, in ticks, and meetings skipped."""

    cost: int
    starts: dict[Occurrence, int]
    skipped: tuple[Occurrence, ...] = ()


@dataclass
class Known:
    """Answers that are the same whenever the question is, and when to stop asking."""

    stop: Stop
    days: dict[Question, Day] = field(default_factory=dict)
    weeks: WeeksAlone = field(default_factory=WeeksAlone)
    memory: Memory = field(default_factory=Memory)


class Walker:
    """One search through all days for a course that costs no more than a limit.

    ``loosely``: what follows weeks later counts from the best hour of its anchor's day, which
    makes a course cheaper than it may be, and the search many times shorter. ``least`` is what
    whole weeks cost at least, by their first days, as far as that is known.
    """

    def __init__(
        self,
        course: Course,
        known: Known,
        limit: int,
        *,
        loosely: bool = False,
        least: Mapping[int, int] | None = None,
    ) -> None:
        self.course = course
        self.stop = known.stop
        self.limit = limit
        counting, tables = Counting(course), Tables(course, known.days)
        self.counting = counting
        self.moves = Moves(course, counting, tables, _loose(course) if loosely else frozenset())
        self.nights = Nights(course, counting, tables)
        self.steps = Steps(course, self.moves, tables)
        self.journal = Journal()
        self.memory = known.memory
        self.outlook = Outlook(course, counting, known.memory, loosely=loosely)
        self.beyond = NEVER
        """What a course costs at least that was dropped for costing more than the limit."""
        self._to_come = _least_to_come(course, least or {})

    def least(self) -> int | None:
        """What the cheapest course costs; None where every one costs more than the limit."""
        end = self._cheapest_end()
        return None if end is None else int(end.costs.min()) + self.course.sure

    def walk(self) -> Walk | None:
        """The cheapest course; None where every course costs more than the limit.

        Raises `Unfinished` when it is time to stop.
        """
        end = self._cheapest_end()
        if end is None:
            return None
        trail = Trail(self.journal, self.nights, self.steps)
        trail.follow_back(end)
        return Walk(int(end.costs.min()) + self.course.sure, trail.starts, trail.skipped)

    def _cheapest_end(self) -> Reached | None:
        """The cheapest of the states after all days, of the journal's last evening."""
        today, days = BEFORE_ALL, self.course.days
        self.journal, self.beyond = Journal(), NEVER
        layer: Layer = {State(counted=self.counting.history()): np.zeros((), dtype=np.int64)}
        self.journal.evenings.append(layer)
        self.stop.spent += WORK_A_WEEK * (1 + len(days) // 7)
        for day in days:
            if self.stop.due:
                raise Unfinished
            night = Night(today, Today(day, self.course.week_of(day)))
            today = night.new
            layer = self._through_day(self._through_night(layer, night), today)
            if not layer:
                return None
        layer = self._through_night(layer, Night(today, AFTER_ALL))
        if not layer:
            return None
        best = min(layer, key=lambda state: int(layer[state].min()))
        return Reached(best, layer[best])

    def _through_night(self, evening: Layer, night: Night) -> Layer:
        """What is over is paid for; states that no longer differ become one."""
        origins: dict[State, list[State]] = defaultdict(list)
        morning: Layer = {}
        for state, costs in evening.items():
            steps, least = self._over(Reached(state, costs), night)
            for _, after, held, dearer in steps:
                if not self._is_too_dear(least + dearer, night.new.day):
                    origins[after].append(state)
                    _add(morning, after, held + least)
        self.journal.note_night(night, origins, morning)
        return morning

    def _through_day(self, morning: Layer, today: Today) -> Layer:
        origins: dict[State, list[tuple[State, Move]]] = defaultdict(list)
        evening: Layer = {}
        for state, costs in morning.items():
            steps, least = self._led_to(Reached(state, costs), today)
            for move, after, held, dearer in steps:
                if move is not None and not self._is_too_dear(least + dearer, today.day + 1):
                    origins[after].append((state, move))
                    _add(evening, after, held + least)
        self.journal.note_day(origins, evening)
        return evening

    def _over(self, reached: Reached, night: Night) -> tuple[list[Step], int]:
        """What an evening becomes in the morning, past what its state costs at least."""
        reached, least = relative(reached)
        key = self.outlook.of_night(night.old.day, night.new.day, reached)
        steps = self.memory.steps(key)
        if steps is None:
            steps = [Step.to(None, *self.nights.passed(reached, night))]
            self.memory.keep(key, steps)
        return steps, least

    def _led_to(self, reached: Reached, today: Today) -> tuple[list[Step], int]:
        """Every move from a state that leads anywhere, past what the state costs at least."""
        reached, least = relative(reached)
        key = self.outlook.of_day(today.day, reached)
        steps = self.memory.steps(key)
        if steps is None:
            steps = [
                Step.to(move, after, held)
                for move, after in self.moves.of(reached.state, today)
                if (held := self.steps.evening(reached, today, move, after)) is not None
            ]
            self.memory.keep(key, steps)
        return steps, least

    def _is_too_dear(self, cost: int, day: int) -> bool:
        least = cost + self._to_come.get(day, 0)
        if least <= self.limit:
            return False
        self.beyond = min(self.beyond, least)
        return True


def _add(layer: Layer, state: State, costs: Costs) -> None:
    """The cheaper of what a state cost and what it costs by one more way."""
    layer[state] = np.minimum(layer[state], costs) if state in layer else costs


def _loose(course: Course) -> frozenset[int]:
    """The follow-ups that come weeks later."""
    return frozenset(o.index for o in course.free if o.anchors and course.request.follows_late(o))


def _least_to_come(course: Course, least: Mapping[int, int]) -> dict[int, int]:
    """What a day and all later ones cost at least: whole weeks, and trips made anyway."""
    found: dict[int, int] = {}
    trips, weeks = 0, 0
    for day in reversed(course.days):
        trips += min(
            variant.price + course.trip_on(day) * any(f.in_person for f in variant.fixed)
            for variant in course.agenda.variants(day)
        )
        found[day] = weeks + trips
        if day in least:
            weeks, trips = weeks + max(trips, least[day]), 0
            found[day] = weeks
    return found

"""Steps of walks that were taken before, by all that they depend on.

In a clinic the same patients are asked about again and again, while mostly some of their days have
changed. A step through a day or a night depends on little: the state, by how much one place in its
array is dearer than another, what may start on the day, and when the anchors may end that it waits
for. So a day that looks as it did is not walked through again.
"""

from collections.abc import Hashable, Iterator
from itertools import count
from typing import NamedTuple

import numpy as np

from scheduler.planning.calendar import span_mask
from scheduler.planning.course.course import Course
from scheduler.planning.course.day import NEVER, Costs
from scheduler.planning.course.spacing import Counting
from scheduler.planning.course.state import Move, Reached, State
from scheduler.planning.course.weeks import Block


class Step(NamedTuple):
    """A move, none over night, the state that it leads to, and what that costs, and at least."""

    move: Move | None
    after: State
    costs: Costs
    least: int

    @classmethod
    def to(cls, move: Move | None, after: State, costs: Costs) -> "Step":
        """A step and the least that it costs."""
        return cls(move, after, costs, int(costs.min()))


MOST_COSTS = 12_000_000
"""So many numbers of eight bytes are remembered; then everything is forgotten."""


class Memory:
    """The steps remembered of all courses of one clinic, by the keys of an `Outlook`."""

    def __init__(self) -> None:
        self._steps: dict[Hashable, list[Step]] = {}
        self._numbers: dict[Hashable, int] = {}
        self._unused = count()
        self._costs = 0

    def number(self, thing: Hashable) -> int:
        """One number for all things that are equal, which nothing else ever bears."""
        if thing not in self._numbers:
            self._numbers[thing] = self.new_number()
        return self._numbers[thing]

    def new_number(self) -> int:
        """A number that nothing else ever bears."""
        return next(self._unused)

    def steps(self, key: Hashable) -> list[Step] | None:
        """The steps remembered by a key; None where there are none."""
        return self._steps.get(key)

    def keep(self, key: Hashable, steps: list[Step]) -> None:
        """Remember steps; once that is too much, forget all others."""
        self._costs += sum(step.costs.size for step in steps)
        if self._costs > MOST_COSTS:
            self._steps, self._numbers, self._costs = {}, {}, 0
        self._steps[key] = steps


class Outlook:
    """What the steps of one course depend on besides states and their costs."""

    def __init__(
        self, course: Course, counting: Counting, memory: Memory, *, loosely: bool
    ) -> None:
        self.course = course
        self.counting = counting
        self.memory = memory
        self._days: dict[int, int] = {}
        self._masks = _masks_by_day(course)
        self._frame = memory.number(_frame(course)) if _is_plain(course) else memory.new_number()
        self._frame = memory.number((self._frame, loosely))

    def of_day(self, day: int, reached: Reached) -> Hashable:
        """All that a day's steps from a state depend on."""
        return (*self._key(reached), self._day(day))

    def of_night(self, old: int, new: int, reached: Reached) -> Hashable:
        """All that the step from the evening of one day to the morning of another depends on."""
        return (*self._key(reached), old, new)

    def _key(self, reached: Reached) -> tuple[Hashable, ...]:
        state, costs = reached
        anchors = tuple(self._day(day) for _, (_, day) in state.to_come)
        return (self._frame, state, anchors, costs.tobytes())

    def _day(self, day: int) -> int:
        """What a day looks like, as a number."""
        if day not in self._days:
            self._days[day] = self.memory.number(self._look(day))
        return self._days[day]

    def _look(self, day: int) -> Hashable:
        course = self.course
        variants = course.agenda.variants(day)
        return (
            day,
            tuple(self._masks.get(day, ())),
            tuple((variant.fixed, variant.price) for variant in variants),
            tuple((standing.index, end) for standing, end in course.agenda.anchors_on(day)),
            tuple(self.counting.standing(day)),
            (course.trip_on(day), course.idle_on(day)),
        )


def _frame(course: Course) -> Hashable:
    """Whose course it is, and how its sessions come in blocks."""
    return (
        course.request.patient,
        tuple(course.numbered),
        tuple(
            (week.first, tuple(map(_told, week.plain)), tuple(map(_told, week.marked)))
            for week in course.weeks
        ),
    )


def _told(block: Block) -> Hashable:
    """All about a block, quickly compared."""
    sessions = tuple(session.index for session in block.sessions)
    return (block.activity.id, sessions, block.last, block.marked, block.most, block.numbered)


def _is_plain(course: Course) -> bool:
    """Whether what a start costs does not hang on what stands on the board."""
    placed = course.request.board.placed
    return not any(
        occurrence.booked or any(follower in placed for follower in occurrence.followers)
        for occurrence in course.free
    )


def _masks_by_day(course: Course) -> dict[int, list[Hashable]]:
    """For each day the sessions that may start on it, at which ticks, and how much dearer."""
    found: dict[int, list[Hashable]] = {}
    begins = course.problem.calendar.day_starts
    for occurrence, mask in course.starts.items():
        for day, part in _parts(course, mask):
            dearer = course.crowded(occurrence, part, begins[day])
            found.setdefault(day, []).append((occurrence.index, part, dearer))
    return found


def _parts(course: Course, mask: int) -> Iterator[tuple[int, int]]:
    """The days on which a mask has starts, and those of each, since its beginning."""
    calendar = course.problem.calendar
    while mask:
        day = calendar.day_of((mask & -mask).bit_length() - 1)
        begin, end = calendar.day_starts[day : day + 2]
        part = mask >> begin & span_mask(0, end - begin)
        yield day, part
        mask ^= part << begin


def relative(reached: Reached) -> tuple[Reached, int]:
    """A state with what it costs more than at least, and what that least is."""
    least = int(reached.costs.min())
    costs: Costs = np.where(reached.costs >= NEVER, NEVER, reached.costs - least)
    return Reached(reached.state, costs), least

"""A day's places and monitors within a model: what starts when, and who holds which stage.

A monitor who holds a stage alone can hold nothing else meanwhile: sums of hours do not show that,
so each monitor is asked about by themselves.
"""

from collections import defaultdict
from typing import NamedTuple

from ortools.sat.python import cp_model

from scheduler.planning.calendar import bits, span_mask


class Footprint(NamedTuple):
    """What a session takes, in ticks: a place of a kind, and so much of a monitor from when on."""

    length: int
    place: str | None
    stages: tuple[tuple[int, int, int], ...]


class Kind(NamedTuple):
    """Sessions that take the same, and the ticks since midnight from which they may start."""

    footprint: Footprint
    starts: int

    @property
    def first(self) -> int:
        """The earliest start."""
        return (self.starts & -self.starts).bit_length() - 1

    @property
    def last(self) -> int:
        """The latest start."""
        return self.starts.bit_length() - 1


class Hours(NamedTuple):
    """What a day has: for each monitor the free ticks and what is locked, and each place's."""

    monitors: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]
    places: tuple[tuple[str, tuple[int, ...]], ...]


class Start(NamedTuple):
    """A session that starts so many ticks after midnight; by number, who monitors each stage."""

    tick: int
    monitors: tuple[int, ...]


class Shift(NamedTuple):
    """When the doses of a day start by kind, who monitors them, and how many are lost."""

    lost: int
    starts: dict[Kind, list[Start]]


Held = tuple[Footprint, int, int, int]
"""A stage that is held: of what, that started when, from which offset on, and by which monitor."""


class Room:
    """The exact question: how many start when, and which monitors hold how many of each stage."""

    def __init__(self, model: cp_model.CpModel, hours: Hours, full: int) -> None:
        self.model = model
        self.holders: dict[Held, cp_model.IntVar] = {}
        self._hours = hours
        self._full = full
        self._begun: dict[tuple[Footprint, int], list[cp_model.IntVar]] = defaultdict(list)
        self._held: dict[tuple[int, int], list[cp_model.LinearExprT]] = defaultdict(list)
        self._taken: dict[tuple[str, int], list[cp_model.LinearExprT]] = defaultdict(list)

    def begin(self, kind: Kind, most: int) -> dict[int, cp_model.IntVar]:
        """How many of a kind start at each of its starts, at most so many."""
        numbers = {start: self.model.new_int_var(0, most, "") for start in bits(kind.starts)}
        for start, number in numbers.items():
            self._begun[kind.footprint, start].append(number)
        return numbers

    def close(self) -> None:
        """Let nothing be taken twice of all that begins."""
        for (taken, start), numbers in self._begun.items():
            self._take(taken, start, cp_model.LinearExpr.sum(numbers))
        self._keep_to_places()
        self._keep_to_monitors()

    def _take(self, taken: Footprint, start: int, number: cp_model.LinearExprT) -> None:
        if taken.place is not None:
            for tick in range(start, start + taken.length):
                self._taken[taken.place, tick].append(number)
        for offset, length, load in taken.stages:
            stretch = span_mask(start + offset, start + offset + length)
            holders = []
            for monitor, (free, _) in enumerate(self._hours.monitors):
                if free & stretch == stretch:
                    held = self.model.new_int_var(0, self._full // load, "")
                    self.holders[taken, start, offset, monitor] = held
                    holders.append(held)
                    for tick in bits(stretch):
                        self._held[monitor, tick].append(load * held)
            self.model.add(cp_model.LinearExpr.sum(holders) == number)

    def _keep_to_places(self) -> None:
        places = dict(self._hours.places)
        for (kind, tick), numbers in self._taken.items():
            free = sum(not mask >> tick & 1 for mask in places.get(kind, ()))
            self.model.add(cp_model.LinearExpr.sum(numbers) <= free)

    def _keep_to_monitors(self) -> None:
        locked = [dict(loads) for _, loads in self._hours.monitors]
        for (monitor, tick), held in self._held.items():
            room = max(0, self._full - locked[monitor].get(tick, 0))
            self.model.add(cp_model.LinearExpr.sum(held) <= room)

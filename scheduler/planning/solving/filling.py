"""Every way to fill a day with sessions that its places and monitors can hold at once.

A walk through the day's ticks. What is under way at a tick (`under_way`) decides what may still
begin; how many sessions have begun in which part of the day is counted beside it (`counting`), as
far as no other filling makes it needless. A small clinic has some hundred fillings: they say
exactly what a day can hold, where sums of hours say far too much.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import reduce
from math import inf
from operator import or_
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scheduler.planning.calendar import span_mask
from scheduler.planning.solving.counting import MOST, Counting, Packed, Part, parts_of
from scheduler.planning.solving.room import Footprint, Hours, Kind
from scheduler.planning.solving.under_way import Around, Rules, State
from scheduler.planning.stopping import Stop

MOST_STATES = 4_000
"""A day with more states than this at one tick is too large to be walked."""
MOST_FILLINGS = 100_000
"""The same for fillings."""
FILLINGS_A_UNIT = 500_000
"""So many fillings are gone through in about the time of one of the exact solver's units."""


_Moves = tuple[NDArray[np.intp], Packed]


class Fillings(NamedTuple):
    """How many sessions begin in each part of a day: a row for each filling."""

    parts: list[Part]
    rows: NDArray[np.int64]

    def on(self, kinds: Mapping[Kind, int]) -> "Fillings":
        """The same for a day with only these of the kinds, each so many times at most."""
        merged: dict[tuple[Footprint, frozenset[int]], list[int]] = defaultdict(list)
        for number, part in enumerate(self.parts):
            of_use = frozenset(n for n, kind in enumerate(kinds) if _is_of_use(part, kind))
            if of_use:
                merged[part.footprint, of_use].append(number)
        wanted, parts, columns = [*kinds.values()], [], []
        for (footprint, of_use), held in merged.items():
            starts = reduce(or_, (self.parts[number].starts for number in held))
            parts.append(Part(footprint, starts, of_use))
            most = sum(wanted[number] for number in of_use)
            columns.append(np.minimum(self.rows[:, held].sum(axis=1), most))
        counting = Counting(parts)
        packed = counting.packed(np.stack(columns, axis=1))
        return Fillings(parts, counting.numbers(counting.fewest(packed)))


def _is_of_use(part: Part, kind: Kind) -> bool:
    return kind.footprint == part.footprint and bool(kind.starts & part.starts)


def fillings(hours: Hours, full: int, kinds: Sequence[Kind], stop: Stop) -> Fillings | None:
    """Every filling of a day, but those that another one makes needless.

    ``full`` is all that a monitor can hold at once. None where the day is too large to be walked,
    or where it was time to stop.
    """
    day = _Day(hours, full, kinds)
    if day.most > MOST:
        return None
    found = day.walked(stop)
    stop.spend(day.seen / FILLINGS_A_UNIT)
    return found


class _Day:
    """One walk through a day."""

    def __init__(self, hours: Hours, full: int, kinds: Sequence[Kind]) -> None:
        self.parts = parts_of(kinds)
        self.counting = Counting(self.parts)
        self.seen = 0
        """So many fillings have been gone through."""
        self._footprints = list(dict.fromkeys(part.footprint for part in self.parts))
        self._rules = Rules(self._footprints)
        self._hours = hours
        self._places = dict(hours.places)
        self._full = full
        self._longest = max((s[1] for f in self._footprints for s in f.stages), default=0)
        self._first = min((part.starts & -part.starts).bit_length() for part in self.parts) - 1
        self._end = max(part.starts.bit_length() + part.footprint.length for part in self.parts)
        self._states: list[State] = [()]
        self._numbers: dict[State, int] = {(): 0}
        self._known: dict[Around, dict[int, _Moves]] = defaultdict(dict)

    @property
    def most(self) -> float:
        """More sessions than this do not fit one after the other into the places there are."""
        shortest: dict[str | None, int] = {}
        for footprint in self._footprints:
            held = shortest.get(footprint.place, footprint.length)
            shortest[footprint.place] = min(held, footprint.length)
        if None in shortest:
            return inf
        ticks, places = self._end - self._first, self._places
        return sum(len(places.get(k or "", ())) * -(-ticks // n) for k, n in shortest.items())

    def walked(self, stop: Stop) -> Fillings | None:
        """All fillings; None where there are too many, or where it was time to stop."""
        owners, rows = np.zeros(1, np.intp), self.counting.nothing
        for tick in range(self._first, self._end):
            if stop.due:
                return None
            stop.go_on()
            owners, rows = self._step(self._around(tick), owners, rows)
            self.seen += len(rows)
            needed = self.counting.needed(rows, owners)
            owners, rows = owners[needed], rows[needed]
            if len(rows) > MOST_FILLINGS or len(self._states) > MOST_STATES:
                return None
        return Fillings(self.parts, self.counting.numbers(self.counting.fewest(rows)))

    def _step(
        self, around: Around, owners: NDArray[np.intp], rows: Packed
    ) -> tuple[NDArray[np.intp], Packed]:
        """What comes of fillings, in order of the states that own them, by the next tick."""
        present, sizes = np.unique(owners, return_counts=True)
        moves = [self._moves_of(int(state), around) for state in present]
        numbers = np.array([len(states) for states, _ in moves])
        # Each filling goes on as often as there are moves of its state.
        each = np.repeat(numbers, sizes)
        source = np.repeat(np.arange(len(owners)), each)
        turn = np.arange(len(source)) - np.repeat(np.cumsum(each) - each, each)
        move = np.repeat(np.repeat(np.cumsum(numbers) - numbers, sizes), each) + turn
        states = np.concatenate([states for states, _ in moves])
        more = np.concatenate([more for _, more in moves])
        return states[move], rows[source] + more[move]

    def _moves_of(self, number: int, around: Around) -> _Moves:
        """The numbers of the states that may come of one, and what each adds."""
        known = self._known[around]
        if number not in known:
            states, begun = [], [self.counting.nothing[0]]
            for state, parts in self._rules.moves(self._states[number], around):
                states.append(self._number(state))
                begun.append(self.counting.units[list(parts)].sum(axis=0, dtype=np.uint64))
            known[number] = np.array(states, np.intp), np.stack(begun)[1:]
        return known[number]

    def _number(self, state: State) -> int:
        if state not in self._numbers:
            self._numbers[state] = len(self._states)
            self._states.append(state)
        return self._numbers[state]

    def _around(self, tick: int) -> Around:
        """What decides at a tick what may come of a state."""
        startable = (
            (number, self._footprints.index(part.footprint))
            for number, part in enumerate(self.parts)
            if part.starts >> tick & 1
        )
        free = ((k, sum(not m >> tick & 1 for m in masks)) for k, masks in self._places.items())
        room = (self._full - dict(locked).get(tick, 0) for _, locked in self._hours.monitors)
        ready = (_ready(mask >> tick, self._longest) for mask, _ in self._hours.monitors)
        return Around(tuple(startable), tuple(free), tuple(room), tuple(ready))


def _ready(mask: int, longest: int) -> int:
    """For how many ticks on end the bits of a mask are set, as far as anybody asks."""
    taken = ~mask & span_mask(0, longest + 1)
    return (taken & -taken).bit_length() - 1 if taken else longest

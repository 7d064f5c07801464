"""How many sessions began in each part of a day, packed so that numpy compares many at once.

One filling of a day makes another needless if whatever the other holds finds room in it. Starts
that more kinds may use are worth more: so what is compared are sums over all parts that are of use
to at least the kinds that some part is of use to. Each sum is a field of a word, with a bit above
it that stays set unless the other's is greater.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scheduler.planning.calendar import bits
from scheduler.planning.solving.room import Footprint, Kind

MOST = 31
"""The greatest number that a field holds."""
WIDTH = MOST.bit_length() + 1
FIELDS = 64 // WIDTH
"""So many fields has one word."""
NEAR = 12
"""Each is compared with so many others before it in order while a day is walked."""
BLOCK = 64
"""So many are compared with all the others at once."""
MOST_SETS = 40
"""More sums than this are not worth keeping: parts are then compared one by one."""

Packed = NDArray[np.uint64]
"""Words, a row for each filling."""
Sets = list[frozenset[int]]


class Part(NamedTuple):
    """Starts of a footprint that are of use to the same kinds, which are told by number."""

    footprint: Footprint
    starts: int
    kinds: frozenset[int]


def parts_of(kinds: Sequence[Kind]) -> list[Part]:
    """The parts into which the starts of some kinds fall."""
    useful: dict[tuple[Footprint, int], set[int]] = defaultdict(set)
    for number, kind in enumerate(kinds):
        for start in bits(kind.starts):
            useful[kind.footprint, start].add(number)
    starts: dict[tuple[Footprint, frozenset[int]], int] = defaultdict(int)
    for (footprint, start), numbers in useful.items():
        starts[footprint, frozenset(numbers)] |= 1 << start
    return [Part(footprint, mask, held) for (footprint, held), mask in starts.items()]


class Counting:
    """Packs numbers of sessions by part, and leaves out what is needless."""

    def __init__(self, parts: Sequence[Part]) -> None:
        sets = [frozenset(range(len(parts))), *_sets(parts)]
        self.words = -(-len(sets) // FIELDS)
        self.nothing: Packed = np.zeros((1, self.words), np.uint64)
        self.units: Packed = np.zeros((len(parts), self.words), np.uint64)
        """What one session of each part adds."""
        self._guards: Packed = np.zeros(self.words, np.uint64)
        self._sums = np.array([[n in held for n in range(len(parts))] for held in sets], float)
        for number, held in enumerate(sets):
            word, low = _place(number)
            self.units[sorted(held), word] |= np.uint64(1 << low)
            self._guards[word] |= np.uint64(1 << low + WIDTH - 1)

    def packed(self, numbers: NDArray[np.int64]) -> Packed:
        """A row of words for each row of numbers by part."""
        rows: Packed = numbers.astype(np.uint64) @ self.units
        return rows

    def numbers(self, rows: Packed) -> NDArray[np.int64]:
        """The numbers of sessions by part from which rows of words were packed."""
        places = map(_place, range(len(self._sums)))
        fields = [rows[:, word] >> np.uint64(low) & np.uint64(MOST) for word, low in places]
        # With each part's sum stands that of all parts above it, so the parts follow.
        found: NDArray[np.int64] = np.rint(np.linalg.pinv(self._sums) @ fields).astype(np.int64)
        return found.T

    def needed(self, rows: Packed, owners: NDArray[np.intp]) -> NDArray[np.intp]:
        """The rows that none of the same owner makes needless, in order of their owners.

        Some needless ones may be among them, for each is compared with few others. Of equal ones
        one is there.
        """
        order = np.lexsort((*rows.T[::-1], owners))[::-1]
        order = order[np.concatenate(([True], self._differ(rows, owners, order)))]
        for distance in range(1, NEAR + 1):
            if len(order) > distance:
                order = order[self._stand(rows, owners, order, distance)]
        return order[::-1]

    def _differ(
        self, rows: Packed, owners: NDArray[np.intp], order: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        """Whether each row but the first is another one than that before it."""
        here, before = order[1:], order[:-1]
        other: NDArray[np.bool_] = (rows[here] != rows[before]).any(axis=1)
        other |= owners[here] != owners[before]
        return other

    def _stand(
        self,
        rows: Packed,
        owners: NDArray[np.intp],
        order: NDArray[np.intp],
        distance: int,
    ) -> NDArray[np.bool_]:
        """Whether each row stands beside the one so many places before it."""
        here, before = order[distance:], order[:-distance]
        covered = owners[here] == owners[before]
        for word, guards in enumerate(self._guards):
            left = (rows[before, word] | guards) - rows[here, word]
            covered &= left & guards == guards
        return np.concatenate((np.ones(distance, bool), ~covered))

    def fewest(self, rows: Packed) -> Packed:
        """The rows that none makes needless, each compared with all others."""
        waiting, found = np.unique(rows, axis=0)[::-1], []
        while len(waiting):
            block, waiting = waiting[:BLOCK], waiting[BLOCK:]
            before = np.tril(self._covers(block, block), -1)
            found.append(block[~before.any(axis=1)])
            waiting = waiting[~self._covers(waiting, found[-1]).any(axis=1)]
        return np.concatenate(found)

    def _covers(self, rows: Packed, others: Packed) -> NDArray[np.bool_]:
        """For each row, whether each other one is at least as much in every field."""
        covered = np.ones((len(rows), len(others)), bool)
        for word, guards in enumerate(self._guards):
            left = (others[:, word] | guards)[None, :] - rows[:, word, None]
            covered &= left & guards == guards
        return covered


def _place(number: int) -> tuple[int, int]:
    """The word and the lowest bit of a field; the first one stands highest.

    That is the sum of all parts: of the rows in order, the first make most others needless.
    """
    word, field = divmod(number, FIELDS)
    return word, (FIELDS - 1 - field) * WIDTH


def _sets(parts: Sequence[Part]) -> Iterable[frozenset[int]]:
    """The sums to compare: with each part, those that are of use to at least as many kinds."""
    found: Sets = []
    alone = [frozenset({number}) for number in range(len(parts))]
    for footprint in dict.fromkeys(part.footprint for part in parts):
        mine = [n for n, part in enumerate(parts) if part.footprint == footprint]
        unions = {frozenset[int]()}
        for number in mine:
            above = frozenset(n for n in mine if parts[n].kinds >= parts[number].kinds)
            unions |= {held | above for held in unions}
            if len(unions) > MOST_SETS:
                return alone
        found += [held for held in unions if held and not _is_a_sum(held, unions)]
    return sorted(found, key=sorted)


def _is_a_sum(held: frozenset[int], unions: set[frozenset[int]]) -> bool:
    """Whether a set falls into two that are compared anyway."""
    return any(other and other < held and held - other in unions for other in unions)

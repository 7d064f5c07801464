"""The cheapest ways through one day of a patient: a walk along its grid of slots.

Whoever walks is at home and has not come yet, at the clinic and waiting for the next visit, or
through with visits for the day. Coming costs a trip, waiting costs idle slots. From every slot at
which something may begin or end the walk goes on to the next such slot, or through an appointment
that may start there.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Costs = NDArray[np.int64]

NEVER = 1 << 40
"""What the impossible costs."""

HOME, WAITING, THROUGH = range(3)
"""The modes of a walk: not come yet, at the clinic until the next visit, done with visits."""


def part_of(costs: Costs, *index: Any) -> Costs:
    """The part of an array at an index of numbers, slices and dots."""
    part: Costs = costs[index]
    return part


class Offer(NamedTuple):
    """What may be placed on a day, in slots since its beginning.

    ``starts`` are ascending, ``costs`` what each costs besides trips and waiting. ``gap`` is the
    free time before it, ``most`` how many there may be on the day.
    """

    starts: tuple[int, ...]
    costs: tuple[int, ...]
    length: int
    gap: int
    in_person: bool
    most: int = 1


class Fixed(NamedTuple):
    """What takes place anyway, from one slot up to another."""

    start: int
    end: int
    in_person: bool


class Question(NamedTuple):
    """All of a day that its walks depend on; equal questions have equal answers.

    ``plain`` may stand anywhere; of ``keyed`` the start matters to other days; after one of the
    ``last`` there is nothing more on the day.
    """

    slots: int
    fixed: tuple[Fixed, ...]
    plain: tuple[Offer, ...]
    keyed: Offer | None
    last: tuple[Offer, ...]
    trip: int
    idle: int


@dataclass(frozen=True)
class _Step:
    """An offer and the index that its starts bear in the axis of the keyed, if it is that."""

    offer: Offer
    axis: int


class _Spot(NamedTuple):
    """Where a walk is: at a slot, in a mode, with so many of each offer taken, the key last."""

    slot: int
    mode: int
    taken: tuple[int, ...]


class _Leg(NamedTuple):
    """A step of a walk: from where, at what cost, and past which offer's start, if any."""

    before: _Spot
    cost: int
    axis: int | None = None
    start: int = 0


class Day:
    """The walks of one question.

    ``open_end[*counts, j]`` is the least that a day costs with so many of each plain offer and the
    keyed one at its start ``j - 1`` (0: not on this day), the costs of keyed and last starts left
    out. ``closed[n][*counts, j, k]`` is the same with the last offer ``n`` at its start ``k``.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        counts = [offer.most + 1 for offer in question.plain]
        keys = len(question.keyed.starts) + 1 if question.keyed else 1
        self._shape = (3, *counts, keys)
        self._axes = len(counts)
        self._at = np.full((question.slots + 1, *self._shape), NEVER, dtype=np.int64)
        self._idle = question.idle * np.array([0, 1, 0]).reshape(3, *(1,) * (len(counts) + 1))
        self._begin: dict[int, list[tuple[_Step, int]]] = {}
        self._fixed = {fixed.start: fixed for fixed in question.fixed}
        self._list_beginnings()
        self._stops = self._find_stops()
        self._walk()
        self.open_end: Costs = np.minimum(self._at[-1, HOME], self._at[-1, THROUGH])
        self.closed = [self._close(offer) for offer in question.last]

    def _list_beginnings(self) -> None:
        question = self.question
        for axis, offer in enumerate([*question.plain, *filter(None, [question.keyed])]):
            step = _Step(offer, axis)
            for number, start in enumerate(offer.starts):
                if self._is_clear(offer, start):
                    self._begin.setdefault(start, []).append((step, number))

    def _find_stops(self) -> list[int]:
        """The slots at which something may begin or end; between them nobody does but wait."""
        found = {0, self.question.slots}
        for fixed in self.question.fixed:
            found |= {fixed.start, fixed.end}
        for start, begun in self._begin.items():
            found.add(start)
            for step, _ in begun:
                found |= {max(0, start - step.offer.gap), start + step.offer.length}
        for offer in self.question.last:
            found.update(max(0, start - offer.gap) for start in offer.starts)
        return sorted(found)

    def _is_clear(self, offer: Offer, start: int, *, last: bool = False) -> bool:
        """Whether nothing that takes place anyway stands in the way of a start."""
        return all(
            fixed.end + offer.gap <= start or (not last and start + offer.length <= fixed.start)
            for fixed in self.question.fixed
        )

    def _walk(self) -> None:
        self._at[(0, HOME, *(0 for _ in self._shape[1:]))] = 0
        for slot, following in pairwise(self._stops):
            fixed = self._fixed.get(slot)
            if fixed is not None:
                self._pass(self._at[slot], self._at[fixed.end], fixed.end - slot, fixed.in_person)
                continue
            for step, number in self._begin.get(slot, ()):
                self._take(slot, step, number)
            there = self._at[following]
            np.minimum(there, self._at[slot] + (following - slot) * self._idle, out=there)

    def _pass(self, here: Costs, there: Costs, length: int, in_person: bool, cost: int = 0) -> None:
        """From before an appointment to after it."""
        if in_person:
            came = np.minimum(here[HOME] + self.question.trip, here[WAITING]) + cost
            there = there[WAITING:]
        else:
            came = here + (length * self._idle + cost)
        np.minimum(there, came, out=there)

    def _take(self, slot: int, step: _Step, number: int) -> None:
        offer, keyed = step.offer, step.axis == self._axes
        here, there = self._before(slot, offer.gap), self._at[slot + offer.length]
        taken, after = self._selections(step, number)
        cost = 0 if keyed else offer.costs[number]
        self._pass(here[taken], there[after], offer.length, offer.in_person, cost)

    def _selections(self, step: _Step, number: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """The states without one more of an offer, and those with it."""
        lead = (slice(None),) * (1 + step.axis)
        if step.axis == self._axes:
            return (*lead, slice(0, 1)), (*lead, slice(number + 1, number + 2))
        return (*lead, slice(None, -1)), (*lead, slice(1, None))

    def _before(self, slot: int, gap: int) -> Costs:
        """The states in which nothing has taken place for so many slots."""
        if gap == 0:
            now: Costs = self._at[slot]
            return now
        # So early in the day nothing can have taken place before, and nobody waits.
        here: Costs = self._at[max(0, slot - gap)].copy()
        here[WAITING] += gap * self.question.idle
        return here

    def _close(self, offer: Offer) -> Costs:
        """The costs with an offer that ends the day, at each of its starts."""
        before = [max(0, start - offer.gap) for start in offer.starts]
        here = self._at[before]
        if offer.in_person:
            waited = here[:, WAITING] + offer.gap * self.question.idle
            came = np.minimum(here[:, HOME] + self.question.trip, waited)
        else:
            came = np.minimum(here[:, HOME], here[:, THROUGH])
        came[[not self._is_clear(offer, start, last=True) for start in offer.starts]] = NEVER
        closed: Costs = np.ascontiguousarray(np.moveaxis(came, 0, -1))
        return closed

    # ---- back from an end to the starts ----------------------------------------------------

    def starts(
        self, counts: tuple[int, ...], key: int, last: tuple[int, int] | None
    ) -> tuple[tuple[int, ...], ...]:
        """The starts of the plain offers on a cheapest walk with so many of each.

        ``key`` is the keyed offer's index as in ``open_end``, ``last`` the number of a last offer
        and of its start.
        """
        found: list[list[int]] = [[] for _ in counts]
        spot = self._end_of((*counts, key), last)
        while spot.slot > 0:
            leg = self._leg_to(spot)
            if leg.axis is not None and leg.axis < self._axes:
                found[leg.axis].append(leg.start)
            spot = leg.before
        return tuple(tuple(sorted(starts)) for starts in found)

    def _cost_at(self, spot: _Spot) -> int:
        return int(self._at[(spot.slot, spot.mode, *spot.taken)])

    def _end_of(self, index: tuple[int, ...], last: tuple[int, int] | None) -> _Spot:
        """Where the cheapest walk ends, or from where it goes to what ends the day."""
        if last is None:
            slot, ways = self.question.slots, ((HOME, 0), (THROUGH, 0))
        else:
            offer = self.question.last[last[0]]
            slot = max(0, offer.starts[last[1]] - offer.gap)
            come = ((HOME, self.question.trip), (WAITING, offer.gap * self.question.idle))
            ways = come if offer.in_person else ((HOME, 0), (THROUGH, 0))
        spots = [(_Spot(slot, mode, index), cost) for mode, cost in ways]
        return min(spots, key=lambda held: self._cost_at(held[0]) + held[1])[0]

    def _leg_to(self, spot: _Spot) -> _Leg:
        """One step back on a cheapest walk."""
        value = self._cost_at(spot)
        for leg in self._legs_to(spot):
            if self._cost_at(leg.before) + leg.cost == value:
                return leg
        raise AssertionError(f"no way back from slot {spot.slot}")

    def _legs_to(self, spot: _Spot) -> Iterator[_Leg]:
        """Each step that ends here."""
        slot, mode, index = spot
        before = self._stops[bisect_left(self._stops, slot) - 1]
        if before not in self._fixed:
            idle = (slot - before) * self.question.idle if mode == WAITING else 0
            yield _Leg(_Spot(before, mode, index), idle)
        for fixed in self.question.fixed:
            if fixed.end == slot:
                length = fixed.end - fixed.start
                for then, cost in self._modes_into(mode, length, fixed.in_person):
                    yield _Leg(_Spot(fixed.start, then, index), cost)
        for axis, (number, step) in product(range(len(index)), self._offers_ending(slot)):
            if step.axis == axis:
                yield from self._taken_into(spot, number, step)

    def _offers_ending(self, slot: int) -> Iterator[tuple[int, _Step]]:
        offers = [*self.question.plain, *([self.question.keyed] if self.question.keyed else [])]
        for axis, offer in enumerate(offers):
            start = slot - offer.length
            if start in offer.starts and self._is_clear(offer, start):
                yield offer.starts.index(start), _Step(offer, axis)

    def _taken_into(self, spot: _Spot, number: int, step: _Step) -> Iterator[_Leg]:
        """The steps past an offer's start of a number, which ends here."""
        slot, mode, index = spot
        offer, keyed = step.offer, step.axis == self._axes
        held, start = index[step.axis], slot - offer.length
        if held != number + 1 if keyed else held == 0:
            return
        before = (*index[: step.axis], 0 if keyed else held - 1, *index[step.axis + 1 :])
        own = 0 if keyed else offer.costs[number]
        for then, cost in self._modes_into(mode, offer.length, offer.in_person):
            waits = offer.gap * self.question.idle if then == WAITING else 0
            came = _Spot(max(0, start - offer.gap), then, before)
            yield _Leg(came, cost + own + waits, step.axis, start)

    def _modes_into(self, mode: int, length: int, in_person: bool) -> Iterator[tuple[int, int]]:
        if not in_person:
            yield mode, length * self.question.idle if mode == WAITING else 0
        elif mode != HOME:
            yield HOME, self.question.trip
            yield WAITING, 0

"""What is under way in a clinic at a tick of a day, and what may come of it by the next tick."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from scheduler.planning.solving.room import Footprint

NOBODY = -1
UnderWay = tuple[int, int, int]
"""A session: the number of its footprint, the ticks since it began, and its monitor's or `NOBODY`.

Nobody stands there, too, at the end of a stage: the next one may be anybody's.
"""
State = tuple[UnderWay, ...]
Begun = tuple[int, ...]
"""The parts of the day in which sessions begin, each as often as one does."""


class Around(NamedTuple):
    """What decides at a tick what may come of a state.

    ``startable`` has the parts of the day in which something may begin, and its footprint's
    number; ``free`` the places of each kind; ``room`` what each monitor can hold, and ``ready``
    for how many ticks on end, as far as any stage asks for.
    """

    startable: tuple[tuple[int, int], ...]
    free: tuple[tuple[str, int], ...]
    room: tuple[int, ...]
    ready: tuple[int, ...]


class Rules:
    """How sessions of some footprints go on."""

    def __init__(self, footprints: Sequence[Footprint]) -> None:
        self.lengths = [footprint.length for footprint in footprints]
        self._places = [footprint.place or "" for footprint in footprints]
        self._stages = [_stages(footprint) for footprint in footprints]
        self._loads = [_loads(footprint) for footprint in footprints]

    def moves(self, state: State, around: Around) -> Iterator[tuple[State, Begun]]:
        """The states that may come of one, and what begins on the way."""
        for begun in self._beginnings(state, around):
            footprints = dict(around.startable)
            new = [(footprints[part], 0, NOBODY) for part in begun]
            for after in self._monitored([*state, *new], around):
                yield after, begun

    def _beginnings(self, state: State, around: Around) -> Iterator[Begun]:
        """What may begin at a tick besides what is under way, as places allow."""
        free = dict(around.free)
        for footprint, _, _ in state:
            free[self._places[footprint]] -= 1
        if any(number < 0 for number in free.values()):
            return
        places = [self._places[footprint] for _, footprint in around.startable]
        for numbers in product(*(range(free[place] + 1) for place in places)):
            taken: Counter[str] = Counter()
            for place, number in zip(places, numbers, strict=True):
                taken[place] += number
            if all(number <= free[place] for place, number in taken.items()):
                parts = zip(around.startable, numbers, strict=True)
                yield tuple(part for (part, _), number in parts for _ in range(number))

    def _monitored(self, sessions: list[UnderWay], around: Around) -> set[State]:
        """What these sessions can be after a tick, each stage held by somebody with room."""
        room = list(around.room)
        for footprint, since, monitor in sessions:
            if monitor != NOBODY:
                room[monitor] -= self._loads[footprint][since]
                if room[monitor] < 0:
                    return set()
        begun = [n for n, (f, since, _) in enumerate(sessions) if since in self._stages[f]]
        found: set[State] = set()
        waiting = [(begun, sessions, room)]
        while waiting:
            held = waiting.pop()
            if held[0]:
                waiting += self._holders(*held, around.ready)
            else:
                found.add(self._after(held[1]))
        return found

    def _holders(
        self, begun: list[int], sessions: list[UnderWay], room: list[int], ready: tuple[int, ...]
    ) -> Iterator[tuple[list[int], list[UnderWay], list[int]]]:
        """The ways to give the first stage that has just begun to somebody."""
        session, *others = begun
        footprint, since, _ = sessions[session]
        length, load = self._stages[footprint][since]
        for monitor, ticks in enumerate(ready):
            if room[monitor] >= load and ticks >= length:
                left, given = [*room], [*sessions]
                left[monitor] -= load
                given[session] = (footprint, since, monitor)
                yield others, given, left

    def _after(self, sessions: list[UnderWay]) -> State:
        """What is under way after one more tick; its monitor only where the stage goes on."""
        state = []
        for footprint, since, monitor in sessions:
            now = since + 1
            if now < self.lengths[footprint]:
                goes_on = now not in self._stages[footprint] and self._loads[footprint][now]
                state.append((footprint, now, monitor if goes_on else NOBODY))
        return tuple(sorted(state))


def _stages(footprint: Footprint) -> dict[int, tuple[int, int]]:
    """The length and the load of each stage, by when it begins."""
    return {offset: (length, load) for offset, length, load in footprint.stages}


def _loads(footprint: Footprint) -> list[int]:
    """What a monitor holds of a session at each of its ticks."""
    loads = [0] * footprint.length
    for offset, length, load in footprint.stages:
        loads[offset : offset + length] = [load] * length
    return loads

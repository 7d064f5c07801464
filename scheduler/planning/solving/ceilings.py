"""How many sessions a day can hold at most, by its places and monitors alone.

A monitor who holds a stage alone can hold nothing else meanwhile: sums of hours do not show that,
a small exact question about one day does. Days with the same hours share its answers.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from ortools.sat.python import cp_model

from pathways.model import Activity
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits, span_mask
from scheduler.planning.stopping import Stop

UNITS = 0.2
"""Solver units for one question; where they do not do, its bound stands for the answer."""


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


def footprint(board: Board, activity: Activity) -> Footprint:
    """What sessions of an activity take."""
    shape = board.problem.shape(activity)
    stages = ((stage.offset, stage.length, stage.load) for stage in shape.stages if stage.load)
    place = activity.location_kind
    return Footprint(shape.length, None if place == "virtual" else place, tuple(stages))


class Ceilings:
    """The most sessions of some kinds on a day of a board on which only locked ones stand."""

    def __init__(self, board: Board, stop: Stop) -> None:
        self.board = board
        self.stop = stop
        self._hours: dict[int, Hours] = {}
        self._known: dict[tuple[Hours, tuple[Kind, ...]], int] = {}

    def most(self, day: int, kinds: Iterable[Kind]) -> int | None:
        """At most how many sessions a day holds; None where it was time to stop."""
        asked = _merged(kinds)
        key = (self.hours(day), asked)
        if key not in self._known:
            if self.stop.due:
                return None
            problem = self.board.problem
            day_model = _Day(*key, problem.full_load, len(problem.patients))
            self._known[key] = self._asked(day_model)
        return self._known[key]

    def _asked(self, day: "_Day") -> int:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.catch_sigint_signal = False
        solver.parameters.max_deterministic_time = UNITS
        solver.solve(day.model)
        self.stop.spend(solver.response_proto.deterministic_time)
        return min(day.no_more_than, int(solver.best_objective_bound + 0.5))

    def hours(self, day: int) -> Hours:
        """What a day has."""
        if day not in self._hours:
            self._hours[day] = Hours(tuple(self._monitors(day)), tuple(self._places(day)))
        return self._hours[day]

    def _since_midnight(self, mask: int, day: int) -> int:
        begin, end = self.board.problem.calendar.day_starts[day : day + 2]
        return mask >> begin & span_mask(0, end - begin)

    def _monitors(self, day: int) -> Iterable[tuple[int, tuple[tuple[int, int], ...]]]:
        problem, ledger = self.board.problem, self.board.ledger
        begin, end = problem.calendar.day_starts[day : day + 2]
        for name in problem.monitors():
            duty = 0
            for start, stop in problem.duty(name):
                if start < end and stop > begin:
                    duty |= span_mask(start, stop)
            free = self._since_midnight(duty & ~ledger.busy[name] & ~ledger.used[name], day)
            loads = ((tick - begin, load) for tick, load in ledger.load[name].items() if load)
            yield free, tuple(sorted(held for held in loads if 0 <= held[0] < end - begin))

    def _places(self, day: int) -> Iterable[tuple[str, tuple[int, ...]]]:
        ledger, taken = self.board.ledger, defaultdict(list)
        for place in self.board.problem.clinic.locations:
            key = f"@{place.id}"
            mask = ledger.held[key] | ledger.used[key] | ledger.busy[key]
            taken[place.kind].append(self._since_midnight(mask, day))
        return ((kind, tuple(sorted(masks))) for kind, masks in sorted(taken.items()))


def _merged(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """Kinds that take the same as one, which may start whenever one of them may."""
    starts: dict[Footprint, int] = defaultdict(int)
    for kind in kinds:
        starts[kind.footprint] |= kind.starts
    return tuple(sorted((Kind(*held) for held in starts.items()), key=repr))


class _Day:
    """The exact question: how many start when, and which monitors hold how many of each stage."""

    def __init__(self, hours: Hours, kinds: tuple[Kind, ...], full: int, patients: int) -> None:
        self.model = cp_model.CpModel()
        self._hours = hours
        self._full = full
        self._held: dict[tuple[int, int], list[cp_model.LinearExprT]] = defaultdict(list)
        self._taken: dict[tuple[str, int], list[cp_model.IntVar]] = defaultdict(list)
        begun = []
        for kind in kinds:
            for start in bits(kind.starts):
                number = self.model.new_int_var(0, patients, "")
                begun.append(number)
                self._take(kind.footprint, start, number)
        self.no_more_than = patients * len(begun)
        self._keep_to_places()
        self._keep_to_monitors()
        self.model.maximize(sum(begun))

    def _take(self, taken: Footprint, start: int, number: cp_model.IntVar) -> None:
        if taken.place is not None:
            for tick in range(start, start + taken.length):
                self._taken[taken.place, tick].append(number)
        for offset, length, load in taken.stages:
            self._hold(range(start + offset, start + offset + length), load, number)

    def _hold(self, ticks: range, load: int, number: cp_model.IntVar) -> None:
        """Each of so many stages is held by one monitor, who is there throughout."""
        stretch, holders = span_mask(ticks.start, ticks.stop), []
        for monitor, (free, _) in enumerate(self._hours.monitors):
            if free & stretch == stretch:
                held = self.model.new_int_var(0, self._full // load, "")
                holders.append(held)
                for tick in ticks:
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

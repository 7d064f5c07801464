"""How many sessions a day can hold at most, by its places and monitors alone.

A small exact question about one day (`room`); days with the same hours share its answers.
"""

from collections import defaultdict
from collections.abc import Iterable

from ortools.sat.python import cp_model

from pathways.model import Activity
from scheduler.planning.board import Board
from scheduler.planning.calendar import span_mask
from scheduler.planning.solving.room import Footprint, Hours, Kind, Room
from scheduler.planning.stopping import Stop

UNITS = 0.2
"""Solver units for one question; where they do not do, its bound stands for the answer."""


def a_solver(units: float) -> cp_model.CpSolver:
    """A solver for small questions about a day, which may do so many of its own units of work."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False
    solver.parameters.max_deterministic_time = units
    return solver


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
            self._known[key] = self._asked(*key)
            self.stop.go_on()
        return self._known[key]

    def _asked(self, hours: Hours, kinds: Iterable[Kind]) -> int:
        problem, model = self.board.problem, cp_model.CpModel()
        room, patients = Room(model, hours, problem.full_load), len(problem.patients)
        begun = [number for kind in kinds for number in room.begin(kind, patients).values()]
        room.close()
        model.maximize(sum(begun))
        solver = a_solver(UNITS)
        solver.solve(model)
        self.stop.spend(solver.response_proto.deterministic_time)
        return min(patients * len(begun), int(solver.best_objective_bound + 0.5))

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

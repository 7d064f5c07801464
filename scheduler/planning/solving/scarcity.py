"""What must stay unplaced because people compete for the same hours.

A relaxed question about the whole clinic at once: which series everybody joins, on which days
their doses lie, and which meetings these cost, where no day holds more doses than it can at most
(`ceilings`). Everything else is left out, so no plan leaves out less. Ceilings are asked for only
where an answer goes above them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import inf, prod
from operator import or_

from ortools.sat.python import cp_model

from pathways.model import Activity
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits
from scheduler.planning.costing import unplaced_term
from scheduler.planning.problem import Meeting
from scheduler.planning.solving.ceilings import Ceilings, Kind, footprint
from scheduler.planning.solving.posing import Left
from scheduler.planning.stopping import Stop

MOST_CHOICES = 12
"""Whoever has more choices of series is left out of the question."""
ROUNDS = 12
"""So often ceilings that an answer breaks are added, and the question is asked again."""
UNITS = 1.0
"""Solver units for each of these answers."""
SEED = 1

Variable = cp_model.IntVar
Block = list[Occurrence]
"""The doses of one activity in one week of a patient."""


@dataclass(frozen=True)
class Loss:
    """So much of it stays unplaced if ``missed`` does: ``price`` in cost, ``number`` by count."""

    missed: Variable
    price: int
    number: int


class Scarcity:
    """The relaxed question, put together patient by patient."""

    def __init__(self, board: Board, stop: Stop) -> None:
        self.board = board
        self.problem = board.problem
        self.stop = stop
        self.model = cp_model.CpModel()
        self.losses: list[Loss] = []
        self.ceilings = Ceilings(board, stop)
        self._wanted: dict[int, dict[Kind, list[Variable]]] = {}
        self._kept: set[tuple[int, int, int, int]] = set()
        board.open = frozenset(self.problem.occurrences)
        for patient in self.problem.patients:
            if not stop.due:
                self._add_patient(patient)
        board.open = frozenset()

    def least(self, paid: float = inf) -> Left:
        """What any plan leaves out at least; nothing where it was time to stop.

        A plan that pays no more than ``paid`` is known: a bound as high needs no further work.
        """
        if not self._wanted:
            return Left()
        cost = self._least(sum(loss.price * loss.missed for loss in self.losses), paid)
        enough = inf if cost < paid else 0
        number = self._least(sum(loss.number * loss.missed for loss in self.losses), enough)
        return Left(cost, number)

    # ---- one patient -----------------------------------------------------------------------

    def _add_patient(self, patient: str) -> None:
        """The choices of series, of which one is made, and what each does to the doses."""
        activities = self.problem.pathways[patient].activities
        groups = [activity for activity in activities if activity.kind == "group"]
        options = [(*self.problem.options(patient, group), None) for group in groups]
        blocks = self._blocks(patient)
        if not blocks or prod(map(len, options)) > MOST_CHOICES:
            return
        starts = [reduce(or_, map(self.board.allowed, block)) for block in blocks]
        chosen = []
        for series in product(*options):
            choice = _Choice(self, patient, dict(zip((g.id for g in groups), series, strict=True)))
            for block, mask in zip(blocks, starts, strict=True):
                choice.add_block(block, mask)
            choice.keep_days_apart()
            chosen.append(choice.made)
        self.model.add_exactly_one(chosen)

    def _blocks(self, patient: str) -> list[Block]:
        blocks: dict[tuple[str, int], Block] = defaultdict(list)
        for occurrence in self.problem.of_patient(patient):
            if occurrence.week is not None and _is_counted(occurrence):
                blocks[occurrence.activity.id, occurrence.week].append(occurrence)
        return list(blocks.values())

    def want(self, day: int, kind: Kind, stands: Variable) -> None:
        """Let a dose take what its kind takes on a day, if it stands."""
        self._wanted.setdefault(day, defaultdict(list))[kind].append(stands)

    # ---- asking ----------------------------------------------------------------------------

    def _least(self, cost: cp_model.LinearExprT, enough: float) -> int:
        """The least of a sum of losses, with ceilings added as they are broken, up to enough."""
        self.model.minimize(cost)
        bound = 0
        for _ in range(ROUNDS):
            if self.stop.due:
                break
            solver = self._solver()
            with self.stop.interrupting(solver.stop_search):
                status = solver.solve(self.model)
            self.stop.spend(solver.response_proto.deterministic_time)
            if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                break
            bound = max(bound, int(solver.best_objective_bound + 0.5))
            if bound >= enough or not self._keep_broken(solver):
                break
        return bound

    def _solver(self) -> cp_model.CpSolver:
        solver = cp_model.CpSolver()
        parameters = solver.parameters
        parameters.num_workers = 1
        parameters.catch_sigint_signal = False
        parameters.random_seed = SEED
        parameters.linearization_level = 2
        parameters.max_deterministic_time = UNITS
        parameters.max_time_in_seconds = max(0.01, min(self.stop.seconds_left, 1e6))
        return solver

    def _keep_broken(self, solver: cp_model.CpSolver) -> bool:
        """Add the ceilings that an answer breaks; whether there were any."""
        broken = False
        for day, kinds in self._wanted.items():
            for key, held in _windows(kinds):
                standing = [variable for kind in held for variable in kinds[kind]]
                number = sum(solver.value(variable) for variable in standing)
                if number < 2 or (day, *key) in self._kept:
                    continue
                most = self.ceilings.most(day, held)
                if most is not None and number > most:
                    self._kept.add((day, *key))
                    self.model.add(cp_model.LinearExpr.sum(standing) <= most)
                    broken = True
        return broken


class _Choice:
    """One choice of series of one patient: its meetings, and the days of the doses beside them."""

    def __init__(self, scarcity: Scarcity, patient: str, series: dict[str, str | None]) -> None:
        self.scarcity = scarcity
        self.problem = scarcity.problem
        self.model = scarcity.model
        self.patient = patient
        self.made = self.model.new_bool_var("")
        self._meetings: dict[int, list[Meeting]] = defaultdict(list)
        self._missed: dict[Meeting, Variable] = {}
        self._days: dict[str, dict[int, list[Variable]]] = defaultdict(lambda: defaultdict(list))
        for name, joined in series.items():
            self._join(self.problem.pathways[patient].activity(name), joined)

    def _join(self, activity: Activity, series: str | None) -> None:
        if series is None:
            meetings = activity.schedule[0].per_week * len(activity.scheduled_weeks)
            self._lose(self.made, self.problem.weights.unplaced_other, meetings)
            return
        for number, meeting in self.problem.meetings(self.patient, activity, series).items():
            found = self.problem.asked.by_key.get((self.patient, activity.id, number))
            if found is None or found.locked:
                continue
            if meeting.state == "unavailable":
                self._lose(self.made, self.problem.weights.unplaced_other, 1)
            elif meeting.state == "open":
                self._meetings[self.problem.calendar.day_of(meeting.start)].append(meeting)

    def _lose(self, missed: Variable, weight: int, number: int) -> None:
        self.scarcity.losses.append(Loss(missed, weight * number, number))

    def add_block(self, block: Block, starts: int) -> None:
        """The doses of one week: on which days, beside which meetings, or not at all."""
        activity, stands, against = block[0].activity, [], defaultdict(list)
        for (day, meetings), mask in self._apart(activity, starts).items():
            variable = self.model.new_bool_var("")
            stands.append(variable)
            self._days[activity.id][day].append(variable)
            kind = Kind(footprint(self.scarcity.board, activity), mask)
            self.scarcity.want(day, kind, variable)
            for meeting in meetings:
                against[meeting].append(variable)
        missed = self.model.new_int_var(0, len(block), "")
        weight = getattr(self.problem.weights, unplaced_term(block[0]))
        self.scarcity.losses.append(Loss(missed, weight, 1))
        self.model.add(sum(stands) + missed >= len(block) * self.made)
        for meeting, variables in against.items():
            self.model.add(sum(variables) <= self._missing(meeting))

    def _apart(self, activity: Activity, starts: int) -> dict[tuple[int, tuple[Meeting, ...]], int]:
        """The starts since midnight, by day and by the meetings that they leave no room for."""
        calendar, shape = self.problem.calendar, self.problem.shape(activity)
        found: dict[tuple[int, tuple[Meeting, ...]], int] = defaultdict(int)
        for start in bits(starts):
            day = calendar.day_of(start)
            begin, end = calendar.day_starts[day : day + 2]
            clear_from = start - shape.gap
            clear_to = end if activity.rest_of_day else start + shape.length
            hit = (m for m in self._meetings[day] if m.start < clear_to and m.end > clear_from)
            found[day, tuple(dict.fromkeys(hit))] |= 1 << start - begin
        return found

    def _missing(self, meeting: Meeting) -> Variable:
        if meeting not in self._missed:
            self._missed[meeting] = self.model.new_bool_var("")
            self._lose(self._missed[meeting], self.problem.weights.unplaced_other, 1)
        return self._missed[meeting]

    def keep_days_apart(self) -> None:
        """One dose of an activity a day, as many days apart and as few in so many as they must."""
        for name, days in self._days.items():
            activity = self.problem.pathways[self.patient].activity(name)
            limits = [(max(1, activity.min_days_between or 0), 1)]
            if activity.max_in_days is not None:
                limits.append((activity.max_in_days.days, activity.max_in_days.count))
            for first, (length, most) in product(days, limits):
                within = [v for day in range(first, first + length) for v in days.get(day, ())]
                self.model.add(sum(within) <= most * self.made)


def _is_counted(occurrence: Occurrence) -> bool:
    """Whether the question knows of it: a dose of one patient, at most one of its kind a day."""
    activity = occurrence.activity
    once_a_day = activity.rest_of_day or (activity.min_days_between or 0) > 0
    free = occurrence.asked and not occurrence.locked and len(occurrence.patients) == 1
    return free and activity.is_dose_like and once_a_day


def _windows(kinds: Iterable[Kind]) -> Iterator[tuple[tuple[int, int, int], list[Kind]]]:
    """The kinds that start within each window of the day, together and each footprint alone."""
    held = list(kinds)
    footprints = sorted({kind.footprint for kind in held}, key=repr)
    for first in sorted({kind.first for kind in held}):
        for last in sorted({kind.last for kind in held}):
            within = [k for k in held if k.first >= first and k.last <= last]
            if within:
                yield (first, last, -1), within
            for number, taken in enumerate(footprints if len(footprints) > 1 else ()):
                alone = [k for k in within if k.footprint == taken]
                if alone:
                    yield (first, last, number), alone

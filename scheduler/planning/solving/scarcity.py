"""What must stay unplaced because people compete for the same hours.

A relaxed question about the whole clinic at once: which series everybody joins, on which days
their doses lie, and which meetings these cost, where no day holds more doses than it can at most
(`ceilings`). Everything else is left out, so no plan leaves out less. Ceilings are asked for only
where an answer goes above them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import chain, combinations, product
from math import inf, prod
from operator import or_
from random import Random

from ortools.sat.python import cp_model

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits
from scheduler.planning.solving.afterwards import follow_ups_of
from scheduler.planning.solving.ceilings import Ceilings, a_solver
from scheduler.planning.solving.choices import Block, Choice, Dose, Loss, Variable
from scheduler.planning.solving.constructing import put
from scheduler.planning.solving.held import HeldDays
from scheduler.planning.solving.room import Kind, Shift, Start
from scheduler.planning.solving.waiting import solved
from scheduler.planning.stopping import Stop

MOST_CHOICES = 12
"""Whoever has more choices of series is left out of the question."""
ROUNDS = 12
"""So often ceilings that an answer breaks are added, and the question is asked again."""
UNITS = 1.0
"""Solver units for each of these answers."""
UNITS_HELD = 4.0
"""The same once days are filled in one of their ways, when answers are worth more."""
NEARLY = 3
"""Where one by one more doses of a day than this find no room, no other order holds them all."""
NO_LIMIT = 1 << 40
"""More than any plan pays for what it leaves out."""
SEED = 1


@dataclass(frozen=True)
class Answer:
    """What came out of the question: its cost, what none can cost less than, and the values."""

    cost: int
    bound: int
    optimal: bool
    values: list[int]

    def of(self, variable: Variable) -> int:
        """What a variable of the question is."""
        return self.values[variable.index]


class Scarcity:
    """The relaxed question, put together patient by patient."""

    def __init__(self, board: Board, stop: Stop) -> None:
        self.board = board
        self.problem = board.problem
        self.stop = stop
        self.model = cp_model.CpModel()
        self.losses: list[Loss] = []
        self.ceilings = Ceilings(board, stop)
        self.choices: list[Choice] = []
        self.wanted: dict[int, dict[Kind, list[Dose]]] = {}
        """The doses that may stand on each day, by what they take and when."""
        self.held = HeldDays(self)
        self.answer: Answer | None = None
        """The last answer that loses least in cost, if it breaks no day as far as that is known."""
        self._unbroken: Answer | None = None
        self._limit: Variable | None = None
        self._kept: set[tuple[int, int, int, int]] = set()
        board.open = frozenset(self.problem.occurrences)
        for patient in self.problem.patients:
            if not stop.due:
                self._add_patient(patient)
                stop.go_on()
        board.open = frozenset()
        self._keep_partners_apart()

    def least_cost(self, paid: float = inf, broken: Callable[[Answer], None] | None = None) -> int:
        """What any plan pays at least for what it leaves out; 0 where it was time to stop.

        A plan that pays no more than ``paid`` is known: a bound as high needs no further work.
        ``broken`` is told of answers on the way, though some days cannot hold all of their doses.
        """
        cost = self._least(self.cost, paid, broken)
        self.answer = self._unbroken
        return cost

    def least_number(self, paid: float = inf) -> int:
        """How many occurrences a plan leaves out at least that pays no more than that for them.

        It may be fewer where more is paid: for one dose left out, three meetings can be attended.
        """
        self.pay_at_most(paid)
        return self._least(sum(loss.number * loss.missed for loss in self.losses), inf)

    def pay_at_most(self, paid: float) -> None:
        """Ask about plans that pay no more for what they leave out, until another limit is set."""
        if self._limit is None:
            self._limit = self.model.new_int_var(0, NO_LIMIT, "")
            self.model.add(self.cost <= self._limit)
        domain = self.model.proto.variables[self._limit.index].domain
        domain[1] = int(min(paid, NO_LIMIT))

    @property
    def dearness(self) -> cp_model.LinearExprT:
        """What the doses that stand cost where they stand, and what follows them."""
        return sum(
            dose.price * dose.stands
            for kinds in self.wanted.values()
            for doses in kinds.values()
            for dose in doses
        )

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
        follow_ups = [follow_ups_of(self.board, block) for block in blocks]
        chosen = []
        for series in product(*options):
            choice = Choice(self, patient, dict(zip((g.id for g in groups), series, strict=True)))
            for block, mask, after in zip(blocks, starts, follow_ups, strict=True):
                choice.add_block(block, mask, after)
            choice.keep_days_apart()
            chosen.append(choice)
        self.model.add_exactly_one(choice.made for choice in chosen)
        self.choices += chosen

    def _blocks(self, patient: str) -> list[Block]:
        blocks: dict[tuple[str, int], Block] = defaultdict(list)
        for occurrence in self.problem.of_patient(patient):
            if occurrence.week is not None and _is_counted(occurrence):
                blocks[occurrence.activity.id, occurrence.week].append(occurrence)
        return list(blocks.values())

    def want(self, dose: Dose) -> None:
        """Let a dose take what its kind takes on its day, if it stands."""
        self.wanted.setdefault(dose.day, defaultdict(list))[dose.kind].append(dose)

    def _keep_partners_apart(self) -> None:
        """Of two partners one has a dose on a day, so that the other can drive."""
        for kinds in self.wanted.values():
            held = defaultdict[tuple[str, str], list[Variable]](list)
            for dose in chain.from_iterable(kinds.values()):
                first = dose.block[0]
                if first.activity.no_driving:
                    held[first.owner, first.activity.id].append(dose.stands)
            for (one, mine), (other, theirs) in combinations(held.items(), 2):
                if self.problem.patients[one[0]].partner == other[0]:
                    self.model.add(cp_model.LinearExpr.sum([*mine, *theirs]) <= 1)

    # ---- asking ----------------------------------------------------------------------------

    @property
    def cost(self) -> cp_model.LinearExprT:
        """What is left out, in cost."""
        return sum(loss.price * loss.missed for loss in self.losses)

    def _least(
        self,
        cost: cp_model.LinearExprT,
        enough: float,
        broken: Callable[[Answer], None] | None = None,
    ) -> int:
        """The least of a sum of losses, with days kept to what they hold, up to enough."""
        self._unbroken, bound = None, 0
        if not self.wanted:
            return bound
        self.model.minimize(cost)
        for _ in range(ROUNDS):
            answer = self.ask(UNITS_HELD if self.held.days else UNITS)
            if answer is None:
                break
            bound = max(bound, answer.bound)
            if bound >= enough:
                break
            days = self._broken(answer)
            if days and broken is not None:
                broken(answer)
            if not self._keep(days, answer):
                self._unbroken = answer
                break
        return bound

    def ask(self, units: float) -> Answer | None:
        """An answer that has begun from the one before; None where there is none in time."""
        if self.stop.due:
            return None
        solver = a_solver(units)
        solver.parameters.random_seed = SEED
        solver.parameters.linearization_level = 2
        status = solved(solver, self.model, self.stop)
        self.stop.spend(solver.response_proto.deterministic_time)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        cost, bound = round(solver.objective_value), int(solver.best_objective_bound + 0.5)
        values = list(solver.response_proto.solution)
        return Answer(cost, bound, status == cp_model.OPTIMAL, values)

    def keep_broken(self, answer: Answer) -> bool:
        """Keep days that an answer breaks to what they hold; whether there were any.

        Where a day can be filled in few ways, it is filled in one of them; else under ceilings.
        """
        return self._keep(self._broken(answer), answer)

    def _broken(self, answer: Answer) -> list[int]:
        open_days = [day for day in self.wanted if day not in self.held.days]
        return [day for day in open_days if self.by_hand(day, answer).lost]

    def _keep(self, days: list[int], answer: Answer) -> bool:
        return self.held.hold(days) or self._keep_under_ceilings(days, answer)

    def _keep_under_ceilings(self, days: Iterable[int], answer: Answer) -> bool:
        kept = [self._keep_under_one(day, answer) for day in days]
        return any(kept)

    def _keep_under_one(self, day: int, answer: Answer) -> bool:
        """Keep a day under the first ceiling that is broken, of the narrowest window on.

        What a window holds every wider one does, so most of those need not be asked about.
        """
        kinds, known = self.wanted[day], list[tuple[set[Kind], int]]()
        for key, held in sorted(_windows(kinds), key=_width):
            standing = [dose.stands for kind in held for dose in kinds[kind]]
            number = sum(map(answer.of, standing))
            if number <= max((most for less, most in known if less.issubset(held)), default=1):
                continue
            most = self.ceilings.most(day, held)
            if most is None or (day, *key) in self._kept:
                continue
            known.append((set(held), most))
            if number > most:
                self._kept.add((day, *key))
                self.model.add(cp_model.LinearExpr.sum(standing) <= most)
                return True
        return False

    def by_hand(self, day: int, answer: Answer, tries: int = 1) -> Shift:
        """When the doses of a day may start, found one after the other.

        Most days are so empty that none is lost, and it takes a hundredth of the time of a ceiling.
        Where some are, other orders are tried, and the one that loses least is taken.
        """
        held, dice = sorted(self.wanted[day].items(), key=_urgency), Random(SEED)  # noqa: S311  (a search, not a secret)
        standing = [(kind, dose) for kind, doses in held for dose in standing_in(doses, answer)]
        best = self._one_by_one(day, standing)
        for _ in range(tries - 1):
            if not 0 < best.lost <= NEARLY:
                break
            dice.shuffle(standing)
            best = min(best, self._one_by_one(day, standing), key=lambda shift: shift.lost)
        return best

    def _one_by_one(self, day: int, doses: Iterable[tuple[Kind, Dose]]) -> Shift:
        """Each dose at its first start beside those before it."""
        lost, starts = 0, defaultdict[Kind, list[Start]](list)
        mark = len(self.board.journal)
        for kind, dose in doses:
            start = self._put_first(dose.block[0], kind, day)
            if start is None:
                lost += 1
            else:
                starts[kind].append(start)
        self.board.undo(mark)
        return Shift(lost, starts)

    def _put_first(self, occurrence: Occurrence, kind: Kind, day: int) -> Start | None:
        """Put a dose at its first start of a kind; None where there is none."""
        board, begin = self.board, self.problem.calendar.day_starts[day]
        free = board.allowed(occurrence) & kind.starts << begin
        start = next((start for start in bits(free) if put(board, occurrence, start)), None)
        if start is None:
            return None
        names = self.problem.monitors()
        held = (name for name in board.placed[occurrence].monitors if name is not None)
        return Start(start - begin, tuple(map(names.index, held)))


def standing_in(doses: list[Dose], answer: Answer) -> list[Dose]:
    """Those of some doses that stand in an answer."""
    return [dose for dose in doses if answer.of(dose.stands)]


def _urgency(held: tuple[Kind, list[Dose]]) -> tuple[int, int]:
    """By when the last one of a kind has to start, and from when on."""
    return held[0].last, held[0].first


def _is_counted(occurrence: Occurrence) -> bool:
    """Whether the question knows of it: a dose of one patient, at most one of its kind a day."""
    activity = occurrence.activity
    once_a_day = activity.rest_of_day or (activity.min_days_between or 0) > 0
    free = occurrence.asked and not occurrence.locked and len(occurrence.patients) == 1
    return free and activity.is_dose_like and once_a_day


def _width(window: tuple[tuple[int, int, int], list[Kind]]) -> int:
    """From the first start of a window to its last."""
    (first, last, _), _ = window
    return last - first


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

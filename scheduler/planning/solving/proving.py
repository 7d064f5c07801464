"""What no plan can cost less than.

Patients touch each other only through what the clinic has; so no plan can cost less than the sum
of what each patient, alone in the clinic, would cost at best. Partners count as one. Each choice
of series is a question of its own: with the series fixed, a patient's weeks barely touch.

That sum does not see that people compete for the same hours. Where something stays unplaced, all
are asked about together once, and only what must stay unplaced (`scarcity`).
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.costing import fixed_terms, locked_cost, total_terms
from scheduler.planning.course.asking import NotAWalk
from scheduler.planning.course.choosing import Chooser, put_best, standing_cost
from scheduler.planning.course.day import NEVER
from scheduler.planning.problem import SMALL, Problem
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.beginning import Beginning
from scheduler.planning.solving.constructing import fill
from scheduler.planning.solving.posing import (
    Answer,
    Effort,
    Left,
    Membership,
    about_all,
    begin_roughly,
    begin_with,
    pose,
)
from scheduler.planning.stopping import Stop, Unfinished

if TYPE_CHECKING:
    from scheduler.planning.solving.scarcity import Answer as Answered
    from scheduler.planning.solving.scarcity import Scarcity

Begin = Callable[[Beginning], None]
Proof = tuple[int, int, bool]
"""A party's number, what it cannot cost less than alone, and whether that is all there is to prove.
"""
Choice = dict[Membership, str | None]
"""A series, or none, for each group activity of some patients."""

MOST_CHOICES = 12
"""So many choices of series are proven one by one."""
FIRST_UNITS = 0.5
"""Solver units for a party's first proof; each later one may take four times as many."""
ALONE_UNITS = 1.0
"""The same for the only party there is: its proof is all that is left to do."""
SEED = 1
WALKS = (True, False)
"""A patient's walks are tried loosely first; exactly only where there is no other party."""


class Prover:
    """Bounds for every party of patients, each tightened in its turn."""

    def __init__(self, standing: Standing, stop: Stop, chooser: Chooser) -> None:
        """The ``chooser``, a loose one, knows afterwards what each week costs alone."""
        self.standing = standing
        self._chooser = chooser
        self.problem = standing.board.problem
        self.stop = stop
        self.parties = _parties(self.problem)
        self._bounds = dict.fromkeys(self.parties, 0)
        self._proven: set[tuple[str, ...]] = set()
        self._walked = dict.fromkeys(self.parties, 0)
        self._tried: set[tuple[str, ...]] = set()
        for party in self.parties:
            if not any(standing.board.is_open(o) for name in party for o in self._held(name)):
                self._bounds[party] = sum(standing.costs[name] for name in party)
                self._proven.add(party)
        self.is_alone = len(self.parties) - len(self._proven) <= 1
        """Whether all but one party is locked, so that its best in the clinic is the best plan."""
        first = ALONE_UNITS if self.is_alone else FIRST_UNITS
        self._units = dict.fromkeys(self.parties, first)
        self.left = Left()
        """What any plan leaves out at least, as far as it is known."""
        self.mends = any(o.booked and not o.locked for o in self.problem.occurrences)
        """Whether a plan stands already, which is not to be begun anew."""
        self._looked_at_all = len(self.parties) == 1
        self._counting: Scarcity | None = None
        self._counted_at = 0
        """What the plan paid for what it leaves out when it was counted."""

    @property
    def bound(self) -> int:
        """What no plan can cost less than."""
        fixed = sum(fixed_terms(self.problem).values())
        proven = max(sum(self._bounds.values()), self.left.cost)
        return min(fixed + proven, self.standing.total)

    def tighten(self) -> bool:
        """Spend some work on the party that has had least; False once all are proven."""
        open_parties = [party for party in self.parties if party not in self._proven]
        if not open_parties:
            return False
        party = min(open_parties, key=lambda held: (self._units[held], held))
        self._prove(party)
        self._units[party] *= 4
        return True

    def tighten_once(self, *, shared: bool = False) -> bool:
        """Spend some work on a party that has had none; False after that.

        Where this is ``shared``, another does the same from the front: from the back, but for the
        one that the other is at.
        """
        untried = [p for p in self.parties if p not in self._proven and p not in self._tried]
        if len(untried) <= shared:
            return False
        party = untried[-1 if shared else 0]
        self._tried.add(party)
        self._prove(party)
        return True

    def proofs(self) -> list[Proof]:
        """What has been found out of each party that was asked about once."""
        found = enumerate(self.parties)
        return [(n, self._bounds[p], p in self._proven) for n, p in found if p in self._tried]

    def take_over(self, proof: Proof) -> None:
        """Believe what another has found, but what this plan proves wrong."""
        number, bound, proven = proof
        if not 0 <= number < len(self.parties):
            return
        party = self.parties[number]
        if bound <= sum(self.standing.costs[name] for name in party):
            self._tried.add(party)
            self._bounds[party] = max(self._bounds[party], bound)
            if proven:
                self._proven.add(party)

    def look_at_all(self, begin: Begin, roughly: Begin | None = None) -> bool:
        """Ask once what must stay unplaced, where anything does; whether it was asked.

        ``begin`` is handed what may leave out less than the plan does, ``roughly`` what is found
        on the way to it. Where these are wanted, it is asked of a plan that leaves out nothing,
        too, and ``begin`` is handed what leaves out as much: its days may suit people better.
        """
        paid = self._paid()
        if self._looked_at_all or not (paid or roughly):
            return False
        self._looked_at_all = True
        scarcity = about_all(self.standing.empty, self.stop)

        def broken(answer: "Answered") -> None:
            if roughly is not None:
                roughly(begin_roughly(scarcity, answer))

        cost = scarcity.least_cost(paid, broken) if paid else 0
        self.left = Left(cost)
        enough = paid + 1 if roughly else paid
        if not self.mends and cost < enough:
            beginning, bound = begin_with(scarcity, enough)
            self.left = Left(max(cost, bound))
            if beginning is not None:
                begin(beginning)
        self._counting = scarcity
        self._count()
        return True

    def count_again(self) -> None:
        """Ask how many must stay unplaced, once the plan pays as little for them as any."""
        if self._counting is not None and self.left.cost == self._paid() < self._counted_at:
            self._count()

    def _count(self) -> None:
        """Ask how many a plan leaves out at least that pays no more for them than this one."""
        self._counted_at = self._paid()
        number = self._counting.least_number(self._counted_at) if self._counting else 0
        self.left = replace(self.left, number=max(self.left.number, number))

    def _paid(self) -> int:
        """What the plan pays for what it leaves out."""
        terms = total_terms(self.standing.board)
        return terms["unplaced"] + terms["unplaced_other"]

    def _prove(self, party: tuple[str, ...]) -> None:
        """The least that a party costs alone: by a walk where there is one, else exactly asked."""
        walks = WALKS[: None if self.is_alone else 1]
        if len(party) == 1 and self._walked[party] < len(walks):
            self._walked[party] += 1
            try:
                self._walk(party, loosely=walks[self._walked[party] - 1])
            except NotAWalk:
                self._walked[party] = len(WALKS)
            except Unfinished:
                pass
            else:
                return
        self._ask_for_each_series(party)

    def _held(self, patient: str) -> list[Occurrence]:
        return self.problem.of_patient(patient)

    def least(self) -> dict[str, int]:
        """What the patient of each party of one cannot cost less than."""
        return {party[0]: bound for party, bound in self._bounds.items() if len(party) == 1}

    def _walk(self, party: tuple[str, ...], *, loosely: bool) -> None:
        """The best course of a patient alone in the clinic; a plan where there is no other."""
        patient, board = party[0], self.standing.empty
        sure = standing_cost(board, patient)
        chooser = self._chooser if loosely else Chooser(self.stop)
        best = chooser.best(board, patient, self.standing.costs[patient] - sure)
        bound = min(best.bound + sure, self.standing.costs[patient])
        self._bounds[party] = max(self._bounds[party], bound)
        if not self.is_alone:
            self._proven.add(party)
        elif best.cost < NEVER:
            series, mark = dict(board.series), len(board.journal)
            put_best(board, patient, best)
            fill(board, patient)
            self._adopt(board)
            board.undo(mark)
            board.series = series
        if self.bound >= self.standing.total:
            self._proven.add(party)

    def _ask_for_each_series(self, party: tuple[str, ...]) -> None:
        """The least over all choices of series; where one is missing, nothing new is known."""
        groups = [
            (name, activity)
            for name in party
            for activity in self.problem.pathways[name].activities
            if activity.kind == "group"
        ]
        options = [(*self.problem.options(name, activity), None) for name, activity in groups]
        keys = [(name, activity.id) for name, activity in groups]
        choices: list[Choice] = [{}]
        memberships = keys
        if prod(len(held) for held in options) <= MOST_CHOICES:
            choices = [dict(zip(keys, held, strict=True)) for held in product(*options)]
            memberships = []
        answers = [self._ask(party, c, memberships) for c in choices if not self.stop.due]
        if len(answers) == len(choices):
            bound = min(answer.bound for answer in answers)
            self._bounds[party] = max(self._bounds[party], bound)
            if all(answer.optimal for answer in answers):
                self._proven.add(party)

    def _ask(self, party: tuple[str, ...], choice: Choice, memberships: list[Membership]) -> Answer:
        """The exact question for a party alone in the clinic, with these series."""
        board = Board(self.problem)
        sure = self._unjoined(choice) + sum(locked_cost(board, name) for name in party)
        if sure >= sum(self.standing.costs[name] for name in party):
            return Answer(found=False, optimal=True, cost=0, bound=sure, units=0.0)
        board.series.update(choice)
        question = pose(board, _movable(self.problem, party), memberships)
        stood = self.standing.board
        if all(stood.series.get(key) == series for key, series in choice.items()):
            series = {key: one for key, one in stood.series.items() if one}
            question.begin_from(stood.placed, series, self.stop)
        units = min(self._units[party], max(FIRST_UNITS, self.stop.units_left))
        answer = question.ask(Effort(units, SEED, self.stop))
        self.stop.spend(answer.units)
        if answer.found and self.is_alone and question.put_answer():
            self._adopt(board)
        return replace(answer, cost=answer.cost + sure, bound=answer.bound + sure)

    def _unjoined(self, choice: Choice) -> int:
        meetings = 0
        for (patient, name), series in choice.items():
            activity = self.problem.pathways[patient].activity(name)
            if series is None:
                meetings += activity.schedule[0].per_week * len(activity.scheduled_weeks)
        return meetings * self.problem.weights.unplaced_other

    def _adopt(self, board: Board) -> None:
        """Where there is one party alone, its best answer is a plan; take it if it is cheaper."""

        def take() -> bool:
            held = self.standing.board
            for occurrence in [o for o in held.placed if not o.locked]:
                held.remove(occurrence)
            held.series.update(board.series)
            for occurrence, placement in board.placed.items():
                if not occurrence.locked:
                    held.place(occurrence, placement)
            return True

        self.standing.attempt(take)


def _parties(problem: Problem) -> list[tuple[str, ...]]:
    """Partners together, everybody else alone; all together where that is a small question."""
    if len(problem.occurrences) <= SMALL:
        return [tuple(sorted(problem.patients))]
    held = problem.patients
    return sorted({tuple(sorted(filter(None, (name, held[name].partner)))) for name in held})


def _movable(problem: Problem, party: tuple[str, ...]) -> list[Occurrence]:
    held = (occurrence for name in party for occurrence in problem.of_patient(name))
    return list(dict.fromkeys(occurrence for occurrence in held if not occurrence.locked))

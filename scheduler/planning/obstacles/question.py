"""The question why an occurrence is not somewhere, asked of this world or of another."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from pathways.plan import Plan
from pathways.scenario import Scenario
from scheduler.planning.asking import Key, Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits
from scheduler.planning.judging import judge
from scheduler.planning.loading import board_of
from scheduler.planning.narrowing import narrowed
from scheduler.planning.obstacles.joining import joined, may_join
from scheduler.planning.obstacles.world import World
from scheduler.planning.problem import Problem
from scheduler.planning.solving.constructing import place_best, put, start_cost
from scheduler.planning.writing import unexplained_plan_of

TRIES = 3
"""Starts at which a placement is put before the judge until one passes."""


@dataclass(frozen=True)
class Question:
    """Why an occurrence does not stand at a start, or at none: all else left as it is.

    ``key`` names patient, activity and number, as `unplaced` does. ``at`` is the start that is
    asked about; None for all that its week or lag allows. A place that the occurrence has already
    does not stand in its own way.
    """

    scenario: Scenario
    plan: Plan
    key: Key
    at: datetime | None = None
    cost: int | None = None
    """What prices are told against, if not the plan's own cost."""

    @property
    def is_of_series(self) -> bool:
        """Whether it asks why a patient is in no series: number 0 stands for all its meetings."""
        return self.key[2] == 0

    @cached_property
    def world(self) -> World:
        """The scenario and all of the plan but the occurrence itself."""
        if self.is_of_series:
            return World(self.scenario, self.plan)
        board = board_of(Problem(self.scenario), self.plan)
        own = board.problem.asked.by_key[self.key]
        identity = (own.patients, own.activity.id, own.number)
        others = tuple(a for a in self.plan.appointments if a.identity != identity)
        return World(self.scenario, self.plan.model_copy(update={"appointments": others}))

    @property
    def anywhere(self) -> "Question":
        """The same about all the starts that its week or lag allows."""
        return replace(self, at=None)

    @property
    def present_cost(self) -> int:
        """What the plan costs as it is."""
        return self.plan.cost.total if self.cost is None else self.cost

    @cached_property
    def present_start(self) -> datetime | None:
        """Where the occurrence stands in the plan, if it does."""
        name, activity, number = self.key
        return next(
            (
                a.start
                for a in self.plan.appointments
                if name in a.patients and (a.activity, a.occurrence) == (activity, number)
            ),
            None,
        )

    def posed(self, world: World) -> tuple[Board, Occurrence]:
        """The board of a world, and the occurrence, which stands nowhere on it."""
        board = board_of(Problem(narrowed(world.scenario)), world.plan)
        return board, board.problem.asked.by_key[self.key]

    def starts(self, board: Board, occurrence: Occurrence) -> int:
        """The starts that are asked about."""
        if occurrence.is_meeting:
            meeting = board.meeting(occurrence)
            return 1 << meeting.start if meeting is not None else 0
        domain = board.domain(occurrence)
        return domain if self.at is None else domain & 1 << board.problem.calendar.tick_of(self.at)

    def free(self, board: Board, occurrence: Occurrence) -> list[int]:
        """The starts asked about at which it could stand, the cheapest first."""
        asked = self.starts(board, occurrence)
        if occurrence.is_meeting:
            barred = board.broken_by_attending(occurrence)
            return [] if barred else list(bits(asked))
        held = bits(board.allowed(occurrence) & asked)
        return sorted(held, key=lambda start: (start_cost(board, occurrence, start), start))

    def is_open(self, world: World) -> bool:
        """Whether it could stand somewhere in a world, as far as the board knows."""
        if self.is_of_series:
            return may_join(world, *self.key[:2])
        board, occurrence = self.posed(world)
        return bool(self.free(board, occurrence))

    def answer(self, world: World) -> Plan | None:
        """A plan of a world in which it stands; None where no cheap try passes the judge."""
        if self.is_of_series:
            found = joined(world, *self.key[:2])
            return found[1] if found is not None else None
        board, occurrence = self.posed(world)
        for start in self.free(board, occurrence)[:TRIES]:
            if stand(board, occurrence, start):
                plan = unexplained_plan_of(board)
                board.remove(occurrence)
                if judge(world.scenario, plan).passes:
                    return plan
        return None


def stand(board: Board, occurrence: Occurrence, start: int) -> bool:
    """Let it stand at a start that is free, with people and a place; False where there are none."""
    if occurrence.is_meeting:
        return place_best(board, occurrence)
    return put(board, occurrence, start)

"""What these tests share: plans that are begun, and whether they are right."""

from dataclasses import replace
from typing import Any

from benchmarks.instances import instance
from pathways.reading import read_scenario
from pathways.scenario import Scenario
from scheduler.planning.board import Board
from scheduler.planning.problem import Problem
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.constructing import construct
from scheduler.planning.solving.finishing import finish
from scheduler.planning.solving.improving import Improver
from scheduler.planning.stopping import Stop
from scheduler.planning.verifying import verify
from scheduler.planning.writing import plan_of
from tests.scenarios.dice import TINY

PATIENTS = ["p-0001", "p-0002", "p-0003"]
MANY = replace(TINY, patients=(2, 5), weeks=(1, 2), frills=(0.0, 0.1, 0.3))
"""Small clinics, partners among the patients."""


def clinic() -> Scenario:
    """Three patients who compete for little; the second one's course costs far too much first."""
    return read_scenario(instance("cohort-3-1"))


def begun(scenario: Scenario, seed: int = 0) -> Improver:
    """A first plan, and what makes it cheaper."""
    board = Board(Problem(scenario))
    construct(board, board.problem.patients, lambda: True)
    return Improver(Standing(board), Stop(), seed)


def shuffled(scenario: Scenario, seed: int) -> Improver:
    """A plan as chance has made it."""
    improver = begun(scenario, seed)
    for _ in range(4):
        names = [*improver.problem.patients]
        group = improver.random.sample(names, improver.random.randint(1, len(names)))
        improver.shuffle_days(group, 0, 1000, foremost=None)
    return improver


def as_it_is(improver: Improver) -> tuple[Any, ...]:
    return dict(improver.board.placed), dict(improver.board.series), improver.standing.total


def faults(improver: Improver) -> list[str]:
    """What is wrong with a board: with what it is said to cost, or with the plan that it is."""
    told = Standing(improver.board).costs == improver.standing.costs
    series = dict(improver.board.series)
    finish(improver.board)  # reasons are for what has no place
    plan = plan_of(improver.board, 0)
    improver.board.undo()
    improver.board.series = series
    found = [str(fault) for fault in verify(improver.problem.scenario, plan).faults]
    return found if told else [*found, "it costs something else than is told"]

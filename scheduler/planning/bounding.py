"""What a proof about the question that was searched says of the scenario as it is written.

The planner asks a narrower question than the contract where patients are on pathways of the
library (`narrowing`). A bound and *optimal* are claims by the contract, about every plan that it
allows: what is proven of the narrower question is true of them only if nothing was lost.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from operator import and_

from pathways.scenario import Scenario
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.narrowing import narrowed, what_was_cut
from scheduler.planning.problem import Problem
from scheduler.planning.stopping import Progress, Report

Bound = Callable[[int], int]
"""From what is proven of the narrowed question to what no plan of the scenario can cost less."""


def bound_for(scenario: Scenario) -> Bound:
    """How to read a bound that was proven of the scenario as it is narrowed.

    Where narrowing took possible plans away, nothing is known: 0. Whoever bounds the scenario as
    it is written, without a search, says so here.
    """
    return (lambda _proven: 0) if narrowing_matters(scenario) else (lambda proven: proven)


def told(report: Report | None, bound: Bound) -> Report | None:
    """The same report, with bounds as they are true of the scenario as it is written."""
    if report is None:
        return None
    return lambda progress: report(_read(progress, bound))


def _read(progress: Progress, bound: Bound) -> Progress:
    return replace(
        progress,
        bound=bound(progress.bound),
        must_leave=bound(progress.must_leave),
        must_pay=bound(progress.must_pay),
    )


def narrowing_matters(scenario: Scenario) -> bool:
    """Whether the contract allows a plan that was taken away; True also where that is unsure."""
    asked = narrowed(scenario)
    if asked is scenario:
        return False
    return asked.clinic != scenario.clinic or _a_dose_fits(what_was_cut(scenario))


def _a_dose_fits(scenario: Scenario) -> bool:
    """Whether any dose could stand in an empty clinic, with these rides."""
    board = Board(Problem(scenario))
    doses = (o for o in board.problem.occurrences if o.activity.no_driving)
    return any(dose.week is None or _fits(board, dose) for dose in doses)


def _fits(board: Board, dose: Occurrence) -> bool:
    allowed = reduce(and_, board.problem.static(dose).values(), board.domain(dose))
    return bool(allowed and board.ledger.servable(dose, None, allowed))

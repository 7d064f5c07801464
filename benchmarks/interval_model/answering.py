"""Posing the whole question to the solver, and putting what it answers on a board."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from ortools.sat.python import cp_model

from benchmarks.interval_model.costs import TERMS
from benchmarks.interval_model.meetings import meetings_have_seats, units_go_to_earlier_meetings
from benchmarks.interval_model.rules import RULES
from benchmarks.interval_model.serving import Serving
from benchmarks.interval_model.visits import Literal, Visit, Visits
from scheduler.planning.board import Board
from scheduler.planning.placements import Placement

K = TypeVar("K")

GROUP_RULES = (meetings_have_seats, units_go_to_earlier_meetings)


@dataclass(frozen=True)
class Limits:
    """How long the solver may think: seconds, or units of its own that are the same everywhere."""

    seconds: float
    units: float = float("inf")
    workers: int = 2
    seed: int = 0


@dataclass(frozen=True)
class Answer:
    """Whether the solver found a plan, proved it optimal, and by how much it may be too dear."""

    found: bool
    optimal: bool
    gap: int


def answer(board: Board, patients: Iterable[str], limits: Limits) -> Answer:
    """Place all that these patients ask for on the board, as cheaply as the limits allow."""
    visits = Visits(board.problem, patients, dict(board.placed))
    for rule in (*RULES, *GROUP_RULES):
        rule(visits)
    serving = Serving(visits)
    visits.model.minimize(sum(cost for term in TERMS for cost in term(visits, serving)))
    solver = _solver(limits)
    status = solver.solve(visits.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer(found=False, optimal=False, gap=0)
    _put(board, visits, serving, solver)
    gap = round(solver.objective_value) - int(-(-solver.best_objective_bound // 1))
    return Answer(found=True, optimal=status == cp_model.OPTIMAL, gap=max(0, gap))


def _solver(limits: Limits) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = limits.workers
    solver.parameters.random_seed = limits.seed
    solver.parameters.max_time_in_seconds = limits.seconds
    solver.parameters.max_deterministic_time = limits.units
    return solver


def _put(board: Board, visits: Visits, serving: Serving, solver: cp_model.CpSolver) -> None:
    for key, member in visits.memberships.items():
        board.series[key] = _chosen(solver, member.joined)
    for visit in visits.all:
        if not visit.is_fixed and solver.boolean_value(visit.stands):
            board.place(visit.occurrence, _placement(visits, serving, visit, solver))


def _placement(
    visits: Visits, serving: Serving, visit: Visit, solver: cp_model.CpSolver
) -> Placement:
    start, end = solver.value(visit.start), solver.value(visit.end)
    if visit.series is not None:
        group = visits.problem.series[visit.series]
        return Placement(start, end, group.location, (group.facilitator,), (), group.id)
    choice = serving.choices[visit]
    return Placement(
        start,
        end,
        _chosen(solver, choice.places),
        tuple(str(_chosen(solver, held)) for held in choice.people),
        tuple(_chosen(solver, held) for held in choice.monitors),
    )


def _chosen(solver: cp_model.CpSolver, options: dict[K, Literal]) -> K | None:
    """The one option that the solver chose, None where there is none."""
    return next((name for name, chosen in options.items() if solver.boolean_value(chosen)), None)

"""The planner's one door: a scenario in, a plan out."""

from pathways.plan import Plan
from pathways.scenario import Scenario
from scheduler.planning.board import Board
from scheduler.planning.bounding import bound_for, told
from scheduler.planning.narrowing import narrowed
from scheduler.planning.problem import Problem
from scheduler.planning.solving.finishing import finish
from scheduler.planning.solving.searching import Search
from scheduler.planning.stopping import Report, Stop
from scheduler.planning.writing import plan_of


def solve(scenario: Scenario, stop: Stop, *, seed: int = 0, report: Report | None = None) -> Plan:
    """The best plan found until ``stop`` is due; whatever still fits into it is placed.

    The same scenario, seed and ``stop.work`` give the same plan. Without ``stop.work`` a second
    process helps where it can, and what the two come to depends on how fast each is. What cannot
    be placed stands in the plan with reasons. Patients on pathways of the library are planned
    within its safety rules, as far as the contract can say them; the bound speaks of the scenario
    as it is written.
    """
    bound = bound_for(scenario)
    search = Search(Board(Problem(narrowed(scenario))), stop, seed, told(report, bound))
    search.run()
    finish(search.board)
    return plan_of(search.board, bound(search.bound))

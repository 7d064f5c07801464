"""A question to the exact solver, with word given meanwhile that the search goes on."""

from concurrent.futures import ThreadPoolExecutor, wait

from ortools.sat.python import cp_model

from scheduler.planning.stopping import Stop

SECONDS_BETWEEN = 0.25
"""So often the rule is told that the search goes on."""


def solved(
    solver: cp_model.CpSolver, model: cp_model.CpModel, stop: Stop
) -> cp_model.CpSolverStatus:
    """Solve a model until ``stop`` is due; the solver's status."""
    solver.parameters.max_time_in_seconds = max(0.01, min(stop.seconds_left, 1e6))
    with stop.interrupting(solver.stop_search), ThreadPoolExecutor(1) as apart:
        answer = apart.submit(solver.solve, model)
        while wait([answer], SECONDS_BETWEEN).not_done:
            stop.go_on()
    return answer.result()

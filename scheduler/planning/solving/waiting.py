"""A question to the exact solver, with word given meanwhile that the search goes on."""

from concurrent.futures import ThreadPoolExecutor, wait

from ortools.sat.python import cp_model

from scheduler.planning.stopping import Stop

SECONDS_BETWEEN = 0.25
"""So often the rule is told that the search goes on, and asked whether it should."""
SECONDS_TO_END = 0.02
"""So long a solver that was told to stop may take before it is told again."""


def solved(
    solver: cp_model.CpSolver, model: cp_model.CpModel, stop: Stop
) -> cp_model.CpSolverStatus:
    """Solve a model until ``stop`` is due; the solver's status.

    An exception of whoever is told that the search goes on ends the solver, too.
    """
    with stop.interrupting(solver.stop_search), ThreadPoolExecutor(1) as apart:
        solver.parameters.max_time_in_seconds = max(0.01, min(stop.seconds_left, 1e6))
        answer = apart.submit(solver.solve, model)
        try:
            while wait([answer], SECONDS_BETWEEN).not_done and not stop.requested:
                stop.go_on()
        finally:
            # A solver that has not begun yet does not hear that it should stop: it is told again.
            while wait([answer], SECONDS_TO_END).not_done:
                solver.stop_search()
    return answer.result()

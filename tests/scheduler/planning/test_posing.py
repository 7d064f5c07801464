"""The solver loads slowly, so it is not loaded before something is asked of it."""

import subprocess
import sys


def test_the_planner_is_loaded_without_the_solver() -> None:
    loads = "import sys, scheduler.planning.solve, scheduler.planning.repairing"
    script = f"{loads}; sys.exit('ortools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_repair_that_moves_nothing_loads_no_numpy() -> None:
    loads = "import sys, scheduler.planning.repairing"
    script = f"{loads}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0

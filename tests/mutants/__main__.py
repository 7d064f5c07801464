"""Make each seeded mistake in a copy of the tree, and see that its tests find it.

``python -m tests.mutants [WORD]``: those whose description holds the word, or one set,
such as ``reminders``; all of them without.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants.mistakes import ROOT, SETS, Mistake, mistakes, mistakes_in

COPIED = ("pathways", "scheduler", "api", "setup", "tests", "pyproject.toml")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")
FAILED = 1
"""What pytest ends with where a test has failed: a mistake that keeps it from starting is none."""


def found_in(copy: Path, mistake: Mistake) -> bool:
    """Whether a test fails where the mistake is made; the copy is as before then."""
    place = copy / mistake.file
    right = place.read_text("utf-8")
    place.write_text(mistake.made_in(right), "utf-8")
    try:
        done = subprocess.run(
            [*PYTEST, "-k", mistake.only, *mistake.tests],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            check=False,
        )
    finally:
        place.write_text(right, "utf-8")
    return done.returncode == FAILED


def main(word: str = "") -> int:
    """Print a line for each mistake; how many were not found."""
    missed = 0
    with tempfile.TemporaryDirectory(prefix="careweave-mutants-") as folder:
        copy = Path(folder)
        for name in COPIED:
            whole = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            whole(ROOT / name, copy / name)
        chosen = mistakes_in(word) if word in SETS else [m for m in mistakes() if word in m.says]
        for mistake in chosen:
            found = found_in(copy, mistake)
            missed += not found
            sys.stdout.write(f"{'found ' if found else 'MISSED'}  {mistake.says}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(chosen) - missed} of {len(chosen)} mistakes found\n")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))

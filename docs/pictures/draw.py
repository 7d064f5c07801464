"""Draw the pictures of this folder from what the command line really shows; `make pictures`."""

import os
import re
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

FOLDER = Path(__file__).parent
CAREWEAVE = Path(sys.executable).with_name("careweave")
WIDTH = 104
WEEK = "4"
WORK = "3000"
"""So much search that the demo clinic's plan is a good one, and the same on every machine."""

FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""Where a picture would load its font from somebody else's server."""


def run(*words: str) -> str:
    """What a command prints, in colour, as it would on a terminal of our width."""
    colour = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    done = subprocess.run(  # noqa: S603  (our own command, with our own words)
        [CAREWEAVE, *words],
        env={**os.environ, **colour},
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    return done.stdout


def draw(name: str, *, command: str, shown: str) -> None:
    """A terminal with a command and what it showed, as an SVG file."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        console.print(Text(f"$ {command}\n", "bold"))
        console.print(Text.from_ansi(shown.rstrip()))
        picture = console.export_svg(title="careweave", theme=DIMMED_MONOKAI, unique_id=name)
    (FOLDER / f"{name}.svg").write_text(FONTS.sub("", picture), encoding="utf-8")


def main() -> None:
    """Plan the demo clinic and draw a week of one of its patients."""
    demo = resources.files("api.cli").joinpath("demo-clinic.yaml").read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        scenario, plan = Path(folder, "scenario.yaml"), Path(folder, "plan.json")
        scenario.write_text(demo, encoding="utf-8")
        run("plan", str(scenario), "--out", str(plan), "--work", WORK, "--quiet")
        asked = ("--scenario", str(scenario), "--patient", "aster")
        shown = run("show", str(plan), *asked, "--week", WEEK)
    told = f"careweave show plan.json --scenario scenario.yaml --patient aster --week {WEEK}"
    draw("week", command=told, shown=shown)


if __name__ == "__main__":
    main()

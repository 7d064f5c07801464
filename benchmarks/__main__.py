"""Plan the named instances and print what the plans cost, what is proven, and how long it took.

`python -m benchmarks [NAME …] [--seconds S]`; an instance with a known plan beside it is compared
with it. Every plan is verified, its reasons too.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pathways.plan import Plan
from pathways.reading import parse, read_plan, read_scenario
from pathways.scenario import Scenario
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Progress, Stop
from scheduler.planning.verifying import verify

INSTANCES = Path(__file__).parent.parent / "tests" / "instances"
ONE_PATIENT_SECONDS = 10.0
CLINIC_SECONDS = 60.0


@dataclass
class Timing:
    """When the first and the last plan of a run were found, in seconds."""

    first: float | None = None
    last: float = 0.0
    cost: int | None = None

    def note(self, progress: Progress) -> None:
        """Take in what the search says."""
        if self.first is None:
            self.first = progress.seconds
        if progress.cost != self.cost:
            self.cost, self.last = progress.cost, progress.seconds


def _seconds(scenario: Scenario, wanted: float | None) -> float:
    if wanted is not None:
        return wanted
    return ONE_PATIENT_SECONDS if len(scenario.patients) == 1 else CLINIC_SECONDS


def _known(name: str) -> Plan | None:
    path = INSTANCES / f"{name}.plan.json"
    return read_plan(parse(path.read_text("utf-8"))) if path.exists() else None


def _row(path: Path, wanted: float | None) -> list[str]:
    scenario = read_scenario(parse(path.read_text("utf-8")))
    seconds = _seconds(scenario, wanted)
    timing = Timing()
    stop = Stop(time_limit=seconds)
    plan = solve(scenario, stop, report=timing.note)
    took = stop.seconds
    faults = verify(scenario, plan, reasons=True).faults
    known = _known(path.stem)
    return [
        path.stem,
        str(len(scenario.patients)),
        str(len(plan.appointments)),
        f"{len(plan.unplaced)}" + (f" ({len(known.unplaced)})" if known else ""),
        str(plan.cost.total),
        f"{plan.cost.total / known.cost.total:.3f}" if known else "-",
        f"{plan.bound}" + (" optimal" if plan.status == "optimal" else ""),
        f"{timing.first or 0:.2f}",
        f"{timing.last:.1f}",
        f"{took:.1f} of {seconds:g}",
        str(len(faults)),
    ]


def main(arguments: list[str]) -> int:
    """Plan the instances named, or all; the exit code says whether every plan was faultless."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="instances by name; all where none is given")
    parser.add_argument("--seconds", type=float, help="time limit for each, whatever its size")
    options = parser.parse_args(arguments)
    paths = [p for p in sorted(INSTANCES.iterdir()) if not p.stem.endswith(".plan")]
    chosen = [p for p in paths if not options.names or p.stem in options.names]
    table = Table(title="Costs are those of the plan; in brackets what the known plan leaves out")
    for heading in (
        "instance",
        "patients",
        "placed",
        "unplaced",
        "cost",
        "of known",
        "bound",
        "first plan s",
        "best plan s",
        "took s",
        "faults",
    ):
        table.add_column(heading, justify="left" if heading == "instance" else "right")
    console = Console(width=140)
    with console.status("planning") as status:
        rows = []
        for path in chosen:
            status.update(f"planning {path.stem}")
            rows.append(_row(path, options.seconds))
            table.add_row(*rows[-1])
    console.print(table)
    return int(any(row[-1] != "0" for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

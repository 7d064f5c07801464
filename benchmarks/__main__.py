"""Measure the planner beside the planners that one would write first, and print the tables.

`make bench` measures afresh, within a quarter of an hour; `make bench-full` measures everything,
goes on where it was interrupted, and begins again once its file of results is deleted.
"""

import argparse
import gc
import sys
from collections.abc import Iterable, Iterator
from math import inf

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.cli.app import RECORDS_BETWEEN_LOOKS
from benchmarks import picture
from benchmarks.measuring import Case, measure
from benchmarks.results import Results
from benchmarks.suites import FULL, QUICK, at_most, beside, case_of
from benchmarks.table import tables
from scheduler.planning.stopping import Stop

WIDTH = 140


def main(arguments: list[str]) -> int:
    """Measure, print the tables; the exit code says whether every plan was faultless."""
    options = _options(arguments)
    gc.set_threshold(RECORDS_BETWEEN_LOOKS)  # as for the command, whose planner is measured
    console = Console(width=WIDTH)
    suite = FULL if options.full else QUICK
    results = Results("named" if options.names else "full" if options.full else "quick")
    if not options.full:
        results.clear()
    cases, total = list(suite.cases()), suite.total
    if options.names:
        cases, total = list(_named(options)), inf
    left_out = _measure_all(cases, results, total, console)
    for table in tables(results):
        console.print(table)
    if left_out:
        console.print(f"{left_out} cases did not fit into {total / 60:g} minutes.")
    console.print(f"Every measurement stands in benchmarks/.results/{results.path.name}.")
    if options.picture:
        console.print(f"Drawn: docs/pictures/{picture.draw(tables(results), WIDTH).name}.")
    return int(any(measured.faults for measured in results))


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these: examples, or KIND-PATIENTS-SEED")
    parser.add_argument("--seconds", type=float, help="for each name: 10, and 5 for a repair")
    parser.add_argument("--whole", action="store_true", help="the names as whole processes")
    parser.add_argument(
        "--times", type=float, help="and the references on each, with so many times the seconds"
    )
    parser.add_argument("--full", action="store_true", help="everything, with longer limits")
    parser.add_argument("--picture", action="store_true", help=f"draw {picture.PICTURE.name}, too")
    return parser.parse_args(arguments)


def _named(options: argparse.Namespace) -> Iterator[Case]:
    """What was asked for by name, in that order."""
    for name in options.names:
        ours = case_of(name, options.seconds, whole=options.whole)
        yield ours
        if options.times:
            yield from beside(ours, options.times)


def _measure_all(cases: Iterable[Case], results: Results, total: float, console: Console) -> int:
    """Measure what is not measured yet; how many cases began too late to end in time."""
    watch, left_out = Stop(time_limit=total), 0
    waiting = [case for case in dict.fromkeys(cases) if case not in results]
    words = TextColumn("{task.description}")
    columns = (words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(waiting))
        for case in waiting:
            progress.update(task, description=f"{case.instance}, {case.planner}")
            if at_most(case) > watch.seconds_left:
                left_out += 1
            else:
                results.add(measure(case))
            progress.advance(task)
    return left_out


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

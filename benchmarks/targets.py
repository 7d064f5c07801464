"""What the planner must reach, row by row, and what was measured."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from rich.table import Table

from benchmarks.instances import is_example
from benchmarks.measuring import Measured
from benchmarks.suites import REFERENCES, is_esketamine
from benchmarks.titling import Found, titled


@dataclass(frozen=True)
class Row:
    """One target: what is meant, what it must reach, what was measured, and whether that does.

    ``reached`` is None where there is nothing to reach, or measuring alone does not tell.
    """

    what: str
    must: str
    measured: str
    reached: bool | None = None


def targets(found: Found) -> Table:
    """Every target of which something was measured."""
    table = titled("Targets", "what", "must reach", "measured", "reached")
    for tell in TARGETS:
        for row in tell(found):
            table.add_row(row.what, row.must, row.measured, _ANSWERS[row.reached])
    return table


_ANSWERS = {True: "yes", False: "no", None: ""}


def _by(found: Found, planner: str, kind: str) -> Found:
    return [
        m
        for m in found
        if m.case.planner == planner
        and m.case.instance.startswith(kind)
        and not is_example(m.case.instance)
    ]


def _seconds(what: str, taken: float, most: float) -> Row:
    return Row(what, f"{most:g} s at most", f"{taken:.2f} s", taken <= most)


def one_patient(found: Found) -> Iterator[Row]:
    """A patient in an empty clinic: proven, and how soon."""
    held = _by(found, "careweave", "solo-1-")
    if held:
        proven = sum(m.proven for m in held)
        yield Row("one patient, proven", "all", f"{proven} of {len(held)}", proven == len(held))
        yield _seconds("one patient, median", median(m.seconds for m in held), 1)
        yield _seconds("one patient, worst", max(m.seconds for m in held), 3)
    whole = _by(found, "process", "solo-1-")
    if whole:
        taken = median(m.seconds for m in whole)
        yield _seconds(f"the whole process, median of {len(whole)}", taken, 2.5)


def faster_than_the_model(found: Found) -> Iterator[Row]:
    """Esketamine courses, as soon proven as by the model that one writes first."""
    ours = {m.case.instance: m for m in _by(found, "careweave", "solo-1-")}
    ratios = [
        other.seconds / ours[other.case.instance].seconds
        for other in _by(found, "monolithic", "solo-1-")
        if other.case.instance in ours and is_esketamine(other.case.instance)
    ]
    if ratios:
        times = f"{median(ratios):.1f} times"
        yield Row("esketamine, monolithic to proof", "10 times", times, median(ratios) >= 10)


def one_more(found: Found) -> Iterator[Row]:
    """A new patient beside 200 who are booked and locked."""
    for m in _by(found, "careweave", "one-more-200-"):
        yield _seconds(f"{m.case.instance}, first plan", m.first, 1)
        proof = f"{m.seconds:.2f} s" if m.proven else f"not within {m.seconds:.2f} s"
        reached = bool(m.proven) and m.seconds <= 4
        yield Row(f"{m.case.instance}, proof", "4 s at most", proof, reached)


def repair(found: Found) -> Iterator[Row]:
    """A nurse away for a day among 200 patients."""
    for m in _by(found, "repair", "nurse-away-200-"):
        yield _seconds(f"{m.case.instance}, whole process", m.seconds, 5)


def clinics(found: Found) -> Iterator[Row]:
    """Clinics in which nearly everything fits: what is left out, and how dear the rest is."""
    alone = {m.case.instance: m for m in _by(found, "alone", "cohort-")}
    for m in _by(found, "careweave", "cohort-"):
        name = f"{m.case.instance}, {m.case.seconds:g} s"
        reached = True if m.doses == 0 else None
        yield Row(f"{name}, doses left", "none lost to search", str(m.doses), reached)
        most = _MOST_ABOVE_ALONE.get(_kind(m))
        if m.case.instance in alone:
            yield _share(f"{name}, rest above everybody alone", _above(m, alone), most)


def clinics_of_a_size(found: Found) -> Iterator[Row]:
    """The same of all clinics of a size, where several were measured."""
    alone = {m.case.instance: m for m in _by(found, "alone", "cohort-")}
    ours = [m for m in _by(found, "careweave", "cohort-") if m.case.instance in alone]
    for kind, most in _MOST_ABOVE_ALONE.items():
        above = [_above(m, alone) for m in ours if _kind(m) == kind]
        if len(above) > 1:
            size = kind.rpartition("-")[2]
            yield Row(
                f"{len(above)} clinics of {size}, rest above everybody alone",
                f"{most:.0%} at most",
                f"{median(above):+.1%} in the median, {max(above):+.1%} the worst",
                max(above) <= most,
            )


def _above(ours: Measured, alone: dict[str, Measured]) -> float:
    return ours.rest / alone[ours.case.instance].rest - 1


def _kind(found: Measured) -> str:
    """``cohort-10`` of ``cohort-10-3``."""
    return found.case.instance.rpartition("-")[0]


_MOST_ABOVE_ALONE = {"cohort-10": 0.08, "cohort-25": 0.20}


def _share(what: str, above: float, most: float | None) -> Row:
    if most is None:
        return Row(what, "", f"{above:+.1%}")
    return Row(what, f"{most:.0%} at most", f"{above:+.1%}", above <= most)


def clinics_of_25(found: Found) -> Iterator[Row]:
    """Against the best proven bound."""
    for m in _by(found, "careweave", "cohort-25-"):
        bound = max(m.bound for m in (m, *_by(found, "alone", m.case.instance)))
        if bound:
            yield _share(f"{m.case.instance}, cost above the bound", m.total / bound - 1, 0.10)


def races(found: Found) -> Iterator[Row]:
    """Against planners with up to ten times the time."""
    for m in _by(found, "careweave", "cohort-"):
        for other in (held for planner in REFERENCES for held in _by(found, planner, "cohort-")):
            if other.case.instance == m.case.instance:
                yield _no_worse(m, other)


def _no_worse(ours: Measured, other: Measured) -> Row:
    times = other.case.seconds / ours.case.seconds
    what = f"{ours.case.instance}, {other.case.planner} with {times:g} times the time"
    costs = f"{other.total / max(1, ours.total):.2f} times as dear"
    return Row(what, "no cheaper", costs, ours.total <= other.total)


def scarce(found: Found) -> Iterator[Row]:
    """Where not everything fits: how many of those that are left out every plan leaves out."""
    for m in _by(found, "careweave", "tight-"):
        left = m.doses + m.others
        share = m.must_leave / left if left else 1.0
        measured = f"{m.must_leave} of {left}, {share:.0%}"
        yield Row(f"{m.case.instance}, proven of what is left out", "80%", measured, share >= 0.8)


TARGETS: tuple[Callable[[Found], Iterable[Row]], ...] = (
    one_patient,
    faster_than_the_model,
    one_more,
    repair,
    clinics,
    clinics_of_a_size,
    clinics_of_25,
    races,
    scarce,
)

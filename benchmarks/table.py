"""The tables that are printed: one function each, from what was measured."""

from collections.abc import Callable, Iterable, Iterator
from statistics import median, quantiles

from rich.table import Table

from benchmarks.clinic_tables import clinics, clinics_of_a_size
from benchmarks.instances import is_example
from benchmarks.measuring import Measured, known_plan
from benchmarks.suites import is_esketamine
from benchmarks.targets import targets
from benchmarks.titling import Found, titled


def tables(found: Iterable[Measured]) -> Iterator[Table]:
    """Every table for which something was measured."""
    held = list(found)
    for draw in TABLES:
        table = draw(held)
        if table.row_count:
            yield table


def _by(found: Found, planner: str, kind: str) -> Found:
    return [m for m in found if m.case.planner == planner and m.case.instance.startswith(kind)]


def one_patient(found: Found) -> Table:
    """Single patients in a clinic of their own: how fast, and how many proven."""
    headings = ("patients", "proven", "median s", "quarter s", "worst s", "first plan s")
    table = titled("One patient, empty clinic", "pathway", *headings)
    solo = [m for m in _by(found, "careweave", "solo-1-") if not is_example(m.case.instance)]
    whole = _by(found, "process", "solo-1-")
    for name, held in (
        ("iop-esketamine", [m for m in solo if is_esketamine(m.case.instance)]),
        ("viop-iv", [m for m in solo if not is_esketamine(m.case.instance)]),
        ("both", solo),
        ("whole process", whole),
    ):
        if held:
            seconds = [m.seconds for m in held]
            table.add_row(
                name,
                str(len(held)),
                f"{sum(m.proven for m in held) / len(held):.0%}",
                f"{median(seconds):.2f}",
                _quarters(seconds),
                f"{max(seconds):.2f}",
                f"{median(m.first for m in held):.2f}",
            )
    return table


def _quarters(seconds: list[float]) -> str:
    """Between what a quarter of them stay below, and what a quarter of them pass."""
    if len(seconds) < 2:
        return "-"
    low, _, high = quantiles(seconds, n=4)
    return f"{low:.2f}-{high:.2f}"


def against_monolithic(found: Found) -> Table:
    """The same proof by the planner and by the model that one writes first."""
    table = titled("To the same proof", "instance", "careweave s", "monolithic s", "times faster")
    ours = {m.case.instance: m for m in _by(found, "careweave", "solo-1-")}
    ratios = []
    for other in _by(found, "monolithic", "solo-1-"):
        mine = ours.get(other.case.instance)
        if mine is None:
            continue
        ratios.append(other.seconds / mine.seconds)
        table.add_row(mine.case.instance, _to_proof(mine), _to_proof(other), f"{ratios[-1]:.1f}")
    if ratios:
        table.add_row("median", "", "", f"{median(ratios):.1f}")
    return table


def _to_proof(measured: Measured) -> str:
    return f"{'' if measured.proven else '> '}{measured.seconds:.2f}"


def one_more(found: Found) -> Table:
    """A new patient in a full clinic."""
    headings = ("first plan s", "proof s", "unplaced", "cost", "bound")
    table = titled("One more patient, everybody else booked and locked", "instance", *headings)
    for m in _by(found, "careweave", "one-more-"):
        table.add_row(
            m.case.instance,
            f"{m.first:.2f}",
            _to_proof(m),
            str(m.doses + m.others),
            str(m.total),
            str(m.bound),
        )
    return table


def repairs(found: Found) -> Table:
    """A plan mended for a nurse who is away for a day, as a whole process."""
    headings = ("whole process s", "moved or dropped", "unplaced", "cost")
    table = titled("A nurse away for a day, the plan mended", "instance", *headings)
    for m in _by(found, "repair", "nurse-away-"):
        row = [m.case.instance, f"{m.seconds:.2f}", m.changed, m.doses + m.others, m.total]
        table.add_row(*map(str, row))
    return table


def scarce(found: Found) -> Table:
    """Where not everything fits: how much is left out, and how much must be."""
    headings = ("doses left", "others left", "their cost", "must be left", "must cost", "share")
    table = titled("Scarce clinics", "instance", *headings)
    for m in _by(found, "careweave", "tight-"):
        paid, must = m.total - m.rest, max(m.must_pay, m.bound - m.rest)
        share = f"{must / paid:.0%}" if paid else "-"
        row = [m.case.instance, m.doses, m.others, paid, m.must_leave, must, share]
        table.add_row(*map(str, row))
    return table


def examples(found: Found) -> Table:
    """The examples, beside the good plans that are known for some."""
    headings = ("took s", "first s", "unplaced", "cost", "of known", "bound", "proven")
    table = titled("Examples; in brackets what the known plan leaves out", "instance", *headings)
    for m in found:
        if m.case.planner == "careweave" and is_example(m.case.instance):
            known = known_plan(m.case.instance)
            table.add_row(
                m.case.instance,
                f"{m.seconds:.1f} of {m.case.seconds:g}",
                f"{m.first:.2f}",
                f"{m.doses + m.others}" + (f" ({len(known.unplaced)})" if known else ""),
                str(m.total),
                f"{m.total / known.cost.total:.3f}" if known else "-",
                str(m.bound),
                "yes" if m.proven else "no",
            )
    return table


def faults(found: Found) -> Table:
    """Plans that the verifier finds fault with: there should be none."""
    table = titled("Faulty plans", "instance", "planner", "faults")
    for m in found:
        if m.faults:
            table.add_row(m.case.instance, m.case.planner, str(m.faults))
    return table


TABLES: tuple[Callable[[Found], Table], ...] = (
    targets,
    one_patient,
    against_monolithic,
    one_more,
    repairs,
    clinics,
    clinics_of_a_size,
    scarce,
    examples,
    faults,
)

"""The tables of whole clinics: the planner beside the references, and beside everybody alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.table import Table

from benchmarks.instances import is_example
from benchmarks.measuring import Measured
from benchmarks.titling import Found, titled

FAR = 10
"""So many times a bound say nothing about how near it is."""
ORDER = ("careweave", "one by one", "monolithic", "first fit", "alone")


def clinics(found: Found) -> Table:
    """Whole clinics, by the planner and by the references."""
    table = titled(
        "Clinics; rest is the cost without what is unplaced",
        "instance",
        "planner",
        "limit s",
        "took s",
        "first s",
        "doses left",
        "others left",
        "rest",
        "above alone",
        "above bound",
        "of ours",
    )
    drawn = (m.case.instance for m in found if m.case.instance.startswith(("cohort", "tight")))
    for name in dict.fromkeys(drawn):
        held = {m.case.planner: m for m in found if m.case.instance == name}
        if is_example(name) and len(held) == 1:
            continue
        bound = max(m.bound for m in held.values())
        for planner in ORDER:
            if planner in held:
                ours = _ratio(held[planner], held.get("careweave"))
                table.add_row(*_clinic_row(held[planner], held.get("alone"), bound), ours)
        table.add_section()
    return table


def _clinic_row(measured: Measured, alone: Measured | None, bound: int) -> list[str]:
    together = measured.parts == 1
    proven = "" if together else f" ({measured.proven}/{measured.parts} proven)"
    return [
        measured.case.instance,
        measured.case.planner + proven,
        f"{measured.case.seconds:g}" + ("" if together else " each"),
        f"{measured.seconds:.1f}",
        f"{measured.first:.1f}",
        str(measured.doses),
        str(measured.others),
        str(measured.rest),
        _above(measured.rest, alone.rest if alone else 0),
        _above(measured.total, bound) if together else str(measured.bound),
    ]


def _ratio(measured: Measured, ours: Measured | None) -> str:
    """How much dearer a plan is than the planner's own, all in all."""
    return f"{measured.total / ours.total:.2f}" if ours and ours.total else "-"


@dataclass(frozen=True)
class Compared:
    """A plan of a clinic, beside everybody's alone and beside the planner's own."""

    measured: Measured
    alone: Measured
    ours: Measured

    @property
    def rest_above(self) -> float:
        """By what share its rest is above that of everybody alone."""
        return self.measured.rest / self.alone.rest - 1

    @property
    def of_ours(self) -> float:
        """What it costs, in multiples of the planner's own plan."""
        return self.measured.total / self.ours.total


def clinics_of_a_size(found: Found) -> Table:
    """The clinics of one kind and size together: medians, and from the least to the most."""
    headings = ("planner", "clinics", "doses left", "others left", "rest above alone", "of ours")
    table = titled("Clinics of one kind and size: median (least to most)", "kind", *headings)
    groups = _by_size(found)
    for kind, planner in sorted(groups, key=_place):
        group = groups[kind, planner]
        if len(group) > 1:
            table.add_row(
                kind,
                planner,
                str(len(group)),
                _spread([c.measured.doses for c in group], ".0f"),
                _spread([c.measured.others for c in group], ".0f"),
                _spread([c.rest_above for c in group], "+.1%"),
                _spread([c.of_ours for c in group], ".2f"),
            )
    return table


def _by_size(found: Found) -> dict[tuple[str, str], list[Compared]]:
    """By kind with size, and by planner, what can be compared."""
    held = {(m.case.instance, m.case.planner): m for m in found}
    groups: dict[tuple[str, str], list[Compared]] = {}
    for (name, planner), measured in held.items():
        alone, ours = held.get((name, "alone")), held.get((name, "careweave"))
        if alone and ours and planner != "alone":
            kind = name.rpartition("-")[0]
            groups.setdefault((kind, planner), []).append(Compared(measured, alone, ours))
    return groups


def _place(group: tuple[str, str]) -> tuple[str, int, int]:
    """Where a row stands: by kind, size and planner."""
    kind, planner = group
    name, _, patients = kind.rpartition("-")
    return name, int(patients), ORDER.index(planner)


def _spread(numbers: Sequence[float], form: str) -> str:
    """The median, and in brackets the least and the most."""
    least, most = min(numbers), max(numbers)
    return f"{median(numbers):{form}} ({least:{form}} to {most:{form}})"


def _above(cost: int, least: int) -> str:
    return f"{cost / least - 1:+.1%}" if cost < FAR * least else "-"

"""Measurements as a table: medians, how far they lie apart, and whether that is enough."""

from collections.abc import Iterable
from statistics import median

from rich.table import Table

from api.bench.reminders.comparing import Line


def reminders_table(found: Iterable[tuple[str, Line]]) -> Table:
    """What was measured of reminders, each database under its name."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="underline")
    table.add_column("Measured", style="bold", no_wrap=True)
    for name in ("median", "spread", "of processor", "ratio", "wanted", "met"):
        table.add_column(name, justify="right", no_wrap=True)
    last = ""
    for database, line in found:
        if database != last:
            table.add_row(f"[underline]{database}[/]")
            last = database
        table.add_row(*cells(line))
    return table


def cells(line: Line) -> tuple[str, ...]:
    """One line, cell by cell."""
    return (
        line.name,
        f"{_number(line.median)}{_space(line.unit)}",
        f"{_number(min(line.values))}-{_number(max(line.values))}" if len(line.values) > 1 else "",
        f"{_number(median(line.worked))}/s" if line.worked else "",
        f"{median(line.ratios):.3g} {line.to}" if line.ratios else "",
        _wanted(line),
        {True: "yes", False: "no", None: ""}[line.met],
    )


def _wanted(line: Line) -> str:
    if line.wanted is None:
        return ""
    sign = ">=" if line.wanted.least else "<="
    unit = "" if line.wanted.of_ratios else _space(line.unit)
    return f"{sign} {_number(line.wanted.value)}{unit}"


def _space(unit: str) -> str:
    return unit if unit.startswith("/") else f" {unit}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

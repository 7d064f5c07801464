"""What a plan amounts to, in a few lines: how much was placed, what was not and why, the cost."""

from collections.abc import Iterator

from api.cli.terminal import counted
from api.cli.weeks import Book
from api.cli.wording import occurrences_text, quality_text, together
from pathways.plan import Plan
from pathways.scenario import Scenario

_REASONS_SHOWN = 5


def outcome_lines(plan: Plan, scenario: Scenario) -> Iterator[str]:
    """The lines that follow a search."""
    placed, left = len(plan.appointments), len(plan.unplaced)
    patients = counted(len(scenario.patients), "patient")
    yield f"{counted(placed, 'appointment')} placed for {patients}, {left:,} could not be placed."
    yield from first_reasons(plan, scenario, shown=_REASONS_SHOWN)
    yield f"Cost {plan.cost.total:,}: {quality_text(plan)}."


def first_reasons(plan: Plan, scenario: Scenario, *, shown: int) -> Iterator[str]:
    """The first things that could not be placed, each with its reasons."""
    book = Book(plan, scenario)
    lines = [
        f"  {patient}: {occurrences_text(title, numbers)} - "
        + "; ".join(f"{reason.rule}: {reason.detail}" for reason in reasons)
        for patient in dict.fromkeys(entry.patient for entry in plan.unplaced)
        for title, numbers, reasons in together(book.of(patient).unplaced)
    ]
    yield from lines[:shown]
    if len(lines) > shown:
        yield f"  … and {len(lines) - shown:,} more; careweave show prints them all."

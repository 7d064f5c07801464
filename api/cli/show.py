"""``careweave show``: a plan as a calendar in the terminal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.text import Text

from api.cli import documents
from api.cli.calendar_view import patient_heading, unplaced_view, week_view
from api.cli.safety_view import open_gates
from api.cli.terminal import answers, printable, refuse
from api.cli.weeks import Book, PatientWeeks
from api.cli.wording import cost_lines, quality_text
from pathways.plan import Plan
from pathways.safety import Breach
from scheduler.planning.judging import gates_of


def show(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan, YAML or JSON.")],
    scenario: Annotated[
        Path | None,
        typer.Option(
            metavar="SCENARIO",
            help="The plan's scenario: adds titles, the pathway's weeks and closed days.",
        ),
    ] = None,
    patient: Annotated[
        str | None, typer.Option(metavar="ID", help="This patient alone.", show_default=False)
    ] = None,
    week: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="This week alone.", show_default=False)
    ] = None,
) -> None:
    """Show a plan: the weeks of each patient, what could not be placed and why, and the cost.

    A dose is marked ◆, with its stages and the hour from which the patient may drive again; a
    session that follows another is marked ↳, with the hours between.
    """
    read = documents.plan_from(plan)
    question = documents.scenario_from(scenario) if scenario else None
    book = Book(read, question)
    strangers = book.strangers()
    if strangers:
        refuse([f"{scenario} is not the scenario of {plan}:", *strangers])
    gates = gates_of(question, read) if question else ()
    console = answers()
    for name in _chosen(book, patient):
        weeks = book.of(name)
        console.print(patient_view(weeks, console, only=week, gates=gates))
    if patient is None and week is None:
        console.print(cost_view(read))


def _chosen(book: Book, patient: str | None) -> list[str]:
    if patient is None:
        return book.patients
    if patient not in book.patients:
        refuse([f"the plan has no patient {patient!r}; it has {', '.join(book.patients)}"])
    return [patient]


def patient_view(
    weeks: PatientWeeks,
    console: Console,
    *,
    only: int | None = None,
    gates: Sequence[Breach] = (),
) -> RenderableType:
    """All that there is to show of a patient, or one week of it; gates are anybody's."""
    shown = [week for week in weeks.weeks if only in (None, week)]
    none = "No appointments." if only is None else f"No appointments in week {only}."
    return Group(
        patient_heading(weeks),
        *open_gates(gates, weeks.patient),
        *(week_view(weeks, week, console.width) for week in shown),
        *([] if shown else [Text(none)]),
        *unplaced_view(weeks),
        Text(),
    )


def cost_view(plan: Plan) -> RenderableType:
    """The cost, term by term, in words."""
    lines = [Text(f"Cost {plan.cost.total:,}", "bold")]
    lines += [
        Text(printable(f"{amount:>9,}  {words}")) for _, amount, words in cost_lines(plan.cost)
    ]
    return Group(*lines, Text(quality_text(plan).capitalize() + ".", "dim"))

"""``careweave diff``: what another plan changes, for whom, and what follows from it."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli import documents
from api.cli.difference_view import Narrator
from api.cli.terminal import answer, refuse
from pathways.plan import Plan


def diff(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="A plan, YAML or JSON.", show_default=False)
    ],
    new: Annotated[
        Path, typer.Argument(metavar="NEW", help="The plan after it.", show_default=False)
    ],
    scenario: Annotated[
        Path | None,
        typer.Option(
            metavar="SCENARIO",
            help="The scenario of the new plan: adds titles, and why something moves.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The same as a document, for programs.")
    ] = False,
) -> None:
    """Say what changes from one plan to another: patient by patient, in order of time.

    With each change stands what follows from it: the ride to arrange, the hour from which the
    patient may drive, the session that comes after, the reminders. The last lines count it all
    and compare the cost.
    """
    before, after = documents.plan_from(old), documents.plan_from(new)
    question = documents.scenario_from(scenario) if scenario else None
    for plan, path in ((before, old), (after, new)):
        if question is not None and plan.scenario != question.clinic.id:
            names = f"{plan.scenario!r}, {scenario} is {question.clinic.id!r}"
            refuse([f"{path} is for the clinic {names}"])
    _refuse_other_clinics(before, after, old, new)
    narrator = Narrator(before, after, question)
    if as_json:
        typer.echo(documents.text_of(narrator.document(), Path("difference.json")), nl=False)
        return
    for line in narrator.lines():
        answer(line)


def _refuse_other_clinics(before: Plan, after: Plan, old: Path, new: Path) -> None:
    if before.scenario != after.scenario:
        refuse([f"{old} is for the clinic {before.scenario!r}, {new} for {after.scenario!r}"])

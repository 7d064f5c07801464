"""``careweave``: every command, joined."""

from importlib.metadata import version
from typing import Annotated

import typer

from api.cli import (
    demo,
    diff,
    pathways,
    plan,
    reminders,
    replan,
    rules,
    schema,
    show,
    verify,
    why,
)

app = typer.Typer(
    name="careweave",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("plan", short_help="Plan a scenario.")(plan.plan)
app.command("replan", short_help="Mend a plan for what has changed.")(replan.replan)
app.command("diff", short_help="Say what changes from one plan to another.")(diff.diff)
app.command("verify", short_help="Judge a plan.")(verify.verify)
app.command("show", short_help="Show a plan as a calendar.")(show.show)
app.command("why", short_help="Say why something has no time, and what would help.")(why.why)
app.command("demo", short_help="Plan an invented clinic and show it.")(demo.demo)
app.add_typer(pathways.app, name="pathways", short_help="Look into the library of pathways.")
app.add_typer(reminders.app, name="reminders", short_help="Look at what is told to whom.")
app.command("rules", short_help="List the safety rules.")(rules.rules)
app.command("schema", short_help="Print the JSON Schema of a document.")(schema.schema)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"careweave {version('careweave')}")
        raise typer.Exit


@app.callback()
def careweave(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Plan intensive outpatient programmes with interleaved ketamine sessions, and check plans.

    The software supports clinicians; it does not replace their judgement.
    """

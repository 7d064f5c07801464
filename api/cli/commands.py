"""``careweave``: every command, joined."""

from importlib.metadata import version
from typing import Annotated

import typer

from api.cli import (
    audit,
    backup,
    bench,
    check,
    demo,
    diff,
    exchange,
    migrate,
    pathways,
    plan,
    reminders,
    replan,
    rules,
    schema,
    serve,
    show,
    token,
    user,
    verify,
    why,
    worker,
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
app.add_typer(user.app, name="user", short_help="Say who may come in.")
app.add_typer(token.app, name="token", short_help="Make and end keys of machines.")
app.add_typer(audit.app, name="audit", short_help="Judge the record of who did what.")

app.command("serve", short_help="Serve the clinic: pages and an API.")(serve.serve)
app.command("worker", short_help="Work beside web processes.")(worker.worker)
app.command("import", short_help="Bring in a clinic.")(exchange.import_)
app.command("export", short_help="Give a clinic back as a scenario.")(exchange.export)
app.command("migrate", short_help="Bring the database up to date.")(migrate.migrate)
app.command("backup", short_help="Keep the whole store in one file.")(backup.backup)
app.command("restore", short_help="Bring a backup back, and prove it.")(backup.restore)
app.add_typer(bench.app, name="bench", short_help="Measure the service.")
app.command("check", short_help="Say whether the service would start.")(check.check)


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

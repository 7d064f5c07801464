"""``careweave bench``: measure the service on this machine; what it finds is told, not judged."""

from typing import Annotated

import typer
from rich.table import Table

from api.bench.reminders.parts import Part
from api.cli.terminal import answers, say

app = typer.Typer(no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure how fast things are; nothing of yours is read or changed."""


@app.command("service", short_help="Time what a clinic asks for all day.")
def service(
    database: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="A PostgreSQL server on which a database may be made, and is dropped afterwards.",
        ),
    ] = None,
    appointments: Annotated[
        int, typer.Option(min=0, help="Further appointments, with which all is timed again.")
    ] = 200_000,
    times: Annotated[
        int, typer.Option(min=1, max=80, help="How often each thing is asked for.")
    ] = 50,
) -> None:
    """Serve a clinic of 200 patients from a throw-away database, and time what it answers.

    A patient's eight weeks, the day of the whole clinic and booking by hand stand beside a bare
    route with one query, all asked over HTTP on this machine, with audit on. Times are medians in
    milliseconds; processor times hardly depend on what else the machine does.
    """
    # Web code is loaded only by the commands that serve.
    from api.bench.service import ALLOWED, SLOWER, Measured, measure  # noqa: PLC0415  (see above)

    found = measure(database, further=appointments, times=times)
    bare = found[0]

    def cells(one: Measured) -> tuple[str, ...]:
        allowed = ALLOWED.get(one.name)
        return (
            one.name,
            f"{one.before.processor:.1f}",
            f"{one.before.processor / bare.before.processor:.1f}",
            f"{one.before.wall:.1f}",
            f"{one.before.wall / bare.before.wall:.1f}",
            "" if allowed is None else f"{allowed:.0f}",
            f"{one.after.processor / one.before.processor:.2f}",
            f"{one.after.wall / one.before.wall:.2f}",
        )

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="underline")
    table.add_column("Asked for", style="bold", no_wrap=True)
    for name in ("processor", "x bare", "clock", "x bare", "wanted", "grown", "by clock"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        table.add_row(*cells(one))
    console = answers()
    console.print(table)
    console.print(
        f"Grown: with {appointments:,} further appointments, times as long; wanted below {SLOWER}."
    )


@app.command("start", short_help="Time how soon the service is ready.")
def start() -> None:
    """Start a service in a new folder and again in the same, without and with the demo clinic.

    Seconds are from the command to the first answer that it is ready; processor seconds hardly
    depend on what else the machine does. Memory is told in megabytes: when it is ready, and the
    most that it takes with processes of its own, which bring the demo in and search for plans.
    """
    # Web code is loaded only by the commands that serve.
    from api.bench.starting import LARGEST, READY_WITHIN, starts  # noqa: PLC0415  (see above)

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="underline")
    table.add_column("Started", style="bold", no_wrap=True)
    for name in ("clock", "processor", "MB", "with others"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in starts():
        memory = (f"{one.resident:.0f}", f"{one.with_others:.0f}")
        table.add_row(one.name, f"{one.seconds:.1f}", f"{one.processor:.1f}", *memory)
    console = answers()
    console.print(table)
    console.print(f"Wanted: ready within {READY_WITHIN:.0f} seconds, below {LARGEST} MB.")


@app.command("reminders", short_help="Time how reminders go out, beside raw PostgreSQL.")
def reminders(
    database: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="A PostgreSQL server on which a database may be made, and is dropped afterwards; "
            "without it one is started here.",
        ),
    ] = None,
    smaller: Annotated[
        bool, typer.Option("--smaller", help="Fewer of everything: a first look in a minute.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Ten million that wait, too: half an hour, 20 GB.")
    ] = False,
    only: Annotated[Part | None, typer.Option(help="Measure one part alone.")] = None,
) -> None:
    """Let the production dispatcher send thousands of reminders to nowhere, and time it.

    Beside it stand raw PostgreSQL (pgbench with the same statements) and one APScheduler job for
    each reminder, on the same database, in turns. Medians are told with their spread.
    """
    # The database and the clock are loaded only by the commands that need them.
    from api.bench.postgresql import ProgramsMissing  # noqa: PLC0415  (see above)
    from api.bench.reminders.everything import measured  # noqa: PLC0415  (see above)
    from api.bench.reminders.measuring import SMALLER, USUAL, WITH_MORE  # noqa: PLC0415  (ditto)
    from api.cli.bench_view import reminders_table  # noqa: PLC0415  (see above)

    sizes = SMALLER if smaller else WITH_MORE if full else USUAL
    found = []
    try:
        for database_name, line in measured(database, sizes, only):
            say(f"{database_name}: {line.name}")
            found.append((database_name, line))
    except ProgramsMissing as missing:
        say(f"PostgreSQL is not measured: {missing}")
    answers().print(reminders_table(found))

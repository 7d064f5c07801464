"""``careweave import`` and ``careweave export``: a whole clinic as a scenario, in and out."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli import documents
from api.cli.installation import Data, Database, settings_from, store_of
from api.cli.terminal import counted, refuse, say


def import_(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", show_default=False)],
    data: Data = None,
    database: Database = None,
) -> None:
    """Bring in a clinic with its patients and bookings, all of it or nothing.

    Bookings that overlap are refused. Other rules that bookings break become tasks on the
    work-list, and those bookings cannot be started before somebody has decided.
    """
    # A command that plans loads no database; this one does.
    from scheduler.clock import now  # noqa: PLC0415  (see above)
    from scheduler.scenarios.standing import note_breaches  # noqa: PLC0415  (see above)
    from scheduler.scenarios.taking import (  # noqa: PLC0415  (see above)
        ClinicExists,
        OverlappingBookings,
        bring_in,
    )

    read = documents.scenario_from(scenario)
    with store_of(settings_from(data, database)) as store:
        try:
            with store.writing() as session:
                bring_in(session, read, now=now())
                broken = note_breaches(session, read, now=now())
        except ClinicExists:
            refuse([f"there is a clinic {read.clinic.id} already; nothing was brought in"])
        except OverlappingBookings as problem:
            refuse([f"{problem}; nothing was brought in"])
    say(
        f"Brought in {read.clinic.id}: {counted(len(read.patients), 'patient')}, "
        f"{counted(len(read.booked), 'booking')}."
    )
    if broken:
        say(f"{counted(broken, 'booking')} with a broken rule: a task on the work-list for each.")


def export(
    clinic: Annotated[str, typer.Argument(metavar="CLINIC", show_default=False)],
    out: Annotated[
        Path, typer.Option(metavar="SCENARIO", help="YAML for .yaml and .yml, else JSON.")
    ] = documents.STANDARD_OUTPUT,
    data: Data = None,
    database: Database = None,
) -> None:
    """Give a clinic back as a scenario: what planning may know, and no names of people."""
    from scheduler.scenarios.giving import NoClinic, scenario_of  # noqa: PLC0415  (as above)

    documents.refuse_unwritable(out)
    with store_of(settings_from(data, database)) as store, store.reading() as session:
        try:
            found = scenario_of(session, clinic, now=None)
        except NoClinic:
            refuse([f"there is no clinic {clinic} here"])
    plain = found.model_dump(mode="json", by_alias=True, exclude_none=True)
    documents.write(documents.text_of(plain, out), out)

"""``careweave migrate``: bring the database to the tables that this release knows."""

from typing import Annotated

import typer

from api.cli.installation import Data, Database, settings_from
from api.cli.terminal import say


def migrate(
    data: Data = None,
    database: Database = None,
    to: Annotated[
        str, typer.Option(metavar="STEP", help="Up to which step; base undoes all.")
    ] = "head",
) -> None:
    """Take the steps that the database has not taken yet, each whole or not at all."""
    from scheduler.store import migrating  # noqa: PLC0415  (a command that plans loads no database)
    from scheduler.store.session import Store  # noqa: PLC0415  (see above)

    settings = settings_from(data, database)
    if settings.is_sqlite:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(settings.database_url)
    before = migrating.current(store)
    if to == "base":
        migrating.downgrade(store, to)
    else:
        migrating.upgrade(store, to)
    say(f"The database was at {before or 'nothing'} and is at {migrating.current(store)}.")
    store.close()

"""``careweave backup`` and ``careweave restore``: the whole store as one file, and back."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.installation import Data, Database, settings_from, store_of
from api.cli.terminal import counted, refuse, say

File = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]


def backup(file: File, data: Data = None, database: Database = None) -> None:
    """Write every row of one state of the database to a file.

    Names and addresses stay encrypted in it, and the key is not in it: keep secrets.json apart.
    """
    from scheduler.store.backing_up import back_up  # noqa: PLC0415  (planning loads no database)

    if file.exists():
        refuse([f"{file} is there already; name another file"])
    with store_of(settings_from(data, database)) as store:
        done = back_up(store, file)
    rows = sum(done.rows.values())
    say(f"Written to {file}: {counted(rows, 'row')} of {counted(len(done.rows), 'table')}.")


def restore(file: File, data: Data = None, database: Database = None) -> None:
    """Bring a backup into an empty database, and prove that every row is there as it was."""
    from scheduler.store import backing_up  # noqa: PLC0415  (planning loads no database)

    with store_of(settings_from(data, database)) as store:
        try:
            done = backing_up.restore(store, file)
        except backing_up.NotABackup as problem:
            refuse([f"{file} is not a backup that can be restored: {problem}"])
        except backing_up.NotEmpty as problem:
            refuse([f"the database has rows in {problem}; restore into an empty one"])
        except backing_up.NotTheSame as problem:
            refuse([f"what was restored is not what was kept: {problem}; nothing was changed"])
    rows = sum(done.rows.values())
    say(f"Restored and compared: {counted(rows, 'row')} of {counted(len(done.rows), 'table')}.")

"""Reminders on SQLite, then on PostgreSQL: a server of one's own, or that of an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from api.bench.database import throw_away
from api.bench.postgresql import served
from api.bench.reminders.comparing import Line
from api.bench.reminders.measuring import Bench, Sizes
from api.bench.reminders.parts import Part
from scheduler.store.vault import new_key

_ROOM_FOR_WHAT_IS_FILLED_IN: Final = "max_wal_size=4GB"


def measured(
    address: str | None, sizes: Sizes, only: Part | None = None
) -> Iterator[tuple[str, Line]]:
    """Each thing measured, or those of one part, with the database on which it was.

    ``address``: of a server on which a database may be made, and is dropped afterwards. Without
    one, ProgramsMissing where PostgreSQL is not installed; SQLite is measured before.
    """
    key = new_key()
    if only in (None, Part.RATES):
        with throw_away(None, key) as store:
            for line in Bench(store, key, sizes).everything(only):
                yield "SQLite", line
    with _server(address) as (url, process), throw_away(url, key) as store:
        for line in Bench(store, key, sizes, process).everything(only):
            yield "PostgreSQL", line


@contextmanager
def _server(address: str | None) -> Iterator[tuple[str, int | None]]:
    """The address of a server, and its process where it is ours."""
    if address is not None:
        yield address, None
        return
    with served(_ROOM_FOR_WHAT_IS_FILLED_IN) as server:
        yield server.url("postgres"), server.process

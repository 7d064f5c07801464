"""What SQLite may expect of an index: how many rows have the same first columns.

Without figures it takes the clinic in front of every key for as telling as a person, and goes
through all that a clinic has to find one patient's. What it would count in a new database is
nothing, so it is told what a clinic has after years; PostgreSQL counts by itself.
"""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

ROWS: Final = 1_000_000
_WITH_THE_SAME_NAME: Final = 100
_FEW: Final = frozenset({"clinic_id", "kind", "status", "subject_kind", "number"})
"""Columns that tell little by themselves: there are few clinics, and few kinds of things."""


def install(connection: Connection) -> None:
    """Tell SQLite what to expect of each index; made anew after every step of the database."""
    if connection.dialect.name != "sqlite":
        return
    connection.execute(text("ANALYZE"))
    connection.execute(text("DELETE FROM sqlite_stat1"))
    told = [
        {"table": table, "index": index, "figures": " ".join(map(str, _figures(columns)))}
        for table, index, columns in _indexes(connection)
    ]
    if told:
        connection.execute(
            text("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :figures)"),
            told,
        )
    connection.execute(text("ANALYZE sqlite_schema"))


def _indexes(connection: Connection) -> Iterator[tuple[str, str, list[str]]]:
    """Every index: its table, its name, its columns in order."""
    asked = text(
        "SELECT t.name, i.name, c.name FROM sqlite_schema AS t, pragma_index_list(t.name) AS i, "
        "pragma_index_info(i.name) AS c WHERE t.type = 'table' ORDER BY t.name, i.name, c.seqno"
    )
    found: dict[tuple[str, str], list[str]] = {}
    for table, index, column in connection.execute(asked):
        found.setdefault((table, index), []).append(column)
    for (table, index), columns in found.items():
        yield table, index, columns


def _figures(columns: list[str]) -> Iterator[int]:
    """The rows of the table, then how many share the first column, the first two, and so on."""
    yield ROWS
    sharing = ROWS
    for column in columns:
        sharing = sharing // 4 if column in _FEW else min(sharing // 10, _WITH_THE_SAME_NAME)
        yield max(1, sharing)

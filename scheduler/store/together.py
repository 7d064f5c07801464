"""Rows of several tables by one query: to ask ten times takes longer than what is answered.

Each row comes as a JSON text of its columns, and is read back as the table has them.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    CompoundSelect,
    Date,
    Integer,
    String,
    Uuid,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from scheduler.store.columns import Encrypted, EncryptedData, Instant
from scheduler.store.vault import vault

Part = tuple[Sequence[Column[Any]], ColumnElement[bool]]
"""Columns of one table, and which of its rows."""


def together(parts: Sequence[Part], dialect: str) -> CompoundSelect[Any]:
    """The query for all parts: rows of ``number``, that of the part, and ``written``, in no order.

    ``dialect``: the name of the kind of database.
    """
    listed: Any = func.json_array if dialect == "sqlite" else func.json_build_array
    return union_all(
        *(
            select(
                literal(number).label("number"),
                cast(listed(*map(_as_stored, columns)), String).label("written"),
            ).where(condition)
            for number, (columns, condition) in enumerate(parts)
        )
    )


def read(columns: Sequence[Column[Any]], written: str) -> list[Any]:
    """The values of a row that was written by its part of the query."""
    pairs = zip(columns, json.loads(written), strict=True)
    return [None if value is None else _reader(column)(value) for column, value in pairs]


def _as_stored(column: Column[Any]) -> Any:
    plain = isinstance(column.type, Integer | Boolean)
    return column if plain else cast(column, String)


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


_READERS: Final[tuple[tuple[type[Any], Callable[[Any], Any]], ...]] = (
    (EncryptedData, lambda text: json.loads(vault().opened(text))),
    (Encrypted, lambda text: vault().opened(text)),
    (Instant, _instant),
    (Date, date.fromisoformat),
    (Uuid, UUID),
    (JSON, json.loads),
    (Boolean, bool),
)


@cache
def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    """What a column's text means; numbers and words mean themselves."""
    for kind, reader in _READERS:
        if isinstance(column.type, kind):
            return reader
    return lambda value: value

"""Statements that are made ready once: what every booking asks for is compiled no second time.

SQLAlchemy works longer on a statement that it knows already than a database does to answer it.
Here it compiles each once for a kind of database; from then on only values are turned, and rows
come as plain named tuples. It stays one connection and one unit of work: what a session has not
written yet is written first.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Dialect, Table, Uuid, bindparam, insert, literal
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine
from sqlmodel import Session, SQLModel

_named: Any = namedtuple
"""Its rows are named after a query, of which nobody knows anything beforehand."""

_Turn = Callable[[Any], Any]
_KEPT: Final = 500
_IDS_KEPT: Final = 20_000
_AT_A_TIME: Final = 512


class _Ready:
    """A statement as a driver takes it, and how values are turned on their way there and back."""

    def __init__(self, statement: Any, dialect: Dialect, columns: Sequence[str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)
        self.text = str(compiled)
        self._order: Sequence[str] | None = compiled.positiontup
        self._known = {name: value for name, value in compiled.params.items() if value is not None}
        turns = {name: _to_driver(bind.type, dialect) for bind, name in compiled.bind_names.items()}
        self._turns = [(name, turn) for name, turn in turns.items() if turn is not None]
        answered = getattr(statement, "exported_columns", ())
        # What a query gives no name has its place as its name.
        names = [str(getattr(column, "name", "")) for column in answered]
        self._make = _named("Row", names, rename=True)._make
        turned = [_from_driver(column.type, dialect) for column in answered]
        self._turned = [(place, turn) for place, turn in enumerate(turned) if turn is not None]

    def values(self, values: Mapping[str, Any]) -> Any:
        """Values as the driver takes them, in order or by name."""
        given = {**self._known, **values}
        for name, turn in self._turns:
            given[name] = turn(given[name])
        return given if self._order is None else tuple([given[name] for name in self._order])

    def answers(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        """Rows as the driver gives them, as they are meant."""
        make, turned = self._make, self._turned
        if not turned:
            return [make(row) for row in rows]
        found = []
        for row in rows:
            cells = list(row)
            for place, turn in turned:
                cells[place] = turn(cells[place])
            found.append(make(cells))
        return found


def _to_driver(kind: Any, dialect: Dialect) -> _Turn | None:
    turn: _Turn | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return turn


def _from_driver(kind: Any, dialect: Dialect) -> _Turn | None:
    if isinstance(kind, Uuid) and dialect.name == "sqlite":
        return _id
    turn: _Turn | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return turn


@lru_cache(_IDS_KEPT)
def _id(text: str | None) -> UUID | None:
    """An id of its text: the same ones come again in every table that speaks of them."""
    return None if text is None else UUID(text)


@lru_cache(_KEPT)
def _ready(statement: Any, dialect: Dialect, columns: Sequence[str] = ()) -> _Ready:
    return _Ready(statement, dialect, columns)


def _connection(session: Session) -> Connection:
    """The session's connection, once what it has not written yet is written, unless that waits."""
    if session.autoflush:
        session.flush()
    return session.connection()


def ask(session: Session, statement: Any, values: Mapping[str, Any]) -> list[Any]:
    """The rows of a query that is built once, with the columns that it selects by name.

    Its lists of constants are columns of SQL and its lists of values are built with `among`:
    nothing in it may grow with what is asked.
    """
    connection = _connection(session)
    ready = _ready(statement, connection.dialect)
    with connection.exec_driver_sql(ready.text, ready.values(values)) as found:
        # As the driver gives them: they are made rows here, and not twice.
        return ready.answers(found.cursor.fetchall())


def run(session: Session, statement: Any, values: Mapping[str, Any]) -> None:
    """Do what a statement says that is built once, and gives no rows."""
    connection = _connection(session)
    ready = _ready(statement, connection.dialect)
    connection.exec_driver_sql(ready.text, ready.values(values))


def one_of(column: Any, values: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column has one of some texts that are always the same."""
    found: ColumnElement[bool] = column.in_([literal(value) for value in values])
    return found


def among(column: Any, name: str, number: int) -> ColumnElement[bool]:
    """Whether a column has one of so many values, which `filled` gives under the same name."""
    named = [bindparam(f"{name}_{one}", type_=column.type) for one in range(number)]
    found: ColumnElement[bool] = column.in_(named)
    return found


def ask_about(
    session: Session,
    statement: Callable[[int], Any],
    name: str,
    wanted: Sequence[Any],
    values: Mapping[str, Any],
) -> list[Any]:
    """The rows of a query that is built for a number of values, however many are wanted.

    Of more than one query can take, several are asked: their rows come one after the other.
    """
    found: list[Any] = []
    for begin in range(0, len(wanted), _AT_A_TIME):
        part = wanted[begin : begin + _AT_A_TIME]
        found += ask(session, statement(room(len(part))), {**values, **filled(name, part)})
    return found


def room(number: int) -> int:
    """For how many values a query is built that is asked with so many: few sizes, for any."""
    return 1 << max(number - 1, 0).bit_length()


def filled(name: str, values: Sequence[Any]) -> dict[str, Any]:
    """The values of `among` for as many as there is `room` for: the last one, or none, fills it."""
    last = values[-1] if values else None
    whole = [*values, *[last] * (room(len(values)) - len(values))]
    return {f"{name}_{number}": value for number, value in enumerate(whole)}


def table_of(kind: type[SQLModel]) -> Table:
    """A table as the database has it, for what is read or written without rows of the store."""
    return SQLModel.metadata.tables[str(kind.__tablename__)]


def put(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, each told by the same columns, all by one statement."""
    if not rows:
        return
    connection, columns = _connection(session), tuple(rows[0])
    ready = _ready(_inserting(table), connection.dialect, columns)
    values = [ready.values(row) for row in rows]
    if len(values) == 1:
        connection.exec_driver_sql(ready.text, values[0])
    elif connection.dialect.name == "sqlite":
        connection.exec_driver_sql(ready.text, values)
    else:
        lists = {name: [row[name] for row in values] for name in columns}
        connection.exec_driver_sql(from_lists(table, columns, connection.dialect), lists)


@lru_cache(_KEPT)
def from_lists(table: Table, columns: tuple[str, ...], dialect: Dialect) -> str:
    """PostgreSQL's insert of many rows whose columns come as lists: sent and planned once."""
    name = dialect.identifier_preparer.quote
    named = ", ".join(map(name, columns))
    lists = (f"%({c})s::{_listed(table.c[c].type, dialect)}[]" for c in columns)
    return f"INSERT INTO {name(table.name)} ({named}) SELECT * FROM unnest({', '.join(lists)})"  # noqa: S608  (names of our own tables)


def _listed(kind: TypeEngine[Any], dialect: Dialect) -> str:
    """The type of a list's members; texts without their length, to which a cast would cut them."""
    written = kind.compile(dialect)
    return "TEXT" if written.startswith("VARCHAR") else written


@lru_cache(_KEPT)
def _inserting(table: Table) -> Any:
    return insert(table)

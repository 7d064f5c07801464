"""The way to the database: one unit of work at a time, committed at its edge.

On SQLite there is one connection that writes, and it begins every unit of work with the right to;
others only read. On PostgreSQL both come from one pool.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import QueuePool
from sqlmodel import Session, SQLModel

from scheduler.store.asking import table_of

_WAIT_FOR_A_CONNECTION = 30
_WAIT_FOR_A_LOCK = 15_000
_OF_CONNECTIONS = (
    "timezone=UTC",
    f"lock_timeout={_WAIT_FOR_A_LOCK}",
    # A clinic's rows are in memory, or on disks without a head to move. By its usual 4 PostgreSQL
    # reads whole tables of the clinic where sixty rows are asked for by an index.
    "random_page_cost=1.1",
)


class Store:
    """One database. ``url``: an address of SQLAlchemy's, SQLite or PostgreSQL with psycopg.

    `asking` and `noting` spare PostgreSQL's way there and back that begins and ends a unit of work.
    """

    def __init__(self, url: str, *, connections: int = 20) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self._writer = _sqlite(url, connections=1, writes=True)
            self._reader = _sqlite(url, connections=connections, writes=False)
            self._looking = self._reader
        else:
            self._writer = self._reader = create_engine(
                url,
                pool_size=connections,
                max_overflow=0,
                pool_timeout=_WAIT_FOR_A_CONNECTION,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args={"options": " ".join(f"-c {one}" for one in _OF_CONNECTIONS)},
            )
            # The driver begins each unit of work so; nothing has to be said to the server first.
            self._looking = self._writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._at_once = self._writer.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def engine(self) -> Engine:
        """The engine that may write, for migrations and for who looks at the database itself."""
        return self._writer

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A unit of work: committed when the block ends, rolled back when it raises."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and can change nothing."""
        with Session(self._looking, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """A connection for statements that change nothing, and need not see the same state."""
        with (self._reader if self.is_sqlite else self._at_once).connect() as connection:
            yield connection

    @contextmanager
    def noting(self) -> Iterator[Connection]:
        """A connection for one statement that changes something, a unit of work by itself."""
        with (self._writer if self.is_sqlite else self._at_once).begin() as connection:
            yield connection

    def close(self) -> None:
        """Give every connection back."""
        self._writer.dispose()
        self._reader.dispose()


def _sqlite(url: str, *, connections: int, writes: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_WAIT_FOR_A_CONNECTION,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver's own idea of when a transaction begins is switched off: see `begin`.
        connection.isolation_level = None
        for pragma in _pragmas(writes=writes):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _pragmas(*, writes: bool) -> Iterator[str]:
    yield f"busy_timeout = {_WAIT_FOR_A_LOCK}"
    if writes:
        yield "journal_mode = WAL"
        yield "synchronous = FULL"
        yield "foreign_keys = ON"
    else:
        # A reader moves nothing from the log to the file either: releases of SQLite before
        # 3.51.3 can lose a write where two connections do.
        yield "query_only = ON"
        yield "wal_autocheckpoint = 0"


def insert_new(session: Session, row: SQLModel) -> bool:
    """Whether a row was stored: it is not where its key is there already.

    Waits for whoever stores the same key at this moment.
    """
    table = table_of(type(row))
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(row.model_dump()).on_conflict_do_nothing()
    return session.execute(statement.returning(*table.primary_key)).first() is not None


def refresh_statistics(session: Session) -> None:
    """Let the database see how large its tables have become, after many rows at once.

    PostgreSQL looks by itself only minutes later. Until then it goes on with plans that it made
    while they were empty: a join of three with four thousand rows was seen to take half an hour.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("ANALYZE patient, enrolment, appointment, appointment_patient, ledger_slot")
        )

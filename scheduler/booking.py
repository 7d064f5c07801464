"""The ledger of promises: who and what is taken when, and the only writer of it.

One row for each resource and five minutes, with the load that is promised and the most there is.
The database itself refuses a load above it, so that no two people are ever given the same place,
whoever writes, however many at once. Intervals are rounded outward to whole steps.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Dialect, Select, bindparam, delete, or_
from sqlalchemy import select as columns
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, SQLModel, and_, col, update

from scheduler.store.asking import ask, from_lists
from scheduler.store.tables import LedgerSlot

STEP = timedelta(minutes=5)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)

WHOLE = 2520
"""A person's whole attention; a stage that one of n shares takes WHOLE / n, for n up to 10."""

_SPANS_A_QUERY = 100
_LEDGER = SQLModel.metadata.tables["ledger_slot"]


@dataclass(frozen=True, order=True)
class Promise:
    """So much of a resource in ``[start, end)``, of the most there is of it."""

    resource: str
    start: datetime
    end: datetime
    load: int = 1
    capacity: int = 1

    @property
    def slots(self) -> range:
        """The five-minute steps that it touches, counted from 1970 in UTC."""
        return range((self.start - _BEGIN) // STEP, -(-(self.end - _BEGIN) // STEP))

    def meets(self, other: "Promise") -> bool:
        """Whether both are of one resource and share an instant."""
        same = self.resource == other.resource
        return same and self.start < other.end and other.start < self.end

    def written(self) -> list[Any]:
        """The promise as plain data, to be kept beside what has promised it."""
        slots = self.slots
        return [self.resource, slots.start, slots.stop, self.load, self.capacity]

    @classmethod
    def read(cls, data: list[Any]) -> "Promise":
        """The promise that was kept as plain data, in whole steps."""
        resource, first, stop, load, capacity = data
        return cls(resource, _instant(first), _instant(stop), load, capacity)


@dataclass(frozen=True)
class Conflict:
    """A resource of which too little is left, and since when."""

    resource: str
    start: datetime

    def __str__(self) -> str:
        return f"{self.resource} is taken at {self.start.isoformat()}"


class Taken(Exception):
    """Something that was to be promised is promised already; ``conflicts`` says what."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__("; ".join(map(str, conflicts)))
        self.conflicts = tuple(conflicts)


def take(
    session: Session, clinic_id: str, promises: Iterable[Promise], *, known_free: bool = False
) -> None:
    """Write promises into the ledger; Taken, and nothing is written, where they do not fit.

    The dates must be held (`locking.hold`): the check and the write are then one. ``known_free``:
    it was looked at since they are held; the database still refuses what is too much.
    """
    loads = _summed(promises)
    conflicts = _too_much(loads) if known_free else _conflicts(session, clinic_id, loads)
    if conflicts:
        raise Taken(conflicts)
    rows = [
        {"clinic_id": clinic_id, "resource": resource, "slot": slot, "load": load, "capacity": most}
        for (resource, slot), (load, most) in sorted(loads.items())
    ]
    if rows:
        _add(session, rows)


def release(session: Session, clinic_id: str, promises: Iterable[Promise]) -> None:
    """Take promises out of the ledger again."""
    for promise in sorted(promises):
        session.execute(
            update(LedgerSlot)
            .where(*_within(clinic_id, promise))
            .values(load=LedgerSlot.load - promise.load)
        )
        session.execute(
            delete(LedgerSlot).where(*_within(clinic_id, promise), col(LedgerSlot.load) == 0)
        )


def conflicts_of(
    session: Session, clinic_id: str, promises: Iterable[Promise]
) -> tuple[Conflict, ...]:
    """What stands in the way of promises, without writing anything."""
    return tuple(_conflicts(session, clinic_id, _summed(promises)))


_Loads = dict[tuple[str, int], tuple[int, int]]


def _summed(promises: Iterable[Promise]) -> _Loads:
    """The load and the capacity of each resource in each step."""
    loads: _Loads = {}
    for promise in promises:
        for slot in promise.slots:
            before, _ = loads.get((promise.resource, slot), (0, 0))
            loads[promise.resource, slot] = (before + promise.load, promise.capacity)
    return loads


def _too_much(loads: _Loads, also: Iterable[tuple[str, int]] = ()) -> list[Conflict]:
    """What takes more than there is by itself, and what else is too much, each once."""
    over = {key for key, (load, most) in loads.items() if load > most}
    firsts: dict[str, int] = {}
    for resource, slot in sorted(over.union(also)):
        firsts.setdefault(resource, slot)
    return [Conflict(resource, _instant(slot)) for resource, slot in firsts.items()]


def _conflicts(session: Session, clinic_id: str, loads: _Loads) -> list[Conflict]:
    over = set()
    for resource, slot, load in _promised(session, clinic_id, loads):
        asked, most = loads.get((resource, slot), (0, 0))
        if asked and asked + load > most:
            over.add((resource, slot))
    return _too_much(loads, over)


def _promised(session: Session, clinic_id: str, loads: _Loads) -> Iterator[tuple[str, int, int]]:
    """What is promised already of the resources in their steps."""
    spans = list(_spans(loads))
    for begin in range(0, len(spans), _SPANS_A_QUERY):
        part = spans[begin : begin + _SPANS_A_QUERY]
        values: dict[str, Any] = {"clinic": clinic_id}
        for number, (resource, first, last) in enumerate(part):
            values |= {f"resource{number}": resource, f"from{number}": first, f"to{number}": last}
        yield from ask(session, _within_spans(len(part)), values)


@lru_cache(_SPANS_A_QUERY)
def _within_spans(number: int) -> Select[Any]:
    """The query for what is promised in so many stretches, built once."""
    row = _LEDGER.c
    # The clinic stands in every term: a database looks each up by the index only then.
    asked = (
        and_(
            row.clinic_id == bindparam("clinic"),
            row.resource == bindparam(f"resource{one}"),
            row.slot.between(bindparam(f"from{one}"), bindparam(f"to{one}")),
        )
        for one in range(number)
    )
    return columns(row.resource, row.slot, row.load).where(or_(*asked))


def _spans(loads: _Loads) -> Iterator[tuple[str, int, int]]:
    """The stretches without a gap, each with its first and last step, in order."""
    begun: tuple[str, int, int] | None = None
    for resource, slot in sorted(loads):
        if begun is not None and begun[0] == resource and slot == begun[2] + 1:
            begun = (resource, begun[1], slot)
            continue
        if begun is not None:
            yield begun
        begun = (resource, slot, slot)
    if begun is not None:
        yield begun


@cache
def _adding(dialect: Dialect) -> tuple[str, Sequence[str] | None]:
    """The statement that adds loads, as the driver takes it, and its values in order or by name.

    PostgreSQL is given lists: with a statement for each row it is as busy as with all the rest.
    """
    if dialect.name == "postgresql":
        more = "load = ledger_slot.load + excluded.load, capacity = excluded.capacity"
        rows = from_lists(_LEDGER, tuple(_LEDGER.c.keys()), dialect)
        return f"{rows} ON CONFLICT (clinic_id, resource, slot) DO UPDATE SET {more}", None
    statement = sqlite.insert(_LEDGER)
    statement = statement.on_conflict_do_update(
        index_elements=["clinic_id", "resource", "slot"],
        set_={
            "load": _LEDGER.c.load + statement.excluded.load,
            "capacity": statement.excluded.capacity,
        },
    )
    compiled = statement.compile(dialect=dialect, column_keys=list(_LEDGER.c.keys()))
    return str(compiled), compiled.positiontup


def _add(session: Session, rows: list[dict[str, Any]]) -> None:
    """Add loads, one statement with many rows, which the driver sends together.

    Texts and numbers need no translation on the way: a plan has tens of thousands of rows.
    """
    connection = session.connection()
    statement, order = _adding(connection.dialect)
    values: Any
    if order:
        values = [tuple(row[name] for name in order) for row in rows]
    else:
        values = {name: [row[name] for row in rows] for name in _LEDGER.c.keys()}  # noqa: SIM118  (columns, not a mapping)
    connection.exec_driver_sql(statement, values)


def _within(clinic_id: str, promise: Promise) -> tuple[ColumnElement[bool], ...]:
    slots = promise.slots
    return (
        col(LedgerSlot.clinic_id) == clinic_id,
        col(LedgerSlot.resource) == promise.resource,
        col(LedgerSlot.slot).between(slots.start, slots.stop - 1),
    )


def _instant(slot: int) -> datetime:
    return _BEGIN + slot * STEP

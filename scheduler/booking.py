"""The ledger of promises: who and what is taken when, and the only writer of it.

One row for each resource and five minutes, with the load that is promised and the most there is.
The database itself refuses a load above it, so that no two people are ever given the same place,
whoever writes, however many at once. Intervals are rounded outward to whole steps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, and_, col, select, update

from scheduler.store.tables import LedgerSlot

STEP = timedelta(minutes=5)
_STEP_SECONDS = int(STEP.total_seconds())

WHOLE = 2520
"""A person's whole attention; a stage that one of n shares takes WHOLE / n, for n up to 10."""

_ROWS_A_STATEMENT = 150


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
        first = int(self.start.timestamp()) // _STEP_SECONDS
        return range(first, -(-int(self.end.timestamp()) // _STEP_SECONDS))


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


def take(session: Session, clinic_id: str, promises: Iterable[Promise]) -> None:
    """Write promises into the ledger; Taken, and nothing is written, where they do not fit.

    The dates must be held (`locking.hold`): the check and the write are then one.
    """
    loads = _summed(promises)
    conflicts = _conflicts(session, clinic_id, loads)
    if conflicts:
        raise Taken(conflicts)
    rows = [
        {"clinic_id": clinic_id, "resource": resource, "slot": slot, "load": load, "capacity": most}
        for (resource, slot), (load, most) in sorted(loads.items())
    ]
    for begin in range(0, len(rows), _ROWS_A_STATEMENT):
        _add(session, rows[begin : begin + _ROWS_A_STATEMENT])


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


def _conflicts(session: Session, clinic_id: str, loads: _Loads) -> list[Conflict]:
    over = {key for key, (load, most) in loads.items() if load > most}
    for resource, slot, load in _promised(session, clinic_id, loads):
        asked, most = loads.get((resource, slot), (0, 0))
        if asked and asked + load > most:
            over.add((resource, slot))
    firsts: dict[str, int] = {}
    for resource, slot in sorted(over):
        firsts.setdefault(resource, slot)
    return [Conflict(resource, _instant(slot)) for resource, slot in firsts.items()]


def _promised(session: Session, clinic_id: str, loads: _Loads) -> Iterable[tuple[str, int, int]]:
    """What is promised already of the resources in their steps, and a little around them."""
    spans: dict[str, list[int]] = {}
    for resource, slot in loads:
        spans.setdefault(resource, []).append(slot)
    asked: list[ColumnElement[bool]] = [
        and_(
            col(LedgerSlot.resource) == resource,
            col(LedgerSlot.slot).between(min(slots), max(slots)),
        )
        for resource, slots in sorted(spans.items())
    ]
    if not asked:
        return []
    found = session.exec(
        select(LedgerSlot.resource, LedgerSlot.slot, LedgerSlot.load).where(
            LedgerSlot.clinic_id == clinic_id, or_(*asked)
        )
    )
    return found.all()


def _add(session: Session, rows: list[dict[str, Any]]) -> None:
    insert: Any = (
        sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    )
    statement = insert(LedgerSlot).values(rows)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["clinic_id", "resource", "slot"],
            set_={
                "load": LedgerSlot.load + statement.excluded.load,
                "capacity": statement.excluded.capacity,
            },
        )
    )


def _within(clinic_id: str, promise: Promise) -> tuple[ColumnElement[bool], ...]:
    slots = promise.slots
    return (
        col(LedgerSlot.clinic_id) == clinic_id,
        col(LedgerSlot.resource) == promise.resource,
        col(LedgerSlot.slot).between(slots.start, slots.stop - 1),
    )


def _instant(slot: int) -> datetime:
    return datetime.fromtimestamp(slot * _STEP_SECONDS, UTC)

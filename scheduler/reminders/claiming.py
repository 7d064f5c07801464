"""Taking messages that are due, so that no two workers have the same: a lease, not a lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Update,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    exists,
    literal_column,
    not_,
    or_,
    tuple_,
    union_all,
)
from sqlalchemy import select as select_columns
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, col, select, update

from scheduler.store.columns import Instant
from scheduler.store.tables import Clinic, Reminder
from scheduler.store.tables.reminders import URGENT

LEASE = timedelta(seconds=60)
"""How long a worker has for a batch, or for one message that is on its way."""

BATCH = 500
CHUNK = 64

STOP_SETTING = "reminders_stopped_at"
"""The clinic's setting under which the time stands at which all messages were stopped."""


# States are said in so many words: no database knows of a parameter that an index is for it.
_NOW = bindparam("now", type_=Instant)
_IS_DUE = and_(
    col(Reminder.status) == literal_column("'pending'"), col(Reminder.next_try_at) <= _NOW
)
_IS_LOST = and_(
    col(Reminder.status) == literal_column("'sending'"),
    col(Reminder.next_try_at) <= _NOW,  # as it was when it was marked; the index is by it
    col(Reminder.claimed_until) < _NOW,
)
# Without a type: SQLite knows its index by these very words.
_IS_URGENT: ColumnElement[Any] = literal_column(URGENT)
_CLAIMED = ("clinic_id", "id", "patient_id")
_ORDER = ("safety", "subject_kind", "next_try_at")

# Made once: the clock asks every second.
_ANYTHING = select_columns(or_(exists().where(_IS_DUE), exists().where(_IS_LOST)))


@dataclass(frozen=True)
class Claimed:
    """A message that this worker has, with whom it is about."""

    clinic_id: str
    id: UUID
    patient_id: str | None


def anything_to_do(session: Session, *, now: datetime) -> bool:
    """Whether a message is due, or one is on its way for too long: a glance, nothing is held."""
    return bool(session.scalar(_ANYTHING, {"now": now}))


def claim(
    session: Session, worker: str, *, now: datetime, batch: int = BATCH, only_safety: bool = False
) -> list[Claimed]:
    """Take what is due: safety notes and answers, then the rest, each in the order of its time.

    Nothing of a clinic that has stopped all. ``only_safety``: without the rest.
    """
    stopped = stopped_clinics(session)
    kinds = [_IS_URGENT] if only_safety else [_IS_URGENT, not_(_IS_URGENT)]
    found = [_next(which, stopped, batch, now) for which in kinds]
    # What stands first is read first, and of the rest no more than there is room for.
    due = union_all(*found).limit(batch).cte("due")
    taken = session.execute(
        update(Reminder)
        .where(
            col(Reminder.clinic_id) == due.c.clinic_id,
            col(Reminder.id) == due.c.id,
        )
        .values(claimed_by=worker, claimed_until=now + LEASE)
        .returning(*(col(getattr(Reminder, name)) for name in (*_CLAIMED, *_ORDER)))
        .execution_options(synchronize_session=False),
        {"now": now},
    )
    return [Claimed(*row[: len(_CLAIMED)]) for row in sorted(taken, key=_turn)]


def _next(
    which: ColumnElement[bool], stopped: Sequence[str], batch: int, now: datetime
) -> Select[Any]:
    """The first of those that are due and that no worker has, locked."""
    due = (
        select_columns(col(Reminder.clinic_id), col(Reminder.id))
        .where(
            _IS_DUE,
            which,
            or_(col(Reminder.claimed_until).is_(None), col(Reminder.claimed_until) < now),
        )
        .order_by(col(Reminder.next_try_at))
        .limit(batch)
        .with_for_update(skip_locked=True)
    )
    if stopped:
        due = due.where(col(Reminder.clinic_id).not_in(stopped))
    found = due.cte()
    return select_columns(found.c.clinic_id, found.c.id)


def _turn(row: Any) -> tuple[bool, datetime]:
    """Where a message stands among those that were claimed with it."""
    return (not (row.safety or row.subject_kind == "inbound"), row.next_try_at)


def lost(session: Session, *, now: datetime) -> list[Reminder]:
    """The messages on their way whose worker has had its time, locked."""
    asked = select(Reminder).where(_IS_LOST).with_for_update(skip_locked=True)
    return list(session.scalars(asked, {"now": now}))


def locked(session: Session, claims: Sequence[Claimed], worker: str) -> list[Reminder]:
    """The rows of these claims, locked, as they are now; without those that are not ours any more.

    A row that somebody else holds is left out: it is being voided or moved at this moment.
    """
    keys = [(claimed.clinic_id, claimed.id) for claimed in claims]
    asked = select(Reminder).where(
        tuple_(col(Reminder.clinic_id), col(Reminder.id)).in_(keys),
        Reminder.claimed_by == worker,
        Reminder.status == "pending",
    )
    fresh = asked.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return sorted(session.exec(fresh), key=lambda row: (row.rank, row.due_at))


def mark_sending(
    session: Session, clinic_id: str, names: Sequence[UUID], worker: str, *, now: datetime
) -> list[UUID]:
    """Mark messages as on their way; those that are still this worker's, and that are answered."""
    marked = session.execute(
        update(Reminder)
        .where(
            col(Reminder.clinic_id) == clinic_id,
            col(Reminder.id).in_(names),
            col(Reminder.claimed_by) == worker,
            col(Reminder.status) == "pending",
        )
        .values(
            status="sending",
            sent_at=now,
            attempts=Reminder.attempts + 1,
            claimed_until=now + LEASE,
        )
        .returning(col(Reminder.id))
        .execution_options(synchronize_session=False)
    )
    return list(marked.scalars())


def mark_sent(session: Session, receipts: Sequence[tuple[str, UUID, str]], worker: str) -> None:
    """The provider has taken messages (clinic, id, the provider's name for each).

    A word from the provider that came first stands, and so does what is not ours any more.
    """
    # In the order of their keys, as those that failed are locked, too.
    told = sorted(receipts, key=lambda receipt: (receipt[0], str(receipt[1])))
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        each = [{"clinic": c, "name": n, "given": g, "worker": worker} for c, n, g in told]
        connection.execute(_sent_one_by_one(), each)
        return
    for clinic_id, own in groupby(told, key=lambda receipt: receipt[0]):
        given = {name: provider for _, name, provider in own}
        connection.execute(
            _sent_all_at_once(),
            {
                "clinic": clinic_id,
                "names": list(given),
                "given": {str(name): provider for name, provider in given.items()},
                "worker": worker,
            },
        )


@cache
def _sent_all_at_once() -> Update:
    """A clinic's, which PostgreSQL does in a third of the time; by their keys, whatever it knows.

    A join with the names would let it choose, and what it chose for a thousand took seconds.
    """
    name = col(Reminder.id)
    given = bindparam("given", type_=JSONB)[cast(name, Text)].astext
    return _sent(name == any_(bindparam("names", type_=ARRAY(Uuid()))), given)


@cache
def _sent_one_by_one() -> Update:
    return _sent(col(Reminder.id) == bindparam("name", type_=Uuid()), bindparam("given"))


def _sent(which: ColumnElement[bool], given: Any) -> Update:
    status = col(Reminder.status)
    still = or_(status == "sending", status == "unknown")
    return (
        update(Reminder)
        .where(
            col(Reminder.clinic_id) == bindparam("clinic"),
            which,
            col(Reminder.claimed_by) == bindparam("worker"),
        )
        .values(
            provider_id=given,
            status=case((still, "sent"), else_=status),
            reason=case((still, ""), else_=col(Reminder.reason)),
            claimed_until=None,
        )
    )


def give_back(session: Session, claims: Sequence[Claimed], worker: str) -> None:
    """Let go of claims that came to nothing, so that they are looked at again at once."""
    if not claims:
        return
    keys = [(claimed.clinic_id, claimed.id) for claimed in claims]
    session.execute(
        update(Reminder)
        .where(
            tuple_(col(Reminder.clinic_id), col(Reminder.id)).in_(keys),
            col(Reminder.claimed_by) == worker,
            col(Reminder.status) == "pending",
        )
        .values(claimed_by=None, claimed_until=None)
        .execution_options(synchronize_session=False)
    )


def stopped_clinics(session: Session) -> list[str]:
    """The clinics that have stopped all messages."""
    found = session.exec(select(Clinic.id, Clinic.settings))
    return [name for name, settings in found if settings.get(STOP_SETTING)]

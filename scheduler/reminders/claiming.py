"""Taking messages that are due, so that no two workers have the same: a lease, not a lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, tuple_
from sqlmodel import Session, col, select, update

from scheduler.store.tables import Clinic, Reminder

LEASE = timedelta(seconds=60)
"""How long a worker has for a batch, or for one message that is on its way."""

BATCH = 500
CHUNK = 64

STOP_SETTING = "reminders_stopped_at"
"""The clinic's setting under which the time stands at which all messages were stopped."""


@dataclass(frozen=True)
class Claimed:
    """A message that this worker has, with whom it is about."""

    clinic_id: str
    id: UUID
    patient_id: str | None


def claim(
    session: Session, worker: str, *, now: datetime, batch: int = BATCH, only_safety: bool = False
) -> list[Claimed]:
    """Take the messages that are due, in their order; none of a clinic that has stopped all.

    ``only_safety``: leave out what is neither a safety note nor an answer.
    """
    due = (
        select(Reminder.clinic_id, Reminder.id)
        .where(
            Reminder.status == "pending",
            col(Reminder.next_try_at) <= now,
            or_(col(Reminder.claimed_until).is_(None), col(Reminder.claimed_until) < now),
        )
        .order_by(col(Reminder.next_try_at))
        .limit(batch)
        .with_for_update(skip_locked=True)
    )
    if only_safety:
        due = due.where(or_(col(Reminder.safety), col(Reminder.subject_kind) == "inbound"))
    stopped = stopped_clinics(session)
    if stopped:
        due = due.where(col(Reminder.clinic_id).not_in(stopped))
    found = due.cte("due")
    taken = session.execute(
        update(Reminder)
        .where(
            col(Reminder.clinic_id) == found.c.clinic_id,
            col(Reminder.id) == found.c.id,
        )
        .values(claimed_by=worker, claimed_until=now + LEASE)
        .returning(col(Reminder.clinic_id), col(Reminder.id), col(Reminder.patient_id))
        .execution_options(synchronize_session=False)
    )
    return [Claimed(*row) for row in taken]


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


def give_back(session: Session, claims: Sequence[Claimed], worker: str) -> None:
    """Let go of claims that came to nothing, so that they are looked at again at once."""
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

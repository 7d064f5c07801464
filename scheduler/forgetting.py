"""Forgetting what has served its purpose: answers kept for repeats, old tries, links and changes.

The record of who did what is never touched, and appointments are never forgotten.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlmodel import Session, SQLModel, col, delete, or_, select

from scheduler.store.tables import (
    Change,
    Enrolment,
    IdempotentAnswer,
    OneTimeCode,
    OneTimeLink,
    Reminder,
    SignInTry,
)

REPEATS = timedelta(days=1)
"""How long an answer is kept, to be given again to a request that is sent again."""

SPENT = timedelta(days=1)
"""How long after their end tries to sign in, links and codes are kept."""

CHANGES = timedelta(days=7)
"""How long a listener who was away can go on where they were."""

MESSAGES = timedelta(days=400)
"""How long what became of a message is kept; the record of its sending stays."""

SETTLED = ("sent", "delivered", "failed", "expired", "cancelled", "suppressed", "unknown")


def forget(session: Session, clinic_id: str, now: datetime) -> int:
    """Forget what has served its purpose in a clinic, and tries to sign in anywhere; how much.

    Messages of patients with a course that goes on are kept: they say what was told already.
    """
    gone: list[tuple[type[SQLModel], ColumnElement[bool]]] = [
        (IdempotentAnswer, col(IdempotentAnswer.made_at) < now - REPEATS),
        (OneTimeLink, col(OneTimeLink.ends_at) < now - SPENT),
        (OneTimeCode, col(OneTimeCode.ends_at) < now - SPENT),
        (Change, col(Change.at) < now - CHANGES),
        (Reminder, _is_history(clinic_id, now)),
    ]
    forgotten = _forget(session, SignInTry, _is_over(now))
    for table, condition in gone:
        own = col(table.__dict__["clinic_id"]) == clinic_id
        forgotten += _forget(session, table, own & condition)
    return forgotten


def _forget(session: Session, table: type[SQLModel], condition: ColumnElement[bool]) -> int:
    return session.execute(delete(table).where(condition)).rowcount or 0  # type: ignore[attr-defined]  # a result of a deletion has it


def _is_over(now: datetime) -> ColumnElement[bool]:
    """Tries of long ago that lock nobody out any more."""
    locked = col(SignInTry.locked_until)
    return (col(SignInTry.last_at) < now - SPENT) & or_(locked.is_(None), locked < now)


def _is_history(clinic_id: str, now: datetime) -> ColumnElement[bool]:
    """Messages that were settled long ago, of patients none of whose courses goes on."""
    going_on = select(Enrolment.patient_id).where(
        Enrolment.clinic_id == clinic_id, col(Enrolment.ended_at).is_(None)
    )
    whose = col(Reminder.patient_id)
    return (
        col(Reminder.status).in_(SETTLED)
        & (col(Reminder.expires_at) < now - MESSAGES)
        & or_(whose.is_(None), whose.not_in(going_on))
    )

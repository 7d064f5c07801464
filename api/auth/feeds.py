"""Private addresses for calendars: made once, shown once, taken back one by one."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from api.auth import entering
from scheduler import audit
from scheduler.acting import Actor
from scheduler.errors import NotThere, TooMany
from scheduler.store.tables import Account, CalendarFeed

MOST: Final = 20
"""Addresses that an account may have at once."""


def make(session: Session, actor: Actor, title: str, *, now: datetime) -> tuple[str, CalendarFeed]:
    """A new address of one's own: its secret part, which is shown once, and its row.

    NotThere for who has no visits of their own; TooMany where there are enough.
    """
    if actor.account_id is None or not (actor.patient_id or actor.practitioner_id):
        raise NotThere("nobody has visits under this account")
    if len(of_account(session, actor)) >= MOST:
        raise TooMany("there are enough addresses", fix="take one back that nobody uses")
    token = entering.new_token()
    row = CalendarFeed(
        clinic_id=actor.clinic_id,
        token_hash=entering.hashed(token),
        account_id=actor.account_id,
        title=title,
        created_at=now,
    )
    session.add(row)
    audit.record(session, actor, "feed.make", at=now, subject=("feed", row.id))
    return token, row


def of_account(session: Session, actor: Actor) -> list[CalendarFeed]:
    """One's addresses that still answer, the newest first."""
    asked = select(CalendarFeed).where(
        CalendarFeed.clinic_id == actor.clinic_id,
        CalendarFeed.account_id == actor.account_id,
        col(CalendarFeed.revoked_at).is_(None),
    )
    newest = col(CalendarFeed.created_at).desc()
    return list(session.exec(asked.order_by(newest, col(CalendarFeed.id))))


def revoke(session: Session, actor: Actor, feed_id: UUID, *, now: datetime) -> None:
    """Let an address of one's own answer no more, from now on; NotThere for any other."""
    row = session.get(CalendarFeed, (actor.clinic_id, feed_id))
    if row is None or row.account_id != actor.account_id:
        raise NotThere("there is no such address")
    if row.revoked_at is None:
        row.revoked_at = now
        audit.record(session, actor, "feed.revoke", at=now, subject=("feed", row.id))


def owner_of(session: Session, token: str) -> Account:
    """Whose visits an address shows; NotThere where it is unknown or was taken back."""
    found = session.exec(
        select(CalendarFeed, Account).where(
            CalendarFeed.token_hash == entering.hashed(token),
            col(CalendarFeed.revoked_at).is_(None),
            Account.clinic_id == CalendarFeed.clinic_id,
            Account.id == CalendarFeed.account_id,
        )
    ).first()
    if found is None or found[1].disabled_at is not None:
        raise NotThere("there is no such calendar")
    return found[1]

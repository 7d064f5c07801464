"""Counting tries before they are judged, so that many at once win nothing.

An address that nobody has is counted like any other: neither the answer nor the wait tells them
apart. After some tries everybody waits, longer each time, until they have come in or a day is over.
"""

from datetime import datetime, timedelta

from sqlmodel import Session, select

from scheduler.store import vault
from scheduler.store.session import insert_new
from scheduler.store.tables import SignInTry

FREE = 5
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)


def take(session: Session, kind: str, whom: object, *, now: datetime) -> bool:
    """Count a try as failed; False, and not counted, where the next one must still wait."""
    row = _row(session, kind, whom, now)
    if row.last_at <= now - FORGOTTEN_AFTER:
        row.failures, row.locked_until = 0, None
    if row.locked_until is not None and now < row.locked_until:
        return False
    row.failures, row.last_at = row.failures + 1, now
    if row.failures >= FREE:
        row.locked_until = now + wait_after(row.failures)
    return True


def wait_after(failures: int) -> timedelta:
    """How long somebody waits who has failed so often, at least `FREE` times."""
    doublings = min(failures - FREE, 16)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def clear(session: Session, kind: str, whom: object, *, now: datetime) -> None:
    """Forget the tries: the last one was right."""
    row = _row(session, kind, whom, now)
    row.failures, row.locked_until = 0, None


def _row(session: Session, kind: str, whom: object, now: datetime) -> SignInTry:
    mark = vault.vault().mark(f"{kind}:{whom}")
    insert_new(session, SignInTry(mark=mark, last_at=now))
    return session.exec(select(SignInTry).where(SignInTry.mark == mark).with_for_update()).one()

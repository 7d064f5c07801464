"""Following a clinic's changes: a short look at the store every so often, nothing held between."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from sqlmodel import col, select
from starlette.concurrency import run_in_threadpool

from scheduler.acting import Actor
from scheduler.store.session import Store
from scheduler.store.tables import Change, Clinic

EVERY: Final = 0.5
"""Seconds between two looks; a sign-in that has ended is noticed as fast."""

AT_ONCE: Final = 500
"""So many changes are read in one look at most."""


@dataclass(frozen=True)
class Listener:
    """Who listens, after which change (None: from now on), and to what: a kind and an id."""

    actor: Actor
    after: int | None = None
    about: tuple[str, str] | None = None


async def changes_after(
    store: Store, listener: Listener, here: Callable[[], bool], *, every: float = EVERY
) -> AsyncIterator[dict[str, str]]:
    """The changes as events, the first of which says from where on one listens.

    Ends when the listener is no longer signed in. Between two looks no session is open.
    """
    last = listener.after
    if last is None:
        last = await run_in_threadpool(_newest, store, listener.actor.clinic_id)
    yield {"id": str(last), "event": "listening", "data": "{}"}
    while await run_in_threadpool(here):
        seen, found = await run_in_threadpool(_since, store, listener, last)
        last = seen
        for change in found:
            yield _told(change)
        if not found:
            await asyncio.sleep(every)


def _newest(store: Store, clinic_id: str) -> int:
    with store.reading() as session:
        clinic = session.get(Clinic, clinic_id)
        return clinic.changes if clinic else 0


def _since(store: Store, listener: Listener, last: int) -> tuple[int, list[Change]]:
    """The changes since a number that are the listener's, and the number up to which was read."""
    with store.reading() as session:
        found = session.exec(
            select(Change)
            .where(Change.clinic_id == listener.actor.clinic_id, Change.number > last)
            .order_by(col(Change.number))
            .limit(AT_ONCE)
        ).all()
    seen = found[-1].number if found else last
    return seen, [change for change in found if _concerns(change, listener)]


def _concerns(change: Change, listener: Listener) -> bool:
    if listener.actor.is_patient and change.patient_id != listener.actor.patient_id:
        return False
    return listener.about is None or (change.kind, change.subject_id) == listener.about


def _told(change: Change) -> dict[str, str]:
    data = {"number": change.number, "kind": change.kind, "subject": change.subject_id}
    return {"id": str(change.number), "event": change.kind, "data": json.dumps(data)}

"""What one would write first: a job of APScheduler for each reminder, in its store of jobs.

Written as well as it allows: one pool of connections that stay open, no job dropped for being
late, as many threads as a provider takes at once, jobs that carry nothing but an id.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from threading import Event, Lock
from typing import Final
from uuid import UUID

from apscheduler.executors.pool import (  # type: ignore[import-untyped]  # it has no types
    ThreadPoolExecutor,
)
from apscheduler.jobstores.sqlalchemy import (  # type: ignore[import-untyped]  # it has no types
    SQLAlchemyJobStore,
)
from apscheduler.schedulers.background import (  # type: ignore[import-untyped]  # it has no types
    BackgroundScheduler,
)
from sqlmodel import col, update

from api.bench.reminders.filling import CLINIC, NOON
from api.bench.reminders.sending import Nowhere
from scheduler.reminders.channels.channel import Message
from scheduler.store.session import Store
from scheduler.store.tables import Reminder

THREADS: Final = 20


class _Jobs(SQLAlchemyJobStore):  # type: ignore[misc]  # it has no types
    """The store of jobs, in a pool of connections that others use, too."""

    def shutdown(self) -> None:
        """Leave the pool to whoever closes it: the clock's own thread may still be at work."""


class Peer:
    """A scheduler with a job for each reminder, in the database of a store."""

    def __init__(self, url: str) -> None:
        self.store = Store(url, connections=THREADS + 4)
        self._does: Callable[[UUID], object] = id
        self._left = 0
        self._counting = Lock()
        self._finished = Event()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            jobstores={"default": _Jobs(engine=self.store.engine)},
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults={"misfire_grace_time": None, "coalesce": True},
        )
        _AT_WORK["peer"] = self

    def __enter__(self) -> "Peer":
        self._scheduler.start(paused=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._scheduler.shutdown()
        self.store.close()

    def write(self, names: Iterable[UUID], at: datetime) -> None:
        """A job for each of these reminders, and no others."""
        self._scheduler.remove_all_jobs()
        self._left = 0
        self._finished.clear()
        for name in names:
            self._scheduler.add_job(remind, "date", run_date=at, args=[name], id=str(name))
            self._left += 1

    def work(self, does: Callable[[UUID], object]) -> None:
        """Let everything that is due be done, each by a call, and wait for it."""
        self._does = does
        self._scheduler.resume()
        self._finished.wait()
        self._scheduler.pause()

    def send_and_mark(self, name: UUID) -> None:
        """The least that a job has to do: send it, and write down that it was sent."""
        receipt = Nowhere().send(Message(str(name), "", ""))
        with self.store.writing() as session:
            session.execute(
                update(Reminder)
                .where(col(Reminder.clinic_id) == CLINIC, col(Reminder.id) == name)
                .values(status="sent", sent_at=NOON, provider_id=receipt.provider_id)
                .execution_options(synchronize_session=False)
            )

    def move(self, names: Iterable[UUID], at: datetime) -> None:
        """Let the jobs of these reminders run at another time."""
        for name in names:
            self._scheduler.reschedule_job(str(name), trigger="date", run_date=at)

    def remind(self, name: UUID) -> None:
        """Do what a job does, and count it."""
        self._does(name)
        with self._counting:
            self._left -= 1
        if not self._left:
            self._finished.set()


_AT_WORK: dict[str, Peer] = {}


def remind(name: UUID) -> None:
    """What the store of jobs calls: it keeps the name of a function, not a function."""
    _AT_WORK["peer"].remind(name)

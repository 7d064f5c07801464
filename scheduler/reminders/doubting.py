"""A clock that jumps forward by itself: what waits is not sent all at once because of it.

The time of day is held against how long the machine has run. Where it has gained more than that,
only safety notes go for a while and a person is asked to look. A clock that still says so then is
believed: it was wrong before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, select

from scheduler import work
from scheduler.store.tables import Clinic

Running = Callable[[], timedelta]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

JUMP = timedelta(minutes=15)
"""More than this no clock gains by itself."""

PAUSE = timedelta(minutes=15)
"""So long reminders wait, by how long the machine runs."""

SUSPECT = "clock-suspect"
"""The kind of the task that asks somebody to look at the clock."""


@dataclass
class Doubt:
    """What one worker thinks of its clock. ``running``: how long the machine has run by now."""

    running: Running
    _gain: timedelta | None = None
    _until: timedelta | None = None

    def begins(self, now: datetime) -> bool:
        """Whether the clock has jumped forward since it was looked at last.

        A clock that is put back ends the doubt, and is no jump.
        """
        gain = now - _EPOCH - self.running()
        jumped = self._gain is not None and gain - self._gain > JUMP
        put_back = self._gain is not None and self._gain - gain > JUMP
        self._gain = gain
        if jumped:
            self._until = self.running() + PAUSE
        elif put_back or (self._until is not None and self.running() >= self._until):
            self._until = None
        return jumped

    @property
    def stands(self) -> bool:
        """Whether reminders wait."""
        return self._until is not None


def ask_somebody(session: Session, *, now: datetime) -> None:
    """A task for each clinic's administrator: look at the clock of this machine."""
    for clinic_id in session.exec(select(Clinic.id)).all():
        wanted = work.Wanted(
            kind=SUSPECT,
            owner="admin",
            due_at=now,
            says="The clock has jumped forward: reminders wait for a quarter of an hour. Look.",
            key="clock",
        )
        work.open_task(session, clinic_id, wanted, now=now)

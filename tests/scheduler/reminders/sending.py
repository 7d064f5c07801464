"""A provider that does as it is told, and a worker that sends to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from scheduler.reminders.channels.channel import Message, Receipt
from scheduler.reminders.dispatching import Dispatcher
from scheduler.reminders.doubting import Doubt
from scheduler.reminders.links import Links
from scheduler.store.session import Store
from scheduler.store.tables import Reminder, Task
from tests.scheduler.reminders.clinic import BEGIN

LINKS = Links("https://visits.example.org", "a signing key")


@dataclass
class Provider:
    """Takes messages; ``does`` may raise what a provider's failure would."""

    name: str = "sms"
    does: Callable[[Message], Any] = id
    sent: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> Receipt:
        self.does(message)
        self.sent.append(message)
        return Receipt(f"provider-{message.key}")


@dataclass
class Hands:
    """A clock that can be set."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def worker(store: Store, clock: Hands, provider: Provider, **more: Any) -> Dispatcher:
    more.setdefault("doubt", Doubt(lambda: clock.now - BEGIN))
    return Dispatcher(store, {"sms": provider}, LINKS, clock, senders=1, **more)


def reminders(session: Session, *kinds: str) -> list[Reminder]:
    rows = session.exec(select(Reminder)).all()
    chosen = [row for row in rows if not kinds or row.kind in kinds]
    return sorted(chosen, key=lambda row: (row.due_at, row.kind, row.step, row.channel))


def tasks(store: Store, kind: str) -> list[Task]:
    with store.reading() as session:
        return [task for task in session.exec(select(Task)).all() if task.kind == kind]

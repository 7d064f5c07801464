"""The production dispatcher with senders that take nothing or a known time, whole and bare."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from api.bench.reminders.filling import NOON
from api.bench.stopwatch import pause, seconds
from scheduler.reminders.channels.channel import Message, Receipt
from scheduler.reminders.claiming import LEASE, Claimed, mark_sending
from scheduler.reminders.dispatching import Dispatcher, Outgoing
from scheduler.reminders.links import Links
from scheduler.store.session import Store

_LINKS = Links("https://visits.example.org", "key")


@dataclass
class Nowhere:
    """Takes every message, and notes when. ``takes``: how many seconds that takes."""

    takes: float = 0
    name: str = "sms"
    times: list[float] = field(default_factory=list)

    def send(self, message: Message) -> Receipt:
        """Take it."""
        if self.takes:
            pause(self.takes)
        self.times.append(seconds())
        return Receipt(message.key)


class Bare(Dispatcher):
    """The dispatcher without anything that is judged or said: claim, on its way, sent.

    Claims, the mark and the record are production's, each in its own unit of work; a message that
    is not its own any more at the mark is not sent.
    """

    def mark(self, claims: Sequence[Claimed]) -> list[Outgoing]:
        """Mark them, whatever they say."""
        now = self.clock()
        found: list[Outgoing] = []
        for clinic_id, own in groupby(claims, key=lambda claimed: claimed.clinic_id):
            names = [claimed.id for claimed in own]
            with self.store.writing() as session:
                marked = mark_sending(session, clinic_id, names, self.worker, now=now)
            found += [
                Outgoing(clinic_id, name, "sms", Message(str(name), "", ""), now + LEASE / 2)
                for name in marked
            ]
        return found


def whole(store: Store, sender: Nowhere | None = None, *, senders: int = 1) -> Dispatcher:
    """A worker as in production, at noon."""
    return Dispatcher(store, {"sms": sender or Nowhere()}, _LINKS, _noon, senders=senders)


def bare(
    store: Store, batch: int, *, chunk: int | None = None, sender: Nowhere | None = None
) -> Dispatcher:
    """A worker that claims and marks alone, at noon; ``chunk``: what is on its way at once."""
    channels = {"sms": sender or Nowhere()}
    return Bare(store, channels, _LINKS, _noon, senders=1, batch=batch, chunk=chunk or batch)


def _noon() -> datetime:
    return NOON


def running(begin: float) -> datetime:
    """Noon, and as long after it as the stopwatch has gone on since it showed ``begin``."""
    return NOON + timedelta(seconds=seconds() - begin)

"""A worker in a process of its own that can be killed, with a clock that runs sixty times as fast.

Its provider writes each message that it takes into a file, and fails now and then.
"""

import os
import random
import time
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from scheduler.clock import now
from scheduler.reminders.channels.channel import Message, Receipt, Unclear, Unreachable
from scheduler.reminders.dispatching import Dispatcher
from scheduler.reminders.doubting import Doubt
from scheduler.store import vault
from scheduler.store.session import Store
from tests.scheduler.reminders.sending import LINKS

FASTER = 60
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.scheduler.reminders.hurrying"])


class Fast:
    """Time that began at an instant and runs faster than ours."""

    def __init__(self, begins: datetime, since: datetime) -> None:
        self._begins, self._since = begins, since

    def __call__(self) -> datetime:
        return self._begins + FASTER * (now() - self._since)


class Filed:
    """Takes a message by a line in a file: its key and when; the line is whole or not there."""

    name = "sms"

    def __init__(self, path: Path, clock: Fast) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._clock = clock

    def send(self, message: Message) -> Receipt:
        """Take it, or fail before or after that."""
        dice = random.random()  # noqa: S311  (no secret)
        time.sleep(0.004)
        if dice < 0.02:
            raise Unreachable("made up")
        os.write(self._file, f"{message.key} {self._clock().isoformat()}\n".encode())
        time.sleep(0.004)
        if dice > 0.98:
            raise Unclear("made up")
        return Receipt(message.key)


def work(url: str, key: str, path: Path, begins: datetime, since: datetime) -> None:
    """Send what is due until somebody kills this process."""
    vault.install(vault.Vault(key))
    clock = Fast(begins, since)
    channel, running = Filed(path, clock), Doubt(lambda: clock() - begins)
    while True:
        store = Store(url, connections=2)
        try:
            sender = Dispatcher(
                store, {"sms": channel}, LINKS, clock, senders=4, batch=32, doubt=running
            )
            while True:
                sender.run()
                time.sleep(0.02)
        except SQLAlchemyError:  # the database is away, and will be back
            time.sleep(0.05)
        finally:
            store.close()


def start(url: str, key: str, path: Path, begins: datetime, since: datetime) -> BaseProcess:
    """A worker in a new process."""
    process = _CONTEXT.Process(target=work, args=(url, key, path, begins, since), daemon=True)
    process.start()
    return process


def taken(path: Path) -> list[tuple[str, datetime]]:
    """What the provider has taken so far: keys, and when."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [(key, datetime.fromisoformat(at)) for key, at in (line.split() for line in lines)]

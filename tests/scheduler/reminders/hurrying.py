"""A worker in a process of its own that can be killed, with a clock that its own work moves on.

So a machine with much else to do is slow, and nothing comes later by it. The provider writes each
message that it takes into a file, and fails now and then.
"""

import mmap
import os
import random
import struct
import time
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from scheduler.reminders.channels.channel import Message, Receipt, Unclear, Unreachable
from scheduler.reminders.dispatching import Dispatcher
from scheduler.reminders.doubting import Doubt
from scheduler.reminders.overdue import call_for_overdue
from scheduler.store import vault
from scheduler.store.session import Store
from tests.scheduler.reminders.sending import LINKS

SLOTS = 4
_SECONDS = struct.Struct("d")
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.scheduler.reminders.hurrying"])


class Shared:
    """A clock of several processes: each moves its own part on, the time is the sum of all.

    What a process has added stays when it is killed; who takes its slot goes on from there.
    """

    def __init__(self, path: Path, begins: datetime) -> None:
        if not path.exists():
            path.write_bytes(bytes(SLOTS * _SECONDS.size))
        with path.open("r+b") as file:
            self._parts = mmap.mmap(file.fileno(), SLOTS * _SECONDS.size)
        self._begins = begins

    def __call__(self) -> datetime:
        parts = (_SECONDS.unpack_from(self._parts, n * _SECONDS.size)[0] for n in range(SLOTS))
        return self._begins + timedelta(seconds=sum(parts))

    def add(self, slot: int, seconds: float) -> None:
        """Let time pass."""
        place = slot * _SECONDS.size
        _SECONDS.pack_into(
            self._parts, place, _SECONDS.unpack_from(self._parts, place)[0] + seconds
        )


class Filed:
    """Takes a message by a line in a file: its key and when; the line is whole or not there.

    ``takes``: how many seconds that is by the clock.
    """

    name = "sms"

    def __init__(self, path: Path, clock: Shared, slot: int, takes: float) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._clock, self._slot, self._takes = clock, slot, takes

    def send(self, message: Message) -> Receipt:
        """Take it, or fail before or after that."""
        dice = random.random()  # noqa: S311  (no secret)
        self._clock.add(self._slot, self._takes)
        if dice < 0.02:
            raise Unreachable("made up")
        os.write(self._file, f"{message.key} {self._clock().isoformat()}\n".encode())
        time.sleep(0.004)  # here it may be killed, too
        if dice > 0.98:
            raise Unclear("made up")
        return Receipt(message.key)


def work(url: str, key: str, folder: Path, begins: datetime, slot: int, takes: float) -> None:
    """Send what is due until somebody kills this process."""
    vault.install(vault.Vault(key))
    clock = Shared(folder / "clock", begins)
    channel, doubt = Filed(folder / "log", clock, slot, takes), Doubt(lambda: clock() - begins)
    while True:
        store = Store(url, connections=2)
        try:
            sender = Dispatcher(
                store, {"sms": channel}, LINKS, clock, senders=1, batch=32, chunk=4, doubt=doubt
            )
            while True:
                clock.add(slot, 1.0 if sender.run() else 4.0)
                with store.writing() as session:  # the job that does so looks every minute
                    call_for_overdue(session, "harbor", clock())
        except SQLAlchemyError:  # the database is away, and will be back
            clock.add(slot, 1.0)
            time.sleep(0.05)
        finally:
            store.close()


def start(
    url: str, key: str, folder: Path, begins: datetime, slot: int, takes: float
) -> BaseProcess:
    """A worker in a new process; ``takes``: how many seconds a message takes its provider."""
    told = (url, key, folder, begins, slot, takes)
    process = _CONTEXT.Process(target=work, args=told, daemon=True)
    process.start()
    return process


def taken(folder: Path) -> list[tuple[str, datetime]]:
    """What the provider has taken so far: keys, and when."""
    path = folder / "log"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [(key, datetime.fromisoformat(at)) for key, at in (line.split() for line in lines)]

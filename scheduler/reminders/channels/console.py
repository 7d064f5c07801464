"""Messages that go nowhere: into a file, for demonstrations and for whoever tries things out."""

import json
from dataclasses import asdict
from pathlib import Path
from threading import Lock

from scheduler.reminders.channels.channel import Message, Receipt


class Console:
    """Appends each message as a line to a file that only its owner can read."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path
        self._lock = Lock()

    def send(self, message: Message) -> Receipt:
        """Write the message down."""
        line = json.dumps({"channel": self.name, **asdict(message)}, ensure_ascii=False)
        with self._lock:
            if not self._path.exists():
                self._path.touch(mode=0o600)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        return Receipt(f"console-{message.key}")

"""People who send what they want at one instant, to one served clinic or to several of it."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.factories import Document

WON = (200, 201)
LOST = (409, 412, 429)
"""Somebody was faster, the thing has changed meanwhile, too much is held already."""

BUSY = 503
"""On a slow machine somebody may have waited too long for their turn, and is told to try again."""

_PATIENCE = 120.0
_REPLAYED = "idempotent-replayed"


@dataclass(frozen=True)
class Ask:
    """What is posted; ``version``: of what it is meant for, if it says so."""

    path: str
    body: Document = field(default_factory=dict)
    version: int | None = None
    key: str | None = None

    @property
    def makes(self) -> bool:
        """Whether an appointment comes of it."""
        return self.path.endswith(("/book", "/hold"))

    @property
    def headers(self) -> dict[str, str]:
        """What its request carries besides who asks."""
        found = {} if self.version is None else {"if-match": f'"{self.version}"'}
        return found if self.key is None else {**found, "idempotency-key": self.key}


class Arena:
    """``clients`` people, each at one of the ports in turn; what they tried is counted.

    ``faults``: answers that nobody should get. ``made``: how many appointments were made, as it
    was answered. ``busy``: how often somebody was asked to try again, and did.
    """

    def __init__(self, ports: Sequence[int], headers: dict[str, str], clients: int = 20) -> None:
        self.clients = clients
        self.counted: Counter[str] = Counter()
        self.faults: list[str] = []
        self.made = self.busy = 0
        self._people = [
            httpx.Client(
                base_url=f"http://127.0.0.1:{ports[number % len(ports)]}/api/v1",
                headers=headers,
                timeout=_PATIENCE,
            )
            for number in range(clients)
        ]
        self._threads = ThreadPoolExecutor(clients)
        self._hold = threading.Lock()

    @property
    def attempts(self) -> int:
        """How often something was tried."""
        return sum(self.counted.values())

    def close(self) -> None:
        """Send everybody home."""
        self._threads.shutdown()
        for one in self._people:
            one.close()

    def ask(self, number: int, ask: Ask, *, counted_as: str = "") -> httpx.Response:
        """One person's request and its answer."""
        answer = self._people[number].post(ask.path, json=ask.body, headers=ask.headers)
        while answer.status_code == BUSY:
            with self._hold:
                self.busy += 1
            answer = self._people[number].post(ask.path, json=ask.body, headers=ask.headers)
        with self._hold:
            if counted_as:
                self.counted[f"{counted_as}: {answer.status_code}"] += 1
            self.made += answer.status_code == 201 and ask.makes and _REPLAYED not in answer.headers
            if answer.status_code not in WON + LOST:
                self.faults.append(f"{ask.path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def at_once(self, kind: str, asks: Sequence[Ask]) -> list[httpx.Response]:
        """Everybody's answers, to requests that leave at one instant."""
        start = threading.Barrier(len(asks))

        def send(number: int, ask: Ask) -> httpx.Response:
            start.wait()
            return self.ask(number, ask, counted_as=kind)

        sent = [self._threads.submit(send, *one) for one in enumerate(asks)]
        return [one.result() for one in sent]

    def each(self, run: Any) -> None:
        """Let everybody do something at the same time, until all are done."""
        for done in [self._threads.submit(run, number) for number in range(self.clients)]:
            done.result()


def winners(answers: Sequence[httpx.Response]) -> list[Document]:
    """What those were answered who got what they wanted."""
    return [answer.json() for answer in answers if answer.status_code in WON]

"""A served clinic that is killed while many write, and what every answer has promised.

Each write carries an idempotency key, and is sent again with it where no answer came.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlmodel import select

from api.bench.postgresql import Server
from scheduler.appointments import finding
from scheduler.appointments.finding import Asked
from scheduler.settings import Settings
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import Appointment
from tests.api.service.processes import serving
from tests.api.test_serving import READY_WITHIN, free_port
from tests.scheduler.appointments.bookings import BEFORE, COORDINATOR
from tests.scheduler.appointments.racing import ACTIVITIES, PATIENTS


@dataclass
class Crowd:
    """Clients that book and cancel, and remember what they were answered.

    ``booked`` and ``cancelled``: ids of appointments by the last answer about them.
    """

    settings: Settings
    headers: dict[str, str]
    offers: list[dict[str, Any]]
    clients: int = 4
    kills: int = 0
    booked: set[UUID] = field(default_factory=set)
    cancelled: set[UUID] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._hold = threading.Lock()

    @property
    def answered(self) -> int:
        """How many bookings and cancellations were answered so far."""
        return len(self.booked) + 2 * len(self.cancelled)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let the crowd write until `end` is called, which belongs into the block."""
        numbers = range(self.clients)
        self._threads = [
            threading.Thread(target=self._client, args=(n,), daemon=True) for n in numbers
        ]
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()

    def end(self) -> None:
        """Let each write no more once its last write is answered; the service must be there."""
        self._over.set()
        for thread in self._threads:
            thread.join(READY_WITHIN)
            assert not thread.is_alive(), "a write is never answered"

    def serving(self) -> AbstractContextManager[int]:
        """The service in a process of its own, ready; its id."""
        return serving(self.settings, self.port)

    def kill_again_and_again(self, times: int, dice: random.Random) -> None:
        """Serve, and kill at any moment within the first few answers, so many times."""
        for _ in range(times):
            with self.serving() as process:
                self._let_answer(dice.randint(0, 4), dice.uniform(0, 0.1))
                os.kill(process, signal.SIGKILL)
                self.kills += 1

    def crash_again_and_again(self, server: Server, times: int, dice: random.Random) -> None:
        """Let the database crash at any moment and start again, so many times."""
        for _ in range(times):
            self._let_answer(dice.randint(0, 4), dice.uniform(0, 0.1))
            server.kill()
            server.start()

    def _let_answer(self, further: int, seconds: float) -> None:
        # By answers and not by the clock: on a slow machine half a second is none.
        enough = self.answered + further
        deadline = time.monotonic() + READY_WITHIN
        while self.answered < enough and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(seconds)

    def _client(self, number: int) -> None:
        dice = random.Random(number)  # noqa: S311  (of a test, no secret)
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1/appointments") as client:
            mine: list[UUID] = []
            while not self._over.is_set():
                got = self._book(client, dice)
                mine += [got] if got else []
                # What is full stays full: whoever finds no time gives one back.
                if mine and (got is None or dice.random() < 0.6):
                    self._cancel(client, mine.pop())

    def _book(self, client: httpx.Client, dice: random.Random) -> UUID | None:
        offer = {**dice.choice(self.offers), "patients": [dice.choice(PATIENTS)]}
        answer = self._sent(client, "/book", offer)
        if answer.status_code != 201:
            return None
        found = UUID(answer.json()["appointment"]["id"])
        with self._hold:
            self.booked.add(found)
        return found

    def _cancel(self, client: httpx.Client, name: UUID) -> None:
        if self._sent(client, f"/{name}/cancel", {"reason": "pat"}).status_code == 200:
            with self._hold:
                self.booked.remove(name)
                self.cancelled.add(name)

    def _sent(self, client: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
        """The answer to a write, which is sent until there is one that says what became of it."""
        headers = {**self.headers, "idempotency-key": uuid4().hex}
        while True:
            try:
                answer = client.post(path, json=body, headers=headers)
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code != 503:
                break
            time.sleep(0.02)
        if answer.status_code not in (200, 201, 409):
            self.faults.append(f"{path}: {answer.status_code} {answer.text}")
        return answer

    def refuse_lost(self, store: Store) -> None:
        """Fail where an answer has promised what is not there, or a write had two effects."""
        with store.reading() as session:
            stands = dict(session.exec(select(Appointment.id, Appointment.status)).all())
        assert self.faults == []
        assert {name for name in self.booked if stands.get(name) != "booked"} == set()
        assert {name for name in self.cancelled if stands.get(name) != "cancelled"} == set()
        assert stands.keys() == self.booked | self.cancelled


def offers(store: Store) -> list[dict[str, Any]]:
    """Times that are free before anybody comes, as they are posted."""
    with store.reading() as session:
        found = [
            offer
            for key in ACTIVITIES
            for offer in finding.find(
                session, COORDINATOR, Asked(PATIENTS[0], *key, most=40), now=BEFORE
            ).offers
        ]
    return [offer.model_dump(mode="json") for offer in found]


def settings_of(store: Store, folder: Path, key: str) -> Settings:
    """How the service is set up on a store whose fields are encrypted with a key."""
    vault.install(vault.Vault(key))
    return Settings(
        data=folder,
        database=store.url,
        field_key=key,
        signing_key="of tests",
        requests_a_minute=10_000_000,
    )

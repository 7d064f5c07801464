"""Workers and the database killed at random while visits are cancelled: what is left is counted.

Real processes, killed without warning. Their clock is moved on by their own work, so that leases
and pauses pass within seconds, and a busy machine makes nothing late.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from scheduler import locking
from scheduler.reminders import keeping
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Reminder, Task
from tests.databases import Databases
from tests.scheduler.reminders import hurrying
from tests.scheduler.reminders.clinic import BEGIN, DOSE, add_patient, book_dose, set_up
from tests.scheduler.reminders.hurrying import Shared, taken
from tests.scheduler.reminders.sending import reminders

WEEK_BEFORE = DOSE - timedelta(days=7)
PATIENTS = 240
QUARTER = timedelta(minutes=15)
FIVE = timedelta(minutes=5)
BETWEEN_KILLS = (20, 180)
"""Seconds by their clock; a lease is sixty."""

OVER = timedelta(minutes=45)
"""After this the last retry and the last lease are over."""


@dataclass
class Storm:
    """One round: a clinic with much that is due, its workers, and who kills them.

    ``slow``: every reminder is due at once, and the provider takes its time: all of it is too much
    for one worker in the quarter of an hour within which a safety note has to go.
    """

    databases: Databases
    kind: str
    url: str
    folder: Path
    chance: random.Random
    slow: bool
    cancelled: dict[str, datetime] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    def seed(self) -> None:
        """For every other patient a reminder a week before, for the rest a safety note, now due."""
        self.key = vault.new_key()
        vault.install(vault.Vault(self.key))
        self.store = Store(self.url)
        set_up(self.store)
        with self.store.writing() as session:
            for number in range(PATIENTS):
                add_patient(session, "harbor", f"p{number}", phone=f"+1555{number:07d}")
            rows = [
                book_dose(session, patient=f"p{n}", status="arrived" if n % 2 else "booked")
                for n in range(PATIENTS)
            ]
            keeping.refresh(session, "harbor", [row.id for row in rows], now=BEGIN)
            self.visits = [row.id for row in rows if row.status == "booked"]
            for row in reminders(session):
                safety = int((row.patient_id or "p0")[1:]) % 2
                if (row.kind, row.channel) == ("N-19" if safety else "N-09", "sms"):
                    late = timedelta(seconds=self.chance.randrange(20 * 60))
                    late *= safety or not self.slow
                    row.due_at = row.next_try_at = WEEK_BEFORE + late
                else:
                    session.delete(row)

    def rage(self, lasts: timedelta) -> None:
        """Kill workers, the database, and visits, for so long by their clock; then let it calm."""
        self.clock = Shared(self.folder / "clock", WEEK_BEFORE)
        workers = [self._worker(n) for n in range(2 if self.kind == "postgresql" else 1)]
        ends = self.clock() + lasts
        while self.clock() < ends:
            until = self.clock() + timedelta(seconds=self.chance.uniform(*BETWEEN_KILLS))
            while self.clock() < until:
                time.sleep(0.02)
                if self.visits and self.chance.random() < 0.3:
                    self._cancel(self.visits.pop())
            self._kill(workers)
        self._calm(workers)

    def _worker(self, slot: int) -> BaseProcess:
        takes = 8 if self.slow else 0.5
        return hurrying.start(self.url, self.key, self.folder, WEEK_BEFORE, slot, takes)

    def _kill(self, workers: list[BaseProcess]) -> None:
        """A worker, which is started again; every fourth time, the database as well."""
        if self.kind == "postgresql" and self.chance.random() < 0.25:
            self._kill_database()
        place = self.chance.randrange(len(workers))
        workers[place].kill()
        workers[place].join()
        workers[place] = self._worker(place)
        self.killed["workers"] += 1

    def _kill_database(self) -> None:
        self.databases.server.kill()
        self.databases.server.start()
        self.killed["databases"] += 1

    def _cancel(self, name: UUID) -> None:
        """Cancel a visit as the desk does; what the database did not take is no cancel."""
        try:
            with self.store.writing() as session:
                row = session.get_one(Appointment, ("harbor", name))
                locking.hold(session, "harbor", patients=[row.code.split("/")[0]])
                row.status, row.version = "cancelled", row.version + 1
                keeping.refresh(session, "harbor", [name], now=self.clock())
        except SQLAlchemyError:
            return
        self.cancelled[str(name)] = self.clock()

    def left(self) -> tuple[Sequence[Reminder], dict[str, datetime]]:
        """Every message as it is now, and when which calls were asked for."""
        with self.store.reading() as session:
            rows = session.exec(select(Reminder)).all()
            tasks = session.exec(select(Task).where(col(Task.kind) == "call")).all()
        return rows, {task.key: task.made_at for task in tasks}

    def _calm(self, workers: list[BaseProcess]) -> None:
        """Let what is left be seen to: until by the fast clock everything is over."""
        calm = self.clock() + OVER
        while self.clock() < calm:
            time.sleep(0.1)
        for worker in workers:
            worker.kill()
            worker.join()


@pytest.fixture(params=["sqlite", "postgresql"])
def storm(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> Callable[[int], Storm]:
    """Makes rounds, each in a database of its own."""

    def make(number: int) -> Storm:
        url: str = getattr(databases, request.param)()
        dice = random.Random(number)  # noqa: S311  (a test's, not a secret)
        made = Storm(databases, request.param, url, tmp_path, dice, slow=number % 2 == 1)
        made.seed()
        return made

    return make


@pytest.mark.campaign
# A database that is killed may leave a connection half made behind, for nobody to close.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", range(8))
def test_nothing_is_lost_or_twice_whoever_is_killed(
    storm: Callable[[int], Storm], number: int, record_property: Callable[[str, object], None]
) -> None:
    one = storm(number)
    one.rage(timedelta(minutes=25))
    rows, called = one.left()
    copies = Counter(key for key, _ in taken(one.folder))
    first = dict(reversed(taken(one.folder)))
    late: list[timedelta] = []
    for row in rows:
        assert row.status not in ("pending", "sending"), (row.kind, row.status, row.reason)
        assert copies[str(row.id)] <= (2 if row.safety else 1), row.kind
        assert row.status != "sent" or copies[str(row.id)] >= 1, row.kind
        if row.subject_id in one.cancelled and row.kind == "N-09" and row.sent_at is not None:
            assert row.sent_at <= one.cancelled[row.subject_id]
        if row.safety:
            key = f"call:{row.kind}:{row.subject_id}:{row.step}:{row.recipient}"
            hands = [at for at in (first.get(str(row.id)), called.get(key)) if at is not None]
            assert hands, row.status
            late.append(min(hands) - row.due_at)
            assert late[-1] <= QUARTER, (late[-1], row.reason)
    record_property("crashes: safety notes after five minutes", sum(took > FIVE for took in late))
    for name, figure in figures(one, rows, copies).items():
        record_property(name, figure)
    one.store.close()


def figures(one: Storm, rows: Sequence[Reminder], copies: Counter[str]) -> dict[str, int]:
    """What a round came to; they are summed over all rounds."""
    notes = {str(row.id) for row in rows if row.safety}
    return {
        "crashes: messages": len(rows),
        "crashes: workers killed": one.killed["workers"],
        "crashes: databases killed": one.killed["databases"],
        "crashes: visits cancelled meanwhile": len(one.cancelled),
        "crashes: reminders of which nobody knows": sum(r.status == "unknown" for r in rows),
        "crashes: safety notes": len(notes),
        "crashes: safety notes that went twice": sum(copies[name] > 1 for name in notes),
        "crashes: reminders that went twice": sum(
            number > 1 for name, number in copies.items() if name not in notes
        ),
    }

"""Many people at once on one small clinic, and what must be true whoever wins.

Overlaps are counted anew from the appointments, without the ledger and without the judge.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from pathways import reading
from scheduler.appointments import ending, facts, finding, making, moving, swapping
from scheduler.appointments.facts import Dates
from scheduler.appointments.finding import Asked
from scheduler.appointments.moving import Choice
from scheduler.appointments.offering import Offer
from scheduler.appointments.swapping import Pair
from scheduler.errors import Refusal
from scheduler.scenarios.taking import ClinicExists, bring_in
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, AppointmentPatient
from scheduler.tracking import TAKES_TIME
from tests import factories
from tests.scheduler.appointments.bookings import BEFORE, COORDINATOR, ledger_is_what_stands

Try = Callable[[Session], Any]
"""A change, tried in a unit of work."""

PATIENTS = tuple(f"p{number}" for number in range(8))
ACTIVITIES = (("dose", 1), ("dose", 2), ("call", 1), ("call", 2), ("call", 3))
ACTIONS = (
    "book",
    "book",
    "book",
    "hold",
    "confirm",
    "move",
    "move",
    "swap",
    "cancel",
    "absence",
    "import",
)


def crowded() -> dict[str, Any]:
    """Eight patients who want the same bay, nurse and office in one week."""
    call = factories.session("call", schedule=[{"weeks": "1-1", "per_week": 3}])
    return {
        "pathways": [factories.pathway(factories.dose(), call)],
        "patients": [factories.patient(name) for name in PATIENTS],
    }


@dataclass
class Race:
    """One run: ``attempts`` of each of ``clients`` people, all beginning together.

    They send offers that were free before anybody came, as people with an old page do.
    """

    store: Store
    clients: int
    attempts: int
    seed: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Let everybody try, until each has had their attempts."""
        with self.store.reading() as session:
            self.offers = {
                key: finding.find(
                    session, COORDINATOR, Asked(PATIENTS[0], *key, most=100), now=BEFORE
                ).offers
                for key in ACTIVITIES
            }
        barrier = threading.Barrier(self.clients)
        threads = [
            threading.Thread(target=self._client, args=(number, barrier))
            for number in range(self.clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, number: int, barrier: threading.Barrier) -> None:
        dice = random.Random(f"{self.seed}:{number}")  # noqa: S311  (of a test, no secret)
        barrier.wait()
        for turn in range(self.attempts):
            self._attempt(dice, BEFORE + timedelta(seconds=turn))

    def _attempt(self, dice: random.Random, now: datetime) -> None:
        action = dice.choice(ACTIONS)
        ended = "nothing to do"
        try:
            chosen = self._chosen(action, dice, now)
            if chosen is not None:
                with self.store.writing() as session:
                    chosen(session)
                ended = "done"
        except (Refusal, ClinicExists) as refusal:
            ended = type(refusal).__name__
        except DBAPIError as error:
            self.failed.append(f"{action}: {error.orig}")
        self.counted[f"{action}: {ended}"] += 1

    def _chosen(self, action: str, dice: random.Random, now: datetime) -> Try | None:
        if action == "absence":
            day = date(2027, 1, dice.randint(18, 22))  # a week in which nothing is asked for
            return lambda s: facts.is_away(s, COORDINATOR, "nurse", Dates(day, day), now=now)
        if action == "import":
            name = f"visitor-{dice.randint(0, 5)}"
            visitor = factories.scenario(clinic=factories.clinic(id=name))
            return lambda s: bring_in(s, reading.read_scenario(visitor), now=now)
        if action in ("book", "hold"):
            offer = self._offer(dice, dice.choice(PATIENTS), dice.choice(ACTIVITIES))
            make = making.book if action == "book" else making.hold
            return lambda s: make(s, COORDINATOR, offer, now=now)
        rows = self._standing("pending" if action == "confirm" else "booked")
        return self._change(action, dice, now, rows) if rows else None

    def _offer(self, dice: random.Random, patient: str, key: tuple[str, int]) -> Offer:
        return dice.choice(self.offers[key]).model_copy(update={"patients": (patient,)})

    def _standing(self, status: str) -> list[Appointment]:
        with self.store.reading() as session:
            return list(session.exec(select(Appointment).where(Appointment.status == status)))

    def _change(
        self, action: str, dice: random.Random, now: datetime, rows: list[Appointment]
    ) -> Try:
        row = dice.choice(rows)
        if action == "confirm":
            return lambda s: making.confirm(s, COORDINATOR, row.id, now=now)
        if action == "cancel":
            return lambda s: ending.cancel(s, COORDINATOR, row.id, reason="pat", now=now)
        if action == "swap":
            pair = Pair((row.id, dice.choice(rows).id))
            return lambda s: swapping.swap(s, COORDINATOR, pair, now=now)
        key = (row.activity, row.occurrence)
        choice = Choice(self._offer(dice, row.code.split("/")[0], key), expected=row.version)
        return lambda s: moving.move(s, COORDINATOR, row.id, choice, now=now)


def stands(session: Session) -> list[Appointment]:
    """What takes time by now; a hold that has run out does not, though nobody has ended it yet."""
    rows = session.exec(select(Appointment)).all()
    now = max((row.changed_at for row in rows), default=BEFORE)
    return [
        row
        for row in rows
        if row.status in TAKES_TIME and not (row.status == "pending" and _is_over(row, now))
    ]


def _is_over(row: Appointment, now: datetime) -> bool:
    return row.held_until is not None and row.held_until <= now


def overlaps(session: Session) -> list[tuple[str, str, str]]:
    """Pairs of standing appointments that have somebody or something at once that cannot be shared.

    A nurse may watch two in their monitoring, and nobody beside one whose drug is given.
    """
    standing = stands(session)
    people: dict[UUID, set[str]] = {row.id: set() for row in standing}
    for link in session.exec(select(AppointmentPatient)).all():
        if link.appointment_id in people:
            people[link.appointment_id].add(link.patient_id)
    return [
        (one.code, other.code, what)
        for one, other in combinations(standing, 2)
        if one.start < other.end and other.start < one.end
        for what in _shared(one, other, people)
    ]


def _shared(one: Appointment, other: Appointment, people: dict[UUID, set[str]]) -> Iterator[str]:
    yield from sorted(people[one.id] & people[other.id])
    if one.location_id is not None and one.location_id == other.location_id:
        yield one.location_id
    yield from sorted(set(one.practitioners) & set(other.practitioners))


def doses_too_close(session: Session) -> list[tuple[str, str]]:
    """Pairs of a patient's doses whose dates do not lie two apart."""
    doses = [row for row in stands(session) if row.is_dose]
    return [
        (one.code, other.code)
        for one, other in combinations(doses, 2)
        if one.code.split("/")[0] == other.code.split("/")[0]
        and abs((one.start.date() - other.start.date()).days) < 2
    ]


def twice(session: Session) -> list[str]:
    """Occurrences that stand more than once."""
    counted = Counter(row.code for row in stands(session))
    return [code for code, times in counted.items() if times > 1]


def refuse_broken_store(store: Store) -> None:
    """Fail where a law is broken that no order of requests may break."""
    with store.reading() as session:
        for law in (overlaps, doses_too_close, twice):
            broken = law(session)
            assert not broken, f"{law.__name__}: {broken}"
        assert ledger_is_what_stands(session), "the ledger is not what stands"


def together(store: Store, *tries: Try) -> list[str]:
    """Let each be tried in a unit of work of its own, all at once: how each of them ended."""
    barrier, ended = threading.Barrier(len(tries)), ["" for _ in tries]

    def run(number: int) -> None:
        barrier.wait()
        try:
            with store.writing() as session:
                tries[number](session)
        except (Refusal, ClinicExists) as refusal:
            ended[number] = type(refusal).__name__
        else:
            ended[number] = "done"

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(tries))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended

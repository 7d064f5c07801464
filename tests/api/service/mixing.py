"""Everybody does whatever comes to mind, all at once; the service must keep every promise.

People act on what they last saw, which somebody else may have changed since.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

import httpx
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from pathways import reading
from scheduler.scenarios.taking import ClinicExists, bring_in
from scheduler.store.session import Store
from scheduler.store.tables import Appointment
from tests import factories
from tests.api.service.arena import WON, Arena, Ask
from tests.api.service.duels import COUPLE, CROWD, OCCURRENCES, PAID
from tests.factories import Document
from tests.scheduler.appointments.bookings import BEFORE

ACTIONS: Final = (
    *("book", "book", "book", "hold", "hold", "confirm", "confirm", "move", "move", "move"),
    *("swap", "swap", "cancel", "cancel", "absence", "import"),
)
_AGAIN = 0.1
"""How often a request is sent a second time under its key, as after a lost answer."""


@dataclass
class Mix:
    """What everybody sees, and what came of it; ``broken`` says where an answer was not kept."""

    store: Store
    arena: Arena
    offers: dict[tuple[str, int], list[Document]]
    seen: dict[str, Document] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    imported: int = 0

    def __post_init__(self) -> None:
        self._hold = threading.Lock()

    def run(self, attempts: int, seed: int) -> None:
        """Let everybody try so often."""

        def act(number: int) -> None:
            dice = random.Random(f"{seed}:{number}")  # noqa: S311  (of a test, no secret)
            for _ in range(attempts):
                self._attempt(number, dice)

        self.arena.each(act)

    def _attempt(self, number: int, dice: random.Random) -> None:
        action = dice.choice(ACTIONS)
        if action == "import" and not self.store.is_sqlite:
            self._import(dice)
            return
        ask = self._wanted(action, dice)
        answer = self.arena.ask(number, ask, counted_as=f"mixed {action}")
        self._look(answer)
        if dice.random() < _AGAIN and answer.status_code in WON:
            again = self.arena.ask(number, ask, counted_as="the same again")
            if (again.status_code, again.text) != (answer.status_code, answer.text):
                self.broken.append(f"another answer to the same: {ask}")

    def _wanted(self, action: str, dice: random.Random) -> Ask:
        wishes: dict[str, Callable[[random.Random], Ask | None]] = {
            "hold": lambda d: Ask("/appointments/hold", self._offer(d), key=uuid4().hex),
            "confirm": self._confirm,
            "move": self._move,
            "swap": self._swap,
            "cancel": self._cancel,
            "absence": self._absence,
        }
        wish = wishes[action](dice) if action in wishes else None
        return wish or Ask("/appointments/book", self._offer(dice), key=uuid4().hex)

    def _offer(self, dice: random.Random, visit: Document | None = None) -> Document:
        if visit is not None:
            key, patient = (visit["activity"], visit["occurrence"]), visit["patients"][0]
        else:
            key, patient = dice.choice(OCCURRENCES), dice.choice((*CROWD[:8], *COUPLE, PAID))
            key = (key[0], min(key[1], 2)) if patient != PAID else ("dose", dice.choice((1, 2)))
        return {**dice.choice(self.offers[key]), "patients": [patient]}

    def _one(self, dice: random.Random, *statuses: str) -> Document | None:
        with self._hold:
            found = [visit for visit in self.seen.values() if visit["status"] in statuses]
        return dice.choice(found) if found else None

    def _confirm(self, dice: random.Random) -> Ask | None:
        visit = self._one(dice, "pending")
        if visit is None:
            return None
        return Ask(f"/appointments/{visit['id']}/confirm", key=uuid4().hex)

    def _move(self, dice: random.Random) -> Ask | None:
        visit = self._one(dice, "booked")
        if visit is None:
            return None
        path = f"/appointments/{visit['id']}/move"
        return Ask(path, self._offer(dice, visit), visit["version"], uuid4().hex)

    def _swap(self, dice: random.Random) -> Ask | None:
        one, other = self._one(dice, "booked"), self._one(dice, "booked")
        if one is None or other is None or one["id"] == other["id"]:
            return None
        return Ask("/appointments/swap", {"one": one["id"], "other": other["id"]}, key=uuid4().hex)

    def _cancel(self, dice: random.Random) -> Ask | None:
        visit = self._one(dice, "booked", "pending")
        if visit is None:
            return None
        return Ask(f"/appointments/{visit['id']}/cancel", {"reason": "pat"}, key=uuid4().hex)

    @staticmethod
    def _absence(dice: random.Random) -> Ask:
        day = f"2027-01-{dice.randint(18, 22)}"  # a week in which nothing is asked for
        return Ask("/facts/absence", {"practitioner": "nurse", "first": day, "last": day})

    def _look(self, answer: httpx.Response) -> None:
        """Remember what an answer shows: of each appointment its highest version."""
        told = answer.json()
        if answer.status_code not in WON or not isinstance(told, dict):
            return
        for visit in (told["appointment"], *told["others"]):
            with self._hold:
                known = self.seen.get(visit["id"])
                if known is None or known["version"] <= visit["version"]:
                    self.seen[visit["id"]] = visit

    def _import(self, dice: random.Random) -> None:
        """A clinic that two may bring in at once, beside the one that is served."""
        name = f"visitor-{dice.randint(0, 200)}"
        document = factories.scenario(clinic=factories.clinic(id=name))
        ended = "done"
        try:
            with self.store.writing() as session:
                bring_in(session, reading.read_scenario(document), now=BEFORE)
        except ClinicExists:
            ended = "there already"
        except IntegrityError as error:
            ended = "fault"
            self.arena.faults.append(f"import: {error.orig}")
        with self._hold:
            self.imported += ended == "done"
            self.arena.counted[f"mixed import: {ended}"] += 1

    def clear(self) -> None:
        """Cancel whatever stands, so that every time is free again."""
        with self.store.reading() as session:
            standing = session.exec(
                select(Appointment.id).where(col(Appointment.status).in_(("pending", "booked")))
            ).all()
        for name in standing:
            self._look(self.arena.ask(0, Ask(f"/appointments/{name}/cancel", {"reason": "pat"})))

    def refuse_lost(self) -> None:
        """Fail where the database does not hold what the last answer about a thing has said."""
        with self.store.reading() as session:
            rows = {str(r.id): r for r in session.exec(select(Appointment)).all()}
        assert self.broken == []
        assert sum(row.plan_number is None for row in rows.values()) == self.arena.made
        for name, visit in self.seen.items():
            row = rows[str(UUID(name))]
            assert row.version >= visit["version"], name
            if row.version == visit["version"]:
                assert row.status == visit["status"], name

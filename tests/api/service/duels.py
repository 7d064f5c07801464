"""One place, and many who want it at one instant: exactly one of them gets it, in every way.

Each duel leaves the clinic as it found it.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlmodel import Session, col, delete, select

from pathways import reading
from scheduler.appointments import finding
from scheduler.appointments.finding import Asked
from scheduler.planning.stopping import Stop
from scheduler.plans import drafting
from scheduler.plans.asking import fingerprint
from scheduler.plans.searching import Search, search_here
from scheduler.scenarios.giving import data_of
from scheduler.store.session import Store
from scheduler.store.tables import Absence, PlanVersion
from tests import factories
from tests.api.service.arena import Arena, Ask, winners
from tests.factories import Document
from tests.scheduler.appointments.bookings import BEFORE, COORDINATOR

CROWD = tuple(f"p{number:02}" for number in range(20))
COUPLE = ("ada", "ben")
PAID = "pay"
OCCURRENCES = (("dose", 1), ("dose", 2), ("call", 1), ("call", 2), ("call", 3))


def crowded() -> dict[str, Any]:
    """Twenty who want the same bay, nurse and office in one week, a couple, one paid dose."""
    call = factories.session("call", schedule=[{"weeks": "1-1", "per_week": 3}])
    one_unit = [{"service": "dose", "units": 1, "from": "2027-01-01", "to": "2027-02-01"}]
    return {
        "pathways": [
            factories.pathway(factories.dose(), call),
            factories.pathway(factories.dose(needs_authorization="dose"), id="paid"),
        ],
        "patients": [
            *(factories.patient(name) for name in CROWD),
            factories.patient(COUPLE[0], partner=COUPLE[1]),
            factories.patient(COUPLE[1], partner=COUPLE[0]),
            factories.patient(PAID, pathway="paid", authorizations=one_unit),
        ],
    }


class Duels:
    """Rounds on a crowded clinic; ``broken`` says which of them did not end as it must."""

    def __init__(self, store: Store, arena: Arena) -> None:
        self.store, self.arena = store, arena
        self.broken: list[str] = []
        self.rounds = 0
        self.crowd = CROWD[: arena.clients]
        self._dice = random.Random(1)  # noqa: S311  (of a test, no secret)
        with store.reading() as session:
            self.offers = {key: _offers(session, key) for key in OCCURRENCES}
        self._drafts = self._drafted()

    @property
    def kinds(self) -> Sequence[Callable[[], None]]:
        """Every kind of duel."""
        return (
            *(self.one_bay, self.one_hold, self.one_target, self.one_swap, self.one_cancellation),
            *(self.different_times, self.spacing, self.last_unit, self.partners, self.cover),
            self.one_publication,
        )

    def round(self) -> None:
        """A duel of the next kind."""
        self.kinds[self.rounds % len(self.kinds)]()
        self.rounds += 1

    def _must(self, kind: str, wanted: int, got: Sequence[Any]) -> None:
        if len(got) != wanted:
            self.broken.append(f"{kind}: {len(got)} winners, not {wanted}")

    def _offer(self, key: tuple[str, int], patient: str, start: str | None = None) -> Document:
        for offer in self.offers[key]:
            if start is None or offer["start"] == start:
                return {**offer, "patients": [patient]}
        raise AssertionError(f"nothing is free at {start}")

    def _any(self, key: tuple[str, int], patient: str = CROWD[0]) -> Document:
        return {**self._dice.choice(self.offers[key]), "patients": [patient]}

    def _booked(self, offer: Document) -> Document:
        answer = self.arena.ask(0, Ask("/appointments/book", offer))
        found: Document = answer.json()["appointment"]
        return found

    def _clear(self, visits: Sequence[Document]) -> None:
        for visit in visits:
            self.arena.ask(0, Ask(f"/appointments/{visit['id']}/cancel", {"reason": "pat"}))

    def one_bay(self) -> None:
        """Twenty book one time in the bay."""
        offer = self._any(("dose", 1))
        asks = [Ask("/appointments/book", {**offer, "patients": [name]}) for name in self.crowd]
        won = winners(self.arena.at_once("book one time", asks))
        self._must("book one time", 1, won)
        self._clear([one["appointment"] for one in won])

    def one_hold(self) -> None:
        """Twenty hold one time; twenty confirm what was held."""
        offer = self._any(("call", 1))
        asks = [Ask("/appointments/hold", {**offer, "patients": [name]}) for name in self.crowd]
        held = winners(self.arena.at_once("hold one time", asks))
        self._must("hold one time", 1, held)
        for visit in (one["appointment"] for one in held):
            ask = Ask(f"/appointments/{visit['id']}/confirm", version=visit["version"])
            won = winners(self.arena.at_once("confirm one hold", [ask] * self.arena.clients))
            self._must("confirm one hold", 1, won)
            self._clear([visit])

    def one_target(self) -> None:
        """Five move to one time."""
        starts = self._distinct(("call", 1), 6)
        target, *others = starts
        standing = [
            self._booked(self._offer(("call", 1), name, start))
            for name, start in zip(CROWD, others, strict=False)
        ]
        asks = [
            Ask(
                f"/appointments/{visit['id']}/move",
                self._offer(("call", 1), visit["patients"][0], target),
                visit["version"],
            )
            for visit in standing
        ]
        self._must("move to one time", 1, winners(self.arena.at_once("move to one time", asks)))
        self._clear(standing)

    def one_swap(self) -> None:
        """Twenty let the same two change places, which can be done once as they stand."""
        one, other = self._distinct(("call", 1), 2)
        pair = [
            self._booked(self._offer(("call", 1), name, start))
            for name, start in zip(CROWD, (one, other), strict=False)
        ]
        body = {
            "one": pair[0]["id"],
            "other": pair[1]["id"],
            "one_version": pair[0]["version"],
            "other_version": pair[1]["version"],
        }
        asks = [Ask("/appointments/swap", body)] * self.arena.clients
        self._must("swap the same two", 1, winners(self.arena.at_once("swap the same two", asks)))
        self._clear(pair)

    def one_cancellation(self) -> None:
        """Twenty cancel one appointment."""
        visit = self._booked(self._any(("dose", 1)))
        ask = Ask(f"/appointments/{visit['id']}/cancel", {"reason": "pat"})
        won = winners(self.arena.at_once("cancel one", [ask] * self.arena.clients))
        self._must("cancel one", 1, won)

    def different_times(self) -> None:
        """Twenty different times at once: everybody gets theirs."""
        starts = self._distinct(("call", 1), self.arena.clients)
        asks = [
            Ask("/appointments/book", self._offer(("call", 1), name, start))
            for name, start in zip(self.crowd, starts, strict=True)
        ]
        won = winners(self.arena.at_once("book different times", asks))
        self._must("book different times", len(asks), won)
        self._clear([one["appointment"] for one in won])

    def spacing(self) -> None:
        """One patient's two doses, on two dates that follow each other."""
        self._one_of("two doses within the spacing", (CROWD[0], 1, 5, 9), (CROWD[0], 2, 6, 9))

    def last_unit(self) -> None:
        """Two doses, of which one is paid for."""
        self._one_of("the last unit", (PAID, 1, 4, 9), (PAID, 2, 7, 9))

    def partners(self) -> None:
        """Both of a couple on one date."""
        self._one_of("both partners on a date", (COUPLE[0], 1, 5, 9), (COUPLE[1], 1, 5, 13))

    def _one_of(self, kind: str, *doses: tuple[str, int, int, int]) -> None:
        offers = [
            self._offer(("dose", number), who, f"2027-01-{day:02}T{hour:02}:00:00-05:00")
            for who, number, day, hour in doses
        ]
        asks = [Ask("/appointments/book", offers[n % 2]) for n in range(self.arena.clients)]
        won = winners(self.arena.at_once(kind, asks))
        self._must(kind, 1, won)
        self._clear([one["appointment"] for one in won])

    def cover(self) -> None:
        """A dose is booked while its prescriber says that they are away: refused, or told."""
        offer = self._any(("dose", 1))
        day = offer["start"][:10]
        away = Ask("/facts/absence", {"practitioner": "doctor", "first": day, "last": day})
        asks = [Ask("/appointments/book", {**offer, "patients": [name]}) for name in self.crowd[1:]]
        answers = self.arena.at_once("cover that goes", [*asks, away])
        won, told = winners(answers[:-1]), answers[-1].json()
        names = {one["appointment"]["id"] for one in won}
        if len(won) > 1 or names != {one["appointment"] for one in told}:
            self.broken.append(f"cover that goes: booked {names}, told {told}")
        self._clear([one["appointment"] for one in won])
        with self.store.writing() as session:
            session.execute(delete(Absence).where(col(Absence.practitioner_id) == "doctor"))

    def one_publication(self) -> None:
        """Twenty publish one draft; twenty take it back."""
        number = next(self._drafts)
        for what in ("publish", "undo"):
            asks = [Ask(f"/plans/{number}/{what}")] * self.arena.clients
            answers = self.arena.at_once(f"{what} one plan", asks)
            self._must(f"{what} one plan", 1, winners(answers))

    def _distinct(self, key: tuple[str, int], number: int) -> list[str]:
        """Starts that an hour lies between, so that all may be had."""
        hours = sorted({o["start"] for o in self.offers[key] if o["start"][14:16] == "00"})
        return self._dice.sample(hours, number)

    def _drafted(self) -> Iterator[int]:
        """Numbers of drafts for three patients, each the first again under another number."""
        patients = CROWD[:3]
        with self.store.writing() as session:
            data = data_of(session, "harbor", now=BEFORE)
            found = search_here(Search("plan", data, patients=patients), Stop(work=2))
            plan, scenario = reading.read_plan(found.plans[0]), reading.read_scenario(data)
            origin = drafting.Origin("plan", patients, fingerprint(data), seed=0, work=2)
            drafting.draft(session, COORDINATOR, scenario, plan, origin, now=BEFORE)
        while True:
            with self.store.writing() as session:
                number = _copied(session)
            yield number


def _copied(session: Session) -> int:
    """The first draft under the next number."""
    rows = session.exec(select(PlanVersion).order_by(col(PlanVersion.number))).all()
    fields = rows[0].model_dump(exclude={"id", "number"})
    fields |= {"status": "draft", "decided_at": None, "decided_by": None}
    session.add(PlanVersion(**fields, number=rows[-1].number + 1))
    return rows[-1].number + 1


def _offers(session: Session, key: tuple[str, int]) -> list[Document]:
    asked = Asked(CROWD[0], *key, most=100)
    found = finding.find(session, COORDINATOR, asked, now=BEFORE).offers
    return [offer.model_dump(mode="json") for offer in found]

"""What a clinic asks for all day, timed beside a bare route that does one query by an index."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

import structlog
from fastapi import FastAPI
from sqlmodel import col, select

from api.app import create_app
from api.auth import entering
from api.bench.crowd import CLINIC, NOW, crowded, set_free
from api.bench.database import throw_away
from api.bench.further import add_further
from api.bench.serving import Ask, asked
from api.bench.stopwatch import Took, in_turn
from pathways import reading
from scheduler import gates
from scheduler.reminders import keeping
from scheduler.scenarios.taking import bring_in
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.store.tables import Account, Appointment, Patient
from scheduler.store.vault import new_key

BARE: Final = "a bare route with one query"
WEEKS: Final = "a patient's eight weeks"
DAY: Final = "the day of 200 patients"
BOOKING: Final = "booking by hand"
ALLOWED: Final = {WEEKS: 4.0, DAY: 8.0, BOOKING: 10.0}
"""How many times as long as the bare route each may take."""

SLOWER: Final = 1.5
"""How many times as long anything may take with the further appointments in the table."""

_WARMING: Final = 10
MOST_TIMES: Final = 80
"""So many coming visits can be set free and booked twice over, in a clinic of 200 patients."""


@dataclass(frozen=True)
class Measured:
    """One thing that was asked for: before and after the further appointments were stored."""

    name: str
    before: Took
    after: Took


@dataclass(frozen=True)
class Clinic:
    """A clinic that is served, and the bare route beside it.

    ``patients``, ``offers``, ``known``: what is asked for, each in turn; ``known`` are the ids of
    some appointments.
    """

    bare: Ask
    service: Ask
    patients: tuple[str, ...]
    offers: tuple[dict[str, Any], ...]
    known: tuple[str, ...]

    def took(self, times: int, begin: int) -> dict[str, Took]:
        """Each thing so many times, in turn; what is booked begins with this offer."""
        turns = range(_WARMING + times)
        asked_for: dict[str, list[Callable[[], Any]]] = {
            BARE: [partial(self.bare, "GET", f"/appointments/{self._known(n)}") for n in turns],
            WEEKS: [
                partial(self.service, "GET", f"/api/v1/patients/{self._patient(n)}/weeks")
                for n in turns
            ],
            DAY: [partial(self.service, "GET", f"/api/v1/day?date={NOW.date()}") for _ in turns],
            BOOKING: [
                partial(self.service, "POST", "/api/v1/appointments/book", self.offers[begin + n])
                for n in turns
            ],
        }
        return in_turn(asked_for, warming=_WARMING)

    def _known(self, turn: int) -> str:
        return self.known[turn % len(self.known)]

    def _patient(self, turn: int) -> str:
        return self.patients[turn % len(self.patients)]


def measure(address: str | None, *, further: int, times: int) -> list[Measured]:
    """Serve a crowded clinic from a throw-away database, with audit on, and time what it answers.

    The bare route comes first. ``times``: how often each is asked for, up to MOST_TIMES.
    """
    key = new_key()
    with throw_away(address, key) as store, TemporaryDirectory() as folder, ExitStack() as servers:
        offers = brought_in(store, wanted=2 * (times + _WARMING))
        clinic = Clinic(
            servers.enter_context(asked(_bare(store))),
            servers.enter_context(asked(*served(store, Path(folder), key))),
            patients=_patients(store),
            offers=tuple(offers),
            known=_known(store),
        )
        before = clinic.took(times, 0)
        add_further(store, further)
        after = clinic.took(times, times + _WARMING)
    return [Measured(name, took, after[name]) for name, took in before.items()]


def _patients(store: Store) -> tuple[str, ...]:
    with store.reading() as session:
        return tuple(session.exec(select(Patient.id).where(Patient.clinic_id == CLINIC)))


def _known(store: Store) -> tuple[str, ...]:
    with store.reading() as session:
        ids = session.exec(select(Appointment.id).where(Appointment.clinic_id == CLINIC).limit(200))
        return tuple(map(str, ids))


def brought_in(store: Store, *, wanted: int) -> list[dict[str, Any]]:
    """Bring the clinic in without some of its bookings; those, as offers to be booked."""
    document, offers = set_free(crowded(), wanted)
    scenario = reading.read_scenario(document)
    with store.writing() as session:
        bring_in(session, scenario, now=NOW)
        # A clinic at work has judged what its visits ask for, and written what is to be told.
        gates.refresh_patients(session, CLINIC, (p.id for p in scenario.patients), now=NOW)
        keeping.refresh_all(session, CLINIC, now=NOW)
    return offers


def served(store: Store, folder: Path, key: str) -> tuple[FastAPI, dict[str, str]]:
    """The whole service, and what a signed-in coordinator sends along."""
    settings = Settings(
        data=folder,
        database=store.url,
        field_key=key,
        signing_key=new_key(),
        requests_a_minute=1_000_000,
    )
    app = create_app(settings, store=store, clock=lambda: NOW)
    unread = (folder / "log").open("w", encoding="utf-8")
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(unread))
    account = Account(
        clinic_id=CLINIC,
        name="Coordinator Example",
        email="coordinator@crowded.example",
        email_mark="coordinator",
        roles=["coordinator", "prescriber", "programme director"],
        created_at=NOW,
    )
    with store.writing() as session:
        session.add(account)
        session.flush()
        token, row = entering.begin(session, account, strong=True, now=NOW)
        return app, {"Cookie": f"careweave={token}", "X-CSRF-Token": row.csrf}


def _bare(store: Store) -> FastAPI:
    """What everything is compared with: nothing but a route and a query by its primary key."""
    app = FastAPI()

    @app.get("/appointments/{appointment_id}")
    def appointment(appointment_id: str) -> dict[str, str]:
        with store.reading() as session:
            asked_for = select(Appointment.code, Appointment.status).where(
                Appointment.clinic_id == CLINIC, col(Appointment.id) == UUID(appointment_id)
            )
            code, status = session.exec(asked_for).one()
        return {"code": code, "status": status}

    return app

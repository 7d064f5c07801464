"""How often an answer asks the database: as often for many as for few."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from api.demo.loading import document_of_demo
from api.demo.writing import CLINIC
from pathways import reading
from scheduler.scenarios.taking import bring_in
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.store.tables import PlanVersion
from scheduler.store.vault import new_key
from scheduler.work import Wanted, open_task
from tests.api.service.world import World

TUESDAY = datetime(2027, 3, 2, 15, tzinfo=UTC)
MANY = 20
MOST = 15
"""Statements of one answer, with those that say who asks and that write down what was read."""

MOST_OF_A_BOOKING = 24
"""Statements of one booking, with its gates, its messages and what is written down of it."""

LINDEN = "linden"

DOCUMENT = {"status": "feasible", "appointments": [], "unplaced": []}

LISTS = {
    "/api/v1/patients/linden/weeks": "coordinator",
    "/api/v1/day?date=2027-03-02": "coordinator",
    "/api/v1/appointments?from=2027-03-01&to=2027-03-07": "coordinator",
    "/api/v1/appointments?from=2027-03-01&to=2027-04-07&practitioner=magpie": "coordinator",
    "/api/v1/sessions?day=2027-03-02": "nurse",
    "/api/v1/work": "coordinator",
    "/api/v1/plans": "coordinator",
    "/patients": "coordinator",
    "/patients/fern": "coordinator",
}

ONE = "/patients/fern"
"""A page of one patient, whose record it shows; plans are a list on it."""

WHOLE = re.compile(r"(?:SELECT|,) (?:plan_version\.(?:document|changes)|patient\.assessment)\b")
"""Where a statement brings whole documents; lists count in them, or leave them where they are."""


@pytest.fixture
def busy(store: Store, tmp_path: Path) -> World:
    """The demo clinic of sixty patients, with work to do and plans that were made."""
    settings = Settings(
        data=tmp_path, database=store.url, field_key=new_key(), signing_key="signing-key-of-tests"
    )
    world = World(store, settings, clinic_id=CLINIC, now=TUESDAY)
    with store.writing() as session:
        bring_in(session, reading.read_scenario(document_of_demo()), now=TUESDAY)
        for number in range(MANY):
            due = TUESDAY + timedelta(hours=number)
            wanted = Wanted(
                "call-patient", "coordinator", due, "call", f"{number}", patient_id="fern"
            )
            open_task(session, CLINIC, wanted, now=TUESDAY)
            session.add(_plan(number))
    return world


def _plan(number: int) -> PlanVersion:
    return PlanVersion(
        clinic_id=CLINIC, number=number + 1, patients=["fern"], document=DOCUMENT, made_at=TUESDAY
    )


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """What is asked of a database meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engines = {store._writer, store._reader}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_no_list_asks_the_database_once_for_each_of_its_rows(busy: World) -> None:
    found = {}
    for path, role in LISTS.items():
        client = busy.client(role)
        assert client.get(path).status_code == 200, path
        with statements(busy.store) as asked:
            answer = client.get(path)
        assert len(answer.content) > 2_000, path
        found[path] = len(asked)
        assert path == ONE or not [s for s in asked if WHOLE.search(s)], path
    assert {path: number for path, number in found.items() if number > MOST} == {}


def freed(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The clinic without a coming visit of LINDEN's, and that visit as an offer to be booked."""
    soon, late = TUESDAY + timedelta(days=1), TUESDAY + timedelta(days=21)
    visit = next(
        booked
        for booked in document["booked"]
        if booked["patients"] == [LINDEN]
        and soon <= datetime.fromisoformat(booked["start"]) < late
        and booked["stages"]
    )
    others = [booked for booked in document["booked"] if booked is not visit]
    offer = {name: visit[name] for name in visit.keys() - {"id", "locked", "notes"}}
    reasons = dict.fromkeys(("R-02", "R-32"), "the plan has it so")
    return {**document, "booked": others}, {**offer, "reasons": reasons}


def alone(document: dict[str, Any]) -> dict[str, Any]:
    """The same clinic under another name, with nobody in it but LINDEN."""
    return {
        **document,
        "clinic": {**document["clinic"], "id": "quiet"},
        "patients": [one for one in document["patients"] if one["id"] == LINDEN],
        "booked": [booked for booked in document["booked"] if booked["patients"] == [LINDEN]],
    }


def test_a_booking_asks_the_database_no_more_often_in_a_clinic_with_more_patients(
    store: Store, tmp_path: Path
) -> None:
    settings = Settings(
        data=tmp_path, database=store.url, field_key=new_key(), signing_key="signing-key-of-tests"
    )
    full, offer = freed(document_of_demo())
    counted = []
    for document in (alone(full), full):
        clinic_id = document["clinic"]["id"]
        world = World(store, settings, clinic_id=clinic_id, now=TUESDAY)
        with store.writing() as session:
            bring_in(session, reading.read_scenario(document), now=TUESDAY)
        client = world.client("prescriber")
        with statements(store) as asked:
            answer = client.post("/api/v1/appointments/book", json=offer)
        assert answer.status_code == 201, answer.text
        counted.append(asked)
    quiet, busy = counted
    assert len(busy) <= len(quiet), "\n".join(busy)
    assert len(busy) <= MOST_OF_A_BOOKING

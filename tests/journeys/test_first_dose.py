"""A newcomer's whole story over HTTP: planned, reminded, treated, seen home, told about."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Client
from sqlmodel import select

from api.auth import entering
from pathways import library
from scheduler.planning.stopping import Stop
from scheduler.plans import searching
from scheduler.plans.searching import Found, Search, Watch, search_here
from scheduler.store.session import Store
from scheduler.store.tables import Appointment, Clinic, ContactPoint, MessageConsent, Patient
from scheduler.store.vault import vault
from scheduler.working import Worker
from tests.api.service.care import said, seen
from tests.api.service.test_coordination_pages import ticked
from tests.api.service.world import World, served
from tests.pathways.clinics import scenario_of
from tests.scheduler.care.course import NEW_YORK, answered, clearance, screened, signed, verified
from tests.scheduler.sessions.visits import GOOD, WHOLE

BOOSTER = library.load("booster-ketamine-iv", "2026.1")
WHO = "p-1"
MOMENT = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _search_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(search: Search, _watch: Watch) -> Found:
        return search_here(search, Stop(work=3))

    monkeypatch.setattr(searching, "run", run)


@pytest.fixture
def clinic(store: Store, tmp_path: Path) -> Iterator[World]:
    """A clinic with one admitted patient of whom nothing is booked."""
    document = scenario_of(BOOSTER)
    parts = {key: document[key] for key in ("clinic", "pathways", "patients")}
    with served(store, tmp_path, **parts) as world:
        world.now -= timedelta(days=3)
        admit(world)
        yield world


def admit(world: World) -> None:
    """What people have recorded before: admission has its own tests."""
    now = world.now
    records: list[Any] = [
        screened(now, BOOSTER),
        *(signed(kind, now) for kind in ("treatment", "telehealth", "messages")),
        *(answered(measure, now) for measure in ("PHQ-9", "C-SSRS")),
        clearance("monitoring-programme", now.date(), now.date(), given_at=now),
        verified(now),
    ]
    phone = "+12025550101"
    mark = vault().mark(phone)
    reached: dict[str, Any] = {"clinic_id": "harbor", "patient_id": WHO}
    with world.store.writing() as session:
        session.get_one(Patient, ("harbor", WHO)).state = "NY"
        session.get_one(Clinic, "harbor").settings = {
            "state": "NY",
            "licensed_states": ["NY"],
            "sender": "Harbor Office",
            "phone": "555-555-0199",
        }
        for record in records:
            record.patient_id = WHO
            session.add(record)
        session.add(ContactPoint(kind="phone", value=phone, mark=mark, verified_at=now, **reached))
        session.add(
            MessageConsent(channel="sms", purpose="all", given_at=now, caps="more", **reached)
        )


def by_link(world: World, role: str, patient: str | None = None) -> Client:
    """A browser that has come in by a link: no script, the form's own secret goes along."""
    account = world.account(role, patient=patient)
    with world.store.writing() as session:
        good_for = timedelta(hours=1)
        token = entering.make_link(session, account, now=world.now, good_for=good_for)
    browser = world.client(None)
    assert "Sign in" in browser.get(f"/enter/{token}").text
    assert browser.post(f"/enter/{token}").status_code == 303
    return browser


def press(browser: Client, page: str, path: str, **fields: str | list[str]) -> str:
    """Send a form of a page as a browser does; where it leads."""
    csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get(page).text)
    assert csrf is not None, page
    answer = browser.post(path, data={"csrf": csrf[1], **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def plan(world: World) -> Client:
    """The coordinator sees whom nobody has planned, asks, looks at the draft, publishes."""
    coordinator = by_link(world, "coordinator")
    assert "not planned" in coordinator.get("/patients").text
    page = f"/patients/{WHO}"
    watched = press(coordinator, page, f"{page}/plan")
    Worker(world.store, lambda: world.now).do_one()
    draft = coordinator.get(watched).headers["location"]
    shown = coordinator.get(draft).text
    assert "Ketamine booster infusion" in shown
    assert "Without a time" not in shown
    assert (
        press(
            coordinator,
            draft,
            f"{draft}/decide",
            decision="publish",
            rows=ticked(coordinator.get(draft).text),
        )
        == draft
    )
    assert "not planned" not in coordinator.get("/patients").text
    return coordinator


def visit(world: World, activity: str) -> Appointment:
    with world.store.reading() as session:
        return session.exec(select(Appointment).where(Appointment.activity == activity)).one()


def messages(world: World, **asked: str) -> dict[str, list[Any]]:
    """The patient's messages, by kind."""
    query = "&".join(f"{name}={value}" for name, value in {"patient": WHO, **asked}.items())
    found: dict[str, list[Any]] = {}
    for row in seen(world.client("coordinator"), f"/reminders?{query}")["reminders"]:
        found.setdefault(row["kind"], []).append(row)
    return found


def attend(world: World, activity: str, role: str) -> None:
    row = visit(world, activity)
    world.now = row.start + MOMENT
    browser = world.client(role)
    version = browser.get(f"/api/v1/appointments/{row.id}").headers["etag"]
    browser.headers["if-match"] = version
    said(browser, f"/appointments/{row.id}/attendance", outcome="attended")


def arrange_ride(world: World, dose: Appointment) -> None:
    coordinator = world.client("coordinator")
    contact = said(
        coordinator,
        f"/patients/{WHO}/ride-contacts",
        201,
        name="Rowan Fictional",
        phone="+12025550102",
    )
    said(coordinator, f"/appointments/{dose.id}/ride", ride_contact=contact["id"])


def look_again(world: World, dose: Appointment) -> None:
    """The prescriber looks at the monitoring programme on the morning of the dose."""
    world.now = dose.start - timedelta(hours=1)
    said(world.client("prescriber"), f"/patients/{WHO}/checks", 201, check="monitoring-programme")


def record(
    world: World, dose: Appointment, minutes: float, kind: str, status: int = 201, **data: Any
) -> Any:
    """What a nurse writes down so many minutes into the visit."""
    world.now = dose.start + timedelta(minutes=minutes)
    event = {"id": str(uuid4()), "kind": kind, "at": world.now.isoformat(), **data}
    role = "coordinator" if kind == "ride met" else "nurse"
    return said(world.client(role), f"/sessions/{dose.id}/events", status, **event)


def give(world: World, dose: Appointment) -> datetime:
    """From arrival to the drug, with what is refused on the way; when it was given."""
    refused = record(world, dose, -5, "given", 409, mg=40)
    assert "the patient has not arrived" in refused["detail"]
    record(world, dose, 0, "arrived")
    refused = record(world, dose, 5, "given", 409, mg=40)
    assert refused["rule"] == "R-07"
    record(world, dose, 10, "check-in", **WHOLE)
    record(world, dose, 20, "vitals", **{**GOOD, "systolic": 152})
    refused = record(world, dose, 30, "given", 409, mg=40)
    assert refused["rule"] == "R-24"
    record(world, dose, 36, "vitals", **GOOD)
    record(world, dose, 40, "given", mg=40)
    return world.now


def see_to_the_door(world: World, dose: Appointment) -> None:
    """From the drug to the door; nobody leaves early, and nobody leaves alone."""
    for minutes in (55, 70):
        record(world, dose, minutes, "vitals", **GOOD)
    record(world, dose, 80, "drug ended")
    record(world, dose, 110, "vitals", **GOOD)
    refused = record(world, dose, 115, "discharged", 409)
    assert refused["rule"] in ("R-22", "R-26")
    record(world, dose, 136, "vitals", **GOOD)
    record(world, dose, 137, "note given")
    record(world, dose, 140, "ready", confirmed=["walking", "nausea"])
    refused = record(world, dose, 141, "discharged", 409)
    assert "nobody is here yet" in refused["detail"]
    record(world, dose, 142, "ride met", name="Rowan Fictional")
    done = record(world, dose, 143, "discharged")
    assert done["session"]["status"] == "fulfilled"


def test_from_nothing_booked_to_home_after_the_first_dose(clinic: World) -> None:
    plan(clinic)
    dose = visit(clinic, "infusion")
    waiting = messages(clinic, status="pending")
    assert {"N-10", "N-11", "N-14", "N-19", "N-21", "N-22"} <= waiting.keys()
    before = [row["due_at"] for row in waiting["N-11"]]
    assert all(datetime.fromisoformat(due) < dose.start for due in before)
    listed = clinic.client("coordinator").get(f"/reminders?patient={WHO}").text
    assert "planned" in listed
    assert "no driving and no machinery" in listed
    attend(clinic, "preparation", "therapist")
    attend(clinic, "medical-review", "prescriber")
    arrange_ride(clinic, dose)
    look_again(clinic, dose)
    given = give(clinic, dose)
    see_to_the_door(clinic, dose)
    page = by_link(clinic, "patient", WHO).get("/me").text
    morning = given.astimezone(NEW_YORK) + timedelta(days=1)
    assert "You may drive again from" in page
    assert f"{morning:%A, %B} {morning.day}, 6:00 AM" in page
    after = messages(clinic, status="pending")
    assert {"N-21", "N-22", "N-23"} <= after.keys()
    assert all(datetime.fromisoformat(row["due_at"]) >= given for row in after["N-21"])
    assert clinic.now.astimezone(UTC) < datetime.fromisoformat(after["N-22"][0]["expires_at"])

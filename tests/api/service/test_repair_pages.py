"""Repair as a coordinator does it: what has happened, what it breaks, the new plan row by row."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client
from sqlmodel import col, select

from scheduler.planning.stopping import Stop
from scheduler.plans import searching
from scheduler.plans.searching import Found, Search, Watch, search_here
from scheduler.store.session import Store
from scheduler.store.tables import (
    Absence,
    Appointment,
    AuditEntry,
    Closure,
    Enrolment,
    PlanVersion,
    Reminder,
    Run,
)
from scheduler.working import Worker
from tests import factories
from tests.api.service.dose_day import dose_day
from tests.api.service.test_appointments import booked
from tests.api.service.test_coordination_pages import form, ticked
from tests.api.service.world import World, served

TUESDAY = "2027-01-05"


@pytest.fixture(autouse=True)
def _search_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(search: Search, _watch: Watch) -> Found:
        return search_here(search, Stop(work=3))

    monkeypatch.setattr(searching, "run", run)


def said(**changes: str) -> dict[str, str]:
    return {"what": "closed", "first": TUESDAY, "last": "", "reason": ""} | changes


def drafted(world: World, client: Client, watching: str) -> str:
    """The draft to which a search leads."""
    Worker(world.store, lambda: world.now).do_one()
    return client.get(watching).headers["location"]


def test_a_closed_day_is_stored_and_what_it_breaks_is_mended_once_published(world: World) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    draft = drafted(world, client, form(client, "/repair", **said()))
    broken = client.get("/repair").text
    assert f'href="/visits/{visit["id"]}"' in broken
    page = client.get(draft).text
    assert "instead of" in page
    form(client, f"{draft}/decide", decision="publish", rows=ticked(page))
    moved = client.get(f"/api/v1/appointments/{visit['id']}").json()
    assert not moved["start"].startswith(TUESDAY)
    assert "Everything that is booked can stand." in client.get("/repair").text


def test_only_what_is_ticked_is_published(world: World) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    draft = drafted(world, client, form(client, "/repair", **said()))
    [first, *others] = ticked(client.get(draft).text)
    assert others
    form(client, f"{draft}/decide", decision="publish", rows=[first])
    moved = client.get(f"/api/v1/appointments/{visit['id']}").json()
    assert not moved["start"].startswith(TUESDAY)
    assert client.get(draft).text.count("left as it was") == len(others)


def test_what_nothing_that_has_happened_breaks_is_taken_away_only_where_it_is_ticked(
    world: World,
) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    with world.store.writing() as session:
        [enrolment] = session.exec(select(Enrolment).where(Enrolment.patient_id == "ada"))
        enrolment.available = {}
    draft = drafted(world, client, form(client, "/repair", **said(first="2027-01-08")))
    page = client.get(draft).text
    assert "It stays booked unless you tick it." in page
    assert ticked(page) == []
    rows = re.findall(r'name="rows" value="(\d+)"', page)
    form(client, f"{draft}/decide", decision="publish", rows=rows)
    assert client.get(f"/api/v1/appointments/{visit['id']}").json()["status"] == "cancelled"


def test_where_nothing_is_ticked_nothing_is_published(world: World) -> None:
    client = world.client("coordinator")
    booked(client)
    draft = drafted(world, client, form(client, "/repair", **said()))
    refused = client.post(f"{draft}/decide", data={"decision": "publish"})
    assert refused.status_code == 422
    assert "waits for a decision" in client.get(draft).text


def test_who_would_be_told_is_shown_and_nothing_is_changed(world: World) -> None:
    client = world.client("coordinator")
    booked(client)
    draft = drafted(world, client, form(client, "/repair", **said()))
    before = kept(world)
    rows = ticked(client.get(draft).text)
    page = client.post(f"{draft}/messages", data={"rows": rows}).text
    assert "Messages on publishing" in page
    assert ">ada" in page
    assert kept(world) == before


def kept(world: World) -> tuple[int, list[str], int]:
    """What a trial must leave alone: messages, plans, and what is on record of publishing."""
    with world.store.reading() as session:
        reminders = len(session.exec(select(Reminder.id)).all())
        plans = list(session.exec(select(PlanVersion.status)))
        published = select(AuditEntry.id).where(col(AuditEntry.action).like("plan.publish%"))
        return reminders, plans, len(session.exec(published).all())


@pytest.mark.parametrize(
    "changes",
    [{"what": "away", "practitioner": ""}, {"first": "soon"}, {"last": "2027-01-01"}],
    ids=["nobody", "no date", "backward"],
)
def test_what_cannot_have_happened_is_refused_on_the_page(
    world: World, changes: dict[str, str]
) -> None:
    client = world.client("coordinator")
    refused = client.post("/repair", data=said(**changes))
    assert refused.status_code in (404, 422)
    with world.store.reading() as session:
        assert session.exec(select(Absence)).all() == []


def test_what_is_over_is_stored_and_nothing_is_looked_for(world: World) -> None:
    client = world.client("coordinator")
    booked(client)
    to = form(client, "/repair", **said(first="2026-12-30", last="2026-12-31"))
    assert to == "/repair?over=true"
    assert "nothing that is still to come changes" in client.get(to).text
    with world.store.reading() as session:
        assert len(session.exec(select(Closure)).all()) == 2
        assert session.exec(select(Run)).all() == []
    form(client, "/repair", **said(first="2026-12-31", last=TUESDAY))
    assert "/visits/" in client.get("/repair").text


def test_somebody_away_is_on_record(world: World) -> None:
    client = world.client("coordinator")
    [nurse, *_] = re.findall(r'<option value="([^"]+)"', client.get("/repair").text)
    form(client, "/repair", **said(what="away", practitioner=nurse, last="2027-01-07"))
    with world.store.reading() as session:
        [absence] = session.exec(select(Absence)).all()
    assert (absence.practitioner_id, str(absence.first), str(absence.last)) == (
        nurse,
        TUESDAY,
        "2027-01-07",
    )


def test_a_therapist_does_not_repair_the_clinic(world: World) -> None:
    client = world.client("therapist")
    assert client.get("/repair").status_code == 403
    assert "Repair" not in client.get("/calendar").text


@pytest.fixture
def shared(store: Store, tmp_path: Path) -> Iterator[World]:
    """A clinic of two patients and one bay."""
    patients = [factories.patient(name) for name in ("ada", "bea")]
    with served(store, tmp_path, patients=patients) as world:
        yield world


def two_doses(world: World) -> list[dict[str, Any]]:
    """The same bay from nine on, and from eleven on, today."""
    client = world.client("coordinator")
    visits = []
    for patient, hour in (("ada", 14), ("bea", 16)):
        at = f"2027-01-05T{hour}:00:00Z"
        visits.append(booked(client, patient=patient, at=at))
    world.now = datetime(2027, 1, 5, 15, tzinfo=UTC)
    return visits


def test_a_session_that_runs_over_hits_whoever_has_its_place_next(shared: World) -> None:
    first, second = two_doses(shared)
    client = shared.client("coordinator")
    page = client.get("/repair").text
    assert f'<option value="{first["id"]}"' in page
    assert "09:00\N{EN DASH}10:30 ada, Bay" in page
    overrun = said(what="overrun", visit=first["id"], until="11:30")
    draft = drafted(shared, client, form(client, "/repair", **overrun))
    page = client.get("/repair").text
    assert f'href="/visits/{second["id"]}"' in page
    assert "runs over until 11:30" in page
    form(client, "/language", language="es")
    assert "se alarga hasta las 11:30" in client.get("/repair").text
    form(client, "/language", language="en")
    page = client.get(draft).text
    rows = ticked(page)
    assert "instead of" in page
    assert "bea" in client.post(f"{draft}/messages", data={"rows": rows}).text
    before = client.get(f"/api/v1/appointments/{first['id']}").json()
    assert before["end"] == "2027-01-05T16:30:00Z"
    form(client, f"{draft}/decide", decision="publish", rows=rows)
    moved = client.get(f"/api/v1/appointments/{second['id']}").json()
    assert moved["start"] >= before["end"]
    assert client.get(f"/api/v1/appointments/{first['id']}").json() == before
    assert "Everything that is booked can stand." in client.get("/repair").text


def test_programs_tell_of_it_and_ask_for_the_same_search(shared: World) -> None:
    first, second = two_doses(shared)
    client = shared.client("coordinator")
    over = {"appointment": first["id"], "until": "2027-01-05T11:30:00-05:00"}
    (broken,) = client.post("/api/v1/facts/overrun", json=over).json()
    assert broken["appointment"] == second["id"]
    run = client.post("/api/v1/repairs", json={"seconds": 5}).json()
    Worker(shared.store, lambda: shared.now).do_one()
    (number,) = client.get(f"/api/v1/runs/{run['id']}").json()["result"]["plans"]
    plan = client.get(f"/api/v1/plans/{number}").json()
    (change,) = (one for one in plan["rows"] if one["before"] is not None)
    assert change["appointment"] == second["id"]
    assert change["kind"] == "moved"


def test_who_stays_longer_in_the_live_session_is_left_the_bay(store: Store, tmp_path: Path) -> None:
    with dose_day(store, tmp_path) as day:
        with store.writing() as session:
            session.get_one(Appointment, ("harbor", day.visit("p-2-first"))).locked = False
        day.begin()
        day.recorded("15:10", "extended", steps=2, reason="dizzy")
        coordinator = day.client("coordinator")
        draft = drafted(day.world, coordinator, form(coordinator, "/repair/search"))
        form(
            coordinator,
            f"{draft}/decide",
            decision="publish",
            rows=ticked(coordinator.get(draft).text),
        )
        stays, moved = day.row(), day.row("p-2-first")
        assert moved.status == "cancelled" or moved.start >= stays.end
        assert "Everything that is booked can stand." in coordinator.get("/repair").text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"until": "10:30"}, "it ends by then anyway"),
        ({"until": ""}, "a time is missing"),
        ({"visit": ""}, "no session is chosen"),
    ],
)
def test_a_session_that_does_not_run_over_is_refused_on_the_page(
    shared: World, changes: dict[str, str], says: str
) -> None:
    first, _ = two_doses(shared)
    overrun = said(what="overrun", visit=first["id"], until="11:30") | changes
    refused = shared.client("coordinator").post("/repair", data=overrun)
    assert refused.status_code == 422
    assert says in refused.text.lower()
    assert f'<option value="{first["id"]}" selected' in refused.text or not overrun["visit"]
    assert "Everything that is booked can stand." in refused.text

"""What a coordinator's day asks for, from one end to the other, in a real browser."""

import re
from datetime import datetime

import pytest
from playwright.sync_api import expect

from scheduler.planning.stopping import Stop
from scheduler.plans import searching
from scheduler.plans.searching import Found, Search, Watch, search_here
from scheduler.working import Worker
from tests.api.service.test_appointments import booked
from tests.browser.conftest import Face
from tests.browser.test_calendar import DAY, TWO, start_of

SOON = 15_000
"""Milliseconds within which a page that asks again and again has its answer."""


@pytest.fixture(autouse=True)
def _search_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(search: Search, _watch: Watch) -> Found:
        return search_here(search, Stop(work=3))

    monkeypatch.setattr(searching, "run", run)


def planned(face: Face) -> None:
    """Let the planner answer what a page waits for."""
    assert Worker(face.world.store, lambda: face.world.now).do_one()


def test_somebody_new_is_enrolled_planned_for_and_published(face: Face) -> None:
    page = face.page("coordinator")
    page.goto("/patients")
    page.get_by_role("link", name="Enrol somebody").click()
    page.get_by_label("Name").fill("Zinnia Example")
    page.get_by_label("Born").fill("1990-05-01")
    page.locator("input[name=pathway][value^=iop-ketamine-im]").check()
    page.get_by_label("First day").fill("2027-01-11")
    page.get_by_role("button", name="Enrol, and make plans").click()
    expect(page.get_by_role("heading", name="Waiting for the planner")).to_be_visible()
    planned(face)
    expect(page.get_by_role("heading", name=re.compile("Plan 1"))).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Publish what is ticked").click()
    expect(page.get_by_text("published", exact=True)).to_be_visible(timeout=SOON)
    page.get_by_role("link", name="Zinnia Example").first.click()
    expect(page.get_by_role("heading", name="Zinnia Example")).to_be_visible()


def test_a_closed_day_is_repaired_told_and_taken_back(face: Face) -> None:
    visit = booked(face.world.client("coordinator"))
    page = face.page("coordinator")
    page.goto("/repair")
    page.get_by_label("We are closed").check()
    page.get_by_label("From").fill(DAY)
    page.get_by_role("button", name="Store it, and look").click()
    planned(face)
    expect(page.get_by_role("heading", name=re.compile("Plan 1"))).to_be_visible(timeout=SOON)
    expect(page.get_by_text("instead of").first).to_be_visible()
    page.get_by_role("button", name="Who gets which message?").click()
    expect(page.get_by_role("heading", name="Messages on publishing")).to_be_visible(timeout=SOON)
    assert start_of(face, visit) == "10:00"
    page.get_by_role("button", name="Publish what is ticked").click()
    expect(page.get_by_text("published", exact=True)).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("taken back", exact=True)).to_be_visible(timeout=SOON)
    assert start_of(face, visit) == "10:00"


def test_a_nurse_is_ill_her_patient_gets_another_day_and_is_told_so(face: Face) -> None:
    visit = booked(face.world.client("coordinator"))
    page = face.page("coordinator")
    page.goto("/repair")
    page.get_by_label("Somebody who treats is away").check()
    page.locator("select[name=practitioner]").select_option("nurse")
    page.get_by_label("From").fill(DAY)
    page.get_by_role("button", name="Store it, and look").click()
    planned(face)
    expect(page.get_by_role("heading", name=re.compile("Plan 1"))).to_be_visible(timeout=SOON)
    expect(page.get_by_text("instead of").first).to_be_visible()
    page.get_by_role("button", name="Publish what is ticked").click()
    expect(page.get_by_text("published", exact=True)).to_be_visible(timeout=SOON)
    moved = face.world.client("coordinator").get(f"/api/v1/appointments/{visit['id']}").json()
    assert not moved["start"].startswith(DAY)
    page.goto(f"/reminders?patient={visit['patients'][0]}&status=pending")
    told = page.locator("main").inner_text()
    on = datetime.fromisoformat(moved["start"])
    assert f"{on:%A} {on.day} {on:%B}" in told.partition("are you home and well")[0]


@TWO
def test_a_session_that_runs_over_gives_the_next_one_another_time(face: Face) -> None:
    coordinator = face.world.client("coordinator")
    booked(coordinator)
    ben = booked(coordinator, patient="ben", at=f"{DAY}T13:00:00-05:00")
    face.world.now = datetime.fromisoformat(f"{DAY}T10:30:00-05:00")
    page = face.page("coordinator")
    page.goto("/repair")
    page.get_by_label("A dose session runs over").check()
    page.get_by_label("Which session, of today").select_option(index=1)
    page.get_by_label("Lasts until").fill("14:00")
    page.get_by_role("button", name="Store it, and look").click()
    planned(face)
    expect(page.get_by_role("heading", name=re.compile("Plan 1"))).to_be_visible(timeout=SOON)
    expect(page.get_by_text("instead of")).to_have_count(1)
    page.get_by_role("button", name="Publish what is ticked").click()
    expect(page.get_by_text("published", exact=True)).to_be_visible(timeout=SOON)
    assert start_of(face, ben) >= "14:00"


@TWO
def test_of_two_who_want_the_same_bay_the_second_is_told_and_keeps_the_place(face: Face) -> None:
    coordinator = face.world.client("coordinator")
    ada = booked(coordinator)
    ben = booked(coordinator, patient="ben", at=f"{DAY}T13:00:00-05:00")
    pages = [face.page(role) for role in ("coordinator", "nurse")]
    for page, visit in zip(pages, (ada, ben), strict=True):
        page.goto(f"/visits/{visit['id']}?on={DAY}")
        page.get_by_role("radio", name=re.compile("^15:00")).check()
    first, second = pages
    first.get_by_role("button", name="Move").click()
    expect(first.locator(".lead")).to_contain_text("15:00 to")
    second.get_by_role("button", name="Move").click()
    expect(second.get_by_role("alert")).to_contain_text("This does not work.")
    expect(second.locator(".lead")).to_contain_text("13:00 to")
    expect(second.get_by_role("radio", name=re.compile("^15:00"))).to_have_count(0)
    assert (start_of(face, ada), start_of(face, ben)) == ("15:00", "13:00")
    [refused] = face.complaints
    assert "422" in refused  # a browser's console names every answer that is a refusal
    face.complaints.clear()


def test_another_language_leaves_one_where_one_was(face: Face) -> None:
    page = face.page("coordinator")
    page.goto(f"/calendar?date={DAY}&by=people")
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    assert page.url.endswith(f"/calendar?date={DAY}&by=people")

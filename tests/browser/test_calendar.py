"""A visit is dragged: to a time that works, to one that does not; and by keyboard."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests import factories
from tests.api.service.test_appointments import booked
from tests.browser.conftest import Face

DAY = "2027-01-05"

TWO = pytest.mark.parametrize(
    "face", [{"patients": [factories.patient("ada"), factories.patient("ben")]}], indirect=True
)
"""With another patient, who may come at the same hours."""

CALL = factories.session("call", modality="virtual", needs=[{"role": "therapist"}])
CALLED = pytest.mark.parametrize(
    "face", [{"pathways": [factories.pathway(factories.dose(), CALL)]}], indirect=True
)
"""Where a patient is also called up, at no place."""


def start_of(face: Face, visit: dict[str, Any]) -> str:
    """When a visit begins, by the clinic's clock, as the service has it."""
    [bar] = [
        bar
        for bar in face.world.client("coordinator")
        .get("/calendar/bars", params={"first": DAY, "last": DAY})
        .json()
        if bar.get("id") == visit["id"]
    ]
    return str(bar["start"])[11:]


def drag(
    page: Page, hours: float, *, name: str = "", says: str = "times work", then: str = ""
) -> None:
    """Pick a visit up, wait until the service says what works, and let it go so much later.

    ``then``: what is said over that time, before it is let go.
    """
    bar = page.locator(".ec-event:not(.ec-bg-event)", has_text=name)
    box = bar.bounding_box()
    assert box is not None
    x, y = box["x"] + 20, box["y"] + 10
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y, steps=3)
    expect(page.locator("#says")).to_contain_text(says)
    hour = page.locator(".ec-slot").first.bounding_box()
    assert hour is not None
    page.mouse.move(x + hours * hour["width"], y, steps=10)
    expect(page.locator("#says")).to_contain_text(then)
    page.mouse.up()


def test_a_visit_is_dragged_to_a_time_that_works_and_put_back_from_one_that_does_not(
    face: Face,
) -> None:
    visit = booked(face.world.client("coordinator"))
    page = face.page("coordinator")
    page.goto(f"/calendar?date={DAY}")
    expect(page.locator(".ec-event.dose")).to_be_visible()
    drag(page, 1)
    expect(page.get_by_role("alert")).to_contain_text("Moved to")
    assert start_of(face, visit) == "11:00"
    page.get_by_role("button", name="Close", exact=True).last.click()
    drag(page, 6)
    expect(page.get_by_role("alert")).to_contain_text("does not work")
    assert start_of(face, visit) == "11:00"


def test_a_place_that_a_visit_cannot_have_is_refused_with_the_reason(face: Face) -> None:
    visit = booked(face.world.client("coordinator"))
    page = face.page("coordinator")
    page.goto(f"/calendar?date={DAY}")
    box = page.locator(".ec-event.dose").bounding_box()
    office = page.get_by_text("Office", exact=True).bounding_box()
    assert box is not None
    assert office is not None
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 32, box["y"] + 10, steps=3)
    expect(page.locator("#says")).to_contain_text("times work")
    page.mouse.move(box["x"] + 20, office["y"] + 5, steps=10)
    page.mouse.up()
    expect(page.get_by_role("alert")).to_contain_text("does not work")
    assert start_of(face, visit) == "10:00"


@CALLED
def test_a_visit_at_no_place_is_dragged_along_its_own_row(face: Face) -> None:
    visit = booked(face.world.client("coordinator"), activity="call")
    assert visit["location"] is None
    page = face.page("coordinator")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto(f"/calendar?date={DAY}")
    drag(page, 1, then="11:00 works.")
    expect(page.get_by_role("alert")).to_contain_text("Moved to")
    assert start_of(face, visit) == "11:00"
    assert asked.count("find") == 1, "all times at once, and none of them again"


def test_a_first_visit_brings_its_bars_along_and_a_change_is_asked_for(face: Face) -> None:
    coordinator = face.world.client("coordinator")
    first = booked(coordinator)
    coordinator.post("/api/v1/facts/closure", json={"day": "2027-01-06", "reason": "burst pipe"})
    page = face.page("coordinator")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/calendar?date={DAY}&span=week")
    bar = page.locator(".ec-event.dose")
    expect(bar).to_contain_text("ada")
    expect(bar).to_contain_text("10:00 to 11:30")
    expect(bar).to_contain_text("Bay")
    expect(page.locator(".ec-bg-event").first).to_contain_text("burst pipe")
    with page.expect_response("**/calendar/bars*"):
        coordinator.post(f"/api/v1/appointments/{first['id']}/cancel", json={"reason": "pat"})
    expect(bar).to_have_count(0)
    assert len([url for url in asked if "/calendar/bars" in url]) == 1, "of the change alone"


def test_what_changes_while_a_page_is_on_its_way_is_not_missed(face: Face) -> None:
    coordinator = face.world.client("coordinator")
    page = face.page("coordinator")

    def meanwhile(route: Route) -> None:
        booked(coordinator)
        route.continue_()

    page.route("**/dist/calendar.js", meanwhile)
    page.goto(f"/calendar?date={DAY}")
    expect(page.locator("#twin")).to_contain_text("Nothing is booked")
    expect(page.locator(".ec-event.dose")).to_be_visible()


def test_a_toast_that_refuses_is_in_spanish_for_who_reads_spanish(face: Face) -> None:
    coordinator = face.world.client("coordinator")
    visit = booked(coordinator)
    coordinator.post("/language", data={"language": "es"})
    page = face.page("coordinator")
    page.goto(f"/calendar?date={DAY}")

    def meanwhile(route: Route) -> None:
        other = face.world.client("coordinator")
        other.post(f"/api/v1/appointments/{visit['id']}/cancel", json={"reason": "pat"})
        route.continue_()

    page.route("**/move", meanwhile)
    drag(page, 1, says="horas son posibles")
    toast = page.get_by_role("alert")
    expect(toast).to_contain_text("ya va por la versión 2: léalo de nuevo y decida otra vez")
    face.complaints.clear()  # a refusal is a complaint of the browser's


def test_what_can_be_dragged_can_be_done_by_keyboard(face: Face) -> None:
    visit = booked(face.world.client("coordinator"))
    page = face.page("coordinator")
    page.goto(f"/calendar?date={DAY}")
    fetched: list[str] = []
    page.on("request", lambda asked: fetched.append(asked.url))
    page.locator(".ec-event.dose").focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    page.wait_for_load_state("networkidle")
    # Fetched once: a second part shown late would take away what has been chosen by then.
    assert [url for url in fetched if "/visits/" in url] == [f"{face.address}/visits/{visit['id']}"]
    panel.get_by_role("radio").first.check()
    chosen = panel.get_by_role("radio").first.get_attribute("value") or ""
    panel.get_by_role("button", name="Move").click()
    expect(panel.locator(".lead")).to_contain_text(chosen[11:16])
    assert start_of(face, visit) == chosen[11:16]


@TWO
def test_let_go_on_somebody_elses_visit_the_two_can_change_places(face: Face) -> None:
    coordinator = face.world.client("coordinator")
    ada = booked(coordinator)
    ben = booked(coordinator, patient="ben", at=f"{DAY}T13:00:00-05:00")
    page = face.page("coordinator")
    page.goto(f"/calendar?date={DAY}")
    drag(page, 3, name="ada")
    page.get_by_role("alert").get_by_role("button", name="Change places with ben").click()
    expect(page.get_by_role("alert")).to_contain_text("has the old place")
    assert (start_of(face, ada), start_of(face, ben)) == ("13:00", "10:00")


@TWO
def test_places_are_changed_by_keyboard_too(face: Face) -> None:
    coordinator = face.world.client("coordinator")
    ada = booked(coordinator)
    ben = booked(coordinator, patient="ben", at=f"{DAY}T13:00:00-05:00")
    page = face.page("coordinator")
    page.goto(f"/calendar?date={DAY}")
    page.locator(".ec-event.dose", has_text="ada").focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog")
    panel.get_by_role("link", name="See with whom").press("Enter")
    panel.get_by_role("radio", name="13:00 ben").check()
    panel.get_by_role("button", name="Change places").press("Enter")
    expect(panel.locator(".lead")).to_contain_text("13:00 to")
    assert (start_of(face, ada), start_of(face, ben)) == ("13:00", "10:00")


def test_the_line_of_the_present_goes_by_the_clinics_clock_wherever_one_looks(face: Face) -> None:
    booked(face.world.client("coordinator"))
    page = face.page("coordinator", timezone_id="Asia/Tokyo")
    page.clock.set_fixed_time(f"{DAY}T15:00:00Z")  # ten in New York
    page.goto(f"/calendar?date={DAY}")
    bar, line = page.locator(".ec-event.dose"), page.locator(".ec-now-indicator")
    expect(line).to_be_visible()
    places = [one.bounding_box() for one in (bar, line)]
    assert places[0] is not None
    assert places[1] is not None
    assert abs(places[0]["x"] - places[1]["x"]) < 12, "the visit begins at ten"


def test_what_others_change_appears_by_itself(face: Face) -> None:
    visit = booked(face.world.client("coordinator"))
    page = face.page("coordinator")
    page.goto(f"/calendar?date={DAY}")
    expect(page.locator(".ec-event.dose")).to_be_visible()
    other = face.world.client("coordinator")
    other.post(f"/api/v1/appointments/{visit['id']}/cancel", json={"reason": "pat"})
    expect(page.locator(".ec-event.dose")).to_have_count(0, timeout=15_000)

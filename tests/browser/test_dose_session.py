"""A dose session in a browser: one hand, two people at once, alarms, a connection that is lost."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from api.auth import entering
from pathways import timing
from tests.api.service.dose_day import NEW_YORK, TUESDAY, DoseDay, dose_day_on_sqlite
from tests.browser.conftest import Face, reached
from tests.browser.test_accessible import STANDARD
from tests.browser.test_sizes import MOST
from tests.databases import Databases
from tests.scheduler.sessions.visits import GOOD

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
ANSWERS: tuple[str, ...] = (
    *("A new illness?", "New medicines?", "Alcohol or drugs?", "Could there be a pregnancy?"),
    "Do the questions on suicide ask for a clinician?",
)


@dataclass
class Bay:
    """A session, and tabs in which people look after it."""

    day: DoseDay
    face: Face

    @property
    def path(self) -> str:
        return f"/today/{self.day.visit()}"

    def open(self, role: str, **context: Any) -> Page:
        page = self.face.page(role, **context)
        page.goto(self.path)
        return page

    def at(self, clock: str, page: Page, role: str = "nurse") -> None:
        """Let it become so late, and look at the page by then; signed in anew, as hours pass."""
        looked_at = page.url
        # What the page still asks for would come hours after its sign-in: no clinic's clock jumps.
        page.goto("about:blank")
        self.sign_in(page, role, timing.instant(TUESDAY, timing.clock_minutes(clock), NEW_YORK))
        self.day.at(clock)
        page.goto(looked_at)

    def sign_in(self, page: Page, role: str, at: datetime | None = None) -> None:
        """Somebody signs in in another tab of the same browser; this one hears nothing of it."""
        world = self.day.world
        with world.store.writing() as session:
            account = world.account(role)
            token, _ = entering.begin(session, account, strong=True, now=at or world.now)
        page.context.add_cookies([{"name": "careweave", "value": token, "url": self.face.address}])

    def events(self) -> list[dict[str, Any]]:
        """What was written down, in order."""
        answer = self.day.client("nurse").get(f"/api/v1/sessions/{self.day.visit()}").json()
        found: list[dict[str, Any]] = answer["events"]
        return found

    def recorded(self) -> list[str]:
        """The kinds of what was written down, in order."""
        return [event["kind"] for event in self.events()]


@pytest.fixture
def bay(chromium: Browser, databases: Databases, tmp_path: Path) -> Iterator[Bay]:
    with dose_day_on_sqlite(databases, tmp_path) as day, ExitStack() as left:
        address = left.enter_context(reached(day.world))
        yield Bay(day, Face(day.world, chromium, address, [], left))


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_a_whole_session_with_an_overrun_by_one_hand(bay: Bay) -> None:
    nurse = bay.open("nurse", **PHONE)
    bay.at("12:30", nurse)
    button(nurse, "The patient is here").click()
    check_in(nurse)
    take_signs(nurse, 150, 78, 72, 98, 5)
    expect(nurse.locator("#giving")).to_contain_text("blood pressure 150/78: prescriber decides")
    a_prescriber_decides(bay)
    expect(nurse.locator("#giving")).to_have_count(0)
    bay.at("13:00", nurse)
    nurse.get_by_text("Give the drug now", exact=True).click()
    nurse.get_by_text("56 mg").click()
    button(nurse, "The drug is given now").click()
    button(nurse, "Next device (2)").click()
    expect(nurse.locator("#driving")).to_contain_text("Drives again from Wed 20 Jan 06:00")
    an_alarm_rings_until_somebody_answers(bay, nurse)
    bay.at("14:50", nurse)
    expect(nurse.locator("#leaving")).to_contain_text("Opens at 15:00")
    take_signs(nurse, 122, 78, 72, 98, 5)
    bay.at("15:02", nurse)
    they_stay_longer(bay, nurse)
    they_go_home(bay, nurse)
    assert bay.day.row().status == "fulfilled"
    assert bay.face.complaints == []


def check_in(nurse: Page) -> None:
    nurse.get_by_text("Check in", exact=True).click()
    for words in ANSWERS:
        nurse.get_by_role("group", name=words).get_by_text("No", exact=True).click()
    nurse.get_by_role("group", name="Was the fast kept?").get_by_text("Yes", exact=True).click()
    nurse.get_by_label("Who takes the patient home?").select_option("adult")
    nurse.get_by_label("Name").fill("Rowan Fictional")
    button(nurse, "Record the check-in").click()
    expect(nurse.locator("#log")).to_contain_text("Check-in")


def take_signs(nurse: Page, *values: int, asked: str = "") -> None:
    """By the large keys alone; the next field comes by itself once one is full."""
    keys = nurse.get_by_role("group", name="Number keys")
    for value in values:
        for digit in str(value):
            keys.get_by_text(digit, exact=True).click()
        if str(value) == asked:
            expect(nurse.locator("[data-ask]")).to_contain_text(f"Oxygen {asked}")
            button(nurse, "Yes, it is right").click()
    nurse.get_by_role("group", name="Dissociation?").get_by_text("No", exact=True).click()
    button(nurse, "Record vital signs").click()
    written = f"Vital signs: {values[0]}/{values[1]}, pulse {values[2]}"
    expect(nurse.locator("#log li").first).to_contain_text(written)


def a_prescriber_decides(bay: Bay) -> None:
    """In another browser; the nurse's page shows it by itself."""
    prescriber = bay.open("prescriber")
    prescriber.get_by_text("Decide", exact=True).click()
    prescriber.get_by_text("Go ahead", exact=True).click()
    button(prescriber, "Record the decision").click()
    expect(prescriber.locator("#log li").first).to_contain_text("Decision: go ahead")
    prescriber.context.close()


def an_alarm_rings_until_somebody_answers(bay: Bay, nurse: Page) -> None:
    bay.at("13:42", nurse)
    expect(nurse.locator("#next")).to_contain_text("at the peak")
    take_signs(nurse, 130, 80, 76, 88, 5, asked="88")
    alarm = nurse.get_by_role("alert").filter(has_text="Oxygen saturation 88")
    expect(alarm).to_contain_text("urgent: go there now")
    expect(nurse).to_have_title("⚠ Oxygen saturation 88: p-1")
    button(nurse, "I see to it").click()
    expect(alarm).to_have_count(0)
    expect(nurse.locator(".seen")).to_contain_text("Oxygen saturation 88")
    expect(nurse).to_have_title("p-1: monitoring")


def they_stay_longer(bay: Bay, nurse: Page) -> None:
    """Whom it hits stands there before anybody says so, and is told once they have."""
    nurse.get_by_role("link", name="Stays longer").click()
    panel = nurse.get_by_role("dialog", name="Stays longer")
    expect(panel).to_contain_text("Nobody after this patient has to wait or move.")
    panel.get_by_role("link", name="30 min").click()
    expect(panel).to_contain_text("Bay 1: promised to p-2 at 15:30")
    assert "extended" not in bay.recorded()
    button(nurse, "Stays until 15:45").click()
    expect(panel).to_have_count(0)
    expect(nurse.locator("#overrun")).to_contain_text("Lasts until 15:45")


def they_go_home(bay: Bay, nurse: Page) -> None:
    """What is open keeps the key for leaving shut; what is ticked stays, whatever others record."""
    leaving = nurse.locator("#leaving")
    expect(leaving.get_by_role("button", name="Discharge")).to_be_disabled()
    leaving.get_by_label("Oriented, and walks safely.").check()
    bay.day.recorded("15:02", "note given")
    expect(leaving).to_contain_text("open points: 3")
    expect(button(nurse, "Instructions handed over")).to_have_count(0)
    button(nurse, "The ride is here").click()
    expect(leaving).to_contain_text("open points: 2")
    expect(leaving.get_by_label("Oriented, and walks safely.")).to_be_checked()
    leaving.get_by_label("Nausea is under control.").check()
    button(nurse, "I have seen this").click()
    leaving.get_by_role("button", name="Discharge").click()
    expect(nurse).to_have_title("p-1: gone home")
    expect(nurse.locator("#driving")).to_contain_text("Drives again from Wed 20 Jan 06:00")


def test_two_people_see_the_same_and_what_is_half_typed_stays(bay: Bay) -> None:
    bay.day.begin()
    bay.day.at("13:35")
    one, other = bay.open("nurse"), bay.open("charge nurse")
    one.get_by_label("Systolic").fill("126")
    other.get_by_text("Side effect", exact=True).click()
    other.get_by_text("Nausea", exact=True).click()
    button(other, "Record the side effect").click()
    expect(one.locator("#effect-nausea")).to_contain_text("Nausea has not passed")
    expect(one.get_by_role("status")).to_have_text("Newly recorded: Side effect: nausea")
    other.get_by_label("Oxygen").fill("97")
    button(other, "Record vital signs").click()
    expect(one.locator("#log li").first).to_contain_text("oxygen 97 %")
    expect(one.get_by_label("Systolic")).to_have_value("126")
    one.get_by_label("Diastolic").fill("80")
    button(one, "Record vital signs").click()
    expect(other.locator("#log li").first).to_contain_text("Vital signs: 126/80")
    expect(one.get_by_label("Systolic")).to_have_value("")
    assert bay.face.complaints == []


def test_vital_signs_are_taken_by_keyboard_alone(bay: Bay) -> None:
    bay.day.begin()
    bay.day.at("13:40")
    page = bay.open("nurse")
    page.get_by_label("Systolic").focus()
    page.keyboard.type("13078185")
    expect(button(page, "Yes, it is right")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Oxygen")).to_be_focused()
    page.keyboard.type("975")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(button(page, "Record vital signs")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#log li").first).to_contain_text("130/78, pulse 185, oxygen 97")
    assert bay.face.complaints == []


def test_what_is_typed_without_a_connection_is_kept_and_sent_once_it_is_back(bay: Bay) -> None:
    bay.day.begin()
    bay.day.at("13:40")
    page = bay.open("nurse")
    page.context.set_offline(True)
    expect(page.locator("#lost")).to_contain_text("No connection since 13:40")
    page.get_by_label("Systolic").fill("126")
    page.get_by_label("Diastolic").fill("80")
    button(page, "Record vital signs").click()
    waits = page.get_by_role("region", name="Not sent yet")
    expect(waits).to_contain_text("13:40 Systolic 126, Diastolic 80")
    page.get_by_text("Has left early", exact=True).click()
    page.get_by_label("Why").first.fill("half a reason")
    assert bay.recorded().count("vitals") == 1
    page.context.set_offline(False)
    expect(waits).to_be_hidden()
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("#log li").first).to_contain_text("Vital signs: 126/80")
    expect(page.get_by_label("Why").first).to_have_value("half a reason")
    assert bay.recorded().count("vitals") == 2
    assert all("ERR_INTERNET_DISCONNECTED" in said for said in bay.face.complaints)


def type_signs(page: Page) -> Locator:
    """Record 126/80, and where it stands as long as it is not sent."""
    page.get_by_label("Systolic").fill("126")
    page.get_by_label("Diastolic").fill("80")
    page.get_by_role("group", name="Dissociation?").get_by_text("No", exact=True).click()
    button(page, "Record vital signs").click()
    return page.get_by_role("region", name="Not sent yet")


def expect_sent(bay: Bay, page: Page) -> None:
    """By itself, and once."""
    expect(page.locator("#log li").first).to_contain_text("Vital signs: 126/80")
    expect(page.get_by_role("region", name="Not sent yet")).to_be_hidden()
    assert bay.recorded().count("vitals") == 2


@pytest.fixture
def peak(bay: Bay) -> Page:
    """A nurse's page when vital signs are due."""
    bay.day.begin()
    bay.day.at("13:40")
    return bay.open("nurse")


def test_what_was_kept_offline_is_sent_after_a_new_sign_in(bay: Bay, peak: Page) -> None:
    peak.context.set_offline(True)
    expect(peak.locator("#lost")).to_be_visible()
    waits = type_signs(peak)
    expect(waits).to_contain_text("13:40 Systolic 126, Diastolic 80, Dissociation? No")
    bay.sign_in(peak, "nurse")
    peak.context.set_offline(False)
    expect_sent(bay, peak)


def test_a_form_of_the_sign_in_before_is_sent_with_the_token_of_the_new_one(
    bay: Bay, peak: Page
) -> None:
    bay.sign_in(peak, "nurse")
    type_signs(peak)
    expect_sent(bay, peak)


def test_whoever_was_signed_out_and_comes_in_elsewhere_has_nothing_to_press(
    bay: Bay, peak: Page
) -> None:
    peak.context.clear_cookies()
    expect(type_signs(peak)).to_contain_text("Systolic 126, Diastolic 80")
    expect(peak.locator("#out")).to_be_visible()
    bay.sign_in(peak, "nurse")
    expect_sent(bay, peak)
    expect(peak.locator("#out")).to_be_hidden()


def expect_signed_out(page: Page) -> None:
    """It is said in so many words, with a way in that leaves the page as it is."""
    told = page.locator(".toast[role=alert]")
    expect(told).to_contain_text("ou were signed out")
    expect(told.get_by_role("link")).to_have_attribute("href", "/sign-in")
    expect(told.get_by_role("link")).to_have_attribute("target", "_blank")
    expect(page.locator("#lost")).to_be_hidden()
    expect(page.get_by_label("Why").first).to_have_value("half a reason")


def test_what_is_recorded_while_signed_out_stays_until_it_can_be(bay: Bay, peak: Page) -> None:
    peak.get_by_text("Has left early", exact=True).click()
    peak.get_by_label("Why").first.fill("half a reason")
    peak.context.clear_cookies()
    button(peak, "They have left").click()
    expect_signed_out(peak)
    bay.sign_in(peak, "nurse")
    expect(peak.locator(".toast")).to_have_count(0)
    button(peak, "They have left").click()
    expect(peak.locator("#log li").first).to_contain_text("half a reason")
    assert bay.recorded().count("left early") == 1


def test_whoever_is_signed_out_asks_in_vain_whom_a_longer_stay_would_hit(
    bay: Bay, peak: Page
) -> None:
    peak.get_by_text("Has left early", exact=True).click()
    peak.get_by_label("Why").first.fill("half a reason")
    link = peak.get_by_role("link", name="Stays longer")
    link.click()
    panel = peak.get_by_role("dialog")
    peak.context.clear_cookies()
    panel.get_by_role("link", name="30 min").click()
    expect_signed_out(peak)
    expect(panel.get_by_role("alert")).to_be_visible()
    bay.sign_in(peak, "nurse")
    expect(peak.locator(".toast")).to_have_count(0)
    panel.get_by_role("link", name="30 min").click()
    expect(panel.locator("[aria-current]")).to_have_text("30 min")


@pytest.mark.parametrize(
    ("status", "says"),
    [(404, "There is no such visit"), (403, "There is no such visit"), (500, "has failed")],
)
def test_whoever_asks_in_vain_whom_a_longer_stay_would_hit_keeps_what_is_typed(
    bay: Bay, peak: Page, status: int, says: str
) -> None:
    peak.get_by_text("Has left early", exact=True).click()
    peak.get_by_label("Why").first.fill("half a reason")
    refused = '<main><section role="alert"><p class="large">There is no such visit</p></section>'
    peak.route(
        "**/longer",
        lambda route: route.fulfill(status=status, body=refused, content_type="text/html"),
    )
    peak.get_by_role("link", name="Stays longer").click()
    expect(peak.locator(".toast[role=alert]")).to_contain_text(says)
    expect(peak).to_have_url(f"{bay.face.address}{bay.path}")
    expect(peak.get_by_label("Why").first).to_have_value("half a reason")
    bay.face.complaints.clear()  # the browser complains of the status


def test_an_entry_on_which_the_service_fails_waits_and_holds_no_other_up(
    bay: Bay, peak: Page
) -> None:
    failing = True

    def fail(route: Route) -> None:
        if failing and (route.request.post_data_json or {}).get("systolic") == 126:
            problem = {"title": "Something went wrong here."}
            route.fulfill(status=500, json=problem)
        else:
            route.fallback()

    peak.route("**/api/v1/sessions/*/events", fail)
    peak.context.set_offline(True)
    expect(peak.locator("#lost")).to_be_visible()
    waits = type_signs(peak)
    peak.get_by_label("Systolic").fill("131")
    peak.get_by_label("Diastolic").fill("81")
    button(peak, "Record vital signs").click()
    expect(waits).to_contain_text("Systolic 131")
    peak.context.set_offline(False)
    expect(peak.locator("#log li").first).to_contain_text("Vital signs: 131/81")
    expect(waits).to_contain_text("Not sent yet")
    expect(waits).to_contain_text("Something went wrong here.")
    expect(peak.locator("#lost")).to_be_hidden()
    failing = False
    expect(waits).to_be_hidden(timeout=30_000)
    assert bay.recorded().count("vitals") == 3


def test_a_form_on_which_the_service_fails_stays_as_it_was_typed(bay: Bay, peak: Page) -> None:
    peak.get_by_text("Has left early", exact=True).click()
    peak.get_by_label("Why").first.fill("half a reason")
    peak.route(
        f"**{bay.path}",
        lambda route: (
            route.fulfill(status=500) if route.request.method == "POST" else route.fallback()
        ),
    )
    button(peak, "They have left").click()
    expect(peak.locator(".toast")).to_contain_text("the service has failed")
    expect(peak.locator("#lost")).to_be_hidden()
    expect(peak.get_by_label("Why").first).to_have_value("half a reason")


def test_nobody_sends_or_sees_what_another_has_typed(bay: Bay, peak: Page) -> None:
    peak.context.set_offline(True)
    expect(peak.locator("#lost")).to_be_visible()
    waits = type_signs(peak)
    peak.get_by_text("Has left early", exact=True).click()
    peak.get_by_label("Why").first.fill("half a reason")
    bay.sign_in(peak, "charge nurse")
    peak.context.set_offline(False)
    other = bay.day.world.account("charge nurse")
    expect(peak.locator(f"main[data-account='{other.id}']")).to_be_visible()
    expect(waits).to_be_hidden()
    expect(peak.get_by_label("Why").first).to_have_value("")
    assert bay.recorded().count("vitals") == 1
    bay.sign_in(peak, "nurse")
    peak.reload()
    expect_sent(bay, peak)
    assert bay.events()[-1]["recorded_by"] == str(bay.day.world.account("nurse").id)


def test_what_happens_while_a_page_opens_is_not_missed(bay: Bay) -> None:
    bay.day.begin()
    bay.day.at("13:40")
    page = bay.face.page("nurse")

    def late(stream: Route) -> None:
        bay.day.recorded("13:40", "side effect", effect="nausea")
        stream.continue_()

    page.route("**/stream", late)
    page.goto(bay.path)
    expect(page.locator("#log li").first).to_contain_text("nausea")


HURRIED = """
const real = window.setTimeout;
window.setTimeout = (act, wait, ...more) => real(act, wait > 20000 ? 300 : wait, ...more);
"""
"""A page that looks again at once, and not after a minute."""


def test_a_page_that_nobody_touches_says_so_unless_it_watches_over_a_dose(bay: Bay) -> None:
    page = _hurried(bay)
    with page.expect_request(lambda asked: _by_itself(asked) is True):
        pass
    with page.expect_request(lambda asked: _by_itself(asked) is False):
        page.mouse.move(40, 40)
    bay.day.begin()
    watching = _hurried(bay)
    for _ in range(3):
        with watching.expect_request(lambda asked: _by_itself(asked) is not None) as renewed:
            pass
        assert _by_itself(renewed.value) is False


def _hurried(bay: Bay) -> Page:
    page = bay.face.page("nurse")
    page.add_init_script(HURRIED)
    page.goto(bay.path)
    return page


def _by_itself(asked: Request) -> bool | None:
    """Whether a page says that it renews itself and nobody is there; None for all else it asks."""
    if asked.resource_type != "fetch" or "/today/" not in asked.url:
        return None
    return "x-by-itself" in asked.headers


def test_vital_signs_wait_where_too_much_was_asked(bay: Bay, peak: Page) -> None:
    bay.day.recorded("13:40", "side effect", effect="nausea")
    expect(peak.locator("#log li").first).to_contain_text("nausea")
    settings = bay.day.world.settings
    most, settings.requests_a_minute = settings.requests_a_minute, 0
    waits = type_signs(peak)
    expect(waits).to_contain_text(
        "Not sent yet 13:40 Systolic 126, Diastolic 80, Dissociation? No Please wait"
    )
    settings.requests_a_minute = most
    bay.day.recorded("13:41", "side effect", effect="anxiety")
    expect(waits).to_be_hidden()
    assert bay.recorded().count("vitals") == 2


def test_vital_signs_that_come_too_late_stay_with_the_reason(bay: Bay, peak: Page) -> None:
    peak.get_by_label("Systolic").fill("126")
    bay.day.recorded("13:41", "left early", reason="felt well")
    expect(peak).to_have_title("p-1: left early")
    bay.day.at("13:42")
    waits = type_signs(peak)
    expect(waits).to_contain_text("Not recorded 13:41 Systolic 126, Diastolic 80, Dissociation? No")
    expect(waits).to_contain_text("the session is over: left early")
    button(peak, "Put aside").click()
    expect(waits).to_be_hidden()


def test_signs_that_make_no_sense_stay_in_their_form_until_they_are_mended(
    bay: Bay, peak: Page
) -> None:
    field = peak.get_by_label("Systolic")
    field.evaluate("field => { field.max = 9999; delete field.dataset.asksHigh }")
    field.fill("900")
    button(peak, "Record vital signs").click()
    expect(peak.locator("#refusal")).to_contain_text("systolic")
    bay.day.recorded("13:41", "side effect", effect="nausea")
    expect(peak.locator("#log li").first).to_contain_text("nausea")
    expect(field).to_have_value("900")


THEMES: tuple[tuple[Literal["light", "dark"], dict[str, list[str]]], ...] = (
    ("light", STANDARD),
    ("dark", {"runOnly": ["color-contrast"]}),
)


def faults_of(page: Page, state: str) -> list[str]:
    """What axe finds in a state of the page, light and dark; in the dark only colours differ."""
    found = []
    for theme, rules in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for broken in Axe().run(page, options=rules).response["violations"]:
            nodes = [node["html"][:160] for node in broken["nodes"][:3]]
            found.append(f"{state}, {theme}: {broken['id']} at {nodes}")
    return found


def opened_lightly(bay: Bay, page: Page) -> int:
    """Open a session for the first time, and say how many bytes that took over the wire."""
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    page.on("requestfinished", note)
    page.goto(bay.path, wait_until="load")
    expect(page.locator("[data-drawn] canvas").first).to_be_visible()
    page.remove_listener("requestfinished", note)
    return sum(one.sizes()["responseBodySize"] for one in asked)


def test_no_state_of_a_session_keeps_anybody_out_and_it_opens_lightly(bay: Bay) -> None:
    bay.day.begin()
    bay.day.at("13:40")
    page = bay.face.page("nurse", **PHONE)
    assert 0 < opened_lightly(bay, page) <= MOST
    page.get_by_text("More signs").click()
    page.get_by_text("All readings as a table").click()
    found = faults_of(page, "vital signs are due")
    bay.day.recorded("13:41", "vitals", **{**GOOD, "systolic": 168, "oxygen_saturation": 88})
    expect(page.get_by_role("alert").filter(has_text="Oxygen")).to_be_visible()
    page.get_by_text("Side effect", exact=True).click()
    page.evaluate("dispatchEvent(new Event('offline'))")
    found += faults_of(page, "alarms ring, and the connection is lost")
    bay.at("15:12", page)
    page.get_by_role("link", name="Stays longer").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += faults_of(page, "whom it hits")
    bay.day.world.account("charge nurse", practitioner_id="nurse-1")
    page = bay.face.page("charge nurse")
    page.goto("/today")
    found += faults_of(page, "one's own day")
    assert "\n".join(found) == ""
    assert bay.face.complaints == []


def test_a_bar_that_is_drawn_out_asks_whom_a_longer_stay_would_hit(bay: Bay) -> None:
    bay.day.begin()
    page = bay.face.page("nurse")
    page.goto(f"/calendar?date={TUESDAY}")
    bar = page.locator(".ec-event.is-checked-in")
    bar.hover()
    box = bar.bounding_box()
    hour = page.locator(".ec-slot").first.bounding_box()
    assert box is not None
    assert hour is not None
    x, y = box["x"] + box["width"] - 3, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + hour["width"] / 2, y, steps=8)
    page.mouse.up()
    expect(page.get_by_role("heading", name="Stays longer")).to_be_visible()
    # About half an hour: by where the bar ends on the screen, a step more.
    assert page.locator("[aria-current=true]").inner_text() in ("30 min", "45 min")

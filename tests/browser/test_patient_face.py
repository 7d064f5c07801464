"""The patient's telephone in a real browser: what tests of single requests cannot see."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import (
    Axe,
)
from playwright.sync_api import Browser, Page, expect

from scheduler.store.tables import Patient
from tests.api.service.dose_day import DoseDay, eve_on_sqlite
from tests.browser.conftest import Face, reached
from tests.databases import Databases

PHONE = {"width": 390, "height": 844}
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PAGES = (
    *("/me", "/me/weeks", "/me/questions", "/me/questions/PHQ-9", "/me/messages", "/me/more"),
    *("/me/knowing", "/me/cover", "/me/visits/{visit}/times", "/offline", "/sign-in"),
)
KEPT = "(async () => (await (await import('/static/keeping.js')).kept()))()"
IS_KEPT_SOON = """async () => {
    const { kept } = await import('/static/keeping.js');
    for (const end = Date.now() + 20_000; Date.now() < end; ) {
        if (await kept()) return true;
        await new Promise((later) => setTimeout(later, 20));
    }
    return false;
}"""
"""Asked in the page: ``wait_for_function`` takes a promise for true, whatever comes of it."""


@dataclass
class Eve:
    """The eve of a dose, and the patient's telephone."""

    day: DoseDay
    face: Face

    def telephone(self, **context: Any) -> Page:
        return self.face.page("patient", patient="p-1", viewport=PHONE, **context)


@pytest.fixture
def eve(chromium: Browser, databases: Databases, tmp_path: Path) -> Iterator[Eve]:
    with eve_on_sqlite(databases, tmp_path) as day, ExitStack() as left:
        address = left.enter_context(reached(day.world))
        yield Eve(day, Face(day.world, chromium, address, [], left))


@pytest.mark.parametrize(
    ("language", "scheme", "pages"), [("en", "light", PAGES), ("es", "dark", PAGES[:6])]
)
def test_no_page_of_a_patient_shuts_anybody_out(
    eve: Eve, language: str, scheme: str, pages: tuple[str, ...]
) -> None:
    with eve.day.world.store.writing() as session:
        session.get_one(Patient, ("harbor", "p-1")).language = language
    page = eve.telephone(color_scheme=scheme)
    found = [
        fault
        for path in pages
        for fault in faults_of(page, path.format(visit=eve.day.visit("p-1-next")))
    ]
    assert "\n".join(found + eve.face.complaints) == ""


def faults_of(page: Page, path: str) -> list[str]:
    """What axe finds on a page, and whether it is wider than the telephone."""
    page.goto(path)
    violations = Axe().run(page, options=AXE).response["violations"]
    found = [
        f"{path}: {one['id']} at {[' '.join(node['target']) for node in one['nodes']][:3]}"
        for one in violations
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"{path}: {wide} wide"] if wide > PHONE["width"] else [])


def test_a_patient_answers_by_touch_and_what_they_touch_is_kept(eve: Eve) -> None:
    page = eve.telephone()
    page.goto("/me")
    page.get_by_role("button", name="I am coming").click()
    expect(page.get_by_text("Thank you. We know that you are coming.")).to_be_visible()
    page.get_by_label("Name").fill("Rowan Fictional")
    page.get_by_label("Telephone").fill("(212) 555-0142")
    page.get_by_text("They have said yes.").click()
    page.get_by_role("button", name="Save my ride").click()
    expect(page.get_by_text("Rowan Fictional takes you home")).to_be_visible()
    page.get_by_role("link", name="Questions").click()
    expect(page.get_by_role("link", name="Generalized Anxiety Disorder")).to_be_visible()
    page.goto("/me/questions/PHQ-9")
    sleep = page.get_by_role("group", name="Sleep")
    sleep.get_by_text("Nearly every day").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    told = page.get_by_text("Somebody of your care team")
    expect(told).to_be_hidden()
    page.get_by_role("group", name="Thoughts of death").get_by_text("On some days").click()
    expect(told).to_be_visible()
    page.reload()
    expect(sleep.get_by_label("Nearly every day")).to_be_checked()
    assert eve.face.complaints == []
    assert eve.day.row().confirmed_at is not None


def test_offline_a_telephone_knows_times_alone_and_signing_out_forgets_them(eve: Eve) -> None:
    eve.day.begin()
    page = eve.telephone()
    page.goto("/me")
    page.evaluate("navigator.serviceWorker.ready")
    assert page.evaluate(IS_KEPT_SOON)
    page.context.set_offline(True)
    page.goto("/me/weeks")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Wednesday, January 20, 6:00 AM")
    expect(page.get_by_role("main")).to_contain_text("Appointment at")
    assert "etamine" not in page.content()
    page.context.set_offline(False)
    page.goto("/me/more")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{eve.face.address}/sign-in")
    assert page.evaluate(KEPT) is None
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(x => x.length)") == 0

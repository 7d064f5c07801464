"""No page of the staff keeps anybody out: axe finds nothing against WCAG 2.2 AA.

English is looked at in the light theme and Spanish in the dark one: each once.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests import factories
from tests.api.service.test_appointments import booked
from tests.browser.conftest import Face

SETTINGS = (
    *("people", "people/nurse", "duty", "places", "accounts"),
    *("texts", "texts/en/N-05.short", "texts/es/N-35.short"),
)
PAGES = {
    "/sign-in": None,
    **dict.fromkeys(
        [
            *("/", "/today", "/calendar?date=2027-01-05", "/calendar?date=2027-01-05&by=people"),
            *("/patients", "/patients/ada", "/enrol", "/cohort", "/load?date=2027-01-05"),
            *("/tasks", "/repair", "/reminders", "/nowhere"),
        ],
        "coordinator",
    ),
    "/patients/ada#notes": "therapist",
    "/pathways": "therapist",
    "/pathways/iop-ketamine-im/2026.1": "therapist",
    "/pathways/compare?one=iop-ketamine-im@2026.1&other=short@own": "therapist",
    **dict.fromkeys(["/settings", *(f"/settings/{p}" for p in SETTINGS)], "admin"),
}
OPENED = "document.querySelectorAll('details.adds, .staff details').forEach((d) => (d.open = true))"
STANDARD = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


GROUPS = {"pathways": [factories.pathway(factories.dose(), factories.group())]}
"""A clinic whose pathway asks for a group, so that the settings offer to add one."""


@pytest.mark.parametrize("face", [GROUPS], indirect=True)
@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "es")])
def test_axe_finds_nothing_on_any_page_of_the_staff(face: Face, theme: str, language: str) -> None:
    for person in filter(None, PAGES.values()):
        face.world.account(person, language=language)
    visit = booked(face.world.client("coordinator"))
    tabs = {
        role: face.page(role, color_scheme=theme, locale=language) for role in set(PAGES.values())
    }
    found = []
    for path, role in {**PAGES, f"/visits/{visit['id']}": "coordinator"}.items():
        tabs[role].goto(path)
        tabs[role].wait_for_load_state("load")
        assert tabs[role].locator("html").get_attribute("lang") == language
        tabs[role].evaluate(OPENED)  # a form that is folded away is looked at, too
        if path == "/settings/places":
            expect(tabs[role].locator("form[action='/settings/groups']")).to_be_visible()
        result = Axe().run(tabs[role], options=STANDARD)
        for broken in result.response["violations"]:
            nodes = [node["html"][:160] for node in broken["nodes"][:2]]
            found.append((path, broken["id"], nodes))
    tabs["coordinator"].goto("/calendar")
    said = {"en": "Calendar", "es": "Calendario"}[language]
    expect(tabs["coordinator"].get_by_role("region", name=said)).to_be_visible()
    face.complaints.clear()  # a page that is not there is a complaint of the browser's
    assert found == []

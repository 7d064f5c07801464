"""What a person sees in a browser where the service refuses: a page, never a document."""

import pytest

from tests.api.service.world import World

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_refused_form_says_on_a_page_what_is_wrong_and_what_helps(world: World) -> None:
    client = world.client("coordinator")
    refused = client.post(
        "/plans/7/decide", data={"decision": "publish", "rows": "1"}, headers=BROWSER
    )
    assert refused.status_code == 404
    assert refused.headers["content-type"].startswith("text/html")
    assert "There is no plan 7" in refused.text
    assert 'href="/"' in refused.text


@pytest.mark.parametrize(
    ("path", "status"), [("/patients/nobody", 404), ("/nowhere", 404), ("/calendar?date=soon", 422)]
)
def test_every_refusal_of_a_page_is_a_page(world: World, path: str, status: int) -> None:
    refused = world.client("coordinator").get(path, headers=BROWSER)
    assert (refused.status_code, "<h1>" in refused.text) == (status, True)


def test_what_is_not_ones_own_to_see_is_refused_on_a_page_too(world: World) -> None:
    refused = world.client("patient", patient="ada").get("/cohort", headers=BROWSER)
    assert (refused.status_code, "<h1>" in refused.text) == (403, True)


def test_the_api_answers_a_browser_with_documents_all_the_same(world: World) -> None:
    refused = world.client("coordinator").get("/api/v1/patients/nobody", headers=BROWSER)
    assert refused.headers["content-type"] == "application/problem+json"


def test_somebody_who_has_not_come_in_is_shown_where(world: World) -> None:
    led = world.client(None).post("/repair", data={"what": "closed"}, headers=BROWSER)
    assert (led.status_code, led.headers["location"]) == (303, "/sign-in")

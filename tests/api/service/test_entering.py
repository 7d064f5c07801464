"""Coming in, being recognised, going out."""

from datetime import timedelta

import pytest
from sqlmodel import select

from api.auth import entering
from scheduler.store.tables import AuditEntry
from tests.api.service.world import World


def link(world: World) -> str:
    account = world.account("coordinator")
    with world.store.writing() as session:
        return entering.make_link(session, account, now=world.now, good_for=timedelta(hours=1))


def test_a_link_signs_in_once(world: World) -> None:
    token, browser = link(world), world.client(None)
    assert browser.get(f"/enter/{token}").status_code == 200
    entered = browser.post(f"/enter/{token}")
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert browser.get("/api/v1/me").json()["roles"] == ["coordinator"]
    again = world.client(None).post(f"/enter/{token}")
    assert again.status_code == 401
    assert again.json()["fix"] == "ask for a new one"


def test_a_link_that_has_ended_signs_nobody_in(world: World) -> None:
    token = link(world)
    world.now += timedelta(hours=2)
    assert world.client(None).post(f"/enter/{token}").status_code == 401


def test_nobody_is_told_who_they_are(world: World) -> None:
    refused = world.client(None).get("/api/v1/me")
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"] == "urn:careweave:problem:not-signed-in"


def test_a_member_of_staff_who_is_idle_for_a_quarter_of_an_hour_is_out(world: World) -> None:
    nurse = world.client("nurse")
    world.now += timedelta(minutes=14)
    assert nurse.get("/api/v1/me").status_code == 200
    world.now += timedelta(minutes=14)
    assert nurse.get("/api/v1/me").status_code == 200
    world.now += timedelta(minutes=15)
    assert nurse.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize(
    "headers", [{"x-by-itself": "1"}, {"accept": "text/event-stream"}], ids=["page", "stream"]
)
def test_a_page_that_renews_itself_keeps_nobody_signed_in(
    world: World, headers: dict[str, str]
) -> None:
    nurse = world.client("nurse")
    world.now += timedelta(minutes=14)
    assert nurse.get("/api/v1/me", headers=headers).status_code == 200
    world.now += timedelta(minutes=1)
    assert nurse.get("/api/v1/me").status_code == 401


def test_nobody_stays_for_longer_than_twelve_hours(world: World) -> None:
    nurse = world.client("nurse")
    for _ in range(72):
        world.now += timedelta(minutes=10)
        status = nurse.get("/api/v1/me").status_code
    assert status == 401


def test_whoever_has_gone_out_is_out(world: World) -> None:
    nurse = world.client("nurse")
    assert nurse.post("/sign-out").status_code == 303
    nurse.cookies.set("careweave", nurse.cookies.get("careweave") or "")
    assert nurse.get("/api/v1/me").status_code == 401


def test_a_form_of_somebody_elses_page_does_nothing(world: World) -> None:
    nurse = world.client("nurse")
    del nurse.headers["x-csrf-token"]
    refused = nurse.post("/sign-out", data={"csrf": "guessed"})
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:careweave:problem:old-page")
    assert nurse.get("/api/v1/me").status_code == 200


def test_signing_in_is_written_down(world: World) -> None:
    world.client("nurse")
    with world.store.reading() as session:
        found = session.exec(select(AuditEntry.action, AuditEntry.role)).all()
    assert ("sign-in", "nurse") in found

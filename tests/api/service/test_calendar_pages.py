"""The calendar as a coordinator uses it: rows of rooms or people, and a page for each visit."""

import re
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client
from sqlmodel import select

from scheduler.store.session import Store
from scheduler.store.tables import AuditEntry
from tests import factories
from tests.api.service.test_appointments import booked
from tests.api.service.test_coordination_pages import form
from tests.api.service.world import World, served

DAY = "2027-01-05"


def bars(client: Client, **asked: str) -> list[dict[str, Any]]:
    answer = client.get("/calendar/bars", params={"first": DAY, "last": DAY, **asked})
    found: list[dict[str, Any]] = answer.json()
    return found


def choices(page: str) -> list[str]:
    """The times that a visit's page offers."""
    return re.findall(r'name="choice" value="([^"]+)"', page)


def test_a_visit_stands_in_its_room_by_the_clinics_clock(world: World) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    [bar] = bars(client)
    assert bar["resourceIds"] == [visit["location"]]
    assert (bar["start"], bar["startEditable"]) == (f"{DAY}T10:00", True)
    assert "dose" in bar["classNames"]


def test_by_people_it_stands_with_everybody_who_treats_or_watches(world: World) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    watching = {s["practitioner"] for s in visit["stages"] if s["practitioner"]}
    [bar] = bars(client, by="people")
    assert set(bar["resourceIds"]) == {*visit["practitioners"], *watching}


def test_the_page_says_the_same_as_a_list(world: World) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    page = client.get(f"/calendar?date={DAY}").text
    assert f'href="/visits/{visit["id"]}"' in page
    assert "Nothing is booked" in client.get("/calendar?date=2027-01-06").text


def test_a_week_begins_on_its_monday(world: World) -> None:
    page = world.client("coordinator").get(f"/calendar?date={DAY}&span=week").text
    assert 'data-first="2027-01-04" data-last="2027-01-10"' in page


def test_a_closed_day_and_somebody_away_are_shaded(world: World) -> None:
    client = world.client("coordinator")
    [room, *_] = [head for head in _heads(client) if head.strip()]
    client.post("/api/v1/facts/closure", json={"day": DAY, "reason": "water"})
    [shade] = bars(client)
    assert shade["display"] == "background"
    assert room in shade["resourceIds"]


def _heads(client: Client) -> list[str]:
    return re.findall(r'"id": "([^"]+)"', client.get(f"/calendar?date={DAY}").text)


def test_a_visit_is_moved_to_a_time_that_its_page_offers(world: World) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    place = f"/visits/{visit['id']}"
    offered = choices(client.get(f"{place}?on={DAY}").text)
    assert f"{DAY}T10:00:00-05:00|{visit['location']}" not in offered
    assert form(client, f"{place}/move", choice=offered[0], version="1") == place
    [bar] = bars(client)
    assert bar["start"] == offered[0][:16]


def test_a_time_that_was_not_offered_is_refused_on_the_page(world: World) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    sent = {"choice": f"{DAY}T03:00:00-05:00|{visit['location']}", "version": "1"}
    refused = client.post(f"/visits/{visit['id']}/move", data=sent)
    assert refused.status_code == 422
    assert "This does not work." in refused.text
    assert bars(client)[0]["start"] == f"{DAY}T10:00"


def test_a_page_that_is_not_of_the_present_changes_nothing(world: World) -> None:
    client = world.client("coordinator")
    place = f"/visits/{booked(client)['id']}"
    offered = choices(client.get(f"{place}?on={DAY}").text)
    refused = client.post(f"{place}/move", data={"choice": offered[0], "version": "7"})
    assert refused.status_code == 412
    assert bars(client)[0]["start"] == f"{DAY}T10:00"


def read_by(world: World, route: str) -> list[str]:
    """Whose data the one request to a route has shown, by the record."""
    with world.store.reading() as session:
        seen = session.exec(select(AuditEntry).where(AuditEntry.route == route)).one()
    assert seen.action == "read"
    return list(seen.patients)


@pytest.mark.parametrize(
    ("done", "sent"),
    [
        ("move", {"choice": f"{DAY}T03:00:00-05:00|"}),
        ("swap", {"other": "{id}|1|"}),
        ("end", {"outcome": "flown"}),
    ],
)
def test_whoever_is_refused_has_read_the_visit(
    world: World, done: str, sent: dict[str, str]
) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    data = {name: text.replace("{id}", visit["id"]) for name, text in sent.items()}
    refused = client.post(f"/visits/{visit['id']}/{done}", data={**data, "version": "1"})
    assert (refused.status_code, "ada" in refused.text) == (422, True)
    assert read_by(world, f"{done}_by_form") == visit["patients"]


def test_a_cancelled_visit_leaves_the_calendar(world: World) -> None:
    client = world.client("coordinator")
    place = f"/visits/{booked(client)['id']}"
    form(client, f"{place}/end", outcome="pat", version="1")
    assert bars(client) == []
    assert "cancelled" in client.get(place).text


def test_an_outcome_that_there_is_not_changes_nothing(world: World) -> None:
    client = world.client("coordinator")
    place = f"/visits/{booked(client)['id']}"
    refused = client.post(f"{place}/end", data={"outcome": "flown", "version": "1"})
    assert refused.status_code == 422
    assert len(bars(client)) == 1


def test_two_visits_change_places_by_a_form(store: Store, tmp_path: Path) -> None:
    patients = [factories.patient("ada"), factories.patient("ben")]
    with served(store, tmp_path, patients=patients) as world:
        client = world.client("coordinator")
        ada, ben = booked(client), booked(client, patient="ben", at=f"{DAY}T13:00:00-05:00")
        place = f"/visits/{ada['id']}"
        page = client.get(f"{place}?on={DAY}&swaps=true").text
        [other] = re.findall(r'name="other" value="([^"]+)"', page)
        [asked] = client.get(f"/api/v1/appointments/{ada['id']}/swaps?on={DAY}").json()
        assert (asked["id"], asked["works"], asked["why_not"]) == (ben["id"], True, None)
        refused = client.post(f"{place}/swap", data={"other": other, "version": "7"})
        assert (refused.status_code, "by now" in refused.text) == (412, True)
        assert read_by(world, "swap_by_form") == ["ada", "ben"]
        assert form(client, f"{place}/swap", other=other, version="1") == place
        assert {bar["id"]: bar["start"][11:] for bar in bars(client)} == {
            ada["id"]: "13:00",
            ben["id"]: "10:00",
        }


def test_what_is_no_visit_or_lies_beside_all_dates_is_refused(world: World) -> None:
    client = world.client("coordinator")
    place = f"/visits/{booked(client)['id']}"
    asked = {"accept": "text/html"}
    for other in (f"{'-' * 36}|1|", f"{'a' * 36}|1|", "|1|"):
        sent = {"other": other, "version": "1"}
        refused = client.post(f"{place}/swap", data=sent, headers=asked)
        assert (refused.status_code, "<h1>" in refused.text) == (422, True), other
    for start in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
        sent = {"choice": f"{start}|bay-1", "version": "1"}
        assert client.post(f"{place}/move", data=sent).status_code == 422, start
    for day in ("9999-12-31", "0001-01-01"):
        for path in (f"/calendar?date={day}", f"{place}?on={day}"):
            assert client.get(path).status_code == 422, path


def test_a_place_called_online_is_not_the_row_of_visits_without_a_place(
    store: Store, tmp_path: Path
) -> None:
    online = {"id": "online", "kind": "virtual"}
    document = factories.scenario()
    document["clinic"]["locations"].append(online)
    with served(store, tmp_path, clinic=document["clinic"]) as world:
        rows = _heads(world.client("coordinator"))
    assert len(set(rows)) == len(rows)

"""Booking by hand over HTTP, by who may; lists that ask the database twice, however long."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from httpx2 import Client
from sqlalchemy import event

from scheduler.store.session import Store
from tests import factories
from tests.api.service.world import World, served

BASE = "/api/v1"
WANTED = {"patient": "ada", "activity": "dose", "occurrence": 1, "at": "2027-01-05T10:00:00-05:00"}


def found(client: Client, **changes: Any) -> dict[str, Any]:
    answer = client.post(f"{BASE}/appointments/find", json=WANTED | changes)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def booked(client: Client, **changes: Any) -> dict[str, Any]:
    offer = found(client, **changes)["offers"][0]
    answer = client.post(f"{BASE}/appointments/book", json=offer)
    assert answer.status_code == 201, answer.text
    result: dict[str, Any] = answer.json()["appointment"]
    return result


def test_a_place_that_is_asked_for_is_offered_or_the_reason_why_it_is_not(
    store: Store, tmp_path: Path
) -> None:
    house = factories.clinic()
    bays = [factories.location(name, "treatment-bay") for name in ("bay", "bay-2")]
    house["locations"] = [*bays, *house["locations"][1:]]
    with served(store, tmp_path, clinic=house) as world:
        client = world.client("coordinator")
        for place in ("bay", "bay-2"):
            best = found(client, place=place, most=1)
            assert [(o["start"], o["location"]) for o in best["offers"]] == [(WANTED["at"], place)]
        booked(client, place="bay-2")
        refused = found(client, place="office")
        assert refused["offers"] == []
        assert "location" in {one["rule"] for one in refused["why_not"]}


@contextmanager
def queries(store: Store) -> Iterator[list[str]]:
    """The statements that readers send meanwhile."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(store._reader, "before_cursor_execute", note)
    yield sent
    event.remove(store._reader, "before_cursor_execute", note)


def test_an_offer_is_held_confirmed_moved_and_cancelled_as_it_was_found(world: World) -> None:
    client = world.client("coordinator")
    offer = found(client)["offers"][0]
    assert offer["start"] == WANTED["at"]
    held = client.post(f"{BASE}/appointments/hold", json=offer)
    assert (held.status_code, held.headers["etag"]) == (201, '"1"')
    place = f"{BASE}/appointments/{held.json()['appointment']['id']}"
    assert client.post(f"{place}/confirm", headers={"If-Match": '"9"'}).status_code == 412
    done = client.post(f"{place}/confirm", headers={"If-Match": '"1"'})
    assert done.json()["appointment"]["status"] == "booked"
    later = found(client, at="2027-01-06T10:00:00-05:00")["offers"][0]
    moved = client.post(f"{place}/move", json=later).json()["appointment"]
    assert (moved["start"], moved["sequence"]) == ("2027-01-06T15:00:00Z", 2)
    gone = client.post(f"{place}/cancel", json={"reason": "pat"})
    assert gone.json()["appointment"]["status"] == "cancelled"
    again = client.post(f"{place}/cancel", json={"reason": "pat"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:careweave:problem:wrong-state")


def test_the_loser_gets_a_conflict_with_times_that_can_be_posted(world: World) -> None:
    client = world.client("coordinator")
    offer = found(client)["offers"][0]
    assert client.post(f"{BASE}/appointments/book", json=offer).status_code == 201
    lost = client.post(f"{BASE}/appointments/book", json=offer | {"occurrence": 2})
    assert lost.status_code == 409
    told = lost.json()
    assert {"location:bay", "patient:ada"} <= {c["resource"] for c in told["conflicts"]}
    assert client.post(f"{BASE}/appointments/book", json=told["nearest"][0]).status_code == 201


def test_why_a_time_is_not_free_is_told(world: World) -> None:
    told = found(world.client("nurse"), at="2027-01-05T16:00:00-05:00")["why_not"]
    assert {"rule": "hours"}.items() <= told[-1].items()


def test_a_list_asks_as_often_for_one_as_for_many(world: World) -> None:
    client = world.client("coordinator")
    booked(client)
    address = f"{BASE}/appointments?from=2027-01-04&to=2027-01-10"
    with queries(world.store) as few:
        assert len(client.get(address).json()) == 1
    booked(client, occurrence=2, at="2027-01-07T10:00:00-05:00")
    booked(client, activity="integration", at="2027-01-06T10:00:00-05:00")
    with queries(world.store) as many:
        assert len(client.get(f"{address}&patient=ada").json()) == 3
    assert len(many) == len(few)
    nurse = client.get(f"{address}&practitioner=nurse").json()
    assert [visit["activity"] for visit in nurse] == ["dose", "dose"]
    assert len(client.get(f"{address}&location=office").json()) == 1
    assert len(client.get(f"{BASE}/patients/ada/weeks").json()) == 3
    assert len(client.get(f"{BASE}/day?date=2027-01-05").json()) == 1
    assert client.get(f"{BASE}/appointments?from=2027-01-04&to=2028-01-10").status_code == 422


def test_a_patient_sees_their_own_and_changes_nothing(world: World) -> None:
    name = booked(world.client("coordinator"))["id"]
    ada = world.client("patient", patient="ada")
    assert ada.get(f"{BASE}/appointments/{name}").json()["code"] == "ada/dose/1"
    assert len(ada.get(f"{BASE}/patients/ada/weeks").json()) == 1
    assert ada.post(f"{BASE}/appointments/{name}/cancel", json={"reason": "pat"}).status_code == 403
    assert ada.get(f"{BASE}/patients/ben/weeks").status_code == 404
    listing = f"{BASE}/appointments?from=2027-01-04&to=2027-01-10"
    assert ada.get(f"{listing}&patient=ben").status_code == 404
    assert ada.get(f"{BASE}/day").status_code == 403


def test_a_day_goes_its_way_and_facts_are_taken_as_they_are(world: World) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    place = f"{BASE}/appointments/{visit['id']}"
    away = {"practitioner": "doctor", "first": "2027-01-05", "last": "2027-01-05"}
    broken = client.post(f"{BASE}/facts/absence", json=away)
    assert (broken.status_code, broken.json()[0]["code"]) == (201, "ada/dose/1")
    repair = client.post(f"{place}/repair").json()["offers"][0]
    assert client.post(f"{place}/move", json=repair).status_code == 200
    world.now = world.now.fromisoformat(repair["start"])
    client = world.client("coordinator")
    assert client.post(f"{place}/arrive").json()["appointment"]["status"] == "arrived"
    assert client.post(f"{place}/check-in").json()["appointment"]["status"] == "checked-in"
    missed = client.post(f"{place}/no-show").json()["appointment"]
    assert missed["status"] == "noshow"
    naive = {"appointment": visit["id"], "until": "2027-01-05T10:00:00"}
    assert client.post(f"{BASE}/facts/overrun", json=naive).status_code == 422

"""Settings: what a clinic changes of its own house, what follows, and what is refused."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx2 import Client
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import col, select

from scheduler.acting import Actor
from scheduler.appointments import opening_hours
from scheduler.errors import Stale
from scheduler.reminders.consent import AFTER_HOURS_SETTING, CRISIS_SETTING
from scheduler.reminders.duty import unwatched
from scheduler.store.tables import Account, AuditEntry, Clinic, Location, OnDuty, Practitioner, Task
from tests import factories
from tests.api.service.test_appointments import booked
from tests.api.service.test_coordination_pages import form
from tests.api.service.towns import moved_in, town
from tests.api.service.world import MONDAY, World
from tests.databases import Databases

WEEK = {
    f"{day}-0-{edge}": clock
    for day in ("mon", "tue", "wed", "thu", "fri")
    for edge, clock in (("from", "09:00"), ("to", "17:00"))
}
TUESDAY = "2027-01-05"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest,
    databases: Databases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    with town(databases, request.param, tmp_path_factory.mktemp("town")) as found:
        yield found


@pytest.fixture
def world(served: World) -> World:
    """The factories' small clinic, one for each test."""
    return moved_in(served, factories.scenario())


class TriedOut(Exception):
    """A unit of work that leaves nothing."""


def week(**changes: str) -> dict[str, str]:
    return WEEK | {name.replace("_", "-"): text for name, text in changes.items()}


def shown(client: Client, path: str, **fields: str) -> str:
    """The page that answers a form that stores nothing, in small letters."""
    answer = client.post(path, data=fields)
    assert answer.status_code in (200, 409, 422), answer.text
    return answer.text.lower()


def open_tasks(world: World) -> list[str]:
    with world.store.reading() as session:
        found = select(Task.kind).where(
            Task.clinic_id == world.clinic_id, col(Task.open_key).is_not(None)
        )
        return list(session.exec(found))


def test_shorter_hours_are_tried_out_then_stored_and_what_they_break_is_work(world: World) -> None:
    admin = world.client("admin")
    booked(world.client("coordinator"))
    shorter = week(tue_0_from="12:00")
    tried = shown(admin, "/settings/hours", intent="try", **shorter)
    assert "1 visit could not stand as it is" in tried
    assert "nothing has been stored yet" in tried
    assert 'name="tue-0-from" value="12:00"' in tried
    assert "broken-promise" not in open_tasks(world)
    led = form(admin, "/settings/hours", **shorter)
    assert led == "/settings?broken=1&mended=0"
    assert "1 visit cannot stand as it is" in admin.get(led).text
    assert "broken-promise" in open_tasks(world)
    with world.store.reading() as session:
        assert session.get_one(Clinic, world.clinic_id).hours["tue"] == ["12:00-17:00"]
        entry = session.exec(
            select(AuditEntry).where(
                AuditEntry.clinic_id == world.clinic_id, AuditEntry.action == "fact.hours"
            )
        ).one()
    assert entry.detail == {"broken": 1}


def test_longer_hours_break_nothing(world: World) -> None:
    booked(world.client("coordinator"))
    longer = week(tue_0_from="08:00", sat_0_from="09:00", sat_0_to="00:00")
    assert form(world.client("admin"), "/settings/hours", **longer).endswith("broken=0&mended=0")
    with world.store.reading() as session:
        assert session.get_one(Clinic, world.clinic_id).hours["sat"] == ["09:00-24:00"]


def test_hours_that_make_no_sense_are_refused_by_their_place_and_nothing_changes(
    world: World,
) -> None:
    admin = world.client("admin")
    for said, found in (
        (week(mon_0_to=""), "a time is missing"),
        (week(mon_0_from="18:00"), "could not be stored"),
        (week(mon_1_from="16:00", mon_1_to="19:00"), "overlap"),
        (week(mon_0_from="09:02"), "between two steps of the clock"),
        ({}, "the clinic would never be open"),
    ):
        assert found in shown(admin, "/settings/hours", **said), said
    refused = admin.put("/api/v1/clinic/hours", json={"hours": {"mon": ["17:00-09:00"]}})
    assert refused.status_code == 422
    with world.store.reading() as session:
        assert session.get_one(Clinic, world.clinic_id).hours["mon"] == ["09:00-17:00"]


def test_hours_that_somebody_changed_meanwhile_are_looked_at_again(world: World) -> None:
    actor = Actor(world.clinic_id, roles=frozenset({"admin"}))
    shorter = {"mon": ["10:00-17:00"]}
    values = {"hours": json.dumps({"tue": ["09:00-10:00"]}), "clinic": world.clinic_id}
    with suppress(TriedOut), world.store.writing() as session:
        known = session.get_one(Clinic, world.clinic_id)
        # As another process would: who has read the row already does not know of it.
        changed = text("UPDATE clinic SET hours = :hours WHERE id = :clinic")
        session.connection().execute(changed, values)
        assert known.hours["mon"] == ["09:00-17:00"]
        with pytest.raises(Stale):
            opening_hours.opens(session, actor, shorter, now=MONDAY)
        raise TriedOut
    with world.store.reading() as session:
        assert session.get_one(Clinic, world.clinic_id).hours["mon"] == ["09:00-17:00"]


def test_somebodys_hours_end_and_their_visits_are_work(world: World) -> None:
    coordinator = world.client("coordinator")
    booked(coordinator)
    path = "/settings/people/nurse/hours"
    assert "1 visit could not stand" in shown(coordinator, path, intent="try")
    assert form(coordinator, path) == "/settings/people?broken=1&mended=0"
    with world.store.reading() as session:
        assert session.get_one(Practitioner, (world.clinic_id, "nurse")).hours == {}
    assert world.client("nurse").post(path).status_code == 403
    assert coordinator.post("/settings/people/nobody/hours").status_code == 404


def test_a_closed_day_is_opened_again_and_its_visits_stand_again(world: World) -> None:
    coordinator = world.client("coordinator")
    booked(coordinator)
    closed = form(coordinator, "/settings/closures", first=TUESDAY, reason="burst pipe")
    assert closed == "/settings?broken=1&mended=0"
    page = coordinator.get("/settings").text
    assert "burst pipe" in page
    opened = form(coordinator, f"/settings/closures/{TUESDAY}/end")
    assert opened == "/settings?broken=0&mended=1"
    assert "broken-promise" not in open_tasks(world)
    assert "burst pipe" not in coordinator.get("/settings").text
    assert coordinator.post(f"/settings/closures/{TUESDAY}/end").status_code == 404


def test_what_is_over_is_not_opened_again(world: World) -> None:
    coordinator = world.client("coordinator")
    form(coordinator, "/settings/closures", first=TUESDAY)
    world.now = MONDAY + timedelta(days=3)
    later = world.client("coordinator")
    assert "that date is over" in shown(later, f"/settings/closures/{TUESDAY}/end")


def test_somebody_who_is_back_earlier_has_their_visits_again(world: World) -> None:
    coordinator = world.client("coordinator")
    booked(coordinator)
    away = {"practitioner": "nurse", "first": "2027-01-04", "last": "2027-01-08"}
    assert "broken=1" in form(coordinator, "/settings/absences", **away)
    page = coordinator.get("/settings/people").text
    absence = re.findall(r"/settings/absences/([0-9a-f-]{36})/end", page)[0]
    late = shown(coordinator, f"/settings/absences/{absence}/end", day="2027-01-12")
    assert "they are back by then anyway" in late
    back = form(coordinator, f"/settings/absences/{absence}/end", day=TUESDAY)
    assert back == "/settings/people?broken=0&mended=1"
    assert "4 Jan</time>" in coordinator.get("/settings/people").text
    form(coordinator, f"/settings/absences/{absence}/end", day="2027-01-04")
    assert "Nobody is away" in coordinator.get("/settings/people").text


def test_a_place_is_used_no_more_and_a_group_does_not_meet(world: World) -> None:
    coordinator = world.client("coordinator")
    booked(coordinator)
    retired = "/settings/places/bay/retire"
    assert "1 visit could not stand" in shown(coordinator, retired, intent="try", day=TUESDAY)
    assert "no more from" not in coordinator.get("/settings/places").text
    assert "broken=1" in form(coordinator, retired, day=TUESDAY)
    form(coordinator, "/settings/groups/mornings/cancel", day="2027-01-06")
    page = coordinator.get("/settings/places").text
    assert "no more from 5 Jan 2027" in page
    assert "does not meet on 6 Jan" in page
    assert "this is no date" in shown(coordinator, retired, day="soon")


PLACE = {"name": "Bay 2", "kind": "treatment-bay", "turnover": "15", "site": "Annex"}


def test_a_place_is_added_and_offered_at_once(world: World) -> None:
    admin, coordinator = world.client("admin"), world.client("coordinator")
    form(coordinator, "/settings/places/bay/retire", day="2027-01-04")
    assert free_places(coordinator) == set()
    assert form(admin, "/settings/places", **PLACE) == "/settings/places?broken=0&mended=0"
    page = admin.get("/settings/places").text
    assert "Bay 2" in page
    assert "15 minutes between visits" in page
    assert "Annex" in page
    assert free_places(coordinator) == {"bay-2"}
    assert coordinator.post("/settings/places", data=PLACE).status_code == 403


def free_places(client: Client) -> set[str]:
    asked = {"patient": "ada", "activity": "dose", "occurrence": 1}
    found = client.post("/api/v1/appointments/find", json=asked).json()
    return {offer["location"] for offer in found["offers"]}


def test_a_place_that_makes_no_sense_is_refused_and_what_was_filled_in_stands_there(
    world: World,
) -> None:
    admin = world.client("admin")
    for change, found in (
        ({"name": "Bay"}, "there is a location bay already"),
        ({"name": "-"}, "a name is missing"),
        ({"turnover": "7"}, "between two steps of the clock"),
        ({"turnover": "soon"}, "this is no number"),
        ({"kind": "cellar"}, "could not be stored"),
    ):
        page = shown(admin, "/settings/places", **(PLACE | change))
        assert found in page, change
        assert 'value="annex"' in page
    with world.store.reading() as session:
        assert session.get(Location, (world.clinic_id, "bay-2")) is None


PERSON = {"name": "Nell Fictional", "roles": "monitor", "skills": "cbt"}


def test_somebody_is_added_by_their_hours_and_leaves(world: World) -> None:
    admin, coordinator = world.client("admin"), world.client("coordinator")
    form(admin, "/settings/people", **PERSON, **week(mon_0_from="12:00"))
    page = coordinator.get("/settings/people").text
    assert "Nell Fictional" in page
    assert "12:00\N{EN DASH}17:00" in page
    path = "/settings/people/monitor-1/leave"
    gone = {"day": TUESDAY}
    assert "everything that is booked could stand" in shown(admin, path, intent="try", **gone)
    form(admin, path, **gone)
    assert "no more from 5 Jan 2027" in admin.get("/settings/people/monitor-1").text
    assert "no more from 5 Jan 2027" in coordinator.get("/settings/people").text
    rows = [
        coordinator.get(f"/calendar?by=people&date={day}").text for day in ("2027-01-04", TUESDAY)
    ]
    assert ["Nell Fictional" in row for row in rows] == [True, False]
    assert coordinator.post(path, data=gone).status_code == 403


def test_whom_a_departure_leaves_behind_is_told_before_it_is_stored(world: World) -> None:
    admin = world.client("admin")
    booked(world.client("coordinator"))
    path = "/settings/people/nurse/leave"
    assert "1 visit could not stand" in shown(admin, path, intent="try", day=TUESDAY)
    assert form(admin, path, day=TUESDAY) == "/settings/people?broken=1&mended=0"
    assert "broken-promise" in open_tasks(world)


def test_somebody_without_a_name_or_a_role_is_refused_and_what_was_ticked_stays(
    world: World,
) -> None:
    admin = world.client("admin")
    page = shown(admin, "/settings/people", **(PERSON | {"name": " "}))
    assert "a name is missing" in page
    assert 'value="monitor" checked' in page
    assert "whoever treats has a role" in shown(admin, "/settings/people", name="Nell")


GROUP = {
    "name": "Evenings",
    "activity": "group",
    "location": "office",
    "facilitator": "therapist",
    "capacity": "6",
    "meets-0-day": "tue",
    "meets-0-from": "10:00",
    "meets-0-to": "11:00",
    "meets-2-day": "thu",
    "meets-2-from": "10:00",
    "meets-2-to": "11:00",
}


@pytest.fixture
def grouping(served: World) -> World:
    """A clinic whose pathway asks for a group, and for an hour in an office."""
    parts = (factories.session("talk"), factories.group())
    return moved_in(served, factories.scenario(pathways=[factories.pathway(*parts)]))


def test_a_group_is_tried_out_then_meets_and_what_it_breaks_is_work(grouping: World) -> None:
    coordinator = grouping.client("coordinator")
    asked = {"patient": "ada", "activity": "talk", "occurrence": 1}
    at = {"at": "2027-01-05T15:00:00Z", "most": 1}
    found = coordinator.post("/api/v1/appointments/find", json=asked | at).json()
    (offer,) = found["offers"]
    assert coordinator.post("/api/v1/appointments/book", json=offer).status_code == 201
    assert "1 visit could not stand" in shown(
        coordinator, "/settings/groups", intent="try", **GROUP
    )
    assert form(coordinator, "/settings/groups", **GROUP) == "/settings/places?broken=1&mended=0"
    assert "broken-promise" in open_tasks(grouping)
    page = coordinator.get("/settings/places").text
    assert "Evenings" in page
    assert "Tuesday, Thursday" in page


def test_a_group_that_nobody_could_join_is_refused_in_the_language_of_whoever_asks(
    grouping: World,
) -> None:
    coordinator = grouping.client("coordinator")
    once = {name: text for name, text in GROUP.items() if not name.startswith("meets-2")}
    assert "nobody could join it: let it meet 2 times a week" in shown(
        coordinator, "/settings/groups", **once
    )
    form(coordinator, "/language", language="es")
    assert "nadie podría unirse: haga que se reúna 2 veces por semana" in shown(
        coordinator, "/settings/groups", **once
    )
    half = GROUP | {"meets-2-to": ""}
    assert "falta una hora" in shown(coordinator, "/settings/groups", **half)


def test_programmes_add_to_the_house_by_the_api(grouping: World) -> None:
    admin = grouping.client("admin")
    place = {"id": "bay-9", "kind": "treatment-bay", "turnover": 10}
    assert admin.post("/api/v1/locations", json=place).json()["retired_on"] is None
    refused = admin.post("/api/v1/locations", json=place)
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:careweave:problem:conflict",
    )
    assert "bay-9" in {one["id"] for one in admin.get("/api/v1/locations").json()}
    person = {"name": "Nell Fictional", "roles": ["therapist"], "hours": {"mon": ["09:00-12:00"]}}
    added = admin.post("/api/v1/practitioners", json=person).json()
    assert (added["id"], added["hours"]) == ("therapist-1", {"mon": ["09:00-12:00"]})
    leaving = {"practitioner": added["id"], "day": "2027-02-01"}
    assert admin.post("/api/v1/facts/departure", json=leaving).json() == []
    group = {
        "id": "evenings",
        "activity": "group",
        "capacity": 6,
        "location": "office",
        "facilitator": "therapist",
        "weekly": [{"day": d, "start": "10:00", "end": "11:00"} for d in ("tue", "thu")],
    }
    founded = admin.post("/api/v1/groups", json=group).json()
    assert (founded["group"]["modality"], founded["broken"]) == ("in-person", [])
    assert [one["id"] for one in admin.get("/api/v1/groups").json()] == ["mornings", "evenings"]
    people = {one["id"]: one for one in admin.get("/api/v1/practitioners").json()}
    assert people["therapist-1"]["leaves_on"] == "2027-02-01"


def test_the_texts_of_messages_stand_side_by_side_in_both_languages(world: World) -> None:
    page = world.client("therapist").get("/settings/texts").text
    assert '<p lang="en">' in page
    assert '<p lang="es">' in page


DUTY = {
    "role": "prescriber",
    "name": "Dr Fictional",
    "phone": "202-555-0143",
    "start-day": "2027-01-04",
    "start-time": "07:00",
    "end-day": "2027-01-04",
    "end-time": "19:00",
}


def test_who_is_on_duty_is_entered_and_ended(world: World) -> None:
    coordinator = world.client("coordinator")
    assert "Nobody is on duty" in coordinator.get("/settings/duty").text
    form(coordinator, "/settings/duty", **DUTY)
    (entered,) = coordinator.get("/api/v1/on-duty").json()
    assert entered["phone"] == "+12025550143"
    assert entered["start"] == "2027-01-04T12:00:00Z"
    assert "End now" in world.client("admin").get("/settings/duty").text
    form(coordinator, f"/settings/duty/{entered['id']}/end")
    assert coordinator.get("/api/v1/on-duty").json() == []
    assert "this duty is over" in shown(coordinator, f"/settings/duty/{entered['id']}/end")


def test_a_duty_that_makes_no_sense_is_refused(world: World) -> None:
    coordinator = world.client("coordinator")
    for change, found in (
        ({"phone": "12"}, "not a telephone number"),
        ({"end-time": "06:00"}, "ends after it begins"),
        ({"end-day": "2027-03-04"}, "31 days at most"),
        ({"role": "astronaut"}, "there is no role"),
        ({"end-time": "noon"}, "this is no time"),
        ({"start-day": "soon"}, "this is no date"),
    ):
        page = shown(coordinator, "/settings/duty", **(DUTY | change))
        assert found in page, change
        assert "dr fictional" in page, "what was filled in stands there still"
    assert coordinator.get("/api/v1/on-duty").json() == []


def test_nobody_leaves_while_words_of_crisis_are_answered_and_nobody_else_is_there(
    world: World,
) -> None:
    admin = world.client("admin")
    form(admin, "/settings/address", after_hours_phone="202-555-0110", sender="Harbor")
    form(admin, "/settings/duty", **DUTY)
    assert admin.post("/api/v1/reminders/crisis-replies").status_code < 300
    (entered,) = admin.get("/api/v1/on-duty").json()
    refused = shown(admin, f"/settings/duty/{entered['id']}/end")
    assert "enter first who takes over" in refused
    assert "this number must be answered" in shown(admin, "/settings/address", after_hours_phone="")
    with world.store.reading() as session:
        clinic = session.get_one(Clinic, world.clinic_id)
        assert clinic.settings[CRISIS_SETTING]
        assert clinic.settings[AFTER_HOURS_SETTING] == "+12025550110"
        assert (
            session.exec(select(OnDuty).where(OnDuty.clinic_id == world.clinic_id)).one().end
            > world.now
        )


def test_a_name_that_tells_too_much_is_refused(world: World) -> None:
    admin = world.client("admin")
    for sender in ("Ketamine Clinic", "A name that is far too long for a message"):
        assert "tells too much, or is too long" in shown(admin, "/settings/address", sender=sender)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=8))
def test_every_hour_is_either_watched_or_told_as_unwatched(spans: list[tuple[int, int]]) -> None:
    begin = datetime(2027, 1, 4, tzinfo=UTC)
    hour = timedelta(hours=1)
    who: dict[str, Any] = {"clinic_id": "harbor", "role": "nurse", "name": "", "phone": ""}
    rows = [
        OnDuty(**who, start=begin + first * hour, end=begin + (first + long) * hour)
        for first, long in spans
    ]
    gaps = unwatched(rows, begin + 5 * hour, begin + 45 * hour)
    for number in range(5, 45):
        at = begin + number * hour
        watched = any(row.start <= at < row.end for row in rows)
        assert watched != any(start <= at < end for start, end in gaps)


def test_an_account_is_made_changed_and_shut_and_its_link_is_shown_once(world: World) -> None:
    admin = world.client("admin")
    new = {"name": "Nell Fictional", "email": "nell@example.org", "roles": "nurse"}
    page = admin.post("/settings/accounts", data=new)
    link = re.findall(r'value="(http[^"]+/enter/[^"]+)"', page.text)[0]
    assert link not in admin.get("/settings/accounts").text
    entered = world.client(None).post("/enter/" + link.rpartition("/")[2])
    assert entered.headers["location"] == "/password"
    assert "this address has an account already" in shown(admin, "/settings/accounts", **new)
    assert "this is no e-mail address" in shown(
        admin, "/settings/accounts", **(new | {"email": "x"})
    )
    with world.store.reading() as session:
        people = session.exec(select(Account).where(Account.clinic_id == world.clinic_id))
        name = next(row.id for row in people if row.name.startswith("Nell"))
    form(admin, f"/settings/accounts/{name}/roles", roles=["nurse", "charge nurse"])
    assert "an account has a role" in shown(admin, f"/settings/accounts/{name}/roles")
    form(admin, f"/settings/accounts/{name}/disable")
    assert "shut out" in admin.get("/settings/accounts").text
    assert world.client("coordinator").get("/settings/accounts").status_code == 403


def test_the_last_administrator_cannot_be_shut_out(world: World) -> None:
    admin = world.client("admin")
    name = world.account("admin").id
    assert "nobody else may look after accounts" in shown(
        admin, f"/settings/accounts/{name}/disable"
    )
    roles = shown(admin, f"/settings/accounts/{name}/roles", roles="nurse")
    assert "nobody else may look after accounts" in roles
    assert admin.get("/settings/accounts").status_code == 200

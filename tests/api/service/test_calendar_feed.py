"""A private calendar of one's visits, as the programs of telephones read it."""

import re
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client
from icalendar import Calendar
from sqlmodel import select

from scheduler.reminders.texts import telling_words
from scheduler.store.session import Store
from scheduler.store.tables import Account, Appointment, CalendarFeed
from tests.api.service.dose_day import DoseDay, eve_of_dose, eve_on_sqlite
from tests.databases import Databases


@pytest.fixture
def day(store: Store, tmp_path: Path) -> Iterator[DoseDay]:
    """The eve of a dose, on each kind of database."""
    with eve_of_dose(store, tmp_path) as found:
        yield found


@pytest.fixture
def drawn(databases: Databases, tmp_path: Path) -> Iterator[DoseDay]:
    """The same on one of them, for what is drawn alike on both."""
    with eve_on_sqlite(databases, tmp_path) as found:
        yield found


def address(client: Client, path: str, title: str = "My telephone") -> str:
    """A new address, as the page shows it this once, without the host."""
    page = client.post(path, data={"title": title}).text
    found = re.search(r'value="http://[^/"]+(/feed/[^"]+\.ics)"', page)
    assert found, page
    return found[1]


def events(day: DoseDay, path: str) -> dict[str, dict[str, object]]:
    """What a calendar program finds at an address, by the UID."""
    answer = day.world.client(None).get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar: Any = Calendar.from_ical(answer.content)
    assert calendar.get("uid") is None
    assert calendar["method"] == "PUBLISH"
    assert calendar["refresh-interval"].dt == timedelta(hours=1)
    assert telling_words(answer.text) == []
    found = {}
    for event in calendar.walk("VEVENT"):
        assert event["dtstart"].dt.tzinfo == UTC or event["dtstart"].dt.utcoffset() == timedelta()
        found[str(event["uid"])] = {
            "start": event["dtstart"].dt,
            "end": event["dtend"].dt,
            "title": str(event["summary"]),
            "status": str(event["status"]),
            "sequence": int(event["sequence"]),
        }
    assert len(found) == len(calendar.walk("VEVENT"))
    return found


def test_a_visit_keeps_its_uid_and_its_sequence_rises_when_it_moves_or_falls_away(
    day: DoseDay,
) -> None:
    path = address(day.world.client("patient", patient="p-1"), "/me/feeds")
    before = events(day, path)
    row = day.row("p-1-next")
    uid = f"{row.id}@careweave"
    codes = ("p-1-first", "p-1-next", "p-1-therapy", "p-1-integration")
    assert set(before) == {f"{day.visit(code)}@careweave" for code in codes}
    assert before[uid] == {
        "start": row.start,
        "end": row.end,
        "title": "Appointment at your clinic",
        "status": "CONFIRMED",
        "sequence": 0,
    }
    coordinator = day.client("coordinator")
    with day.world.store.writing() as session:
        session.get_one(Appointment, (row.clinic_id, row.id)).locked = False
    asked = {
        "patient": "p-1",
        "activity": "dose",
        "occurrence": 1,
        "most": 2,
        "since": "2027-01-21T13:00:00-05:00",
    }
    offers = coordinator.post("/api/v1/appointments/find", json=asked).json()["offers"]
    for offer in (offer for offer in offers if not offer["sets_aside"]):
        moved = coordinator.post(f"/api/v1/appointments/{row.id}/move", json=offer)
        assert moved.status_code == 200, moved.text
    after = events(day, path)
    assert set(after) == set(before)
    assert after[uid]["sequence"] == 2
    assert after[uid]["start"] == day.row("p-1-next").start != row.start
    off = coordinator.post(f"/api/v1/appointments/{row.id}/cancel", json={"reason": "patient"})
    assert off.status_code == 200, off.text
    gone = events(day, path)[uid]
    assert (gone["status"], gone["sequence"]) == ("CANCELLED", 3)


def test_an_unchanged_calendar_is_not_sent_again(drawn: DoseDay) -> None:
    path = address(drawn.world.client("patient", patient="p-1"), "/me/feeds")
    reader = drawn.world.client(None)
    first = reader.get(path)
    mark = {"If-None-Match": first.headers["etag"]}
    assert reader.get(path, headers=mark).status_code == 304
    drawn.world.now += timedelta(days=1)
    again = reader.get(path, headers=mark)
    assert (again.status_code, again.content) == (304, b"")
    with drawn.world.store.writing() as session:
        row = drawn.row("p-1-therapy")
        session.get_one(Appointment, (row.clinic_id, row.id)).sequence += 1
    assert reader.get(path, headers=mark).status_code == 200


def test_an_address_that_was_taken_back_is_as_if_it_had_never_been(day: DoseDay) -> None:
    client = day.world.client("patient", patient="p-1")
    telephone, table = (address(client, "/me/feeds", title) for title in ("Telephone", "Table"))
    page = client.get("/me/weeks").text
    assert telephone not in page
    revoke = re.findall(r"/me/feeds/[^\"]+/revoke", page[page.index(">Telephone<") :])[0]
    other = day.world.client("patient", patient="p-2")
    assert other.post(revoke).status_code == 404
    assert client.post(revoke).status_code == 303
    nobody = day.world.client(None)
    assert nobody.get(telephone).status_code == 404
    assert nobody.get(telephone).json() == nobody.get("/feed/never-made.ics").json()
    assert nobody.get(table).status_code == 200
    with day.world.store.writing() as session:
        for account in session.exec(select(Account).where(Account.patient_id == "p-1")):
            account.disabled_at = day.world.now
    assert nobody.get(table).status_code == 404


def test_a_nurse_reads_where_they_are_needed_and_nobodys_name(drawn: DoseDay) -> None:
    drawn.world.account("nurse", practitioner_id="nurse-1")
    path = address(drawn.client("nurse"), "/feeds")
    found = events(drawn, path)
    assert f"{drawn.visit()}@careweave" in found
    assert f"{drawn.visit('p-1-therapy')}@careweave" not in found
    text = drawn.world.client(None).get(path).text
    assert "LOCATION:Bay 1" in text
    assert "p-1" not in text
    coordinator = drawn.client("coordinator")
    assert coordinator.post("/feeds", data={"title": "x"}).status_code == 404
    assert "no visits under your account" in coordinator.get("/feeds").text


def test_somebody_makes_only_so_many_addresses(drawn: DoseDay) -> None:
    client = drawn.world.client("patient", patient="p-1")
    for _ in range(20):
        address(client, "/me/feeds")
    assert client.post("/me/feeds", data={}).status_code == 429
    with drawn.world.store.reading() as session:
        assert len(session.exec(select(CalendarFeed)).all()) == 20

"""The pages of nurse and patient: they work by forms alone."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client
from sqlmodel import select

from scheduler.store.session import Store
from scheduler.store.tables import AuditEntry
from tests.api.service.dose_day import DoseDay, dose_day, dose_day_on_sqlite
from tests.databases import Databases
from tests.scheduler.sessions.visits import GOOD, WHOLE


@pytest.fixture
def day(store: Store, tmp_path: Path) -> Iterator[DoseDay]:
    with dose_day(store, tmp_path) as found:
        yield found


@pytest.fixture
def drawn(databases: Databases, tmp_path: Path) -> Iterator[DoseDay]:
    """The same day for what is drawn alike on both databases."""
    with dose_day_on_sqlite(databases, tmp_path) as found:
        yield found


def keys(text: str) -> dict[str, dict[str, str]]:
    """The forms of a page by what they record, with the hidden fields of each."""
    found = {}
    for form in re.findall(r"<form method=\"post\".*?</form>", text, re.DOTALL):
        hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
        fields = dict(hidden)
        if "kind" in fields:
            found[fields["kind"]] = fields
    return found


def press(nurse: Client, path: str, kind: str, **data: Any) -> Any:
    """Load the page, fill in a form of it, and send it as a browser without JavaScript would."""
    form = keys(nurse.get(path).text)[kind]
    del nurse.headers["x-csrf-token"]  # a form of a page brings its own
    answer = nurse.post(path, data={**form, **data})
    nurse.headers["x-csrf-token"] = form["csrf"]
    return answer


FORM = {
    "new_illness": "false",
    "new_medicines": "false",
    "substance_use": "false",
    "pregnancy_possible": "false",
    "fasting_kept": "true",
    "suicide_risk": "false",
    "ride_kind": "adult",
    "ride_name": "Rowan Fictional",
}


def test_a_nurse_runs_a_session_by_forms_and_the_patient_reads_when_they_drive(
    day: DoseDay,
) -> None:
    path = f"/today/{day.visit()}"
    vitals = {**GOOD, "dissociation": "false"}
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("12:30", "arrived", {}),
        ("12:40", "check-in", FORM),
        ("12:50", "vitals", vitals),
        ("13:00", "given", {"mg": "56"}),
        ("13:10", "device", {"number": "2"}),
        ("13:40", "vitals", vitals),
        ("15:00", "vitals", vitals),
        ("15:06", "note given", {}),
        ("15:07", "ride met", {"name": "Rowan Fictional"}),
        ("15:10", "ready", {"confirmed": ["walking", "nausea"]}),
        ("15:11", "discharged", {}),
    ]
    for clock, kind, data in steps:
        day.at(clock)
        nurse = day.client("nurse")
        answer = press(nurse, path, kind, **data)
        assert (answer.status_code, answer.headers.get("location")) == (303, path), answer.text
    assert day.row().status == "fulfilled"
    page = day.world.client("patient", patient="p-1").get("/me").text
    assert "You may drive again from" in page
    assert "Wednesday, January 20, 6:00 AM" in page
    assert "No driving note holds" in day.world.client("patient", patient="p-2").get("/me").text


def test_a_refusal_stands_on_the_page_with_rule_and_way_out(day: DoseDay) -> None:
    day.recorded("12:30", "arrived")
    answer = press(day.client("nurse"), f"/today/{day.visit()}", "given", mg="56")
    assert answer.status_code == 409
    assert "R-07" in answer.text
    assert "fill in the form of the day" in answer.text
    broken = press(day.client("nurse"), f"/today/{day.visit()}", "vitals", systolic="9000")
    assert broken.status_code == 422
    assert "systolic" in broken.text


def test_each_role_is_shown_the_keys_that_are_theirs(day: DoseDay) -> None:
    path = f"/today/{day.visit()}"
    assert set(keys(day.client("coordinator").get(path).text)) == {"arrived"}
    day.recorded("12:30", "arrived")
    assert "decision" not in keys(day.client("prescriber").get(path).text)
    day.recorded("12:50", "vitals", **{**GOOD, "systolic": 150})
    assert "decision" in keys(day.client("prescriber").get(path).text)
    assert "decision" not in keys(day.client("nurse").get(path).text)
    assert set(keys(day.client("therapist").get(path).text)) == set()


def test_the_day_names_every_session_and_what_is_late(day: DoseDay) -> None:
    day.begin()
    day.at("14:00")
    page = day.client("charge nurse").get("/today").text
    assert page.index("p-1") < page.index("p-2")
    assert "Vital signs are overdue: charge nurse" in page
    patient = day.world.client("patient", patient="p-1")
    assert patient.get("/today").status_code == 403
    assert day.client("nurse").get("/me").status_code == 403


def test_signs_that_would_ring_an_alarm_are_asked_about_once(drawn: DoseDay) -> None:
    path = f"/today/{drawn.visit()}"
    drawn.begin()
    drawn.at("13:40")
    typed = {**GOOD, "oxygen_saturation": "88", "dissociation": "false"}
    asked = press(drawn.client("nurse"), path, "vitals", **typed)
    assert asked.status_code == 422
    assert "Oxygen saturation 88" in asked.text
    assert 'value="88"' in asked.text, "what was typed is still there"
    assert "alarm urgent" not in asked.text
    assert press(drawn.client("nurse"), path, "vitals", sure="yes", **typed).status_code == 303
    page = drawn.client("nurse").get(path).text
    assert '<section id="alarm-1" class="alarm urgent" role="alert"' in page
    assert "<title>⚠ Oxygen saturation 88" in page
    drawn.at("13:45")
    again = press(drawn.client("nurse"), path, "vitals", **{**typed, "oxygen_saturation": "89"})
    assert again.status_code == 303, "an alarm that rings already is not asked about again"
    crossed = {**GOOD, "systolic": "80", "diastolic": "90", "dissociation": "false"}
    assert "Diastolic pressure 90" in press(drawn.client("nurse"), path, "vitals", **crossed).text


def test_curves_in_a_browser_are_those_of_the_page(drawn: DoseDay) -> None:
    drawn.recorded("12:30", "arrived")
    drawn.recorded("12:50", "vitals", diastolic=80, heart_rate=70)
    page = drawn.client("nurse").get(f"/today/{drawn.visit()}").text
    assert "<small>5: awake</small>" in page
    told = json.loads(unescape(re.findall(r'data-curves="([^"]+)"', page)[0]))["panels"]
    panels = page.split('class="panel"')[1:]
    assert len(panels) == len(told) == 2
    for panel, data in zip(panels, told, strict=True):
        height = int(re.findall(r'viewBox="0 0 640 (\d+)"', panel)[0])
        assert data["height"] < height < data["height"] + 20
        assert len(data["series"]) == len(data["baseline"]) == panel.count("<polyline") == 1
        low, high = data["range"]
        ticks = re.findall(r'text-anchor="end">(\d+)<', panel)
        assert ticks
        assert all(low <= int(tick) <= high for tick in ticks)


def test_signs_that_are_refused_are_shown_again_also_where_none_are_due(drawn: DoseDay) -> None:
    drawn.begin()
    drawn.at("13:20")
    refused = press(drawn.client("nurse"), f"/today/{drawn.visit()}", "vitals", systolic="9000")
    assert refused.status_code == 422
    assert '<details id="vitals" class="vitals" open>' in refused.text
    assert 'value="9000"' in refused.text


def test_whom_a_longer_stay_hits_is_shown_before_anything_is_changed(day: DoseDay) -> None:
    path = f"/today/{day.visit()}"
    day.begin()
    day.at("15:12")
    before = (day.row().version, day.row().end, list(day.row().taken))
    shown = day.client("nurse").get(f"{path}/longer?steps=2")
    assert shown.status_code == 200
    assert "<strong>15:55</strong> <small>instead of 15:25" in shown.text
    told = re.sub(r"<[^>]*>", "", shown.text)
    assert "Bay 1: promised to p-2 at 15:30" in told
    assert "Nurse 1: promised to p-2 at 15:30" in told
    assert "Ride, Rowan Fictional: cannot be told from here" in told
    assert (day.row().version, day.row().end, list(day.row().taken)) == before
    assert [task for task in work(day) if task["rule"] == "R-27"] == []
    with day.world.store.reading() as session:
        seen = session.exec(select(AuditEntry).where(AuditEntry.route == "longer_page")).one()
    assert seen.patients == ["p-1", "p-2"], "whoever is named was read"
    form = keys(shown.text)["extended"]
    nurse = day.client("nurse")
    del nurse.headers["x-csrf-token"]
    fresh = keys(nurse.get(f"{path}/longer?steps=2").text)["extended"]
    assert nurse.post(path, data=fresh).status_code == 303
    assert form["steps"] == "2"
    assert sum("p-2-first at 15:30 is hit" in task["says"] for task in work(day)) == 2
    assert "Lasts until <strong>15:55" in day.client("nurse").get(path).text


def work(day: DoseDay) -> list[Any]:
    found: list[Any] = day.client("coordinator").get("/api/v1/work").json()["tasks"]
    return found


def test_the_list_for_leaving_opens_when_it_may_and_says_from_when(drawn: DoseDay) -> None:
    path = f"/today/{drawn.visit()}"
    drawn.begin()
    drawn.recorded("13:40", "vitals", **GOOD)
    drawn.recorded("15:00", "vitals", **GOOD)
    drawn.at("15:09")
    early = drawn.client("nurse").get(path).text
    assert "Opens at <strong>15:10" in early
    assert {"ready", "discharged"}.isdisjoint(keys(early))
    drawn.at("15:10")
    opened = keys(drawn.client("nurse").get(path).text)
    assert "ready" in opened
    assert "discharged" not in opened
    drawn.to_the_door()
    drawn.at("15:10")
    assert "discharged" in keys(drawn.client("nurse").get(path).text)


def test_ones_own_day_names_what_one_watches_and_what_is_next(drawn: DoseDay) -> None:
    drawn.world.account("nurse", practitioner_id="nurse-1")
    drawn.world.account("therapist", practitioner_id="therapist-1")
    drawn.begin()
    drawn.at("13:30")
    mine = re.search(r'id="mine".*?</section>', drawn.client("nurse").get("/today").text, re.DOTALL)
    assert mine
    told = " ".join(re.sub(r"<[^>]*>", " ", mine[0]).split())
    assert "12:30 p-1 Bay 1 monitoring Vital signs in 10 min" in told
    assert told.index("p-1") < told.index("15:30 p-2 Bay 1 expected Arrival in 2 h 00 min")
    assert "Nothing is yours today." in drawn.client("therapist").get("/today").text
    assert 'id="mine"' not in drawn.client("coordinator").get("/today").text


def test_a_decision_is_made_and_struck_by_those_whose_it_is(drawn: DoseDay) -> None:
    path = f"/today/{drawn.visit()}"
    drawn.recorded("12:30", "arrived")
    drawn.recorded("12:40", "check-in", **{**WHOLE, "suicide_risk": True})
    drawn.recorded("12:50", "vitals", **{**GOOD, "systolic": 150})
    asked = {"nurse": ["suicide risk"], "prescriber": ["blood pressure", "suicide risk"]}
    for role, about in asked.items():
        assert (
            re.findall(r'name="about" value="([^"]+)"', drawn.client(role).get(path).text) == about
        )
    made = {"role": "prescriber", "outcome": "go ahead"}
    drawn.recorded("12:51", "decision", about="blood pressure", **made)
    drawn.recorded("12:52", "decision", about="suicide risk", **made)
    for role, struck in (("prescriber", [True, True]), ("nurse", [False, True])):
        page = drawn.client(role).get(path).text
        assert [f'id="row-{number}"' in page for number in (4, 5)] == struck, role


def test_what_was_written_down_wrongly_is_struck_and_stays_readable(drawn: DoseDay) -> None:
    path = f"/today/{drawn.visit()}"
    drawn.begin()
    page = drawn.client("nurse").get(path).text
    [row] = re.findall(r'<li value="3".*?</li>', page, re.DOTALL)
    wrong = keys(row)["correction"]
    nurse = drawn.client("nurse")
    del nurse.headers["x-csrf-token"]
    fresh = {**wrong, "csrf": keys(nurse.get(path).text)["note given"]["csrf"]}
    assert nurse.post(path, data={**fresh, "reason": "another patient"}).status_code == 303
    page = drawn.client("nurse").get(path).text
    assert re.search(r'<li value="3" class="struck">.*?124/78', page, re.DOTALL)
    assert 'id="row-1"' not in page, "that somebody came is not to be struck"

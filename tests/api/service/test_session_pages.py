"""The pages of nurse and patient: they work by forms alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from scheduler.store.session import Store
from tests.api.service.dose_day import DoseDay, dose_day
from tests.scheduler.sessions.visits import GOOD


@pytest.fixture
def day(store: Store, tmp_path: Path) -> Iterator[DoseDay]:
    with dose_day(store, tmp_path) as found:
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


def press(nurse: TestClient, path: str, kind: str, **data: Any) -> Any:
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
        ("15:05", "ready", {"confirmed": ["walking", "nausea"]}),
        ("15:06", "note given", {}),
        ("15:07", "ride met", {"name": "Rowan Fictional"}),
        ("15:10", "discharged", {}),
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

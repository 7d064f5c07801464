"""`careweave verify`: the judge's words, and the exit code that scripts rely on."""

from pathlib import Path

import pytest

from pathways.reading import parse
from tests import factories
from tests.api.conftest import Run, Write
from tests.factories import Document

INSTANCES = Path(__file__).parents[1] / "instances"
SCENARIO = INSTANCES / "solo-1-105.yaml"


@pytest.fixture
def good() -> Document:
    """A plan that is known to hold, to be changed."""
    plan: Document = parse((INSTANCES / "solo-1-105.plan.json").read_text(encoding="utf-8"))
    return plan


def dose_of(plan: Document) -> Document:
    """The plan's first dose."""
    found: Document = next(entry for entry in plan["appointments"] if entry["notes"])
    return found


def test_a_good_plan_holds_and_its_cost_is_told_term_by_term(run: Run) -> None:
    judged = run("verify", SCENARIO, INSTANCES / "solo-1-105.plan.json")
    assert judged.exit_code == 0
    assert judged.stdout.splitlines() == [
        "Cost 80, counted anew:",
        "       56  trip_day: days on which a patient has to travel",
        "       12  lag_hour_early: hours by which a session follows earlier than ideal",
        "       12  off_preference: sessions outside the times that patients prefer",
        "The plan holds: no hard rule is broken, its cost adds up, "
        "its reasons were not tried out (--reasons).",
    ]


def test_reasons_are_tried_out_when_asked_for(run: Run, write: Write) -> None:
    stranded = factories.patient(rides={})
    scenario = write("scenario.json", factories.scenario(patients=[stranded]))
    plan = scenario.with_name("plan.json")
    run("plan", scenario, "--out", plan, "--quiet")
    assert "its reasons are true." in run("verify", scenario, plan, "--reasons").stdout
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace('"rule": "ride"', '"rule": "monitor"'), encoding="utf-8")
    assert run("verify", scenario, plan).exit_code == 0
    assert run("verify", scenario, plan, "--reasons").exit_code == 1


def test_each_fault_is_named_with_its_place(run: Run, write: Write, good: Document) -> None:
    dose_of(good)["location"] = "office-1"
    good["cost"]["total"] = 79
    judged = run("verify", SCENARIO, write("plan.json", good))
    assert judged.exit_code == 1
    faults = [line for line in judged.stdout.splitlines() if line.startswith("fault: ")]
    number = good["appointments"].index(dose_of(good))
    assert any(f"appointments[{number}]" in fault for fault in faults)
    assert any("cost" in fault for fault in faults)
    assert f"The plan does not hold: {len(faults)} faults." in judged.stdout


def test_what_locked_bookings_break_among_themselves_is_a_warning(run: Run, write: Write) -> None:
    booked = factories.appointment(
        "talk", "2027-01-04T03:00:00-05:00", "2027-01-04T04:00:00-05:00", location="office"
    )
    document = factories.scenario(
        pathways=[factories.pathway(factories.session("talk"))],
        booked=[{**booked, "locked": True}],
    )
    scenario = write("scenario.json", document)
    plan = scenario.with_name("plan.json")
    run("plan", scenario, "--out", plan, "--quiet")
    judged = run("verify", scenario, plan)
    assert judged.exit_code == 0
    assert "warning: " in judged.stdout
    assert judged.stdout.rstrip().endswith("s.") or judged.stdout.rstrip().endswith("warning.")


def test_a_plan_that_cannot_be_read_does_not_hold(run: Run, write: Write, good: Document) -> None:
    good["appointments"][0]["surprise"] = 1
    judged = run("verify", SCENARIO, write("plan.json", good))
    assert judged.exit_code == 1
    assert "appointments[0].surprise: unknown key" in judged.stderr
    assert run("verify", SCENARIO, SCENARIO.with_name("nowhere.json")).exit_code == 1


def test_a_bad_scenario_is_no_verdict_on_the_plan(run: Run, write: Write) -> None:
    scenario = write("scenario.json", factories.scenario(surprise=1))
    judged = run("verify", scenario, INSTANCES / "solo-1-105.plan.json")
    assert judged.exit_code == 2
    assert "surprise: unknown key" in judged.stderr
    assert judged.stdout == ""

"""`careweave verify`: the judge's words, and the exit code that scripts rely on."""

from pathlib import Path

import pytest

from pathways.reading import parse, read_scenario
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Stop
from tests import factories
from tests.api.conftest import Run, Write
from tests.factories import Document
from tests.library_scenarios import dosed_twice_on_a_day, maintained, only_late, without_therapy

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
        "The plan holds: no hard rule is broken, its cost adds up.",
        "Its reasons were not tried out; --reasons does that.",
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
    assert "The plan holds: no hard rule is broken, its cost adds up. 2 warnings." in judged.stdout


def test_a_plan_that_cannot_be_read_does_not_hold(run: Run, write: Write, good: Document) -> None:
    good["appointments"][0]["surprise"] = 1
    judged = run("verify", SCENARIO, write("plan.json", good))
    assert judged.exit_code == 1
    assert "appointments[0].surprise: unknown key" in judged.stderr
    assert run("verify", SCENARIO, SCENARIO.with_name("nowhere.json")).exit_code == 1


@pytest.fixture(scope="module")
def without_beginning() -> Document:
    """The plan of a patient on a pathway of the library who missed the therapy of week 1."""
    planned = solve(read_scenario(without_therapy()), Stop(work=5))
    plan: Document = planned.model_dump(mode="json", by_alias=True)
    return plan


def test_open_gates_are_told_and_the_plan_holds(
    run: Run, write: Write, without_beginning: Document
) -> None:
    scenario = write("scenario.json", without_therapy())
    judged = run("verify", scenario, write("plan.json", without_beginning))
    assert judged.exit_code == 0
    told = " ".join(judged.stdout.split())
    assert "Safety rules of the library's pathways: 1 gate, " in told
    assert "R-01 gate Every planned week with a dose has a psychotherapy session" in told
    assert "1 place: - p-1: dose 1: week 1 has this dose and no psychotherapy session" in told


def test_places_beyond_the_first_are_counted_unless_all_are_asked_for(
    run: Run, write: Write, without_beginning: Document
) -> None:
    """Every dose is planned in the morning; the pathway wishes for afternoons."""
    scenario = write("scenario.json", without_therapy())
    plan = write("plan.json", without_beginning)
    some, every = run("verify", scenario, plan), run("verify", scenario, plan, "--all")
    assert some.stdout.count("the drug is given") == 2
    assert "… and 4 more" in some.stdout
    assert every.stdout.count("the drug is given") == 6
    assert "more" not in every.stdout


def test_a_hard_safety_breach_refuses_the_plan_and_names_rule_place_and_remedy(
    run: Run, write: Write, without_beginning: Document
) -> None:
    """The contract lets the note end at five; the pathway of the library does not."""
    document = without_therapy()
    document["clinic"]["resume_driving"] = "05:00"
    for appointment in without_beginning["appointments"]:
        for note in appointment["notes"]:
            note["until"] = note["until"].replace("T06:00", "T05:00")
    scenario = write("scenario.json", document)
    judged = run("verify", scenario, write("plan.json", without_beginning))
    assert judged.exit_code == 1
    assert "The plan holds" not in judged.stdout
    told = " ".join(judged.stdout.split())
    assert "By the planning contract the plan holds" in told
    assert "R-30 hard A planned dose carries the note" in told
    assert "- p-1: dose 6: ends Tue 16 Mar 05:00; write a no-driving note until Tue" in told
    assert judged.stdout.endswith(
        "The plan is refused: hard safety rules are broken in 6 places.\n"
    )


def test_reasons_of_the_librarys_patients_are_judged_with_its_rules(run: Run, write: Write) -> None:
    """The contract alone would place every dose later than R-19 lets them end."""
    scenario = write("scenario.json", only_late())
    plan = scenario.with_name("plan.json")
    planned = run("plan", scenario, "--work", "5", "--out", plan)
    assert "how far the best plan lies below is not known" in planned.stderr
    judged = run("verify", scenario, plan, "--reasons")
    assert judged.exit_code == 0
    assert "its cost adds up, its reasons are true" in judged.stdout
    shown = " ".join(run("show", plan).stdout.split())
    assert "ride: it would end too close to closing for an overrun (R-19: at least 30" in shown


def test_what_locked_bookings_break_refuses_no_plan(run: Run, write: Write) -> None:
    scenario = write("scenario.json", dosed_twice_on_a_day())
    plan = scenario.with_name("plan.json")
    run("plan", scenario, "--work", "5", "--out", plan, "--quiet")
    judged = run("verify", scenario, plan)
    assert judged.exit_code == 0
    assert "booked and locked so: no fault of the plan" in " ".join(judged.stdout.split())


def test_a_plan_in_which_nothing_was_found_is_told_so(run: Run, write: Write) -> None:
    judged = run(
        "verify", write("scenario.json", maintained()), write("plan.json", factories.plan())
    )
    assert "Safety rules of the library's pathways: nothing found." in judged.stdout


def test_a_scenario_with_its_own_pathways_hears_nothing_of_the_library(run: Run) -> None:
    judged = run("verify", SCENARIO, INSTANCES / "solo-1-105.plan.json")
    assert "afety" not in judged.stdout


def test_a_bad_scenario_is_no_verdict_on_the_plan(run: Run, write: Write) -> None:
    scenario = write("scenario.json", factories.scenario(surprise=1))
    judged = run("verify", scenario, INSTANCES / "solo-1-105.plan.json")
    assert judged.exit_code == 2
    assert "surprise: unknown key" in judged.stderr
    assert judged.stdout == ""

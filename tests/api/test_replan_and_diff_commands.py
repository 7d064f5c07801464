"""`careweave replan` and `careweave diff`: a plan is mended, and what changes is said in words."""

import json
from pathlib import Path
from typing import Any

import pytest

from pathways.plan import Plan
from pathways.reading import parse, read_plan, read_scenario
from scheduler.planning.replanning import carried_over
from scheduler.planning.verifying import verify
from tests import factories
from tests.api.conftest import Run, Write
from tests.factories import Document

NOW = "2027-01-01T08:00:00-05:00"


def read(path: Path) -> Plan:
    return read_plan(parse(path.read_text(encoding="utf-8")))


def booked_clinic(**changes: Any) -> Document:
    return factories.changed(factories.scenario(now=NOW), changes)


def without_mondays() -> Document:
    """The same clinic, closed on the Monday on which Ada's first dose stood."""
    closed = [{"date": factories.MONDAY, "reason": "burst pipe"}]
    return booked_clinic(clinic=factories.clinic(closures=closed))


@pytest.fixture
def planned(run: Run, write: Write) -> Path:
    """The plan before anything has happened."""
    scenario = write("before.json", booked_clinic())
    out = scenario.with_name("old.json")
    assert run("plan", scenario, "--work", "500", "--out", out).exit_code == 0
    return out


@pytest.fixture
def mended(run: Run, write: Write, planned: Path) -> Path:
    """The plan after the closure."""
    out = planned.with_name("new.json")
    scenario = write("closed.json", without_mondays())
    assert run("replan", scenario, planned, "--work", "500", "--out", out).exit_code == 0
    return out


def told(run: Run, *words: str | Path) -> str:
    result = run("diff", *words)
    assert result.exit_code == 0
    return str(result.stdout)


def test_a_plan_is_mended_judged_and_written(planned: Path, mended: Path) -> None:
    old, new = read(planned), read(mended)
    carried = carried_over(read_scenario(without_mondays()), old)
    assert verify(carried.scenario, new, reasons=True).faults == ()
    assert new.cost.terms["moved"] > 0


def test_a_mended_plan_is_verified_with_the_one_that_it_mends(
    run: Run, write: Write, planned: Path, mended: Path
) -> None:
    scenario = write("closed.json", without_mondays())
    assert run("verify", scenario, mended, "--after", planned, "--reasons").exit_code == 0
    alone = run("verify", scenario, mended)
    assert alone.exit_code == 1
    assert "cost.terms.moved" in alone.stdout, "without the old plan nothing was moved"


def test_after_mending_stands_what_changed_and_how_to_see_it(
    run: Run, write: Write, planned: Path
) -> None:
    scenario = write("closed.json", without_mondays())
    out = planned.with_name("new.json")
    said = run("replan", scenario, planned, "--work", "500", "--out", out).stderr
    assert "appointments move" in said
    assert "This concerns 1 patient" in said
    assert f"careweave diff {planned} {out} --scenario {scenario}" in said


def test_what_could_not_be_carried_over_is_told_with_the_reason(
    run: Run, write: Write, planned: Path
) -> None:
    settled = [{"activity": "dose", "occurrence": 1, "outcome": "missed"}]
    changed = booked_clinic(patients=[factories.patient(settled=settled)])
    said = run("replan", write("s.json", changed), planned, "--work", "100").stderr
    assert "1 appointment of the old plan could not be carried over:" in said
    assert "  ada: dose 1 on Mon 04 Jan" in said
    assert "it is settled" in said


def test_many_that_could_not_be_carried_over_are_told_in_part(
    run: Run, write: Write, planned: Path
) -> None:
    old = read(planned).model_dump(mode="json")
    gone = [
        {**entry, "id": f"{entry['id']}-{n}", "patients": [f"p-{n}"]}
        for entry in old["appointments"]
        for n in range(5)
    ]
    many = write("many.json", {**old, "appointments": gone})
    said = run("replan", write("s.json", booked_clinic()), many, "--work", "100").stderr
    assert "20 appointments of the old plan could not be carried over:" in said
    assert "… and 10 more." in said


def test_a_plan_of_another_clinic_is_refused_and_nothing_is_written(
    run: Run, write: Write, planned: Path
) -> None:
    other = write("other.json", booked_clinic(clinic=factories.clinic(id="elsewhere")))
    out = planned.with_name("new.json")
    for refused in (
        run("replan", other, planned, "--out", out),
        run("diff", planned, planned, "--scenario", other),
        run("diff", planned, write("p.json", factories.plan(scenario="elsewhere"))),
    ):
        assert refused.exit_code == 2
        assert "is for the clinic 'harbor'" in refused.stderr
    assert not out.exists()


def test_a_file_that_is_no_plan_is_refused(run: Run, write: Write, planned: Path) -> None:
    broken = write("broken.json", {"format": "care-plan/1"})
    for refused in (
        run("replan", write("s.json", booked_clinic()), broken),
        run("diff", planned, broken),
    ):
        assert refused.exit_code == 2
        assert "is not a plan" in refused.stderr


def test_with_improve_the_whole_is_searched_and_judged(
    run: Run, write: Write, planned: Path
) -> None:
    out = planned.with_name("better.json")
    scenario = write("closed.json", without_mondays())
    done = run("replan", scenario, planned, "--improve", "--work", "800", "--out", out)
    assert done.exit_code == 0
    assert read(out).status == "optimal"


def test_what_moves_is_told_with_all_that_follows_from_it(
    run: Run, write: Write, planned: Path, mended: Path
) -> None:
    scenario = write("closed.json", without_mondays())
    lines = [
        line.strip() for line in told(run, planned, mended, "--scenario", scenario).split("\n")
    ]
    assert lines[0] == "ada"
    text = "\n".join(lines)
    assert "Dose 1 moves from Mon 4 Jan" in text
    assert "- why: the clinic is closed on 2027-01-04 burst pipe" in text
    assert "- ride home: arrange one for " in text
    assert "- no driving or heavy machinery before " in text
    assert "Integration 1 follows on " in text
    assert "- reminders: send them again, for " in text
    assert "booked appointments moved +" in text


def test_without_a_scenario_the_difference_shows_ids_and_no_reasons(
    run: Run, planned: Path, mended: Path
) -> None:
    text = told(run, planned, mended)
    assert "dose 1 moves from Mon 4 Jan" in text
    assert "why:" not in text


def test_two_equal_plans_differ_in_nothing(run: Run, planned: Path) -> None:
    first, second, *_ = told(run, planned, planned).split("\n")
    assert first == "Nothing changes. 4 appointments stay as before."
    assert second == "Cost 32, before 32: +0."


def test_the_document_holds_the_words_beside_what_they_are_about(
    run: Run, write: Write, planned: Path, mended: Path
) -> None:
    scenario = write("closed.json", without_mondays())
    document = json.loads(told(run, planned, mended, "--scenario", scenario, "--json"))
    (ada,) = document["patients"]
    dose = next(c for c in ada["changes"] if (c["activity"], c["occurrence"]) == ("dose", 1))
    assert dose["kind"] == "moved"
    assert dose["before"]["start"].startswith("2027-01-04")
    assert dose["says"].startswith("Dose 1 moves from Mon 4 Jan")
    assert any(line.startswith("ride home: ") for line in dose["consequences"])
    assert document["cost"]["terms"]["moved"]["before"] == 0
    assert document["unchanged"] + len(ada["changes"]) == 4


@pytest.fixture
def say(run: Run, write: Write) -> Any:
    """The difference between two plans of Ada's, in lines without indents."""

    def said(old: Document, new: Document, **scenario: Any) -> list[str]:
        paths = [write("one.json", factories.plan(**old)), write("two.json", factories.plan(**new))]
        document = write("s.json", booked_clinic(**scenario))
        return [line.strip() for line in told(run, *paths, "--scenario", document).split("\n")]

    return said


def talk(start: str = "10:00", **changes: Any) -> Document:
    """Ada's first integration, on a Tuesday for an hour."""
    day, hour = "2027-01-05T", int(start[:2])
    made = factories.appointment(
        "integration", f"{day}{start}:00-05:00", f"{day}{hour + 1}{start[2:]}:00-05:00"
    )
    return factories.changed(made, {"practitioners": ["therapist"], **changes})


def test_who_serves_instead_and_where_is_told(say: Any) -> None:
    new = talk(practitioners=["facilitator"], location="video")
    line = (
        "Integration 1 stays on Tue 5 Jan 10:00-11:00, in video instead of office, "
        "with facilitator instead of therapist."
    )
    assert line in say({"appointments": [talk()]}, {"appointments": [new]})


def test_what_takes_longer_is_told(say: Any) -> None:
    longer = talk(end="2027-01-05T11:30:00-05:00")
    lines = say({"appointments": [talk()]}, {"appointments": [longer]})
    assert (
        "Integration 1 on Tue 5 Jan 10:00-11:00 is now Tue 5 Jan 10:00-11:30, in person." in lines
    )


def test_other_monitors_are_told_together(say: Any) -> None:
    def dose(nurse: str) -> Document:
        times = ("2027-01-05T10:00:00-05:00", "2027-01-05T11:30:00-05:00")
        stages = [
            {"id": name, "start": times[0], "end": times[1], "practitioner": nurse}
            for name in ("dosing", "monitoring")
        ]
        return factories.appointment("dose", *times, location="bay", stages=stages)

    lines = say({"appointments": [dose("nurse")]}, {"appointments": [dose("doctor")]})
    told_of = "monitored by doctor instead of nurse for dosing, monitoring."
    assert f"Dose 1 on Tue 5 Jan 10:00-11:30 stays; {told_of}" in lines
    assert any(line.startswith("1 gets another monitor.") for line in lines)


def test_what_is_dropped_is_told_with_the_rule_in_the_way(say: Any) -> None:
    reasons = [{"rule": "ride", "detail": "nobody drives the patient home"}]
    left = {"patient": "ada", "activity": "integration", "occurrence": 1, "reasons": reasons}
    lines = say({"appointments": [talk()]}, {"unplaced": [left]})
    assert (
        "Integration 1 on Tue 5 Jan 10:00-11:00 is dropped: "
        "ride: nobody drives the patient home." in lines
    )
    assert "- reminders: call off those for Tue 5 Jan 10:00" in lines


def test_what_nobody_asks_for_any_more_falls_away(say: Any) -> None:
    lines = say({"appointments": [talk()]}, {})
    assert (
        "Integration 1 on Tue 5 Jan 10:00-11:00 falls away: it is not asked for any more." in lines
    )


def test_what_is_new_and_what_finds_no_place_is_told(say: Any) -> None:
    reasons = [{"rule": "monitor", "detail": "none has room"}]
    left = {"patient": "ada", "activity": "dose", "occurrence": 2, "reasons": reasons}
    lines = say({}, {"appointments": [talk()], "unplaced": [left]})
    assert "Integration is new, on Tue 5 Jan 10:00-11:00, in office, with therapist." in [
        line.replace("Integration 1", "Integration") for line in lines
    ]
    assert "Dose 2 could not be placed: monitor: none has room." in lines
    assert any(line.startswith("1 is new, 1 new one has no place.") for line in lines)


def test_what_had_no_place_before_is_no_news(say: Any) -> None:
    reasons = [{"rule": "monitor", "detail": "none has room"}]
    left = {"patient": "ada", "activity": "dose", "occurrence": 2, "reasons": reasons}
    assert say({"unplaced": [left]}, {"unplaced": [left]})[0].startswith("Nothing changes.")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("mornings", "evenings", "Group therapy: series evenings instead of mornings; 1 meeting"),
        ("mornings", None, "Group therapy: leaves the series mornings; 1 meeting"),
        (None, "evenings", "Group therapy: joins the series evenings; 1 meeting"),
    ],
)
def test_another_series_is_told_once_for_all_its_meetings(
    say: Any, before: str | None, after: str | None, words: str
) -> None:
    def plan(series: str | None) -> Document:
        hour = 9 if series == "mornings" else 17
        times = (f"2027-01-04T{hour:02}:00:00-05:00", f"2027-01-04T{hour + 1:02}:00:00-05:00")
        if series is None:
            return {}
        joined = {"patient": "ada", "activity": "group", "series": series}
        meeting = factories.appointment("group", *times, location="group-room")
        return {"groups": [joined], "appointments": [meeting]}

    pathways = [factories.pathway(factories.group(), factories.dose())]
    lines = say(plan(before), plan(after), pathways=pathways)
    assert any(line.startswith(words) for line in lines)
    assert not any(line.startswith("Group therapy 1") for line in lines)


def test_a_patient_whom_the_scenario_no_longer_has_is_told_by_ids(say: Any) -> None:
    lines = say({"appointments": [talk(patients=["zoe"])]}, {})
    assert "zoe" in lines
    assert any(line.startswith("integration 1 on Tue 5 Jan") for line in lines)


def test_what_has_passed_needs_no_reminder(say: Any) -> None:
    lines = say({"appointments": [talk()]}, {}, now="2027-01-20T08:00:00-05:00")
    assert not any("reminders" in line for line in lines)

"""`careweave why`: obstacles and choices in a coordinator's words, and as data."""

import json
from pathlib import Path

import pytest

from tests import factories
from tests.api.conftest import Run, Write


@pytest.fixture
def stranded(run: Run, write: Write) -> tuple[Path, Path]:
    """Ada has two doses and a visit, and nobody to drive her home; planned."""
    doses = factories.dose(schedule=[{"weeks": "1-2", "per_week": 1}])
    document = factories.scenario(
        pathways=[factories.pathway(doses, factories.session("visit"), weeks=2)],
        patients=[factories.patient(rides={})],
    )
    scenario = write("scenario.json", document)
    plan = scenario.with_name("plan.json")
    assert run("plan", scenario, "--out", plan, "--work", "20", "--quiet").exit_code == 0
    return scenario, plan


def test_everything_unplaced_is_explained(run: Run, stranded: tuple[Path, Path]) -> None:
    told = run("why", *stranded)
    assert told.exit_code == 0
    lines = told.stdout.splitlines()
    assert lines[:3] == [
        "ada: Dose 1 has no time.",
        "  In the way; without any one of these there is a time:",
        "    - nobody drives ada home at 10:30 on Fri 8 Jan (rides that day: none)",
    ]
    assert (
        "  With one more ride window on Fridays 10:00-12:00 it fits Fri 8 Jan 09:00 and costs "
        "9,992 less; the other one without a time then fits as well."
    ) in lines
    assert "ada: Dose 2 has no time." in lines


def test_one_time_may_be_asked_about(run: Run, stranded: tuple[Path, Path]) -> None:
    told = run("why", *stranded, "--patient", "ada", "--activity", "visit", "--at", "sat 10:00")
    assert told.exit_code == 0
    first, second, third, *_ = told.stdout.splitlines()
    assert first.endswith("Sat 9 Jan 10:00 is not free.")
    assert second == "  In the way; without it there is a time:"
    assert third == "    - the clinic is not open on Sat 9 Jan"


def test_a_free_time_says_its_price(run: Run, stranded: tuple[Path, Path]) -> None:
    told = run("why", *stranded, "--activity", "visit", "--at", "2027-01-06T13:00")
    assert "Wed 6 Jan 13:00 is free.\n  Wed 6 Jan 13:00 works and costs the same." in told.stdout


def test_a_week_may_be_asked_about(run: Run, stranded: tuple[Path, Path]) -> None:
    told = run("why", *stranded, "--activity", "dose", "--week", "2")
    assert told.stdout.startswith("ada: Dose 2 has no time.")
    assert "Dose 1" not in told.stdout


def test_nothing_to_explain_is_said(run: Run, stranded: tuple[Path, Path]) -> None:
    told = run("why", *stranded, "--activity", "visit")
    assert told.stdout == "Everything that is meant has a time.\n"


def test_the_answer_is_also_data(run: Run, stranded: tuple[Path, Path]) -> None:
    told = json.loads(run("why", *stranded, "--activity", "dose", "--json").stdout)
    assert [(entry["occurrence"], entry["possible"]) for entry in told] == [(1, False), (2, False)]
    assert told[0]["obstacles"][0][0]["rule"] == "ride"
    assert {choice["kind"] for choice in told[0]["choices"]} == {"room"}
    assert told[0]["choices"][0]["price"] == -9992
    assert told[0]["stands"] is None


def test_several_obstacles_are_numbered(run: Run, stranded: tuple[Path, Path]) -> None:
    told = run("why", *stranded, "--activity", "dose", "--occurrence", "1", "--at", "mon 16:00")
    assert "  In the way are 3 things, and each of them must go:" in told.stdout
    assert "    1. nobody drives ada home at 17:30 on Mon 4 Jan" in told.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--at", "noon"), "'noon' is no time to ask about"),
        (("--activity", "visit", "--at", "tue 10:05"), "sessions start every 30 minutes"),
        (("--activity", "visit", "--at", "2027-03-02T10:00"), "nothing that is meant may begin"),
        (("--patient", "zoe"), "nothing that may be planned is anything of zoe"),
    ],
)
def test_a_question_without_sense_is_refused_with_what_would_be_right(
    run: Run, stranded: tuple[Path, Path], words: tuple[str, ...], says: str
) -> None:
    told = run("why", *stranded, *words)
    assert told.exit_code == 2
    assert says in told.stderr
    assert told.stdout == ""


def test_a_plan_that_does_not_hold_is_refused(
    run: Run, write: Write, stranded: tuple[Path, Path]
) -> None:
    other = write("other.json", factories.scenario())
    told = run("why", other, stranded[1])
    assert told.exit_code == 2
    assert "careweave verify says where" in told.stderr

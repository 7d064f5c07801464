"""`careweave plan --alternatives`: several files, and in words how they differ."""

import json
from pathlib import Path

import pytest

from pathways.reading import parse, read_plan, read_scenario
from scheduler.planning.verifying import verify
from tests import factories
from tests.api.conftest import Run, Write
from tests.factories import Document


def two_series() -> Document:
    """One patient, who would rather come on the days of the mornings' group."""
    afternoons = factories.series(
        "afternoons", weekly=[{"day": d, "start": "15:00", "end": "16:00"} for d in ("tue", "thu")]
    )
    prefers = factories.table("09:00-17:00", days=("mon", "wed"))
    return factories.scenario(
        clinic=factories.clinic(groups=[factories.series(), afternoons]),
        pathways=[factories.pathway(factories.group(), factories.session("visit"))],
        patients=[factories.patient(preferred=prefers)],
    )


@pytest.fixture
def scenario(write: Write) -> Path:
    return write("scenario.json", two_series())


def test_the_cheapest_is_the_plan_and_the_others_stand_beside_it(run: Run, scenario: Path) -> None:
    out = scenario.with_name("plan.json")
    told = run("plan", scenario, "--out", out, "--alternatives", "3", "--work", "40")
    assert told.exit_code == 0
    plans = [read_plan(parse(p.read_text("utf-8"))) for p in (out, out.with_name("plan-2.json"))]
    assert [plan.groups[0].series for plan in plans] == ["mornings", "afternoons"]
    question = read_scenario(parse(scenario.read_text("utf-8")))
    assert all(verify(question, plan, reasons=True).passes for plan in plans)
    assert not out.with_name("plan-3.json").exists()
    price = plans[1].cost.total - plans[0].cost.total
    second = out.with_name("plan-2.json")
    differs = "Group therapy in afternoons, not mornings."
    assert f"2. {second} costs {price} more: {differs}" in told.stderr


def test_no_more_files_are_written_than_were_asked_for(run: Run, scenario: Path) -> None:
    out = scenario.with_name("plan.yaml")
    run("plan", scenario, "--out", out, "--alternatives", "2", "--work", "40", "--quiet")
    written = {path.name for path in scenario.parent.iterdir()}
    assert written == {"scenario.json", "plan.yaml", "plan-2.yaml"}


def test_where_there_is_no_other_plan_it_is_said(run: Run, write: Write) -> None:
    only = factories.patient(available=factories.table("09:00-10:00", days=("mon",)))
    visit = factories.pathway(factories.session("visit"))
    scenario = write("scenario.json", factories.scenario(pathways=[visit], patients=[only]))
    told = run("plan", scenario, "--out", scenario.with_name("p.json"), "--alternatives", "2")
    assert "No other plan for ada differs plainly and loses no dose." in told.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--alternatives", "2"), "name the first one with --out"),
        (("--patient", "ada", "--out", "plan.json"), "add --alternatives K"),
        (("--alternatives", "2", "--patient", "zoe", "--out", "plan.json"), "no patient 'zoe'"),
    ],
)
def test_a_wish_without_sense_is_refused(
    run: Run, scenario: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(scenario.parent)
    told = run("plan", scenario, *words)
    assert told.exit_code == 2
    assert says in told.stderr
    assert [path.name for path in scenario.parent.iterdir()] == ["scenario.json"]


def test_of_several_patients_one_must_be_named(run: Run, write: Write) -> None:
    two = factories.scenario(patients=[factories.patient("ada"), factories.patient("bob")])
    scenario = write("scenario.json", two)
    out = scenario.with_name("plan.json")
    told = run("plan", scenario, "--out", out, "--alternatives", "2")
    assert told.exit_code == 2
    assert "name one with --patient" in told.stderr
    named = run(
        "plan", scenario, "--out", out, "--alternatives", "2", "--patient", "bob", "--work", "40"
    )
    assert named.exit_code == 0
    first, second = (json.loads(p.read_text("utf-8")) for p in (out, out.with_name("plan-2.json")))
    ada = [[a for a in p["appointments"] if a["patients"] == ["ada"]] for p in (first, second)]
    assert ada[0] == ada[1]

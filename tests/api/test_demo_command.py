"""`careweave demo`: the first thing that a stranger sees."""

from pathlib import Path

import pytest

from api.cli.demo import demo_clinic
from pathways.reading import parse, read_plan, read_scenario
from pathways.scenario import Scenario
from scheduler.planning.judging import judge
from scheduler.planning.verifying import verify
from tests.api.conftest import Run

INTENDED = {"birch": "", "dahlia": "clearance", "juniper": "authorization"}
"""Patients of the demo for whom something is left out on purpose, and the rule in the way.

Birch's second session of a week lacks a ride, or lies too near to the first: both are true.
"""


@pytest.fixture(scope="module")
def clinic() -> Scenario:
    return read_scenario(parse(demo_clinic()))


def test_the_demo_clinic_shows_what_careweave_is_for(clinic: Scenario) -> None:
    assert len(clinic.patients) >= 8
    assert len(clinic.pathways) >= 6
    assert clinic.clinic.closures
    assert any(person.away for person in clinic.clinic.practitioners)
    assert any(patient.partner for patient in clinic.patients)
    virtual = [clinic.pathway_of(patient).activities[0].modality for patient in clinic.patients]
    assert "virtual" in virtual


def test_the_demo_plans_shows_and_leaves_its_documents(
    run: Run, tmp_path: Path, clinic: Scenario
) -> None:
    shown = run("demo", "--time-limit", "6", "--out", tmp_path / "demo")
    assert shown.exit_code == 0
    scenario = (tmp_path / "demo" / "scenario.yaml").read_text(encoding="utf-8")
    plan = read_plan(parse((tmp_path / "demo" / "plan.json").read_text(encoding="utf-8")))
    assert scenario == demo_clinic()
    assert verify(clinic, plan).faults == ()
    for said in ("Week 1", "◆", "no driving or heavy machinery before", "h later", "Cost"):
        assert said in shown.stdout
    for patient in clinic.patients:
        assert f"\n{patient.id} " in shown.stdout
    for name, rule in INTENDED.items():
        assert f"{name}: " in shown.stdout.partition("What did not fit")[2]
        assert f"   {rule}" in shown.stdout
    beforehand = shown.stdout.partition("Week 1")[0]
    assert "on purpose" in beforehand
    assert all(name in beforehand for name in INTENDED)
    assert f"careweave verify {tmp_path}/demo/scenario.yaml" in shown.stdout
    assert safety_told(shown.stdout) == bool(judge(clinic, plan).gates)


def safety_told(shown: str) -> bool:
    return "Safety gates, to be decided before confirmation: R-" in shown


def test_a_place_that_cannot_be_made_is_refused_in_a_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    refused = run("demo", "--out", tmp_path / "taken")
    assert refused.exit_code == 2
    assert "cannot be made" in refused.stderr
    assert "Traceback" not in refused.output

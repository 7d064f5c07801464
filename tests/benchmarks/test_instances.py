"""Named instances: the same for everybody, of the contract's format, and like the examples."""

import json

import pytest

from benchmarks.instances import KINDS, NoSuchInstance, instance, main
from pathways.reading import read_scenario
from scheduler.planning.problem import Problem

NAMES = [f"{kind}-{patients}-{seed}" for kind in KINDS for patients in (1, 30) for seed in (1, 2)]


@pytest.mark.parametrize("name", NAMES)
def test_an_instance_is_a_scenario_of_so_many_patients_who_can_all_join_a_group(name: str) -> None:
    scenario = read_scenario(instance(name))
    problem = Problem(scenario)
    asked = int(name.split("-")[-2]) + name.startswith("one-more")
    assert (scenario.clinic.id, len(scenario.patients)) == (name, asked)
    for patient in scenario.patients:
        group = next(a for a in scenario.pathway_of(patient).activities if a.kind == "group")
        assert problem.options(patient.id, group)


def test_a_name_stands_for_one_instance_and_another_name_for_another() -> None:
    assert instance("cohort-10-1") == instance("cohort-10-1")
    assert instance("cohort-10-1")["patients"] != instance("cohort-10-2")["patients"]


def test_a_clinic_with_more_patients_has_more_of_everything_but_where_it_is_tight() -> None:
    small, large, tight = (
        len(json.dumps(instance(name)["clinic"]))
        for name in ("solo-1-1", "cohort-30-1", "tight-30-1")
    )
    assert small < tight < large


@pytest.mark.parametrize("name", ["", "cohort", "cohort-10", "herd-10-1", "cohort-0-1"])
def test_a_name_of_no_kind_is_refused_with_what_to_write(name: str) -> None:
    with pytest.raises(NoSuchInstance, match="write KIND-PATIENTS-SEED"):
        instance(name)


def test_no_two_series_of_a_clinic_meet_at_one_place_and_time() -> None:
    held = [
        (group["activity"], group["location"], str(group["weekly"]))
        for group in instance("cohort-100-1")["clinic"]["groups"]
    ]
    assert len(held) == len(set(held)) == 16


def test_a_name_that_no_instance_has_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["ward-5-417"]) == 2
    written, said = capsys.readouterr()
    assert (written, said.count("\n")) == ("", 1)
    assert "write KIND-PATIENTS-SEED" in said

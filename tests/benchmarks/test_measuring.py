"""Measuring: a case is planned, judged and taken apart into doses, others and the rest."""

import pytest

from benchmarks.instances import instance
from benchmarks.measuring import PLANNERS, Case, Measured, measure, scenario_of
from benchmarks.one_more import booked
from benchmarks.suites import FULL, QUICK, REFERENCES, at_most, beside, case_of
from pathways.reading import read_scenario
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Stop
from scheduler.planning.verifying import verify


@pytest.mark.parametrize("planner", sorted(set(PLANNERS) - {"repair"}))
def test_every_planner_gives_a_faultless_plan_however_soon_it_is_stopped(planner: str) -> None:
    found = measure(Case("solo-1-1", planner, 0.5))
    assert found.faults == 0
    assert found.total >= max(found.rest, found.bound)
    assert Measured.from_document(found.document()) == found


def test_partners_are_planned_together_where_everybody_is_planned_alone() -> None:
    assert measure(Case("couples-4-100", "alone", 0.1)).parts == 2


def test_what_is_unplaced_is_no_part_of_the_rest() -> None:
    found = measure(Case("blocked-6-100", "first fit", 0.1))
    weights = scenario_of("blocked-6-100").weights
    assert min(found.doses, found.others) > 0
    unplaced = found.doses * weights.unplaced + found.others * weights.unplaced_other
    assert found.total == found.rest + unplaced


def test_in_a_clinic_with_one_more_patient_nobody_else_has_anything_to_decide() -> None:
    document = booked(instance("one-more-4-1"))
    scenario = read_scenario(document)
    assert all(appointment.locked for appointment in scenario.booked)
    *standing, new = [patient.id for patient in scenario.patients]
    plan = solve(scenario, Stop(work=20))
    assert verify(scenario, plan, reasons=True).faults == ()
    assert not any(set(standing) & {left.patient} for left in plan.unplaced)
    stood = {(b.patients, b.activity, b.occurrence, b.start) for b in scenario.booked}
    planned = {(a.patients, a.activity, a.occurrence, a.start) for a in plan.appointments}
    assert stood < planned
    assert {patients for patients, *_ in planned - stood} == {(new,)}


def test_the_quick_suite_fits_a_quarter_of_an_hour_and_the_full_one_has_it_all() -> None:
    quick, full = list(QUICK.cases()), list(FULL.cases())
    assert QUICK.total <= 15 * 60
    assert {case.planner for case in quick} == {case.planner for case in full} == set(PLANNERS)
    assert {"cohort-100-1", "cohort-500-1"} <= {case.instance for case in full}
    assert {case.instance for case in quick} < {case.instance for case in full}


def test_planning_everybody_alone_may_take_each_patients_seconds() -> None:
    assert at_most(Case("cohort-10-1", "alone", 4.0)) == 40.0
    assert at_most(Case("cohort-10-1", "careweave", 4.0)) == 4.0
    assert at_most(Case("cohort-10-1", "first fit", 4.0)) == 0.0


def test_the_quick_suite_leaves_time_for_single_patients_even_where_all_limits_are_used() -> None:
    cases = [case for case in QUICK.cases() if not case.instance.startswith("solo-1-")]
    together = [case for case in cases if case.planner != "alone"]
    assert sum(map(at_most, together)) <= 12 * 60


def test_what_is_named_is_planned_and_a_repair_is_a_whole_process() -> None:
    assert case_of("solo-1-1") == Case("solo-1-1", "careweave", 10.0)
    assert case_of("solo-1-1", 4.0, whole=True) == Case("solo-1-1", "process", 4.0)
    assert case_of("nurse-away-200-1") == Case("nurse-away-200-1", "repair", 5.0)


def test_references_beside_what_is_named_have_so_many_times_its_seconds() -> None:
    cases = beside(Case("cohort-10-1", "careweave", 20.0), times=10)
    references = [(planner, 200.0) for planner in REFERENCES]
    assert [(case.planner, case.seconds) for case in cases] == [*references, ("alone", 4.0)]


def test_a_model_of_everything_is_not_asked_about_more_patients_than_fit_into_memory() -> None:
    asked = {case.instance for case in FULL.cases() if case.planner == "monolithic"}
    assert "cohort-100-1" in asked
    assert "cohort-500-1" not in asked

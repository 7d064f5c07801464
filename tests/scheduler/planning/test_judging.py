"""One judge for every door: the planning contract, and the safety rules of the library."""

import pytest

from pathways.library import load
from pathways.plan import Plan
from pathways.reading import read_plan, read_scenario
from pathways.safety import PLAN_RULES, NoRules, Strength
from pathways.scenario import Scenario
from scheduler.planning.judging import gates_of, judge, safety_breaches
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Stop
from tests import factories
from tests.factories import Document, table
from tests.library_scenarios import dosed_twice_on_a_day, maintained, only_late, without_therapy
from tests.pathways.clinics import scenario_of


def planned(document: Document) -> tuple[Scenario, Plan]:
    scenario = read_scenario(document)
    return scenario, solve(scenario, Stop(work=5))


@pytest.fixture(scope="module")
def ordinary() -> tuple[Scenario, Plan]:
    return planned(maintained())


def test_an_ordinary_plan_passes_with_warnings(ordinary: tuple[Scenario, Plan]) -> None:
    judged = judge(*ordinary)
    assert judged.passes
    assert judged.protocols == ("maintenance-esketamine",)
    assert {breach.strength for breach in judged.breaches} == {Strength.SOFT}


def test_a_fault_by_the_contract_alone_fails(ordinary: tuple[Scenario, Plan]) -> None:
    scenario, plan = ordinary
    judged = judge(scenario, plan.model_copy(update={"scenario": "elsewhere"}))
    assert not judged.passes
    assert judged.refusals == ()


def test_a_hard_safety_rule_alone_refuses() -> None:
    judged = judge(*planned(maintained(resume_driving="05:00")))
    assert judged.verdict.passes
    assert {breach.rule for breach in judged.refusals} == {"R-30"}
    assert not judged.passes


def test_a_gate_is_told_and_refuses_nothing() -> None:
    scenario, plan = planned(without_therapy())
    judged = judge(scenario, plan)
    assert judged.passes
    assert [breach.place_of("p-1") for breach in judged.gates] == ["dose 1"]
    assert [breach.place_of("p-2") for breach in judged.gates] == [None]
    assert gates_of(scenario, plan) == judged.gates


def test_locked_bookings_that_break_a_hard_rule_refuse_nothing() -> None:
    scenario, plan = planned(dosed_twice_on_a_day())
    judged = judge(scenario, plan)
    hard = [breach for breach in judged.breaches if breach.strength is Strength.HARD]
    assert {breach.rule for breach in hard} == {"R-15", "R-32"}
    assert set(hard) <= judged.standing
    assert judged.passes


def test_the_same_appointments_without_a_lock_are_refused() -> None:
    document = dosed_twice_on_a_day()
    _, plan = planned(document)
    free = maintained()
    judged = judge(read_scenario(free), plan)
    assert {"R-15", "R-32"} <= {breach.rule for breach in judged.refusals}
    assert judged.standing == frozenset()


def test_patients_on_pathways_of_their_own_are_judged_by_the_contract_alone() -> None:
    scenario, plan = planned(factories.scenario())
    assert judge(scenario, plan).protocols == ()
    assert safety_breaches(scenario, plan) == ()


@pytest.mark.parametrize("change", [{"patients": ["nobody"]}, {"activity": "nothing"}])
def test_what_the_scenario_does_not_know_is_named_by_the_contract(
    ordinary: tuple[Scenario, Plan], change: Document
) -> None:
    scenario, plan = ordinary
    document = plan.model_dump(mode="json", by_alias=True)
    document["appointments"][0].update(change)
    reasons = [{"rule": "ride", "detail": "none"}]
    unknown = {"patient": "nobody", "activity": "nothing", "occurrence": 1, "reasons": reasons}
    document["unplaced"].append(unknown)
    judged = judge(scenario, read_plan(document))
    assert any(finding.place.startswith("appointments[0]") for finding in judged.verdict.faults)
    assert judged.protocols


def test_without_rules_there_is_no_verdict(ordinary: tuple[Scenario, Plan]) -> None:
    with pytest.raises(NoRules):
        safety_breaches(*ordinary, rules=())
    assert PLAN_RULES


def test_a_reason_that_only_the_library_gives_is_told_as_such_and_true() -> None:
    scenario, plan = planned(only_late())
    judged = judge(scenario, plan, reasons=True)
    assert judged.verdict.faults == ()
    details = [reason.detail for entry in plan.unplaced for reason in entry.reasons]
    says = "it would end too close to closing for an overrun (R-19: at least 30 minutes before"
    assert details
    assert all(detail.startswith(says) for detail in details)


def test_a_reason_of_such_a_patient_that_is_untrue_is_found() -> None:
    scenario, plan = planned(only_late())
    document = plan.model_dump(mode="json", by_alias=True)
    document["unplaced"][0]["reasons"] = [{"rule": "monitor", "detail": "nobody watches"}]
    judged = judge(scenario, read_plan(document), reasons=True)
    assert [fault.rule for fault in judged.verdict.faults] == ["reasons"]
    assert judge(scenario, read_plan(document)).verdict.faults == ()


def test_nobody_to_drive_home_is_told_apart_from_closing_time() -> None:
    document = only_late()
    document["patients"][0]["available"] = table("08:00-18:30")
    document["patients"][0]["rides"] = {}
    _, plan = planned(document)
    detail = plan.unplaced[0].reasons[0].detail
    assert detail.startswith("nobody drives the patient home at the end, or it would end too close")


def test_all_but_the_reasons_is_judged_as_the_scenario_is_written() -> None:
    """By the contract a dose may end at closing time: R-19 refuses it, and no rule of rides."""
    scenario = read_scenario(only_late())
    carried = scenario.pathways[0].model_dump(mode="json", exclude_unset=True)
    plan = solve(read_scenario({**only_late(), "pathways": [carried]}), Stop(work=5))
    judged = judge(scenario, plan, reasons=True)
    assert judged.verdict.faults == ()
    assert {breach.rule for breach in judged.refusals} == {"R-19"}


def test_a_group_with_more_seats_than_its_level_allows_is_planned_within_the_rule() -> None:
    document = scenario_of(load("iop-ketamine-im", "2026.1"))
    one = document["patients"][0]
    document["patients"] = [{**one, "id": f"p-{number}"} for number in range(11)]
    for holder in (document["clinic"]["groups"][0], *document["clinic"]["locations"]):
        holder["capacity"] = 12
    scenario = read_scenario(document)
    plan = solve(scenario, Stop(work=0))
    judged = judge(scenario, plan, reasons=True)
    assert judged.passes
    reasons = [reason for entry in plan.unplaced for reason in entry.reasons]
    full = [reason.detail for reason in reasons if reason.rule == "capacity"]
    assert full
    assert all(detail.startswith("no seat is left (R-39: at most 10") for detail in full)
    assert plan.bound == 0

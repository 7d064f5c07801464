"""Plans that are known to be good, with known costs: the verifier finds nothing in them."""

from pathlib import Path

import pytest

from pathways.plan import Plan
from pathways.reading import parse, read_plan, read_scenario
from pathways.scenario import Scenario
from scheduler.planning.verifying import verify

INSTANCES = Path(__file__).parents[3] / "instances"
GOOD = {"solo-1-103": 326, "solo-1-105": 80, "cohort-6-100": 13801}


def instance(name: str) -> tuple[Scenario, Plan]:
    """A scenario and the good plan beside it."""
    found = sorted(INSTANCES.glob(f"{name}.[jy][sa]*"))
    scenario = next(path for path in found if not path.name.endswith(".plan.json"))
    plan = (INSTANCES / f"{name}.plan.json").read_text(encoding="utf-8")
    return read_scenario(parse(scenario.read_text(encoding="utf-8"))), read_plan(parse(plan))


@pytest.mark.parametrize("name", GOOD)
def test_a_good_plan_has_no_fault_and_no_warning(name: str) -> None:
    verdict = verify(*instance(name))
    assert (verdict.faults, verdict.warnings, verdict.passes) == ((), (), True)


@pytest.mark.parametrize(("name", "total"), GOOD.items())
def test_a_good_plan_costs_what_it_is_known_to_cost(name: str, total: int) -> None:
    scenario, plan = instance(name)
    cost = verify(scenario, plan).cost
    assert (cost.total, dict(cost.terms)) == (total, dict(plan.cost.terms))


def test_the_reasons_of_a_whole_plan_are_true_without_exception() -> None:
    verdict = verify(*instance("solo-1-105"), reasons=True)
    assert verdict.faults == ()


def test_reasons_that_were_never_examined_are_found_out() -> None:
    verdict = verify(*instance("cohort-6-100"), reasons=True)
    assert {fault.rule for fault in verdict.faults} == {"reasons"}
    assert {fault.place for fault in verdict.faults} == {
        "unplaced[0] (p-0006/dose/1)",
        "unplaced[1] (p-0004/integration/6)",
    }

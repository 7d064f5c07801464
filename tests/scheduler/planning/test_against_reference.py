"""On tiny scenarios the planner is held against the model that one writes first, solved to the end.

What both call optimal costs the same. The plans of all reference planners keep every hard rule, or
nothing would follow from measuring by them.
"""

from collections import Counter
from collections.abc import Callable

import pytest

from benchmarks.interval_model.answering import Limits
from benchmarks.reference import first_fit, monolithic, one_by_one
from pathways.plan import Plan
from pathways.reading import read_scenario
from pathways.scenario import Scenario
from scheduler.planning.verifying import verify
from tests.scenarios.dice import SMALL, TINY
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.comparing import Count, tempts
from tests.scheduler.planning.trying import Complaint, Document, campaign, chunks, planned, try_all

WORK = 1500
TO_THE_END = Limits(seconds=60, units=10, workers=1)
BRIEFLY = Limits(seconds=60, units=0.5, workers=1)
COMPARED = 0.6


class Comparison:
    """A complaint about a document, and what was seen while there was none."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, document: Document) -> str:
        scenario = read_scenario(document)
        if tempts(scenario):
            self.seen["tempting"] += 1
            return ""
        reference, plan = monolithic(scenario, TO_THE_END), planned(document, WORK)
        both = (reference.status, plan.status) == ("optimal", "optimal")
        self.seen["compared" if both else "not proven"] += 1
        self.seen["something unplaced"] += both and bool(plan.unplaced)
        return _complaint(scenario, plan, reference)


def _complaint(scenario: Scenario, plan: Plan, reference: Plan) -> str:
    costs = f"planner {plan.cost} ({plan.status}), reference {reference.cost} ({reference.status})"
    for one, other in ((plan, reference), (reference, plan)):
        if one.bound > other.cost.total:
            return f"a bound of {one.bound} is above a plan's cost; {costs}"
    return "".join(f"of the reference: {fault}" for fault in verify(scenario, reference).faults[:1])


def compare(seeds: range, record: Count) -> Counter[str]:
    comparison = Comparison()
    try_all(seeds, lambda seed: random_scenario(seed, TINY), comparison)
    for name, number in comparison.seen.items():
        record(f"reference model: {name}", number)
    return comparison.seen


@pytest.mark.parametrize("seeds", chunks(1200, 25), ids=lambda seeds: str(seeds[0]))
def test_what_the_planner_calls_optimal_costs_what_the_reference_model_proves(
    seeds: range, record_property: Count
) -> None:
    seen = compare(seeds, record_property)
    assert seen["compared"] >= COMPARED * len(seeds)


@pytest.mark.parametrize("seeds", campaign(100))
def test_the_planner_and_the_reference_model_agree_in_a_campaign(
    seeds: range, record_property: Count
) -> None:
    seen = compare(seeds, record_property)
    assert seen["compared"] >= COMPARED * len(seeds)


def _complaint_about(planners: dict[str, Callable[[Scenario], Plan]]) -> Complaint:
    def complaint(document: Document) -> str:
        scenario = read_scenario(document)
        found = ((name, verify(scenario, plan(scenario)).faults) for name, plan in planners.items())
        return "; ".join(f"{name}: {faults[0]}" for name, faults in found if faults)

    return complaint


@pytest.mark.parametrize("seeds", chunks(200, 50), ids=lambda seeds: str(seeds[0]))
def test_first_fit_keeps_every_hard_rule(seeds: range) -> None:
    complaint = _complaint_about({"first fit": first_fit})
    try_all(seeds, lambda seed: random_scenario(seed, SMALL), complaint)


@pytest.mark.parametrize("seeds", chunks(100, 50), ids=lambda seeds: str(seeds[0]))
def test_planning_one_patient_after_the_other_keeps_every_hard_rule(seeds: range) -> None:
    complaint = _complaint_about({"one by one": lambda scenario: one_by_one(scenario, BRIEFLY)})
    try_all(seeds, lambda seed: random_scenario(seed, TINY), complaint)

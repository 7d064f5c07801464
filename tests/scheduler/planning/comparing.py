"""A planner's answer held against a search through all plans of a tiny scenario."""

from collections import Counter
from collections.abc import Callable, Iterator

from pathways.model import Activity, Pathway
from pathways.plan import Plan
from pathways.reading import read_plan, read_scenario
from pathways.scenario import Scenario
from scheduler.planning.verifying import verify
from tests.exhaustive.search import Best, TooLarge, cheapest_plan
from tests.exhaustive.writing import plan_document
from tests.scheduler.planning.trying import Document, planned

WORK = 1500
STEPS = 3000

Count = Callable[[str, object], None]
"""Records how often something was seen."""


def missing(plan: Plan) -> int:
    """What the plan pays for all that it leaves out."""
    return plan.cost.terms.get("unplaced", 0) + plan.cost.terms.get("unplaced_other", 0)


def tempts(scenario: Scenario) -> bool:
    """Whether leaving out an anchor may be cheaper than placing it, for what comes after it.

    What can be placed is placed all the same, or no reason would be true; so the cheapest plan
    is then none that the planner may give.
    """
    return any(followers > price for price, followers in _prices(scenario))


def is_even(scenario: Scenario) -> bool:
    """Whether leaving out an anchor may save as much as it costs, so that a trip decides."""
    return any(followers == price for price, followers in _prices(scenario))


def _prices(scenario: Scenario) -> Iterator[tuple[int, int]]:
    """What it costs to leave out one of each activity, and what it saves of all that follows it."""
    for pathway in scenario.pathways:
        for activity in pathway.activities:
            yield _price(activity, scenario), _followers(pathway, activity, scenario)


def _price(activity: Activity, scenario: Scenario) -> int:
    weights = scenario.weights
    return weights.unplaced if activity.is_dose_like else weights.unplaced_other


def _followers(pathway: Pathway, anchor: Activity, scenario: Scenario) -> int:
    return sum(
        _price(activity, scenario) * (1 + (anchor.with_partner and not activity.with_partner))
        for activity in pathway.activities
        if activity.after and activity.after.activity == anchor.id
    )


class Comparison:
    """A complaint about a document, and what was seen while there was none."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, document: Document) -> str:
        scenario = read_scenario(document)
        if tempts(scenario):
            self.seen["tempting"] += 1
            return ""
        try:
            best = cheapest_plan(scenario, STEPS)
        except TooLarge:
            self.seen["too large"] += 1
            return ""
        plan = planned(document, WORK)
        self.note(plan, best)
        return complaint(scenario, plan, best)

    def note(self, plan: Plan, best: Best) -> None:
        self.seen["compared"] += 1
        self.seen["optimal"] += plan.status == "optimal"
        self.seen["something unplaced"] += best.missing > 0
        self.seen["dearer than the cheapest"] += plan.cost.total > best.cost


def complaint(scenario: Scenario, plan: Plan, best: Best) -> str:
    """What is wrong with a plan beside the cheapest; empty where nothing is."""
    costs = f"planner {plan.cost.total} ({plan.status}, bound {plan.bound}), cheapest {best.cost}"
    if missing(plan) > best.missing:
        return f"left out {missing(plan)}, where {best.missing} would do; {costs}"
    if plan.cost.total < best.cost:
        return f"cheaper than the cheapest of all; {costs}"
    if plan.bound > best.cost:
        return f"the bound is above a plan's cost; {costs}"
    if plan.cost.total != best.cost and (plan.status == "optimal" or not is_even(scenario)):
        return f"dearer than the cheapest; {costs}"
    return _what_the_verifier_says(scenario, best)


def _what_the_verifier_says(scenario: Scenario, best: Best) -> str:
    """The verifier and the search agree about the cheapest plan, whose terms are not told."""
    verdict = verify(scenario, read_plan(plan_document(scenario, best)))
    faults = [str(fault) for fault in verdict.faults if fault.rule != "cost"]
    if verdict.cost.total != best.cost:
        faults.append(f"by the verifier it costs {verdict.cost.total}: {verdict.cost.terms}")
    return f"of the cheapest plan, {best.cost}: {faults[0]}" if faults else ""

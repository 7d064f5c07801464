"""On tiny scenarios a repair is held against every plan that the changed scenario allows.

Nothing is left out that could be placed, and what is called optimal moves and drops at the least
cost that there is.
"""

import json
from collections import Counter
from random import Random

import pytest

from pathways.plan import Plan, Term
from pathways.reading import read_scenario
from scheduler.planning.judging import judge
from scheduler.planning.repairing import repair
from scheduler.planning.replanning import Carried, carried_over
from scheduler.planning.stopping import Stop
from tests.exhaustive.search import Best, TooLarge, cheapest_plan
from tests.scenarios.changes import disturbed
from tests.scenarios.dice import TINY
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.comparing import Count, missing, tempts
from tests.scheduler.planning.trying import Document, campaign, chunks, planned, try_all

WORK = 1500
STEPS = 3000
CHANGES_OF_BOOKINGS: tuple[Term, ...] = ("moved", "moved_soon", "dropped")


class Comparison:
    """A complaint about the repair of a document's plan, and what was seen without one."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, document: Document) -> str:
        plan = planned(document, WORK)
        dice = Random(json.dumps(document))  # noqa: S311  (a test, not a secret)
        carried = carried_over(read_scenario(disturbed(document, plan, dice)), plan)
        if tempts(carried.scenario):
            self.seen["tempting"] += 1
            return ""
        try:
            best = cheapest_plan(carried.scenario, STEPS)
        except TooLarge:
            self.seen["too large"] += 1
            return ""
        mended = repair(carried, Stop(work=WORK))
        self.seen["compared"] += 1
        self.seen["optimal"] += mended.status == "optimal"
        self.seen["something moved or dropped"] += any(
            mended.cost.terms.get(term) for term in CHANGES_OF_BOOKINGS
        )
        self.seen["dearer than the cheapest"] += mended.cost.total > best.cost
        return _complaint(carried, mended, best)


def _complaint(carried: Carried, mended: Plan, best: Best) -> str:
    costs = f"repair {mended.cost} ({mended.status}), cheapest {best.cost}"
    if missing(mended) > best.missing:
        return f"left out {missing(mended)}, where {best.missing} would do; {costs}"
    if mended.cost.total < best.cost:
        return f"cheaper than the cheapest of all; {costs}"
    if mended.status == "optimal" and mended.cost.total != best.cost:
        return f"called optimal; {costs}"
    faults = judge(carried.scenario, mended, reasons=True).verdict.faults
    return str(faults[0]) if faults else ""


def compare(seeds: range, record: Count) -> Counter[str]:
    comparison = Comparison()
    try_all(seeds, lambda seed: random_scenario(seed, TINY), comparison)
    for name, number in comparison.seen.items():
        record(f"exhaustive repair: {name}", number)
    return comparison.seen


@pytest.mark.parametrize("seeds", chunks(100, 25), ids=lambda seeds: str(seeds[0]))
def test_a_repair_is_never_worse_than_trying_everything(
    seeds: range, record_property: Count
) -> None:
    seen = compare(seeds, record_property)
    assert seen["something moved or dropped"] >= seen["compared"] / 4
    assert seen["optimal"] >= seen["compared"] * 0.7


@pytest.mark.parametrize("seeds", campaign(100))
def test_a_repair_is_never_worse_in_a_campaign(seeds: range, record_property: Count) -> None:
    seen = compare(seeds, record_property)
    assert seen["something moved or dropped"] >= seen["compared"] / 4

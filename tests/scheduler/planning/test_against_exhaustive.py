"""On tiny scenarios the planner is held against a search through all plans.

Nothing is left out that the search places, what is called optimal costs what the cheapest plan
costs, and no plan costs less than a bound.
"""

from collections import Counter

import pytest

from tests.scenarios.dice import TINY
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.comparing import Comparison, Count
from tests.scheduler.planning.trying import campaign, chunks, try_all

INTERESTING = 0.35


def compare(seeds: range, record: Count) -> Counter[str]:
    comparison = Comparison()
    try_all(seeds, lambda seed: random_scenario(seed, TINY), comparison)
    for name, number in comparison.seen.items():
        record(f"exhaustive search: {name}", number)
    return comparison.seen


@pytest.mark.parametrize("seeds", chunks(300, 25), ids=lambda seeds: str(seeds[0]))
def test_the_planner_is_never_worse_than_trying_everything(
    seeds: range, record_property: Count
) -> None:
    seen = compare(seeds, record_property)
    assert seen["something unplaced"] >= INTERESTING * seen["compared"] / 2


@pytest.mark.parametrize("seeds", campaign(100))
def test_the_planner_is_never_worse_in_a_campaign(seeds: range, record_property: Count) -> None:
    seen = compare(seeds, record_property)
    assert seen["something unplaced"] >= INTERESTING * seen["compared"]

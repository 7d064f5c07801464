"""Whatever the scenario, the verifier finds nothing in the planner's plan, reasons included."""

from collections import Counter
from collections.abc import Callable

import pytest

from pathways.reading import read_scenario
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Progress, Stop
from tests.scenarios.dice import SMALL, TINY, Size
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.trying import (
    Document,
    campaign,
    chunks,
    faults,
    planned,
    try_all,
)

Record = Callable[[str, object], None]


class Judged:
    """The verifier's first complaint about a plan, and what was seen while there was none."""

    def __init__(self, work: int) -> None:
        self.work = work
        self.seen: Counter[str] = Counter()

    def __call__(self, document: Document) -> str:
        plan = planned(document, self.work)
        self.seen["scenarios"] += 1
        self.seen["appointments"] += len(plan.appointments)
        self.seen["unplaced"] += len(plan.unplaced)
        self.seen["scenarios with something unplaced"] += bool(plan.unplaced)
        return next(iter(faults(document, plan)), "")


def judge(seeds: range, size: Size, work: int, record: Record) -> Counter[str]:
    judged = Judged(work)
    try_all(seeds, lambda seed: random_scenario(seed, size), judged)
    for name, number in judged.seen.items():
        record(f"verified plans: {name}", number)
    return judged.seen


@pytest.mark.parametrize("seeds", chunks(80, 10), ids=lambda seeds: str(seeds[0]))
def test_the_verifier_finds_nothing(seeds: range, record_property: Record) -> None:
    seen = judge(seeds, SMALL, work=10, record=record_property)
    assert seen["scenarios with something unplaced"] > 0


@pytest.mark.parametrize("seeds", chunks(200, 50, first=5000), ids=lambda seeds: str(seeds[0]))
def test_the_verifier_finds_nothing_in_tiny_plans(seeds: range, record_property: Record) -> None:
    judge(seeds, TINY, work=60, record=record_property)


@pytest.mark.parametrize("seeds", campaign(100))
def test_the_verifier_finds_nothing_in_a_campaign(seeds: range, record_property: Record) -> None:
    judge(seeds, SMALL, work=300, record=record_property)


@pytest.mark.parametrize("seed", range(0, 48, 8))
def test_the_same_work_gives_the_same_bytes(seed: int) -> None:
    document = random_scenario(seed)
    first, second = (planned(document, 20, seed=3).model_dump_json() for _ in range(2))
    assert first == second


@pytest.mark.parametrize("seed", range(1, 49, 8))
def test_a_plan_never_gets_dearer_while_it_is_sought(seed: int) -> None:
    told: list[Progress] = []
    scenario = read_scenario(random_scenario(seed))
    plan = solve(scenario, Stop(work=40), report=told.append)
    costs = [progress.cost for progress in told if progress.cost is not None]
    bounds = [progress.bound for progress in told]
    assert costs == sorted(costs, reverse=True)
    assert bounds == sorted(bounds)
    assert plan.cost.total <= costs[-1]


@pytest.mark.parametrize("seed", range(2, 50, 8))
def test_more_work_never_makes_a_plan_dearer(seed: int) -> None:
    document = random_scenario(seed)
    costs = [planned(document, work).cost.total for work in (5, 20, 80)]
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize("work", [0, 2])
def test_a_search_that_may_hardly_begin_still_answers_with_a_good_plan(work: int) -> None:
    for seed in range(8):
        document = random_scenario(seed)
        assert faults(document, planned(document, work)) == []

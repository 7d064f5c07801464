"""The example clinics: each plan is judged, and as good as the good plan that is known for it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from pathways.reading import parse, read_plan
from tests.scheduler.planning.trying import Document, faults, planned

INSTANCES = Path(__file__).parents[2] / "instances"


@dataclass(frozen=True)
class Instance:
    """An example, and the work after which its plan is as good as a known one.

    ``cost`` and ``unplaced`` are what this planner has reached before, where nobody has put a
    plan beside the scenario.
    """

    name: str
    work: int
    factor: float = 1.1
    cost: int | None = None
    unplaced: int = 0

    def document(self, ending: str = "") -> Document:
        text = (INSTANCES / f"{self.name}{ending}.json").read_text(encoding="utf-8")
        document: Document = parse(text)
        return document

    @property
    def known(self) -> tuple[int, int]:
        """The cost and the number of unplaced occurrences to measure by."""
        if self.cost is not None:
            return self.cost, self.unplaced
        plan = read_plan(self.document(".plan"))
        return plan.cost.total, len(plan.unplaced)


EXAMPLES = [
    Instance("solo-1-103", work=300, factor=1.02),
    Instance("solo-1-104", work=300, factor=1.02),
    Instance("solo-1-105", work=300, factor=1.02),
    Instance("cohort-6-100", work=600, cost=1493),
    Instance("ward-4-100", work=300, cost=745),
    Instance("dst-3-100", work=300, cost=4654, unplaced=2),
    Instance("couples-4-100", work=1200, cost=24585, unplaced=3),
    Instance("blocked-6-100", work=1500, cost=262574, unplaced=36),
    Instance("tight-20-100", work=300, cost=21992, unplaced=7),
]
LONG = Instance("tight-20-100", work=1200, cost=19135, unplaced=6)


@pytest.mark.parametrize(
    "instance",
    [*EXAMPLES, pytest.param(LONG, marks=pytest.mark.campaign)],
    ids=lambda instance: f"{instance.name} {instance.work}",
)
def test_the_plan_of_an_example_keeps_every_rule_and_is_as_good_as_a_known_one(
    instance: Instance,
) -> None:
    plan = planned(instance.document(), instance.work)
    assert faults(instance.document(), plan) == []
    cost, unplaced = instance.known
    assert len(plan.unplaced) <= unplaced
    assert plan.cost.total <= instance.factor * cost


def test_the_proven_example_is_proven_here_too() -> None:
    plan = planned(Instance("solo-1-105", work=300).document(), 300)
    assert (plan.status, plan.cost.total, plan.bound) == ("optimal", 80, 80)


def test_an_example_says_the_same_in_yaml() -> None:
    text = (INSTANCES / "solo-1-105.yaml").read_text(encoding="utf-8")
    assert parse(text) == Instance("solo-1-105", work=0).document()

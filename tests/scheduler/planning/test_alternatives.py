"""Other plans for a patient: different in a person's eyes, judged, and honestly priced."""

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import pytest

from pathways.plan import Plan
from pathways.reading import read_scenario
from pathways.scenario import Scenario
from scheduler.planning.alternatives import alternatives
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Stop
from scheduler.planning.telling_apart import difference, joined, own
from scheduler.planning.verifying import verify
from tests import factories
from tests.factories import Document
from tests.scenarios.dice import SMALL, TINY, Size
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.trying import chunks, try_all

Record = Callable[[str, object], None]


def choices(
    document: Document, patient: str = "ada", count: int = 5
) -> tuple[Scenario, list[Plan]]:
    """A scenario, and the plans to choose from; the best of the search is one of them."""
    scenario = read_scenario(document)
    best = solve(scenario, Stop(work=60))
    return scenario, alternatives(scenario, best, patient, count, Stop(work=60))


class Chosen:
    """What is wrong with the plans to choose from, and what was seen while nothing was."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, document: Document) -> str:
        scenario = read_scenario(document)
        best = solve(scenario, Stop(work=30))
        patient = scenario.patients[0].id
        plans = alternatives(scenario, best, patient, 5, Stop(work=30))
        self.seen["scenarios"] += 1
        self.seen["plans beside the first"] += len(plans) - 1
        for plan in plans:
            faults = verify(scenario, plan, reasons=True).faults
            if faults:
                return str(faults[0])
            if best.status == "optimal" and plan.cost.total < best.cost.total:
                return f"costs {plan.cost.total}, less than the optimal {best.cost.total}"
            if stands_elsewhere(best, plan, patient):
                return "somebody else was moved"
        return self._too_like(scenario, patient, plans)

    @staticmethod
    def _too_like(scenario: Scenario, patient: str, plans: list[Plan]) -> str:
        if [p.cost.total for p in plans] != sorted(p.cost.total for p in plans):
            return "the cheapest does not come first"
        for one, other in combinations(plans, 2):
            if not difference(scenario, patient, one, other).is_plain:
                return "two plans are alike"
        return ""


def stands_elsewhere(before: Plan, after: Plan, patient: str) -> bool:
    """Whether an appointment without this patient is not where it was."""
    stand = {a.identity: (a.start, a.location, a.practitioners) for a in after.appointments}
    return any(
        stand.get(a.identity) != (a.start, a.location, a.practitioners)
        for a in before.appointments
        if patient not in a.patients
    )


def hold(seeds: range, size: Size, record: Record) -> None:
    chosen = Chosen()
    try_all(seeds, lambda seed: random_scenario(seed, size), chosen)
    for name, number in chosen.seen.items():
        record(f"alternatives: {name}", number)


@pytest.mark.parametrize("seeds", chunks(30, 10, first=8000), ids=lambda seeds: str(seeds[0]))
def test_tiny_plans_to_choose_from_hold_differ_and_are_no_better_than_the_best(
    seeds: range, record_property: Record
) -> None:
    hold(seeds, TINY, record_property)


@pytest.mark.parametrize("seeds", chunks(6, 3, first=8000), ids=lambda seeds: str(seeds[0]))
def test_plans_to_choose_from_hold_differ_and_are_no_better_than_the_best(
    seeds: range, record_property: Record
) -> None:
    hold(seeds, SMALL, record_property)


def test_another_series_is_a_choice() -> None:
    evenings = factories.series(
        "evenings", weekly=[{"day": d, "start": "15:00", "end": "16:00"} for d in ("tue", "thu")]
    )
    document = factories.scenario(
        clinic=factories.clinic(groups=[factories.series(), evenings]),
        pathways=[factories.pathway(factories.group())],
    )
    _, plans = choices(document)
    assert {joined(plan, "ada")["group"] for plan in plans} == {"mornings", "evenings"}


def test_other_days_for_the_doses_are_a_choice() -> None:
    weeks = [{"weeks": "1-3", "per_week": 1}]
    document = factories.scenario(
        pathways=[factories.pathway(factories.dose(schedule=weeks), weeks=3)],
        patients=[factories.patient(preferred=factories.table("09:00-17:00", days=("mon",)))],
    )
    scenario, (first, second, *_) = choices(document)
    told = difference(scenario, "ada", first, second)
    assert told.days_before == ("mon",)
    assert "mon" not in told.days_after
    assert (told.moved, told.doses) == (3, 3)
    # Each of the three now lies outside the day that Ada prefers.
    assert second.cost.total - first.cost.total == 3 * 4


def test_another_therapist_is_a_choice() -> None:
    people = factories.clinic()["practitioners"]
    document = factories.scenario(
        clinic=factories.clinic(
            practitioners=[*people, factories.practitioner("second", "therapist", skills=["cbt"])]
        )
    )
    scenario, (first, *others) = choices(document)
    faces = [difference(scenario, "ada", first, other).faces for other in others]
    assert {"therapist", "second"} in [{f.before, f.after} for held in faces for f in held]


def test_where_nothing_can_be_otherwise_there_is_no_choice() -> None:
    only_monday = factories.patient(available=factories.table("09:00-17:00", days=("mon",)))
    doses = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    document = factories.scenario(pathways=[factories.pathway(doses)], patients=[only_monday])
    _, plans = choices(document)
    assert len(plans) == 1


def test_everybody_elses_appointments_stand_and_are_planned_around() -> None:
    """One bay, open for two doses a day: Bob's choices are what the others leave."""
    names = ("ada", "bob", "cleo")
    mornings = factories.clinic(hours=factories.table("09:00-12:00"), groups=[])
    doses = factories.pathway(factories.dose())
    document = factories.scenario(
        clinic=mornings, pathways=[doses], patients=[factories.patient(name) for name in names]
    )
    scenario = read_scenario(document)
    best = solve(scenario, Stop(work=60))
    plans = alternatives(scenario, best, "bob", 2, Stop(work=60))
    assert len(plans) == 2
    others = [[a for a in p.appointments if "bob" not in a.patients] for p in (best, *plans)]
    assert all(held == others[0] for held in others)
    assert own(plans[0], "bob") != own(plans[1], "bob")


def test_the_same_work_gives_the_same_choices() -> None:
    found = [choices(random_scenario(8001, TINY), patient="ada")[1] for _ in range(2)]
    assert found[0] == found[1]

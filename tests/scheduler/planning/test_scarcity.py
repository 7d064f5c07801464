"""What must stay unplaced is never more than some plan leaves out, and something where it must."""

from collections import Counter
from dataclasses import replace
from math import inf

import pytest

from benchmarks.interval_model.answering import Limits
from benchmarks.reference import monolithic
from pathways.plan import Plan, Unplaced
from pathways.reading import read_scenario
from pathways.scenario import Scenario
from scheduler.planning.board import Board
from scheduler.planning.problem import Problem
from scheduler.planning.solve import solve
from scheduler.planning.solving import proving
from scheduler.planning.solving.posing import Left, begin_with
from scheduler.planning.solving.scarcity import Scarcity
from scheduler.planning.solving.searching import Search
from scheduler.planning.stopping import Progress, Stop
from tests.exhaustive.search import TooLarge, cheapest_plan
from tests.scenarios.dice import TINY, Document
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.comparing import Count, missing
from tests.scheduler.planning.trying import campaign, chunks, try_all

STEPS = 3000
DOSE = {
    "id": "dose",
    "kind": "session",
    "title": "Dose",
    "modality": "in-person",
    "stages": [
        {"id": "dosing", "minutes": 60, "monitor_ratio": 1},
        {"id": "watching", "minutes": 60, "monitor_ratio": 3},
    ],
    "needs": [{"location": "treatment-bay"}],
    "schedule": [{"weeks": "1", "per_week": 1}],
    "rest_of_day": True,
}
CROWDED = replace(TINY, patients=(3, 5), weeks=(1, 1), open_days=(1, 2), frills=(0.0, 0.1, 0.3))
BRIEFLY = Limits(seconds=60, units=0.3, workers=1)


def left(scenario: Scenario) -> Left:
    """What any plan of a scenario leaves out at least."""
    scarcity = Scarcity(Board(Problem(scenario)), Stop())
    cost = scarcity.least_cost()
    _, bound = begin_with(scarcity, inf)
    return Left(max(cost, bound), scarcity.least_number())


def crowd(patients: int, monitors: int) -> Document:
    """Patients who all want a dose on one day of five hours, with bays for everybody."""
    hours = {"mon": ["08:00-13:00"]}
    nurse = {"roles": ["monitor"], "hours": hours}
    return {
        "format": "care-scenario/1",
        "clinic": {
            "id": "harbor",
            "name": "Harbor Clinic",
            "timezone": "UTC",
            "slot_minutes": 60,
            "hours": hours,
            "locations": [{"id": f"bay-{n}", "kind": "treatment-bay"} for n in range(patients)],
            "practitioners": [{"id": f"rn-{n}", **nurse} for n in range(monitors)],
        },
        "pathways": [{"id": "doses", "title": "Doses", "weeks": 1, "activities": [DOSE]}],
        "patients": [
            {"id": f"p-{n}", "pathway": "doses", "start": "2027-01-04", "available": hours}
            for n in range(patients)
        ],
    }


def test_a_monitor_who_is_alone_holds_one_dose_after_the_other() -> None:
    # Five hours of a monitor are three doses by the sum: one hour and a third of another each.
    assert left(read_scenario(crowd(4, monitors=1))) == Left(20_000, 2)


def test_a_second_monitor_watches_while_the_first_doses() -> None:
    assert left(read_scenario(crowd(4, monitors=2))) == Left()


def test_a_plan_says_what_must_stay_unplaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "SMALL", 0)
    told: list[Progress] = []
    plan = solve(read_scenario(crowd(4, monitors=1)), Stop(work=1000), report=told.append)
    assert (told[-1].must_leave, told[-1].must_pay) == (2, 20_000)
    assert plan.bound >= 20_000


def test_no_search_goes_on_for_what_must_stay_unplaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "SMALL", 0)
    search = Search(Board(Problem(read_scenario(crowd(4, monitors=1)))), Stop(work=1000), 0, None)
    assert len(search.missing()) == 2
    search.run()
    assert (len(search.improver.unplaced()), search.missing()) == (2, [])


def test_nothing_is_claimed_where_it_was_time_to_stop() -> None:
    stop = Stop()
    stop.request()
    scarcity = Scarcity(Board(Problem(read_scenario(crowd(4, 1)))), stop)
    assert (scarcity.least_cost(), scarcity.least_number()) == (0, 0)


class Claim:
    """A complaint where some plan leaves out less than every plan must; what was seen."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def __call__(self, document: Document) -> str:
        scenario = read_scenario(document)
        bound = left(scenario)
        self.seen["something must stay out"] += bound.cost > 0
        plan = monolithic(scenario, BRIEFLY)
        if bound.cost > missing(plan):
            return f"{bound} is more than the {missing(plan)} of a plan"
        if bound.number > _number(scenario, plan):
            return f"{bound} is more than the {_number(scenario, plan)} of a plan"
        return self._too_much_for_the_best(scenario, bound)

    def _too_much_for_the_best(self, scenario: Scenario, bound: Left) -> str:
        try:
            best = cheapest_plan(scenario, STEPS)
        except TooLarge:
            return ""
        self.seen["tried everything"] += 1
        return f"{bound} is more than {best.missing}" if bound.cost > best.missing else ""


def _number(scenario: Scenario, plan: Plan) -> int:
    """How many occurrences a plan leaves out; in no series, every meeting of it."""
    return sum(_meetings(scenario, u) if u.occurrence == 0 else 1 for u in plan.unplaced)


def _meetings(scenario: Scenario, entry: Unplaced) -> int:
    activity = scenario.pathway_of(scenario.patient(entry.patient)).activity(entry.activity)
    return activity.schedule[0].per_week * len(activity.scheduled_weeks)


def claim(seeds: range, record: Count) -> Counter[str]:
    found = Claim()
    try_all(seeds[::2], lambda seed: random_scenario(seed, TINY), found)
    try_all(seeds[1::2], lambda seed: random_scenario(seed, CROWDED), found)
    for name, number in found.seen.items():
        record(f"scarcity: {name}", number)
    return found.seen


@pytest.mark.parametrize("seeds", chunks(120, 20), ids=lambda seeds: str(seeds[0]))
def test_no_plan_leaves_out_less_than_must_stay_unplaced(
    seeds: range, record_property: Count
) -> None:
    seen = claim(seeds, record_property)
    assert seen["something must stay out"] > 0


@pytest.mark.parametrize("seeds", campaign(100))
def test_no_plan_leaves_out_less_in_a_campaign(seeds: range, record_property: Count) -> None:
    claim(seeds, record_property)

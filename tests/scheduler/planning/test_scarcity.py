"""What must stay unplaced is never more than some plan leaves out, and something where it must."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import inf

import pytest

from benchmarks.interval_model.answering import Limits
from benchmarks.reference import monolithic
from pathways.plan import Plan, Unplaced
from pathways.reading import read_scenario
from pathways.scenario import Booked, Scenario
from scheduler.planning.board import Board
from scheduler.planning.course.choosing import Chooser
from scheduler.planning.problem import Problem
from scheduler.planning.solve import solve
from scheduler.planning.solving import held, proving
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.ceilings import Ceilings
from scheduler.planning.solving.constructing import construct
from scheduler.planning.solving.posing import Left, begin_with
from scheduler.planning.solving.proving import Prover
from scheduler.planning.solving.room import Hours, Kind
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
TALK = {
    "id": "talk",
    "kind": "session",
    "title": "Talk",
    "modality": "virtual",
    "minutes": 60,
    "needs": [{"location": "virtual"}, {"role": "therapist"}],
    "after": {"activity": "dose", "lag": {"min": "PT12H", "ideal": "PT12H", "max": "PT30H"}},
}
CROWDED = replace(TINY, patients=(3, 5), weeks=(1, 1), open_days=(1, 2), frills=(0.0, 0.1, 0.3))
BRIEFLY = Limits(seconds=60, units=0.3, workers=1)


def left(scenario: Scenario, paid: float = inf) -> Left:
    """What any plan of a scenario leaves out at least, and how many if it pays no more than so."""
    scarcity = Scarcity(Board(Problem(scenario)), Stop())
    cost = scarcity.least_cost()
    _, bound = begin_with(scarcity, inf)
    return Left(max(cost, bound), scarcity.least_number(paid))


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


@pytest.fixture
def under_ceilings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """No day can be filled in few ways. Of each ceiling asked for: how many starts it is about."""
    asked: list[int] = []
    ask = Ceilings._asked

    def noted(ceilings: Ceilings, hours: Hours, kinds: Sequence[Kind]) -> int:
        asked.append(sum(kind.starts.bit_count() for kind in kinds))
        return ask(ceilings, hours, kinds)

    monkeypatch.setattr(held, "fillings", lambda *_: None)
    monkeypatch.setattr(Ceilings, "_asked", noted)
    return asked


def early_birds(late: int, monitors: int = 1) -> Document:
    """Two patients who can only come at eight, and others who can at any hour."""
    document = crowd(2 + late, monitors)
    for patient in document["patients"][:2]:
        patient["available"] = {"mon": ["08:00-10:00"]}
    return document


def test_a_ceiling_is_asked_for_the_narrowest_hours_first(under_ceilings: list[int]) -> None:
    assert left(read_scenario(early_birds(late=0))) == Left(10_000, 1)
    assert under_ceilings == [1]
    # Then one of them stands, and the whole day of four starts has room for one more.
    assert left(read_scenario(early_birds(late=2))) == Left(20_000, 2)
    assert under_ceilings == [1, 1, 4]


def test_a_ceiling_is_not_asked_for_where_narrower_hours_hold_enough(
    under_ceilings: list[int],
) -> None:
    scarcity = Scarcity(Board(Problem(read_scenario(early_birds(late=1, monitors=3)))), Stop())
    scarcity.model.minimize(scarcity.cost)
    answer = scarcity.ask(1.0)
    assert answer is not None
    # Two begin at eight, which three could; so the three of all day are in no doubt.
    assert not scarcity._keep_under_ceilings(scarcity.wanted, answer)
    assert under_ceilings == [1]


def test_a_second_monitor_watches_while_the_first_doses() -> None:
    assert left(read_scenario(crowd(4, monitors=2))) == Left()


def followed(open_days: dict[str, list[str]], *titles: str, patients: int = 1) -> Scenario:
    """Patients with a dose each, and talks that must follow it within 12 to 30 hours."""
    document = crowd(patients, monitors=1)
    talks = [{**TALK, "id": title, "title": title} for title in titles]
    clinic = document["clinic"]
    clinic["hours"] = open_days
    for nurse in clinic["practitioners"]:
        nurse["hours"] = open_days
    for patient in document["patients"]:
        patient["available"] = open_days
    clinic["locations"].append({"id": "tele", "kind": "virtual"})
    clinic["practitioners"].append({"id": "th", "roles": ["therapist"], "hours": open_days})
    document["pathways"][0]["activities"] = [DOSE, *talks]
    return read_scenario(document)


MORNING = ["08:00-13:00"]


def test_a_dose_before_closed_days_loses_what_follows_it() -> None:
    assert left(followed({"mon": MORNING, "thu": MORNING}, "talk")) == Left(2000, 1)
    assert left(followed({"mon": MORNING, "tue": MORNING}, "talk")) == Left()


def test_a_dose_keeps_what_follows_it_if_the_last_start_of_the_day_does() -> None:
    # After a dose from ten to twelve on Monday it is 30 hours until six on Tuesday.
    late = {"mon": ["08:00-12:00"], "tue": ["18:00-19:00"]}
    assert left(followed(late, "talk")) == Left()
    assert left(followed({**late, "tue": ["18:30-20:00"]}, "talk")) == Left(2000, 1)


def test_what_is_locked_after_a_dose_is_not_lost() -> None:
    scenario = followed({"mon": ["08:00-10:00"], "tue": ["08:00-09:00"]}, "talk")
    locked = {
        "id": "p-0/talk/1",
        "patients": ["p-0"],
        "activity": "talk",
        "occurrence": 1,
        "start": "2027-01-05T08:00:00Z",
        "end": "2027-01-05T09:00:00Z",
        "modality": "virtual",
        "location": "tele",
        "practitioners": ["th"],
        "locked": True,
    }
    booked = (Booked.model_validate(locked),)
    assert left(scenario.model_copy(update={"booked": booked})) == Left()


def test_of_two_partners_one_can_drive_on_a_day() -> None:
    document = crowd(2, monitors=2)
    document["pathways"][0]["activities"] = [{**DOSE, "no_driving": True}]
    assert left(read_scenario(document)) == Left()
    for patient, partner in zip(document["patients"], ("p-1", "p-0"), strict=True):
        patient["partner"] = partner
    assert left(read_scenario(document)) == Left(10_000, 1)


def test_fewer_are_left_out_where_more_is_paid() -> None:
    scenario = followed({"mon": MORNING}, "talk", "review")
    assert left(scenario) == Left(4000, 1)
    assert left(scenario, paid=4000) == Left(4000, 2)


def test_what_must_stay_out_is_counted_again_for_a_plan_that_pays_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "SMALL", 0)
    stop = Stop(work=1000)
    standing = Standing(Board(Problem(followed({"mon": MORNING}, "talk", "review", patients=2))))
    prover = Prover(standing, stop, Chooser(stop, loosely=True))
    # The plan has no dose, which costs more than what would follow it.
    prover.look_at_all(lambda _: None)
    assert prover.left == Left(8000, 2)
    construct(standing.board, ["p-0", "p-1"], lambda: True)
    prover.count_again()
    assert prover.left == Left(8000, 4)


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


def test_no_search_goes_on_for_what_has_no_start_after_its_dose(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proving, "SMALL", 0)
    two_days = {"mon": MORNING, "thu": MORNING}
    problem = Problem(followed(two_days, "talk", patients=2))
    search = Search(Board(problem), Stop(work=1000), 0, None)
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
        plan = monolithic(scenario, BRIEFLY)
        bound = left(scenario, paid=missing(plan))
        self.seen["something must stay out"] += bound.cost > 0
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


@pytest.mark.usefixtures("under_ceilings")
def test_no_plan_leaves_out_less_where_days_stay_under_ceilings(record_property: Count) -> None:
    seen = claim(range(200, 230), record_property)
    assert seen["something must stay out"] > 0


@pytest.mark.parametrize("seeds", campaign(100))
def test_no_plan_leaves_out_less_in_a_campaign(seeds: range, record_property: Count) -> None:
    claim(seeds, record_property)

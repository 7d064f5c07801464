"""What a dose costs on a day besides what it loses, and that everybody's days are chosen by it."""

from collections.abc import Mapping

import pytest

from pathways.reading import read_scenario
from scheduler.planning.board import Board
from scheduler.planning.problem import Problem
from scheduler.planning.solving import fitting
from scheduler.planning.solving.fitting import Fitting
from scheduler.planning.solving.room import Shift
from scheduler.planning.solving.scarcity import Answer, Scarcity
from scheduler.planning.stopping import Stop
from tests.scenarios.dice import Document
from tests.scheduler.planning.test_scarcity import DOSE, TALK, crowd

MORNING = ["08:00-13:00"]
TRIP = 8
OFF_PREFERENCE = 4
GROUP = {
    "id": "group",
    "kind": "group",
    "title": "Group",
    "modality": "in-person",
    "schedule": [{"weeks": "1", "per_week": 1}],
}


def clinic(*days: str, patients: int = 1) -> Document:
    """A clinic open on some mornings, with a dose, and a talk by video some days after it."""
    document, hours = crowd(patients, monitors=1), dict.fromkeys(days, MORNING)
    document["clinic"]["hours"] = hours
    for person in [*document["clinic"]["practitioners"], *document["patients"]]:
        person["hours" if "roles" in person else "available"] = hours
    document["clinic"]["locations"].append({"id": "tele", "kind": "virtual"})
    document["clinic"]["practitioners"].append({"id": "th", "roles": ["therapist"], "hours": hours})
    lag = {"min": "PT12H", "ideal": "PT12H", "max": "P4D"}
    talk = {**TALK, "after": {"activity": "dose", "lag": lag}}
    document["pathways"][0]["activities"] = [DOSE, talk]
    return document


def scarcity_of(document: Document) -> Scarcity:
    return Scarcity(Board(Problem(read_scenario(document))), Stop())


def prices(document: Document) -> dict[str, int]:
    """What a dose costs on each day of the first patient's week, by the day's name."""
    scarcity = scarcity_of(document)
    dates = scarcity.problem.calendar.dates
    return {
        f"{dates[day]:%a}": min(dose.price for doses in held.values() for dose in doses)
        for day, held in scarcity.wanted.items()
    }


def days_begun(document: Document) -> list[str]:
    """The days on which a plan begins that leaves out as little as it can."""
    scarcity = scarcity_of(document)
    beginning = Fitting(scarcity).find(1_000_000)
    assert beginning is not None
    calendar = scarcity.problem.calendar
    ticks = [dose.starts.bit_length() - 1 for dose in beginning.doses]
    return sorted(f"{calendar.dates[calendar.day_of(tick)]:%a}" for tick in ticks)


def test_a_dose_costs_what_follows_it_waits_at_least() -> None:
    # A dose from eleven to one; then at eight it is 19 hours later, seven more than is ideal.
    # From Tuesday to Thursday it is 24 hours more, and from Thursday to Monday 72 more.
    after = {"Mon": 7, "Tue": 7 + 24, "Thu": 7 + 72}
    assert prices(clinic("mon", "tue", "thu")) == {day: TRIP + lag for day, lag in after.items()}


def test_a_lag_is_counted_from_when_the_patient_can_come() -> None:
    document = clinic("mon", "tue")
    document["patients"][0]["available"] = {"mon": ["08:00-11:00"], "tue": ["09:00-13:00"]}
    # The dose ends at eleven at the latest, and the talk begins at nine.
    assert prices(document)["Mon"] == TRIP + 10


def test_what_is_lost_after_a_dose_is_not_counted_twice() -> None:
    document = clinic("mon", "tue")
    document["pathways"][0]["activities"][1]["after"]["lag"]["max"] = "P1D"
    assert prices(document)["Tue"] == TRIP


def test_hours_that_nobody_prefers_cost_on_the_day_of_the_dose_and_after_it() -> None:
    document = clinic("mon", "tue")
    document["patients"][0]["preferred"] = {"mon": MORNING}
    assert prices(document)["Mon"] == TRIP + OFF_PREFERENCE + 7
    document["patients"][0]["preferred"] = {"tue": MORNING}
    assert prices(document)["Mon"] == TRIP + OFF_PREFERENCE + 7


@pytest.mark.parametrize(("modality", "trip"), [("in-person", 0), ("virtual", TRIP)])
def test_a_day_with_a_meeting_costs_no_trip(modality: str, trip: int) -> None:
    document = clinic("mon", "tue")
    group = {**GROUP, "modality": modality}
    document["pathways"][0]["activities"].append(group)
    meeting = {"day": "mon", "start": "08:00", "end": "09:00"}
    series = {"id": "group-1", "activity": "group", "modality": modality, "capacity": 8}
    document["clinic"]["locations"].append({"id": "room", "kind": "group-room"})
    document["clinic"]["groups"] = [
        {**series, "location": "tele" if trip else "room", "facilitator": "th", "weekly": [meeting]}
    ]
    assert prices(document)["Mon"] == trip + 7


@pytest.mark.parametrize(
    ("days", "best"), [(("mon", "thu", "fri"), "Thu"), (("mon", "tue", "fri"), "Mon")]
)
def test_a_plan_begins_on_the_days_that_suit_best(days: tuple[str, ...], best: str) -> None:
    assert days_begun(clinic(*days)) == [best]


def test_who_finds_no_room_on_the_best_day_comes_on_another() -> None:
    # One monitor holds two doses in a morning.
    assert days_begun(clinic("mon", "thu", "fri", patients=3)) == ["Fri", "Thu", "Thu"]


def test_no_more_is_left_out_for_better_days() -> None:
    document = clinic("mon", "thu", "fri", patients=6)
    assert days_begun(document) == ["Fri", "Fri", "Mon", "Mon", "Thu", "Thu"]


def test_how_many_must_stay_out_is_asked_of_plans_that_pay_more_again() -> None:
    scarcity = scarcity_of(crowd(4, monitors=1))
    assert Fitting(scarcity).find(1_000_000) is not None
    scarcity.pay_at_most(10_000)
    scarcity.model.minimize(scarcity.cost)
    assert scarcity.ask(1.0) is None
    scarcity.pay_at_most(20_000)
    assert scarcity.least_number() == 2


@pytest.mark.parametrize(("optimal", "asked"), [(True, fitting.ROUNDS), (False, 1)])
def test_better_days_are_asked_for_until_an_answer_takes_too_long(
    optimal: bool, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scarcity = scarcity_of(clinic("mon", "thu", "fri"))
    search = Fitting(scarcity)
    best = search.find(1_000_000)
    answers, days_told = list[Answer](), list[int]()

    def ask(_: float) -> Answer:
        answers.append(Answer(0, 0, optimal, [0] * len(scarcity.model.proto.variables)))
        return answers[-1]

    def know_better(shifts: Mapping[int, Shift]) -> bool:
        days_told.extend(shifts)
        return True

    monkeypatch.setattr(scarcity, "ask", ask)
    monkeypatch.setattr(scarcity, "keep_broken", lambda _: False)
    monkeypatch.setattr(search, "_shift", lambda *_: Shift(1, {}))
    monkeypatch.setattr(search, "_know_better", know_better)
    assert best is not None
    # Each answer has days that lose a dose after all, which the next one knows.
    assert search._with_the_best_days(best) is best
    assert (len(answers), len(days_told)) == (asked, asked * len(scarcity.wanted))

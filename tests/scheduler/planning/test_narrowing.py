"""What the planner is told of the library's safety rules before it begins."""

from typing import Any

from pathways.library import load
from pathways.reading import read_scenario
from pathways.scenario import Scenario
from pathways.timing import Window
from scheduler.planning.narrowing import narrowed
from tests import factories
from tests.pathways.clinics import scenario_of

TRD = load("iop-esketamine-trd", "2026.1")


def of_the_library(**changes: Any) -> Scenario:
    document = scenario_of(TRD)
    document["clinic"]["hours"] = factories.table("08:00-18:30")
    document["patients"][0] = factories.changed(document["patients"][0], changes)
    return read_scenario(document)


def rides_on_mondays(scenario: Scenario) -> tuple[Window, ...]:
    rides = narrowed(scenario).patients[0].rides
    return rides.on_weekday("mon") if rides else ()


def test_a_scenario_with_pathways_of_its_own_stays_as_it_is() -> None:
    scenario = read_scenario(factories.scenario())
    assert narrowed(scenario) is scenario


def test_the_last_ride_leaves_half_an_hour_before_closing() -> None:
    """Ends are multiples of five minutes: 18:00 is in the half-open window, 18:05 is not."""
    (window,) = rides_on_mondays(of_the_library(rides=None))
    assert str(window) == "08:00-18:05"


def test_a_ride_that_comes_earlier_stays_the_limit() -> None:
    rides = {"mon": ["10:00-12:00", "15:00-20:00"], "tue": ["09:00-10:00"]}
    windows = rides_on_mondays(of_the_library(rides=rides))
    assert [str(window) for window in windows] == ["10:00-12:00", "15:00-18:05"]


def test_a_date_with_its_own_hours_closes_earlier_too() -> None:
    document = scenario_of(TRD)
    document["clinic"]["hours"] = {
        **factories.table("08:00-18:30"),
        "2027-01-11": ["08:00-13:00"],
    }
    rides = narrowed(read_scenario(document)).patients[0].rides
    assert rides is not None
    assert [str(window) for window in rides.root["2027-01-11"]] == ["08:00-12:35"]

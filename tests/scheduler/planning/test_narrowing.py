"""What the planner is told of the library's safety rules before it begins."""

from typing import Any

import pytest

from pathways.library import load
from pathways.reading import read_scenario
from pathways.scenario import Scenario
from pathways.timing import Window
from scheduler.planning.narrowing import narrowed, what_no_plan_can_keep, what_was_cut
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


def test_hours_that_end_off_the_grid_let_nothing_end_too_late() -> None:
    """Closing at 18:33, 18:03 is the limit: an end at 18:00 is in the window, 18:05 is not."""
    document = scenario_of(TRD)
    document["clinic"]["hours"] = factories.table("08:00-18:33")
    (window,) = rides_on_mondays(read_scenario(document))
    assert str(window) == "08:00-18:05"


def test_rides_that_end_early_enough_stay_as_they_are() -> None:
    scenario = of_the_library(rides={"mon": ["10:00-18:05"], "sun": ["10:00-24:00"]})
    assert narrowed(scenario) is scenario


def test_each_of_two_openings_of_a_day_has_an_end_of_its_own() -> None:
    document = scenario_of(TRD)
    document["clinic"]["hours"] = factories.table("08:00-12:00", "12:15-12:30", "13:00-18:30")
    windows = rides_on_mondays(read_scenario(document))
    assert [str(window) for window in windows] == ["08:00-11:35", "13:00-18:05"]
    (patient,) = what_was_cut(read_scenario(document)).patients
    assert patient.rides is not None
    told = [str(window) for window in patient.rides.on_weekday("mon")]
    assert told == ["11:35-12:05", "12:15-12:35", "18:05-18:35"]


def crowded(patients: int, **changes: Any) -> Scenario:
    """So many patients on a pathway of the library, and a group of twelve seats."""
    document = scenario_of(TRD)
    one = document["patients"][0]
    document["patients"] = [{**one, "id": f"p-{n}", **changes} for n in range(patients)]
    document["clinic"]["groups"][0]["capacity"] = 12
    return read_scenario(document)


@pytest.mark.parametrize(("patients", "seats"), [(10, 12), (11, 10)])
def test_a_group_of_the_library_has_no_more_seats_than_its_level_allows(
    patients: int, seats: int
) -> None:
    (group,) = narrowed(crowded(patients)).clinic.groups
    assert group.capacity == seats


def test_seats_that_are_fewer_already_stay_as_they_are() -> None:
    scenario = crowded(11)
    few = scenario.clinic.groups[0].model_copy(update={"capacity": 6})
    clinic = scenario.clinic.model_copy(update={"groups": (few,)})
    assert narrowed(scenario.model_copy(update={"clinic": clinic})).clinic == clinic


@pytest.mark.parametrize(("hour", "refused"), [("05:59", True), ("06:00", False), ("07:00", False)])
def test_no_note_is_long_enough_where_the_clinic_lets_people_drive_too_early(
    hour: str, refused: bool
) -> None:
    document = scenario_of(TRD)
    document["clinic"]["resume_driving"] = hour
    document["patients"].append({**document["patients"][0], "id": "p-2"})
    found = list(what_no_plan_can_keep(read_scenario(document)))
    assert [place for place, _ in found] == (["clinic.resume_driving"] if refused else [])


def test_without_patients_on_the_library_a_clinic_chooses_its_hour() -> None:
    clinic = factories.clinic(resume_driving="05:00")
    assert list(what_no_plan_can_keep(read_scenario(factories.scenario(clinic=clinic)))) == []
    document = scenario_of(TRD)
    document["clinic"]["resume_driving"] = "05:00"
    assert list(what_no_plan_can_keep(read_scenario({**document, "patients": []}))) == []

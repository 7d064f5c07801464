"""R-14, R-15: days between doses and doses in a week."""

from typing import Any

import pytest

from pathways.safety import spacing
from tests.factories import Document
from tests.pathways.clinics import scenario_of
from tests.pathways.documents import GONE, INFUSIONS, TRD, changed
from tests.pathways.safety.situations import places, planned, visit

INJECTIONS = "iop-ketamine-im"
LOZENGES = "viop-ketamine-lozenge-home"


DOSES = {TRD: "dose", INFUSIONS: "infusion", INJECTIONS: "injection", LOZENGES: "lozenge"}


def dose_gap(name: str, days: Any) -> Any:
    return changed(name, {f"activities/{DOSES[name]}/min_days_between": days})


@pytest.mark.parametrize(
    ("name", "days", "hard", "soft"),
    [
        (TRD, 2, False, False),
        (TRD, 1, True, True),
        (TRD, GONE, True, True),
        (INFUSIONS, 2, False, False),
        (INFUSIONS, 1, True, True),
        (INJECTIONS, 3, False, False),
        (INJECTIONS, 2, False, True),
        (INJECTIONS, 1, True, True),
        (LOZENGES, 3, False, False),
        (LOZENGES, 2, False, True),
    ],
)
def test_days_between_doses_by_route(name: str, days: Any, hard: bool, soft: bool) -> None:
    pathway = dose_gap(name, days)
    assert bool(places(spacing.a_full_day_lies_between_two_doses, pathway)) is hard
    assert bool(places(spacing.doses_keep_the_gap_of_their_route, pathway)) is soft


@pytest.mark.parametrize("spaced", [GONE, "individual"])
def test_the_second_part_of_a_course_counts_the_doses_of_the_first(spaced: Any) -> None:
    pathway = changed(TRD, {"activities/dose/spaced_with": spaced})
    (place,) = places(spacing.a_full_day_lies_between_two_doses, pathway)
    assert place.endswith("spaced_with")


@pytest.mark.parametrize(
    ("name", "limit", "gap", "broken"),
    [
        (TRD, {"days": 7, "count": 2}, 2, False),
        (TRD, {"days": 7, "count": 3}, 2, True),
        (TRD, {"days": 6, "count": 2}, 2, True),
        (TRD, {"days": 8, "count": 2}, 2, False),
        (TRD, GONE, 2, True),
        (TRD, GONE, 3, True),  # days 1, 4, 7
        (TRD, GONE, 4, False),
        (INFUSIONS, {"days": 7, "count": 3}, 2, False),
        (INFUSIONS, {"days": 7, "count": 4}, 2, True),
        (INFUSIONS, GONE, 3, False),  # days 1, 4, 7: three are allowed
        (INJECTIONS, {"days": 7, "count": 2}, 2, False),
        (INJECTIONS, {"days": 7, "count": 3}, 2, True),
        (LOZENGES, {"days": 7, "count": 2}, 2, False),
        (LOZENGES, {"days": 7, "count": 3}, 2, True),
    ],
)
def test_seven_days_hold_so_many_doses(name: str, limit: Any, gap: int, broken: bool) -> None:
    dose = DOSES[name]
    change = {
        f"activities/{dose}/max_in_days": limit,
        f"activities/{dose}/min_days_between": gap,
    }
    rule = spacing.seven_days_hold_no_more_doses_than_the_route_allows
    assert bool(places(rule, changed(name, change))) is broken


def test_a_dose_without_any_rule_of_spacing_is_told_too() -> None:
    change = {"activities/dose/max_in_days": GONE, "activities/dose/min_days_between": GONE}
    rule = spacing.seven_days_hold_no_more_doses_than_the_route_allows
    assert len(places(rule, changed(TRD, change))) == 1


def doses_on(name: str, *days: str) -> Any:
    pathway = changed(name, {})
    activity = pathway.doses[-1].id
    visits = [visit(pathway, activity, n, f"{day} 13:00") for n, day in enumerate(days, start=1)]
    return planned(pathway, *visits)


@pytest.mark.parametrize(
    ("name", "second", "hard", "soft"),
    [
        (TRD, "01-20", True, True),
        (TRD, "01-21", False, False),
        (INJECTIONS, "01-21", False, True),
        (INJECTIONS, "01-22", False, False),
    ],
)
def test_planned_doses_have_days_between_them(
    name: str, second: str, hard: bool, soft: bool
) -> None:
    clinic = doses_on(name, "01-19", second)
    assert bool(places(spacing.a_full_day_is_planned_between_two_doses, clinic)) is hard
    assert bool(places(spacing.planned_doses_keep_the_gap_of_their_route, clinic)) is soft


def test_nobody_is_planned_twice_on_a_day() -> None:
    rule = spacing.nobody_is_dosed_twice_on_a_day
    assert places(rule, doses_on(TRD, "01-19", "01-20")) == []
    (breach,) = rule.breaches(doses_on(TRD, "01-19", "01-19"))
    assert breach.override == ()


def test_two_doses_on_a_day_are_told_as_that_and_not_as_neighbours() -> None:
    clinic = doses_on(TRD, "01-19", "01-19")
    assert places(spacing.a_full_day_is_planned_between_two_doses, clinic) == []


@pytest.mark.parametrize(
    ("name", "days", "broken"),
    [
        (TRD, ("01-19", "01-22", "01-26"), False),  # the third on the eighth day
        (TRD, ("01-19", "01-22", "01-25"), True),
        (INFUSIONS, ("01-18", "01-20", "01-22", "01-25"), False),
        (INFUSIONS, ("01-18", "01-20", "01-22", "01-24"), True),
    ],
)
def test_no_seven_planned_days_hold_too_many(
    name: str, days: tuple[str, ...], broken: bool
) -> None:
    clinic = doses_on(name, *days)
    assert bool(places(spacing.no_seven_planned_days_hold_too_many_doses, clinic)) is broken


def test_doses_of_an_earlier_enrolment_count() -> None:
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    document["patients"][0]["history"] = [
        past("dose", "2027-01-03"),
        past("individual", "2027-01-02"),
    ]
    clinic = planned(pathway, visit(pathway, "dose", 1, "01-04 13:00"), scenario=document)
    assert places(spacing.a_full_day_is_planned_between_two_doses, clinic) == ["p-1: dose 1"]


def past(activity: str, day: str) -> Document:
    return {
        "activity": activity,
        "start": f"{day}T08:00:00-05:00",
        "end": f"{day}T10:00:00-05:00",
    }

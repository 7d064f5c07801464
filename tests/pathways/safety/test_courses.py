"""R-11, R-12, R-13, R-16: the shape of a course and who looks at it."""

from typing import Any

import pytest

from pathways.reading import read_scenario
from pathways.safety import courses
from scheduler.planning.solve import solve
from scheduler.planning.stopping import Stop
from tests.pathways.clinics import scenario_of
from tests.pathways.documents import GONE, INFUSIONS, TRD, changed, without_doses
from tests.pathways.safety.situations import places, planned, visit

MAINTENANCE = "maintenance-esketamine"
BOOSTER = "booster-ketamine-iv"


def weeks(*blocks: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"weeks": span, "per_week": number} for span, number in blocks]


#


def test_eight_doses_in_four_weeks_and_four_in_the_next_four() -> None:
    pathway = changed(TRD, {})
    assert courses.doses_by_week(pathway) == (2, 2, 2, 2, 1, 1, 1, 1)
    assert places(courses.esketamine_follows_its_label, pathway) == []


def test_eight_doses_and_an_end_with_acute_suicidal_ideation() -> None:
    pathway = changed("iop-esketamine-acute", {})
    assert courses.doses_by_week(pathway) == (2, 2, 2, 2)
    assert places(courses.esketamine_follows_its_label, pathway) == []


@pytest.mark.parametrize(
    "schedule",
    [
        weeks(("7-9", 1)),  # one weekly dose short
        weeks(("7-7", 2), ("8-10", 1)),  # a fifth week of two
        weeks(("8-10", 1)),  # a week left out
    ],
)
def test_other_weeks_are_not_the_label(schedule: list[dict[str, Any]]) -> None:
    pathway = changed(TRD, {"activities/weekly-dose/schedule": schedule})
    assert places(courses.esketamine_follows_its_label, pathway) == ["activities"]


def test_the_label_of_esketamine_says_nothing_of_ketamine_or_maintenance() -> None:
    for name in (INFUSIONS, MAINTENANCE):
        assert places(courses.esketamine_follows_its_label, changed(name, {})) == []


#


@pytest.mark.parametrize(
    ("name", "series"),
    [
        (INFUSIONS, (2, 2, 2)),
        ("iop-ketamine-iv-3x2", (3, 3)),
        ("iop-ketamine-im", (1, 1, 1, 1, 1, 1)),
        ("viop-ketamine-lozenge-home", (1, 1, 1, 1, 1, 1)),
    ],
)
def test_the_known_series_of_ketamine(name: str, series: tuple[int, ...]) -> None:
    pathway = changed(name, {})
    assert courses.doses_by_week(pathway) == series
    assert places(courses.ketamine_follows_a_known_series, pathway) == []


def test_a_series_that_nobody_knows_is_told() -> None:
    longer = {"activities/later-infusion/schedule": weeks(("4-4", 1), ("5-6", 2))}
    (breach,) = courses.ketamine_follows_a_known_series.breaches(changed(INFUSIONS, longer))
    assert "2, 2, 2, 2" in breach.says
    assert "3, 3 or 2, 2, 2" in breach.fix


@pytest.mark.parametrize(("number", "known"), [(3, False), (4, True), (5, True), (7, False)])
def test_four_to_six_weekly_injections_are_known(number: int, known: bool) -> None:
    later = [] if number == 3 else weeks((f"6-{number + 2}", 1))
    change: dict[str, Any] = {"activities/later-injection/schedule": later}
    if number == 3:
        after = {"activity": "final-check", "lag": {"min": "PT1H", "ideal": "PT1H", "max": "P1D"}}
        change |= {"activities/later-injection/after": after}
        change |= {"activities/final-check/preceded_by": []}
    found = places(courses.ketamine_follows_a_known_series, changed("iop-ketamine-im", change))
    assert found == ([] if known else ["activities"])


def test_a_pathway_without_doses_has_no_weeks_of_them() -> None:
    assert courses.doses_by_week(without_doses()) == ()


def test_ketamine_through_the_nose_has_no_known_series() -> None:
    (breach,) = courses.ketamine_follows_a_known_series.breaches(
        changed(INFUSIONS, {"route": "nasal"})
    )
    assert "another route" in breach.fix


def test_series_of_ketamine_are_not_asked_of_esketamine() -> None:
    assert places(courses.ketamine_follows_a_known_series, changed(TRD, {})) == []


#


def lag(least: str, most: str, activity: str = "first-dose") -> dict[str, Any]:
    lags = {"min": least, "ideal": least, "max": most}
    return {"activities/evaluation/after": {"activity": activity, "lag": lags}}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({}, False),
        (lag("P23DT1M", "P28DT23H"), False),
        (lag("P23D", "P28DT12H"), True),  # day 23 in the evening
        (lag("P23DT12H", "P29D"), True),  # day 29
        (lag("P23DT12H", "P28DT12H", activity="dose"), True),
        ({"evaluations/end-of-induction/gate_day": 28}, False),
        ({"evaluations/end-of-induction/gate_day": 29}, True),
        ({"evaluations/end-of-induction/gate_day": GONE}, True),
        ({"evaluations/end-of-induction/activity": "individual"}, True),
        ({"evaluations": []}, True),
    ],
)
def test_the_induction_is_evaluated_on_day_24_to_28(change: dict[str, Any], broken: bool) -> None:
    found = places(courses.an_evaluation_ends_the_induction, changed(TRD, change))
    assert found == (["evaluations"] if broken else [])


WAITS = {"activity": "evaluation", "occurrence": 1}
AFTER_THE_FIRST = {"activity": "first-dose", "occurrence": 1}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"activities/weekly-dose/preceded_by": []}, ["may be given on day 55 and does not wait"]),
        ({"activities/weekly-dose/preceded_by": [AFTER_THE_FIRST]}, ["may be given on day 55"]),
        ({"activities/weekly-dose/preceded_by": [AFTER_THE_FIRST, WAITS]}, []),
        ({"activities/dose/schedule": weeks(("3-3", 1), ("4-7", 2))}, ["may be given on day 34"]),
    ],
)
def test_every_dose_that_may_lie_on_day_28_or_later_waits_for_the_evaluation(
    change: dict[str, Any], says: list[str]
) -> None:
    found = [
        b.says for b in courses.an_evaluation_ends_the_induction.breaches(changed(TRD, change))
    ]
    assert [told[: len(said)] for told, said in zip(found, says, strict=True)] == says


@pytest.mark.parametrize("name", [TRD, "iop-esketamine-dbt", "step-down-esketamine"])
@pytest.mark.parametrize(("outcome", "weekly"), [("missed", 0), ("waived", 4)])
def test_after_a_missed_evaluation_no_weekly_dose_is_planned(
    name: str, outcome: str, weekly: int
) -> None:
    document = scenario_of(changed(name, {}))
    settled = {"activity": "evaluation", "occurrence": 1, "outcome": outcome}
    document["patients"][0]["settled"] = [settled]
    plan = solve(read_scenario(document), Stop(work=0))
    placed = [entry.activity for entry in plan.appointments]
    assert (placed.count("dose"), placed.count("weekly-dose")) == (7, weekly)
    reasons = {reason.rule for entry in plan.unplaced for reason in entry.reasons}
    assert reasons == (set() if weekly else {"order"})


def test_only_esketamine_inductions_end_with_that_evaluation() -> None:
    for name in (INFUSIONS, MAINTENANCE):
        assert places(courses.an_evaluation_ends_the_induction, changed(name, {})) == []


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({}, []),
        ({"evaluations": []}, [3, 6]),
        ({"evaluations/after-the-series/after_dose": 5}, [6]),
        ({"activities/later-infusion/preceded_by": []}, [3]),
        (
            {
                "activities/response-check/preceded_by": [
                    {"activity": "infusion", "occurrence": 2},
                    {"activity": "individual", "occurrence": 1},
                ]
            },
            [3],
        ),
    ],
)
def test_a_response_is_looked_for_after_three_and_six(
    change: dict[str, Any], missed: list[int]
) -> None:
    rule = courses.a_response_is_looked_for_in_the_series
    found = [breach.says for breach in rule.breaches(changed(INFUSIONS, change))]
    assert found == [f"nobody has to look for a response after dose {n}" for n in missed]


def test_a_seventh_dose_must_wait_for_the_check_after_the_sixth() -> None:
    longer = {"activities/later-infusion/schedule": weeks(("4-4", 1), ("5-5", 3))}
    rule = courses.a_response_is_looked_for_in_the_series
    (breach,) = rule.breaches(changed(INFUSIONS, longer))
    assert "dose 6" in breach.says


def test_a_short_series_is_checked_as_far_as_it_goes() -> None:
    short = {
        "activities/infusion/schedule": weeks(("3-3", 2)),
        "activities/later-infusion/schedule": weeks(("4-4", 2)),
    }
    rule = courses.a_response_is_looked_for_in_the_series
    assert [b.says[-6:] for b in rule.breaches(changed(INFUSIONS, short))] == ["dose 3"]


def test_responses_are_not_looked_for_in_esketamine_or_boosters() -> None:
    for name in (TRD, BOOSTER):
        assert places(courses.a_response_is_looked_for_in_the_series, changed(name, {})) == []


def test_maintenance_needs_an_induction_that_has_been_evaluated() -> None:
    rule = courses.maintenance_needs_an_evaluated_induction
    assert places(rule, changed(MAINTENANCE, {})) == []
    without = changed(MAINTENANCE, {"activities/dose/needs_clearance": ["medical"]})
    assert len(places(rule, without)) == 1
    for name in (TRD, BOOSTER):
        assert places(rule, changed(name, {})) == []


def test_doses_from_day_28_on_wait_for_the_evaluation() -> None:
    pathway = changed(TRD, {})
    first = visit(pathway, "first-dose", 1, "01-19 13:00")
    day_27 = visit(pathway, "dose", 8, "02-15 13:00")
    day_28 = visit(pathway, "dose", 9, "02-16 13:00")
    rule = courses.later_doses_wait_for_the_evaluation
    assert places(rule, planned(pathway, first, day_27)) == []
    assert places(rule, planned(pathway, first, day_28)) == ["p-1: dose 9"]
    ends_at_the_dose = visit(pathway, "evaluation", 1, "02-16 12:30")
    assert places(rule, planned(pathway, first, day_28, ends_at_the_dose)) == []
    after_it_began = visit(pathway, "evaluation", 1, "02-16 12:45")
    assert places(rule, planned(pathway, first, day_28, after_it_began)) == ["p-1: dose 9"]


def test_a_waived_evaluation_gates_nothing() -> None:
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    settled = {"activity": "evaluation", "occurrence": 1, "outcome": "waived"}
    document["patients"][0]["settled"] = [settled]
    clinic = planned(
        pathway,
        visit(pathway, "first-dose", 1, "01-19 13:00"),
        visit(pathway, "dose", 9, "02-16 13:00"),
        scenario=document,
    )
    assert places(courses.later_doses_wait_for_the_evaluation, clinic) == []


def test_the_fourth_infusion_waits_for_the_check_after_the_third() -> None:
    pathway = changed(INFUSIONS, {})
    third = visit(pathway, "infusion", 3, "01-25 13:00")
    fourth = visit(pathway, "later-infusion", 1, "01-28 13:00")
    check = visit(pathway, "response-check", 1, "01-28 09:00")
    rule = courses.later_doses_wait_for_the_evaluation
    assert places(rule, planned(pathway, third, fourth, check)) == []
    assert places(rule, planned(pathway, third, fourth)) == ["p-1: later-infusion 1"]


#


@pytest.mark.parametrize("name", [MAINTENANCE, BOOSTER])
def test_maintenance_and_boosters_never_start_by_themselves(name: str) -> None:
    rule = courses.maintenance_never_starts_by_itself
    assert places(rule, changed(name, {})) == []
    assert places(rule, changed(name, {"started_by": "enrolment"})) == ["started_by"]


def test_an_induction_may_start_with_the_enrolment() -> None:
    assert places(courses.maintenance_never_starts_by_itself, changed(TRD, {})) == []
    assert places(courses.maintenance_keeps_to_its_interval, changed(TRD, {})) == []


@pytest.mark.parametrize(
    ("name", "days", "broken"),
    [
        (MAINTENANCE, 14, False),
        (MAINTENANCE, 15, True),
        (MAINTENANCE, 7, False),
        (MAINTENANCE, 6, True),
        (BOOSTER, 7, False),
        (BOOSTER, 6, True),
        (BOOSTER, 84, False),
        (BOOSTER, 85, True),
    ],
)
def test_the_interval_of_a_maintenance_has_its_limits(name: str, days: int, broken: bool) -> None:
    dose = "infusion" if name == BOOSTER else "dose"
    change = {"interval/days": days, f"activities/{dose}/min_days_between": days}
    found = places(courses.maintenance_keeps_to_its_interval, changed(name, change))
    assert found == (["interval.days"] if broken else [])


def test_a_maintenance_without_an_interval_is_told() -> None:
    found = places(courses.maintenance_keeps_to_its_interval, changed(BOOSTER, {"interval": GONE}))
    assert found == ["interval.days"]


@pytest.mark.parametrize("days", [13, GONE])
def test_doses_of_a_maintenance_may_not_come_earlier(days: Any) -> None:
    pathway = changed(MAINTENANCE, {"activities/dose/min_days_between": days})
    (place,) = places(courses.maintenance_keeps_to_its_interval, pathway)
    assert place.endswith("min_days_between")


def test_intervals_of_a_maintenance_only_lengthen() -> None:
    rule = courses.maintenance_keeps_to_its_interval
    longer = weeks(("1-1", 1), ("3-3", 1), ("6-6", 1))
    assert places(rule, changed(MAINTENANCE, {"activities/dose/schedule": longer})) == []
    shorter = weeks(("1-1", 1), ("4-4", 1), ("6-6", 1))
    assert places(rule, changed(MAINTENANCE, {"activities/dose/schedule": shorter})) == [
        "activities"
    ]


@pytest.mark.parametrize(("day", "broken"), [("01-19", False), ("01-18", True)])
def test_planned_maintenance_doses_keep_their_interval(day: str, broken: bool) -> None:
    pathway = changed(MAINTENANCE, {})
    clinic = planned(
        pathway,
        visit(pathway, "dose", 1, "01-05 13:00"),
        visit(pathway, "dose", 2, f"{day} 13:00"),
    )
    found = places(courses.maintenance_doses_keep_their_interval, clinic)
    assert found == (["p-1: dose 2"] if broken else [])


def test_an_induction_has_no_interval_to_keep() -> None:
    pathway = changed(TRD, {})
    clinic = planned(
        pathway,
        visit(pathway, "first-dose", 1, "01-19 13:00"),
        visit(pathway, "dose", 1, "01-21 13:00"),
    )
    assert places(courses.maintenance_doses_keep_their_interval, clinic) == []

"""R-01, R-02, R-36, R-37: therapy before, beside and after every dose."""

from typing import Any

import pytest

from pathways.safety import therapy
from tests.pathways.clinics import scenario_of
from tests.pathways.documents import GONE, INFUSIONS, TRD, changed, without_doses
from tests.pathways.safety.situations import places, planned, visit

PTSD = "ptsd-ketamine-iv"
DBT = "iop-esketamine-dbt"


#


def test_a_week_with_a_dose_and_fifty_minutes_of_therapy_is_right() -> None:
    pathway = changed(TRD, {"activities/individual/minutes": 50})
    assert places(therapy.therapy_runs_in_every_week_with_a_dose, pathway) == []


def test_forty_nine_minutes_are_no_psychotherapy_session() -> None:
    pathway = changed(TRD, {"activities/individual/minutes": 49})
    assert len(places(therapy.therapy_runs_in_every_week_with_a_dose, pathway)) == 8


def test_the_one_dose_week_without_therapy_is_named() -> None:
    weeks = [{"weeks": "1-6", "per_week": 1}, {"weeks": "8-10", "per_week": 1}]
    pathway = changed(TRD, {"activities/individual/schedule": weeks})
    (breach,) = therapy.therapy_runs_in_every_week_with_a_dose.breaches(pathway)
    assert "week 7" in breach.says


def test_integration_alone_is_not_the_therapy_of_its_week() -> None:
    """A session that follows a dose may fall into the next week."""
    weeks = [{"weeks": "1-1", "per_week": 1}]
    long = {"activities/individual/schedule": weeks, "activities/integration/minutes": 60}
    assert places(therapy.therapy_runs_in_every_week_with_a_dose, changed(TRD, long))


def test_a_planned_dose_has_therapy_planned_in_its_week() -> None:
    pathway = changed(TRD, {})
    dose = visit(pathway, "first-dose", 1, "01-19 13:00")
    therapy_then = visit(pathway, "individual", 3, "01-22 13:00")
    therapy_next_week = visit(pathway, "individual", 4, "01-25 13:00")
    rule = therapy.therapy_stands_beside_every_planned_dose
    assert places(rule, planned(pathway, dose, therapy_then)) == []
    assert places(rule, planned(pathway, dose, therapy_next_week)) == ["p-1: first-dose 1"]


#


@pytest.mark.parametrize(
    ("waits_for", "broken"),
    [
        ([{"activity": "preparation", "occurrence": 1}], False),
        ([{"activity": "individual", "occurrence": 1}], True),
        ([], True),
    ],
)
def test_the_first_dose_waits_for_a_preparation_session(
    waits_for: list[dict[str, Any]], broken: bool
) -> None:
    pathway = changed(TRD, {"activities/first-dose/preceded_by": waits_for})
    assert bool(places(therapy.preparation_comes_before_the_first_dose, pathway)) is broken


def test_a_pathway_without_doses_needs_no_preparation_and_no_lead_in() -> None:
    pathway = without_doses()
    assert places(therapy.preparation_comes_before_the_first_dose, pathway) == []
    assert places(therapy.therapy_begins_two_weeks_before_the_first_dose, pathway) == []


def test_therapy_that_begins_two_weeks_earlier_leads_in() -> None:
    assert places(therapy.therapy_begins_two_weeks_before_the_first_dose, changed(TRD, {})) == []


def test_therapy_that_begins_one_week_earlier_is_too_late() -> None:
    later = [{"weeks": "2-10", "per_week": 1}]
    groups = [{"weeks": "2-10", "per_week": 3}]
    pathway = changed(
        TRD,
        {
            "activities/individual/schedule": later,
            "activities/iop-group/schedule": groups,
            "activities/preparation/schedule": [{"weeks": "2-2", "per_week": 2}],
        },
    )
    (breach,) = therapy.therapy_begins_two_weeks_before_the_first_dose.breaches(pathway)
    assert "7 days" in breach.says
    assert breach.place == pathway.place_of(pathway.activity("first-dose"))


def test_the_lead_in_counts_to_the_very_first_dose() -> None:
    early = {"activities/first-dose/schedule": [{"weeks": "2-2", "per_week": 1}]}
    (breach,) = therapy.therapy_begins_two_weeks_before_the_first_dose.breaches(changed(TRD, early))
    assert "7 days" in breach.says


def test_preparation_ends_before_the_first_planned_dose() -> None:
    pathway = changed(TRD, {})
    dose = visit(pathway, "first-dose", 1, "01-19 13:00")
    rule = therapy.preparation_is_planned_before_the_first_dose
    just_before = visit(pathway, "preparation", 1, "01-19 12:00")
    too_late = visit(pathway, "preparation", 1, "01-19 12:15")
    assert places(rule, planned(pathway, dose, just_before)) == []
    assert places(rule, planned(pathway, dose, too_late)) == ["p-1: first-dose 1"]
    assert places(rule, planned(pathway)) == []


def test_a_waived_preparation_counts_as_done() -> None:
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    settled = {"activity": "preparation", "occurrence": 1, "outcome": "waived"}
    document["patients"][0]["settled"] = [settled]
    dose = visit(pathway, "first-dose", 1, "01-19 13:00")
    clinic = planned(pathway, dose, scenario=document)
    assert places(therapy.preparation_is_planned_before_the_first_dose, clinic) == []


@pytest.mark.parametrize(("day", "broken"), [("01-18", False), ("01-17", True)])
def test_therapy_is_planned_fourteen_days_before_the_first_dose(day: str, broken: bool) -> None:
    pathway = changed(TRD, {})
    clinic = planned(
        pathway,
        visit(pathway, "individual", 1, "01-04 13:00"),
        visit(pathway, "first-dose", 1, f"{day} 13:00"),
    )
    found = places(therapy.therapy_is_planned_two_weeks_before_the_first_dose, clinic)
    assert found == (["p-1: first-dose 1"] if broken else [])


def test_a_plan_without_doses_or_without_therapy_has_no_lead_in_to_judge() -> None:
    pathway = changed(TRD, {})
    rule = therapy.therapy_is_planned_two_weeks_before_the_first_dose
    assert places(rule, planned(pathway, visit(pathway, "individual", 1, "01-04 13:00"))) == []
    assert places(rule, planned(pathway, visit(pathway, "first-dose", 1, "01-05 13:00"))) == []


def test_a_pathway_that_departs_from_the_lead_in_is_not_told_again() -> None:
    pathway = changed("iop-esketamine-acute", {})
    clinic = planned(
        pathway,
        visit(pathway, "individual", 1, "01-04 09:00"),
        visit(pathway, "first-dose", 1, "01-04 13:00"),
    )
    assert places(therapy.therapy_is_planned_two_weeks_before_the_first_dose, clinic) == []


#


def test_a_dose_without_integration_is_named() -> None:
    pathway = changed(TRD, {"activities/integration/after": _after("first-dose")})
    rule = therapy.every_dose_has_an_integration_session
    assert places(rule, pathway) == [pathway.place_of(pathway.activity("dose"))]
    assert places(rule, changed(TRD, {})) == []


def _after(activity: str, most: str = "PT69H45M") -> dict[str, Any]:
    return {"activity": activity, "lag": {"min": "PT16H", "ideal": "PT24H", "max": most}}


@pytest.mark.parametrize(
    ("name", "session", "dose", "most", "broken"),
    [
        # 120 minutes of monitoring and 15 to leave: 72 h from the drug are 69 h 45 min.
        (TRD, "integration", "dose", "PT69H45M", False),
        (TRD, "integration", "dose", "PT69H46M", True),
        # 60 minutes and 15: 70 h 45 min.
        (INFUSIONS, "integration", "infusion", "PT70H45M", False),
        (INFUSIONS, "integration", "infusion", "PT70H46M", True),
        ("iop-ketamine-im", "integration", "injection", "PT69H45M", False),
        ("iop-ketamine-im", "integration", "injection", "PT69H46M", True),
        # After a lozenge 168 h: 165 h 45 min.
        ("viop-ketamine-lozenge-home", "integration", "lozenge", "PT165H45M", False),
        ("viop-ketamine-lozenge-home", "integration", "lozenge", "PT165H46M", True),
    ],
)
def test_integration_reaches_exactly_to_its_window(
    name: str, session: str, dose: str, most: str, broken: bool
) -> None:
    pathway = changed(name, {f"activities/{session}/after": _after(dose, most)})
    assert bool(places(therapy.integration_comes_within_its_window, pathway)) is broken


@pytest.mark.parametrize(
    ("when", "broken"),
    [
        ("01-20 07:59", True),
        ("01-20 08:00", False),
        # 13:00 + 30 min check-in + 10 min of devices: last given 13:40, and 72 h later.
        ("01-22 13:40", False),
        ("01-22 13:41", True),
    ],
)
def test_integration_is_planned_from_eight_to_seventy_two_hours(when: str, broken: bool) -> None:
    pathway = changed(TRD, {})
    clinic = planned(
        pathway,
        visit(pathway, "first-dose", 1, "01-19 13:00"),
        visit(pathway, "first-integration", 1, when),
    )
    found = places(therapy.integration_is_planned_in_its_window, clinic)
    assert found == (["p-1: first-integration 1"] if broken else [])


def test_integration_that_is_not_planned_has_no_window_to_miss() -> None:
    pathway = changed(TRD, {})
    clinic = planned(pathway, visit(pathway, "first-dose", 1, "01-19 13:00"))
    assert places(therapy.integration_is_planned_in_its_window, clinic) == []


@pytest.mark.parametrize(
    ("session", "broken"), [("01-21 12:15", False), ("01-21 12:16", True), (None, True)]
)
def test_the_next_dose_waits_for_integration(session: str | None, broken: bool) -> None:
    pathway = changed(TRD, {})
    planned_sessions = [visit(pathway, "first-integration", 1, session)] if session else []
    clinic = planned(
        pathway,
        visit(pathway, "first-dose", 1, "01-19 13:00"),
        visit(pathway, "dose", 1, "01-21 13:00"),
        *planned_sessions,
    )
    found = places(therapy.integration_is_planned_before_the_next_dose, clinic)
    assert found == (["p-1: dose 1"] if broken else [])


def test_a_waived_integration_lets_the_next_dose_go_on() -> None:
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    settled = {"activity": "first-integration", "occurrence": 1, "outcome": "waived"}
    document["patients"][0]["settled"] = [settled]
    clinic = planned(
        pathway,
        visit(pathway, "first-dose", 1, "01-19 13:00"),
        visit(pathway, "dose", 1, "01-21 13:00"),
        scenario=document,
    )
    assert places(therapy.integration_is_planned_before_the_next_dose, clinic) == []


#


def test_integration_speaks_the_language_of_the_pathways_therapy() -> None:
    rule = therapy.integration_uses_the_therapy_of_the_pathway
    assert places(rule, changed(DBT, {})) == []
    other = changed(DBT, {"activities/integration/method": "cbt"})
    assert len(places(rule, other)) == 1


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({}, False),
        ({"activities/exposure/min_days_between": 0}, True),
        ({"activities/exposure/min_days_between": GONE}, True),
        ({"activities/exposure/spaced_with": "individual"}, True),
    ],
)
def test_exposure_keeps_off_the_days_of_doses(change: dict[str, Any], broken: bool) -> None:
    found = places(therapy.exposure_keeps_off_dose_days, changed(PTSD, change))
    assert bool(found) is broken


@pytest.mark.parametrize(
    ("waits_for", "broken"),
    [
        ([{"activity": "later-infusion", "occurrence": 1}], False),  # dose 4
        ([{"activity": "infusion", "occurrence": 3}], True),
        ([{"activity": "preparation", "occurrence": 2}], True),
    ],
)
def test_exposure_waits_until_four_doses_have_been_given(
    waits_for: list[dict[str, Any]], broken: bool
) -> None:
    pathway = changed(PTSD, {"activities/exposure/preceded_by": waits_for})
    assert bool(places(therapy.exposure_waits_for_the_doses_before_it, pathway)) is broken


@pytest.mark.parametrize("waits_for", [[], [{"activity": "preparation", "occurrence": 2}]])
def test_exposure_from_the_second_dose_on_waits_for_the_first(
    waits_for: list[dict[str, Any]],
) -> None:
    change = {"exposure/from_dose": 2, "activities/exposure/preceded_by": waits_for}
    assert places(therapy.exposure_waits_for_the_doses_before_it, changed(PTSD, change))


def test_exposure_that_does_not_say_from_which_dose_is_refused() -> None:
    pathway = changed(PTSD, {"exposure": GONE})
    assert places(therapy.exposure_waits_for_the_doses_before_it, pathway) == ["exposure"]


def test_exposure_is_planned_on_other_days_and_after_four_doses() -> None:
    pathway = changed(PTSD, {})
    doses = [
        visit(pathway, "infusion", 1, "01-18 13:00"),
        visit(pathway, "infusion", 2, "01-20 13:00"),
        visit(pathway, "infusion", 3, "01-22 13:00"),
        visit(pathway, "later-infusion", 1, "01-25 13:00"),
        visit(pathway, "later-infusion", 2, "01-27 13:00"),
    ]
    rule = therapy.exposure_is_planned_off_dose_days
    right = visit(pathway, "exposure", 1, "01-26 09:00")
    assert places(rule, planned(pathway, *doses, right)) == []
    same_day = visit(pathway, "exposure", 1, "01-27 09:00")
    assert places(rule, planned(pathway, *doses, same_day)) == ["p-1: exposure 1"]
    too_early = visit(pathway, "exposure", 1, "01-23 09:00")
    assert places(rule, planned(pathway, *doses, too_early)) == ["p-1: exposure 1"]


def test_exposure_of_a_pathway_without_an_order_may_come_first() -> None:
    pathway = changed(PTSD, {"exposure": GONE})
    clinic = planned(pathway, visit(pathway, "exposure", 1, "01-05 09:00"))
    assert places(therapy.exposure_is_planned_off_dose_days, clinic) == []

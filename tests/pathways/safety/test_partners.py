"""R-38: couples, each dosed alone, together afterwards."""

from typing import Any

import pytest

from pathways.safety import partners
from tests.pathways.documents import GONE, TRD, changed
from tests.pathways.safety.situations import places, planned, visit

COUPLES = "couples-ketamine-im"


def test_partners_are_dosed_apart_unless_a_prescriber_says_otherwise() -> None:
    rule = partners.partners_are_dosed_apart
    assert places(rule, changed(COUPLES, {})) == []
    assert places(rule, changed(TRD, {})) == []
    (breach,) = rule.breaches(changed(COUPLES, {"couples/conjoint": True}))
    assert (breach.place, breach.override) == ("couples.conjoint", ("prescriber",))
    together = changed(COUPLES, {"activities/injection/with_partner": True})
    assert len(places(rule, together)) == 1


def joint(**changes: Any) -> dict[str, Any]:
    lag = {"min": "PT16H", "ideal": "PT48H", "max": "P6D", **changes}
    return {"activities/joint-session/after": {"activity": "injection", "lag": lag}}


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({}, False),
        # 135 minutes after the injection the visit ends: 165 h 45 min later the week is over.
        (joint(max="PT165H45M"), False),
        (joint(max="PT165H46M"), True),
        (joint(min="PT0S"), True),
        ({"activities/joint-session/with_partner": False}, True),
        (
            {
                "activities/joint-session/needs": [
                    {"location": "office"},
                    {"role": "therapist", "skill": "couples", "same_person": "preferred"},
                ]
            },
            True,
        ),
        ({"couples/joint": ["joint-intake", "later-joint-session"]}, True),
        ({"couples/joint": ["later-joint-session"]}, True),
    ],
)
def test_a_joint_session_follows_every_pair_of_doses(change: dict[str, Any], broken: bool) -> None:
    found = places(partners.the_joint_session_waits_for_both_doses, changed(COUPLES, change))
    assert bool(found) is broken


def test_the_dose_that_no_joint_session_follows_is_named() -> None:
    pathway = changed(COUPLES, {"couples/joint": ["later-joint-session"]})
    found = places(partners.the_joint_session_waits_for_both_doses, pathway)
    assert found == [pathway.place_of(pathway.activity("injection"))]


def test_a_couples_track_says_what_its_joint_sessions_are() -> None:
    rule = partners.the_joint_session_waits_for_both_doses
    assert places(rule, changed(COUPLES, {"couples": GONE})) == ["couples"]
    assert places(rule, changed(TRD, {})) == []


@pytest.mark.parametrize(("start", "broken"), [("15:40", False), ("15:39", True)])
def test_the_visits_of_partners_never_overlap(start: str, broken: bool) -> None:
    """A visit lasts 160 minutes: from 13:00 to 15:40."""
    pathway = changed(COUPLES, {})
    clinic = planned(
        pathway,
        visit(pathway, "injection", 1, "01-19 13:00"),
        visit(pathway, "injection", 1, f"01-19 {start}", patients=("p-2",)),
    )
    found = places(partners.partners_are_never_planned_to_be_dosed_together, clinic)
    assert found == (["p-1: injection 1"] if broken else [])


@pytest.mark.parametrize(
    ("when", "broken"),
    [
        ("01-21 09:00", True),  # the day of the later dose
        ("01-22 00:00", False),
        # The later partner's injection is over at 13:25 on the 21st.
        ("01-28 13:25", False),
        ("01-28 13:26", True),
    ],
)
def test_the_joint_session_is_planned_between_the_next_day_and_a_week(
    when: str, broken: bool
) -> None:
    pathway = changed(COUPLES, {})
    both = ("p-1", "p-2")
    clinic = planned(
        pathway,
        visit(pathway, "injection", 1, "01-21 13:00"),
        visit(pathway, "injection", 1, "01-20 13:00", patients=("p-2",)),
        visit(pathway, "injection", 2, "01-29 13:00"),
        visit(pathway, "joint-intake", 1, "01-20 09:00", patients=both),
        visit(pathway, "joint-session", 1, when, patients=both),
    )
    found = places(partners.the_joint_session_is_planned_after_both_doses, clinic)
    assert found == (["p-1: joint-session 1"] if broken else [])


def test_a_joint_session_without_any_dose_planned_follows_nothing() -> None:
    pathway = changed(COUPLES, {})
    session = visit(pathway, "joint-session", 1, "01-22 09:00", patients=("p-1", "p-2"))
    clinic = planned(pathway, session)
    assert places(partners.the_joint_session_is_planned_after_both_doses, clinic) == []


def test_one_patient_alone_is_no_couple() -> None:
    pathway = changed(TRD, {})
    clinic = planned(pathway, visit(pathway, "dose", 1, "01-19 13:00"))
    assert places(partners.partners_are_never_planned_to_be_dosed_together, clinic) == []

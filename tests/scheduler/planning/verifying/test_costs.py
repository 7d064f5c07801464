"""The cost, term by term, at the default weights unless a test says otherwise."""

from typing import Any

import pytest

from tests.factories import (
    Document,
    clinic,
    group,
    integration,
    pathway,
    patient,
    scenario,
    series,
    session,
    table,
)
from tests.scheduler.planning.verifying.judging import (
    Placed,
    broken,
    placed,
    verdict,
    with_booked,
)


def cost(document: Document, *wanted: Placed, **keys: Any) -> dict[str, int]:
    """The terms of a plan that breaks no rule."""
    found = verdict(document, *wanted, **keys)
    assert found.faults == ()
    assert found.cost.total == sum(found.cost.terms.values())
    return {str(name): amount for name, amount in found.cost.terms.items()}


@pytest.mark.parametrize(
    ("keys", "term"),
    [
        ({"rest_of_day": True}, "unplaced"),
        ({"no_driving": True}, "unplaced"),
        ({}, "unplaced_other"),
    ],
)
def test_what_is_unplaced_costs_more_if_it_is_like_a_dose(keys: Document, term: str) -> None:
    document = scenario(pathways=[pathway(session("visit", **keys))])
    assert cost(document) == {term: {"unplaced": 10000, "unplaced_other": 2000}[term]}


def test_a_series_not_joined_counts_as_all_its_meetings() -> None:
    blocks = [{"weeks": "1-2", "per_week": 2}, {"weeks": "4-4", "per_week": 2}]
    document = scenario(pathways=[pathway(group(schedule=blocks), weeks=4)])
    document["clinic"]["groups"] = [series(cancelled=["2027-01-04"])]
    assert cost(document | {"now": "2027-01-12T00:00:00-05:00"}) == {"unplaced_other": 6 * 2000}


def test_a_meeting_that_is_unplaced_counts_once() -> None:
    document = scenario(pathways=[pathway(group())])
    terms = cost(document, placed("group", "mon 09:00"), series=["mornings"])
    assert terms == {"unplaced_other": 2000, "trip_day": 8}


def test_weights_are_the_scenarios() -> None:
    document = scenario(pathways=[pathway(session("visit"))], weights={"unplaced_other": 7})
    assert cost(document) == {"unplaced_other": 7}


def test_terms_of_no_weight_are_left_out() -> None:
    document = scenario(pathways=[pathway(session("visit"))], weights={"unplaced_other": 0})
    assert cost(document) == {}


def test_a_term_left_out_is_nothing() -> None:
    document = scenario(pathways=[pathway(session("visit"))], weights={"unplaced_other": 1})
    right, left_out = {"total": 1, "terms": {"unplaced_other": 1}}, {"total": 1, "terms": {}}
    assert broken(document, cost=right | {"terms": {"unplaced_other": 1, "moved": 0}}) == set()
    assert broken(document, cost=left_out) == {"cost"}


def lagged(ideal: str = "PT24H") -> Document:
    lag = {"min": "PT1H", "ideal": ideal, "max": "P7D"}
    call = integration(after={"activity": "visit", "lag": lag}, needs=[{"location": "virtual"}])
    visit = session("visit", needs=[{"location": "virtual"}], modality="virtual")
    return scenario(
        clinic=clinic(slot_minutes=15), pathways=[pathway(visit, call | {"modality": "virtual"})]
    )


@pytest.mark.parametrize(
    ("start", "terms"),
    [
        ("tue 10:00", {}),
        ("tue 10:45", {}),
        ("tue 11:00", {"lag_hour": 1}),
        ("tue 12:45", {"lag_hour": 2}),
        ("tue 09:15", {}),
        ("tue 09:00", {"lag_hour_early": 2}),
        ("mon 15:00", {"lag_hour_early": 2 * 19}),
        ("mon 15:15", {"lag_hour_early": 2 * 18}),
    ],
)
def test_whole_hours_beside_the_ideal_lag_cost(start: str, terms: dict[str, int]) -> None:
    wanted = (placed("visit", "mon 09:00"), placed("integration", start))
    assert cost(lagged(), *wanted) == terms


def uneven(per_week: int, **keys: Any) -> Document:
    weekly = [{"weeks": "1-2", "per_week": per_week}]
    rules = {"min_days_between": 1, "modality": "virtual", "needs": [{"location": "virtual"}]}
    return scenario(pathways=[pathway(session("visit", schedule=weekly, **rules | keys), weeks=2)])


def on(*days: str) -> list[Placed]:
    return [placed("visit", f"{day} 09:00", number) for number, day in enumerate(days, start=1)]


@pytest.mark.parametrize(
    ("per_week", "days", "uneven_days"),
    [
        (2, ("mon", "thu"), 0),
        (2, ("mon", "fri"), 1),
        (2, ("mon", "tue"), 2),
        (3, ("mon", "wed", "fri"), 0),
        (3, ("mon", "tue", "fri"), 2),
        (3, ("mon", "fri"), 2),
        (4, ("mon", "tue", "wed", "thu"), 0),
        (1, ("mon",), 0),
    ],
)
def test_days_off_an_even_spread_cost(
    per_week: int, days: tuple[str, ...], uneven_days: int
) -> None:
    assert cost(uneven(per_week), *on(*days)).get("uneven_day", 0) == 5 * uneven_days


def test_days_are_even_or_not_within_a_week_alone() -> None:
    visits = (*on("mon"), placed("visit", "mon 09:00", 4, week=2))
    assert "uneven_day" not in cost(uneven(3), *visits)


def test_only_what_keeps_days_between_is_spread() -> None:
    assert "uneven_day" not in cost(uneven(2, min_days_between=None), *on("mon", "tue"))
    assert "uneven_day" in cost(uneven(2, min_days_between=0), *on("mon", "tue"))


def test_days_are_counted_in_order_of_time_even_where_locked_numbers_are_not() -> None:
    backwards = on("fri", "mon", "wed")
    document = with_booked(uneven(3), *backwards)
    assert "uneven_day" not in cost(document, *backwards)


def test_only_a_schedule_is_spread() -> None:
    document = lagged()
    document["pathways"][0]["activities"][1]["min_days_between"] = 1
    wanted = (placed("visit", "mon 09:00"), placed("integration", "tue 10:00"))
    assert cost(document, *wanted) == {}


def test_locked_ones_nobody_asks_for_are_in_no_spread() -> None:
    extra = placed("visit", "tue 09:00", 9)
    document = with_booked(uneven(2), extra)
    assert "uneven_day" not in cost(document, extra, *on("mon", "thu"))


def preferring(preferred: Document | None) -> Document:
    return scenario(
        pathways=[pathway(session("visit"), group())], patients=[patient(preferred=preferred)]
    )


@pytest.mark.parametrize(
    ("preferred", "amount"),
    [
        (None, 0),
        ({}, 4),
        (table("11:00-12:00"), 0),
        (table("11:30-13:00"), 4),
        (table("11:00-12:00") | {"2027-01-04": ["14:00-15:00"]}, 4),
    ],
)
def test_sessions_beside_the_preferred_time_cost(preferred: Document | None, amount: int) -> None:
    terms = cost(preferring(preferred), placed("visit", "mon 11:00"))
    assert terms.get("off_preference", 0) == amount


def test_groups_are_of_no_preference() -> None:
    terms = cost(preferring({}), placed("group", "mon 09:00"), series=["mornings"])
    assert "off_preference" not in terms


def mixed() -> Document:
    """Visits and groups in person, calls from anywhere."""
    twice = [{"weeks": "1-1", "per_week": 3}]
    video = [{"location": "virtual"}]
    return scenario(
        clinic=clinic(slot_minutes=15),
        pathways=[
            pathway(
                session("visit", schedule=twice),
                session("call", modality="virtual", needs=video),
                group(),
            )
        ],
    )


def test_each_date_in_person_is_one_trip() -> None:
    wanted = (
        placed("visit", "mon 10:00", 1),
        placed("visit", "mon 11:00", 2),
        placed("group", "mon 09:00", 1),
        placed("group", "wed 09:00", 2),
        placed("call", "tue 09:00"),
    )
    terms = cost(mixed(), *wanted, series=["mornings"])
    assert (terms["trip_day"], terms.get("idle_slot", 0)) == (2 * 8, 0)


def test_idle_slots_are_those_between_what_is_in_person() -> None:
    wanted = (
        placed("group", "mon 09:00", 1),
        placed("call", "mon 10:00"),
        placed("visit", "mon 12:00", 1),
        placed("visit", "mon 13:15", 2),
        placed("visit", "tue 12:00", 3),
    )
    assert cost(mixed(), *wanted, series=["mornings"])["idle_slot"] == 8 + 1


def test_a_part_of_a_slot_is_not_idle() -> None:
    document = mixed()
    document["clinic"]["slot_minutes"] = 30
    document["pathways"][0]["activities"][0]["minutes"] = 50
    wanted = (placed("visit", "mon 09:00", 1), placed("visit", "mon 11:00", 2))
    assert cost(document, *wanted)["idle_slot"] == 2


def test_time_that_overlaps_is_never_less_than_nothing() -> None:
    wanted = (placed("visit", "mon 09:00", 1), placed("visit", "mon 09:30", 2))
    found = verdict(mixed(), *wanted)
    assert "idle_slot" not in found.cost.terms


def faces(mode: str = "preferred") -> Document:
    need = [{"role": "therapist", "same_person": mode}]
    thrice = [{"weeks": "1-1", "per_week": 3}]
    talk = session("talk", needs=need, same_person_as="visit", modality="virtual")
    visit = session("visit", needs=need, schedule=thrice, modality="virtual")
    other = session("other", needs=need, modality="virtual")
    document = scenario(pathways=[pathway(talk, visit, other)])
    document["clinic"]["practitioners"].append(
        {**document["clinic"]["practitioners"][2], "id": "third"}
    )
    return document


def by(activity: str, day: str, name: str, number: int = 1) -> Placed:
    return placed(activity, f"{day} 11:00", number, practitioners=[name])


@pytest.mark.parametrize(
    ("wanted", "amount"),
    [
        ((by("visit", "mon", "therapist"), by("talk", "tue", "therapist")), 0),
        ((by("visit", "mon", "therapist"), by("talk", "tue", "third")), 10),
        ((by("visit", "mon", "therapist"), by("other", "tue", "third")), 0),
        (
            (
                by("visit", "mon", "therapist", 1),
                by("visit", "tue", "third", 2),
                by("visit", "wed", "therapist", 3),
                by("talk", "thu", "facilitator"),
            ),
            20,
        ),
    ],
)
def test_each_face_of_a_family_beyond_the_first_costs(
    wanted: tuple[Placed, ...], amount: int
) -> None:
    assert cost(faces(), *wanted).get("new_face", 0) == amount


def test_two_faces_where_one_is_required_are_a_rule_and_no_cost() -> None:
    wanted = (by("visit", "mon", "therapist"), by("talk", "tue", "third"))
    found = verdict(with_booked(faces("required"), *wanted), *wanted)
    assert "new_face" not in found.cost.terms


def test_a_joint_session_is_a_new_face_for_its_owner_alone() -> None:
    document = faces()
    document["pathways"][0]["activities"][0]["with_partner"] = True
    document["patients"] = [patient(partner="ben"), patient("ben", partner="ada")]
    joint = placed("talk", "fri 11:00", who=("ada", "ben"), practitioners=["third"])
    of_ben = placed("visit", "mon 11:00", who=("ben",), practitioners=["therapist"])
    assert "new_face" not in cost(document, joint, of_ben)
    assert cost(document, joint, by("visit", "mon", "therapist"))["new_face"] == 10


def test_a_plan_of_no_cost_is_optimal() -> None:
    document = scenario(pathways=[pathway(session("visit", modality="virtual"))])
    visit = placed("visit", "mon 11:00")
    assert broken(document, visit, status="optimal") == set()
    assert broken(document, visit, status="feasible") == {"status"}


def test_a_plan_whose_bound_is_its_cost_is_optimal() -> None:
    document = scenario()
    total = verdict(document).cost.total
    assert broken(document, status="optimal", bound=total) == set()
    assert broken(document, status="feasible", bound=total - 1) == set()
    assert broken(document, status="optimal", bound=total - 1) == {"status"}
    assert broken(document, status="feasible", bound=total) == {"status"}
    assert broken(document, status="optimal", bound=total + 1) == {"bound"}

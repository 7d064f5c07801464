"""Lags, ascending numbers, and what has to come first."""

from typing import Any

import pytest

from tests.factories import (
    EVERY_DAY,
    Document,
    clinic,
    dose,
    group,
    integration,
    pathway,
    patient,
    scenario,
    session,
    table,
)
from tests.scheduler.planning.verifying.judging import (
    Placed,
    broken,
    placed,
    verdict,
    warned,
    with_booked,
)


def lagged(least: str = "PT16H", most: str = "PT72H") -> Document:
    """A talk after each of two visits of an hour, in a clinic without another rule."""
    after = {"activity": "visit", "lag": {"min": least, "ideal": least, "max": most}}
    talk = session("talk", schedule=None, after=after, needs=[{"location": "virtual"}])
    twice = session("visit", schedule=[{"weeks": "1-1", "per_week": 2}])
    return scenario(pathways=[pathway(twice, talk)])


VISIT = placed("visit", "mon 09:00")


@pytest.mark.parametrize(
    ("start", "rules"),
    [
        ("mon 12:00", set()),
        ("mon 11:30", {"lag"}),
        ("tue 10:00", set()),
        ("tue 10:30", {"lag"}),
        ("wed 10:00", {"lag"}),
    ],
)
def test_a_lag_counts_from_the_end_and_includes_both_limits(start: str, rules: set[str]) -> None:
    assert broken(lagged("PT2H", "P1D"), VISIT, placed("talk", start)) == rules


def test_a_lag_of_nothing_lets_them_touch() -> None:
    document = lagged("PT0S", "PT0S")
    assert broken(document, VISIT, placed("talk", "mon 10:00")) == set()


def test_a_lag_is_elapsed_time_when_the_clocks_change() -> None:
    document = lagged("P1D", "P1D")
    open_days = table("09:00-17:00", days=EVERY_DAY)
    document["clinic"] = clinic(hours=open_days)
    document["patients"] = [patient(start="2027-03-08", available=open_days)]
    saturday = placed("visit", "2027-03-13 09:00")
    assert broken(document, saturday, placed("talk", "2027-03-14 11:00")) == set()
    assert broken(document, saturday, placed("talk", "2027-03-14 10:00")) == {"lag"}


def test_what_comes_after_is_asked_for_only_where_its_anchor_is_placed() -> None:
    assert broken(lagged(), VISIT, placed("talk", "tue 10:00", 1)) == set()
    assert broken(lagged(), VISIT, placed("talk", "tue 10:00", 2)) == {"occurrence"}


def test_what_comes_after_may_lie_past_the_last_week() -> None:
    visit = placed("visit", "fri 16:00")
    assert broken(lagged(), visit, placed("talk", "mon 09:00", week=2)) == set()


def test_what_comes_after_a_settled_occurrence_is_not_asked_for() -> None:
    document = lagged()
    for outcome in ("missed", "waived", "elsewhere"):
        settled = [{"activity": "visit", "occurrence": 1, "outcome": outcome}]
        document["patients"] = [patient(settled=settled)]
        assert broken(document, VISIT, placed("talk", "tue 10:00")) == {"occurrence"}
        assert broken(document, placed("visit", "mon 09:00", 2)) == set()


def test_a_settled_occurrence_after_something_is_not_asked_for() -> None:
    document = lagged()
    settled = [{"activity": "talk", "occurrence": 1, "outcome": "waived"}]
    document["patients"] = [patient(settled=settled)]
    assert broken(document, VISIT) == set()
    assert broken(document, VISIT, placed("talk", "tue 10:00")) == {"occurrence"}


def test_a_chain_is_asked_for_link_by_link() -> None:
    lag = {"min": "PT1H", "ideal": "PT1H", "max": "P7D"}
    document = scenario(
        pathways=[
            pathway(
                session("third", schedule=None, after={"activity": "second", "lag": lag}),
                session("second", schedule=None, after={"activity": "first", "lag": lag}),
                session("first"),
            )
        ]
    )
    first, second, third = (
        placed(name, start)
        for name, start in (("first", "mon 09:00"), ("second", "mon 11:00"), ("third", "mon 13:00"))
    )
    assert broken(document, first, second, third) == set()
    assert broken(document, first, third) == {"occurrence"}
    assert broken(document, first, placed("second", "mon 10:30"), third) == {"lag"}


def test_numbers_of_a_week_ascend_in_time() -> None:
    document = lagged()
    assert broken(document, VISIT, placed("visit", "tue 09:00", 2)) == set()
    assert broken(document, placed("visit", "mon 09:00", 2), placed("visit", "tue 09:00", 1)) == {
        "order"
    }


def test_a_number_of_a_week_may_stay_unplaced() -> None:
    assert broken(lagged(), placed("visit", "tue 09:00", 2)) == set()


def test_what_comes_after_ascends_in_time_across_all_numbers() -> None:
    document = lagged("PT1H", "P7D")
    visits = (VISIT, placed("visit", "mon 10:00", 2))
    right = (placed("talk", "tue 09:00", 1), placed("talk", "tue 10:00", 2))
    wrong = (placed("talk", "tue 10:00", 1), placed("talk", "tue 09:00", 2))
    assert broken(document, *visits, *right) == set()
    assert broken(document, *visits, *wrong) == {"order"}


def test_two_numbers_out_of_order_are_one_fault() -> None:
    found = verdict(lagged(), placed("visit", "mon 09:00", 2), placed("visit", "tue 09:00", 1))
    assert [fault.rule for fault in found.faults] == ["order"]


def preceded(**keys: Any) -> Document:
    """A review that waits for the second visit."""
    review = session("review", preceded_by=[{"activity": "visit", "occurrence": 2}])
    twice = session("visit", schedule=[{"weeks": "1-1", "per_week": 2}])
    return scenario(pathways=[pathway(review, twice)], patients=[patient(**keys)])


SECOND = placed("visit", "tue 09:00", 2)


@pytest.mark.parametrize(
    ("start", "rules"),
    [
        ("tue 10:00", set()),
        ("tue 09:30", {"preceded_by", "overlap"}),
        ("tue 08:30", {"preceded_by", "overlap", "hours"}),
        ("mon 09:00", {"preceded_by"}),
    ],
)
def test_nothing_starts_before_what_comes_first_has_ended(start: str, rules: set[str]) -> None:
    overlapping = placed("review", start, location="room")
    document = preceded()
    document["clinic"]["locations"].append({"id": "room", "kind": "office"})
    assert broken(document, SECOND, overlapping) == rules


def test_what_comes_first_has_to_be_placed() -> None:
    review = placed("review", "wed 09:00")
    assert broken(preceded(), placed("visit", "mon 09:00", 1), review) == {"preceded_by"}


@pytest.mark.parametrize("outcome", ["waived", "elsewhere"])
def test_what_was_waived_or_took_place_elsewhere_counts_as_done(outcome: str) -> None:
    document = preceded(settled=[{"activity": "visit", "occurrence": 2, "outcome": outcome}])
    assert broken(document, placed("review", "mon 09:00")) == set()


def test_what_was_missed_is_never_done() -> None:
    document = preceded(settled=[{"activity": "visit", "occurrence": 2, "outcome": "missed"}])
    assert broken(document, placed("review", "fri 09:00")) == {"preceded_by"}


def after_a_meeting(number: int = 1, **keys: Any) -> Document:
    """A review that waits for a group meeting, on Monday or Wednesday morning."""
    review = session("review", preceded_by=[{"activity": "group", "occurrence": number}])
    return scenario(pathways=[pathway(group(), review)], clinic=clinic(**keys))


MEETINGS = (placed("group", "mon 09:00", 1), placed("group", "wed 09:00", 2))
REVIEW = placed("review", "tue 09:00")


def joined(document: Document, *wanted: Placed) -> set[str]:
    return broken(document, *wanted, series=["mornings"])


def test_a_meeting_that_comes_first_has_ended() -> None:
    assert joined(after_a_meeting(1), *MEETINGS, REVIEW) == set()
    assert joined(after_a_meeting(2), *MEETINGS, REVIEW) == {"preceded_by"}


def test_a_meeting_that_nobody_joined_is_not_placed() -> None:
    assert broken(after_a_meeting(1), REVIEW) == {"preceded_by"}


def test_a_meeting_that_there_is_not_is_never_done() -> None:
    document = after_a_meeting(9) | {"now": "2027-01-04T00:00:00-05:00"}
    assert joined(document, *MEETINGS, REVIEW) == {"preceded_by"}


def test_a_meeting_that_is_unplaced_is_not_done() -> None:
    assert joined(after_a_meeting(1), MEETINGS[1], REVIEW) == {"preceded_by"}


def test_a_meeting_that_falls_out_counts_as_done() -> None:
    document = after_a_meeting(2, closures=[{"date": "2027-01-06", "reason": ""}])
    assert joined(document, MEETINGS[0], REVIEW) == set()


def test_a_meeting_before_now_counts_as_done() -> None:
    document = after_a_meeting(1) | {"now": "2027-01-04T09:30:00-05:00"}
    assert joined(document, MEETINGS[1], placed("review", "mon 10:00")) == set()


def test_a_meeting_from_now_on_has_to_be_placed() -> None:
    document = after_a_meeting(1) | {"now": "2027-01-04T09:00:00-05:00"}
    assert joined(document, MEETINGS[1], placed("review", "mon 10:00")) == {"preceded_by"}


def test_a_locked_review_that_nothing_precedes_is_a_warning() -> None:
    review = placed("review", "mon 09:00")
    document = with_booked(preceded(), review)
    assert warned(document, review) == {"preceded_by"}


def test_placing_first_what_a_locked_review_came_before_is_a_fault() -> None:
    review = placed("review", "mon 09:00")
    assert broken(with_booked(preceded(), review), review, SECOND) == {"preceded_by"}


def test_both_anchors_of_a_lag_may_be_to_blame() -> None:
    dosed = scenario(pathways=[pathway(dose(), integration())])
    locked = with_booked(dosed, placed("integration", "fri 16:00"))
    integrated = placed("integration", "fri 16:00")
    found = verdict(locked, placed("dose", "mon 09:00"), integrated)
    assert [(fault.rule, fault.place) for fault in found.faults] == [
        ("lag", "appointments[0] (ada/dose/1)")
    ]

"""Which days count for a rule on dates, for how long, and what an uneven week costs."""

from typing import Any

from scheduler.planning.course.spacing import EARLIER, Counting
from tests import factories
from tests.scheduler.planning.course.posing import Document, board_of, question


def counting(*activities: Document, **changes: Any) -> tuple[Counting, int]:
    """The rules of a pathway, and the day on which its first week begins."""
    course = question(board_of(*activities, **changes))
    return Counting(course), course.weeks[0].first


def activity(held: Counting, name: str) -> Any:
    return held.course.problem.pathways["ada"].activity(name)


def test_two_sessions_keep_as_many_days_apart_as_the_rule_says() -> None:
    held, monday = counting(factories.dose(min_days_between=2))
    dose, counted = activity(held, "dose"), (("dose", monday),)
    assert [held.allows(counted, dose, monday + n) for n in range(4)] == [False, False, True, True]


def test_no_more_than_so_many_stand_on_so_many_days() -> None:
    rule = {"days": 3, "count": 2}
    held, monday = counting(factories.dose(min_days_between=None, max_in_days=rule))
    dose, counted = activity(held, "dose"), (("dose", monday), ("dose", monday + 1))
    assert [held.allows(counted, dose, monday + n) for n in (2, 3)] == [False, True]


def test_a_session_keeps_away_from_those_that_it_is_spaced_with() -> None:
    talk = factories.session("talk", min_days_between=2, spaced_with="dose")
    held, monday = counting(factories.dose(min_days_between=None), talk)
    assert not held.allows((("talk", monday),), activity(held, "dose"), monday + 1)
    assert not held.allows((("dose", monday),), activity(held, "talk"), monday + 1)
    assert held.allows((("dose", monday),), activity(held, "dose"), monday + 1)


def test_sessions_under_an_earlier_enrolment_count() -> None:
    start, end = "2027-01-03T10:00:00-05:00", "2027-01-03T11:30:00-05:00"
    patient = factories.patient(history=[{"activity": "dose", "start": start, "end": end}])
    held, monday = counting(factories.dose(min_days_between=3), patients=[patient])
    assert held.history() == ((f"{EARLIER}dose", monday - 1),)
    dose = activity(held, "dose")
    assert [held.allows(held.history(), dose, monday + n) for n in (1, 2)] == [False, True]


def test_a_day_is_forgotten_once_no_rule_reaches_further() -> None:
    held, monday = counting(
        factories.dose(min_days_between=3, schedule=[{"weeks": "1-1", "per_week": 1}])
    )
    counted = (("dose", monday),)
    assert held.kept(counted, monday + 2) == counted
    assert held.kept(counted, monday + 3) == ()


def test_a_day_is_remembered_until_its_week_is_over_where_days_should_be_even() -> None:
    held, monday = counting(factories.dose(min_days_between=2), factories.session("talk"), weeks=2)
    counted = (("dose", monday),)
    assert held.kept(counted, monday + 6) == counted
    assert held.kept(counted, monday + 7) == ()


def test_two_sessions_of_a_week_cost_what_they_are_off_three_days_apart() -> None:
    held, monday = counting(factories.dose(min_days_between=1))
    dose, counted = activity(held, "dose"), (("dose", monday),)
    costs = [held.uneven(counted, dose, monday + n) for n in range(1, 5)]
    assert costs == [10, 5, 0, 5]


def test_a_third_session_is_even_two_days_after_the_second() -> None:
    dose = factories.dose(min_days_between=1, schedule=[{"weeks": "1-1", "per_week": 3}])
    held, monday = counting(dose)
    counted = (("dose", monday), ("dose", monday + 2))
    costs = [held.uneven(counted, activity(held, "dose"), monday + n) for n in (3, 4, 5)]
    assert costs == [5, 0, 5]


def test_the_first_session_of_a_week_is_never_uneven() -> None:
    held, monday = counting(factories.dose(min_days_between=1), weeks=2)
    assert held.uneven((("dose", monday),), activity(held, "dose"), monday + 7) == 0


def test_a_locked_session_counts_on_its_day_and_has_its_own_uneven_cost() -> None:
    locked = factories.appointment(
        "dose",
        "2027-01-05T10:00:00-05:00",
        "2027-01-05T11:30:00-05:00",
        location="bay",
        stages=[
            {
                "id": "dosing",
                "practitioner": "nurse",
                "start": "2027-01-05T10:00:00-05:00",
                "end": "2027-01-05T10:30:00-05:00",
            },
            {
                "id": "monitoring",
                "practitioner": "nurse",
                "start": "2027-01-05T10:30:00-05:00",
                "end": "2027-01-05T11:30:00-05:00",
            },
        ],
        locked=True,
    )
    held, monday = counting(factories.dose(min_days_between=1), booked=[locked])
    assert held.standing(monday + 1) == [("dose", monday + 1)]
    assert held.standing_cost((("dose", monday),), monday + 1) == 10


def test_a_session_waits_for_the_marked_ones_that_come_before_it() -> None:
    before = [{"activity": "dose", "occurrence": 2}]
    talk = factories.session("talk", rest_of_day=True, preceded_by=before)
    held, _ = counting(factories.dose(), talk)
    marked = held.course.weeks[0].marked
    assert [block.activity.id for block in marked] == ["dose", "talk"]
    turns = [held.is_their_turn(marked[1], (doses, 0), marked) for doses in range(3)]
    assert turns == [False, False, True]

"""The cheapest course: follow-ups beside each other, late ones, skipped meetings, numbers."""

import pytest

from scheduler.planning.board import Board
from scheduler.planning.course.choosing import put_best
from scheduler.planning.course.day import NEVER
from scheduler.planning.course.walking import Known, Walker
from scheduler.planning.stopping import Stop, Unfinished
from tests import factories
from tests.scheduler.planning.course.posing import (
    Document,
    best,
    board_of,
    clinic_with,
    cost_on,
    days,
    hour,
    only,
    put,
    question,
    seeing,
    therapy,
    walk,
    weekday,
)

TWO_DOSES = factories.dose(min_days_between=1)


def only_open(*weekdays: str) -> Document:
    """The hours of a bay's doctor, and so of all doses."""
    return factories.practitioner(
        "doctor", "prescriber", hours=factories.table("09:00-17:00", days=weekdays)
    )


# ---- follow-ups ----------------------------------------------------------------------------


def follow_ups_on_friday(*hours: str) -> Board:
    """Doses on Wednesday and Thursday; the therapist works on Friday only, soon enough for both."""
    friday = factories.practitioner(
        "therapist", "therapist", skills=["cbt"], hours={"fri": list(hours)}
    )
    clinic = clinic_with(only_open("wed", "thu"), friday)
    return board_of(TWO_DOSES, factories.integration(), clinic=clinic)


def test_two_follow_ups_may_stand_on_one_day() -> None:
    board = follow_ups_on_friday("09:00-10:00", "12:00-13:00")
    found = best(board)
    assert put_best(board, "ada", found)
    assert days(board, found.starts) == {
        "dose-1": "wed",
        "dose-2": "thu",
        "integration-1": "fri",
        "integration-2": "fri",
    }
    # The second of them is looked at as if it met nothing else of the day.
    assert found.cost <= cost_on(board)


def test_a_follow_up_beside_another_is_told_a_start_after_their_own_anchor() -> None:
    """The talk keeps the dose until three, and both calls are due a day after it."""
    after = {"activity": "dose", "lag": {"min": "PT22H", "ideal": "PT24H", "max": "PT24H"}}
    calls = [therapy(name, schedule=None, after=after) for name in ("call", "chat")]
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    therapist = seeing("therapist", mon="14:00-15:00", tue="09:00-17:00")
    board = board_of(dose, therapy(), *calls, clinic=clinic_with(only_open("mon"), therapist))
    starts = {o.activity.id: start for o, start in walk(question(board)).starts.items()}
    # It ends at 16:30, so that the calls start from 14:30 on.
    assert hour(board, starts["dose"]) == 15
    assert all(14.5 <= hour(board, starts[name]) <= 16.5 for name in ("call", "chat"))


def test_follow_ups_that_take_each_others_only_hour_make_a_bound_and_no_plan() -> None:
    board = follow_ups_on_friday("09:00-10:00")
    found = best(board)
    assert not put_best(board, "ada", found)
    assert found.cost + 2000 <= cost_on(board)


def test_a_follow_up_that_finds_no_time_is_paid_for_as_left_out() -> None:
    clinic = clinic_with(only_open("mon"), seeing("therapist", fri="09:00-17:00"))
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    board = board_of(dose, factories.integration(), clinic=clinic)
    assert put(board).cost == 2000 + 8


def test_a_follow_up_is_priced_by_the_lag_from_the_end_of_its_anchor() -> None:
    """The dose of ninety minutes ends at 10:30; the ideal hour is 24 later, 09:00 is early."""
    clinic = clinic_with(
        factories.practitioner("doctor", "prescriber", hours={"mon": ["09:00-10:30"]}),
        seeing("therapist", tue="09:00-10:00"),
    )
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    board = board_of(dose, factories.integration(), clinic=clinic)
    # An hour and a half early counts as one hour.
    assert put(board).cost == 2 * 8 + 2


def test_a_follow_up_that_would_come_too_late_is_left_out() -> None:
    """The dose ends at 10:30, and the therapist comes 22 hours and a half later."""
    after = {"activity": "dose", "lag": {"min": "PT16H", "ideal": "PT20H", "max": "PT22H"}}
    clinic = clinic_with(
        factories.practitioner("doctor", "prescriber", hours={"mon": ["09:00-09:30"]}),
        seeing("therapist", tue="09:00-10:30"),
    )
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    board = board_of(dose, therapy("call", schedule=None, after=after), clinic=clinic)
    found = put(board)
    assert found.cost == 2000 + 8
    assert only(board, "call") not in found.starts


def test_a_dose_begins_when_its_follow_up_can_be_on_time() -> None:
    clinic = clinic_with(seeing("therapist", tue="15:00-16:00"), only_open("mon"))
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    board = board_of(dose, factories.integration(), clinic=clinic)
    found = put(board)
    assert found.cost == 2 * 8
    # From 15:00 less 24 hours and less the dose's ninety minutes, or less than an hour before.
    assert 12.5 < hour(board, found.starts[only(board, "dose")]) <= 13.5


def late_check(**lag: str) -> Document:
    """A check-up two weeks after each dose."""
    usual = {"min": "P14D", "ideal": "P15D", "max": "P16D"}
    after = {"activity": "dose", "lag": {**usual, **lag}}
    return factories.session("check", schedule=None, after=after)


def test_a_check_up_weeks_later_is_placed_after_all_weeks_of_the_pathway() -> None:
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    board = board_of(dose, late_check())
    found = put(board)
    gap = [board.problem.calendar.day_of(start) for start in found.starts.values()]
    assert found.cost == 2 * 8
    assert max(gap) - min(gap) in (14, 15)


def test_looked_at_loosely_a_late_check_up_counts_from_the_best_hour_of_its_dose() -> None:
    """The dose follows a talk at nine at once, or is followed by its check-up without delay."""
    clinic = clinic_with(only_open("mon"), seeing("therapist", mon="09:00-10:00"))
    hours = factories.table("15:00-16:00", days=("tue",))
    checker = factories.practitioner("checker", "therapist", skills=["check"], hours=hours)
    clinic["practitioners"].append(checker)
    needs = [{"location": "office"}, {"role": "therapist", "skill": "check"}]
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    board = board_of(dose, {**late_check(), "needs": needs}, therapy(), clinic=clinic)
    course = question(board)
    # From half past eleven to 15:00 fifteen days later is three whole hours late.
    assert walk(course).cost == 2 * 8 + 3
    assert walk(course, loosely=True).cost == 2 * 8


# ---- meetings ------------------------------------------------------------------------------


def test_a_meeting_is_skipped_where_a_dose_fits_only_at_its_time() -> None:
    doctor = factories.practitioner("doctor", "prescriber", hours={"mon": ["09:00-09:30"]})
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    board = board_of(factories.group(), dose, clinic=clinic_with(doctor))
    found = put(board)
    assert [o.name for o in found.skipped] == ["ada/group/1"]
    # The dose on Monday, the group on Wednesday, one meeting left out.
    assert found.cost == 2 * 8 + 2000


def test_no_meeting_is_skipped_for_what_costs_no_more_than_a_meeting() -> None:
    clinic = clinic_with(seeing("therapist", mon="09:00-10:00"))
    board = board_of(factories.group(), therapy(), clinic=clinic)
    assert best(board).skipped == ()
    assert best(board).cost == 2 * 8 + 2000


# ---- numbers -------------------------------------------------------------------------------


def booked_dose(number: int, day: str) -> Document:
    """A dose booked at nine, which may move at a price."""
    stages = [
        {
            "id": name,
            "practitioner": "nurse",
            "start": f"{day}T{first}:00-05:00",
            "end": f"{day}T{last}:00-05:00",
        }
        for name, first, last in (("dosing", "09:00", "09:30"), ("monitoring", "09:30", "10:30"))
    ]
    return factories.appointment(
        "dose",
        f"{day}T09:00:00-05:00",
        f"{day}T10:30:00-05:00",
        id=f"dose-{number}",
        occurrence=number,
        location="bay",
        stages=stages,
        locked=False,
    )


def test_a_booked_second_dose_stays_the_second() -> None:
    board = board_of(TWO_DOSES, booked=[booked_dose(2, "2027-01-07")])
    assert days(board, put(board).starts) == {"dose-1": "mon", "dose-2": "thu"}


def test_a_first_dose_that_no_longer_fits_is_left_out_before_a_booked_second() -> None:
    """The doctor works on Monday only, where the second is booked: it keeps its number."""
    board = board_of(
        TWO_DOSES, clinic=clinic_with(only_open("mon")), booked=[booked_dose(2, "2027-01-04")]
    )
    found = put(board)
    assert days(board, found.starts) == {"dose-2": "mon"}
    assert found.cost == 10_000 + 8


def test_a_dose_waits_for_the_session_that_has_to_come_before_it() -> None:
    """The only talk is on Wednesday; the doctor works then, too, or on Monday alone."""
    dose = factories.dose(
        schedule=[{"weeks": "1-1", "per_week": 1}],
        preceded_by=[{"activity": "talk", "occurrence": 1}],
    )
    clinic = clinic_with(seeing("therapist", wed="09:00-10:00"))
    board = board_of(therapy(), dose, clinic=clinic)
    found = put(board)
    assert weekday(board, found.starts[only(board, "dose")]) == "wed"
    assert found.cost == 8
    too_early = clinic_with(only_open("mon"), seeing("therapist", wed="09:00-10:00"))
    assert put(board_of(therapy(), dose, clinic=too_early)).cost == 10_000 + 8


def test_what_comes_first_may_stand_on_the_same_day_wherever_the_pathway_lists_it() -> None:
    """Two sessions whose days are counted, on Wednesday alone: the bound is one trip for both.

    A walk leaves their order within the day open, so that it is not always a plan.
    """
    first = therapy("first", max_in_days={"count": 1, "days": 2})
    second = therapy(
        "second",
        max_in_days={"count": 1, "days": 2},
        preceded_by=[{"activity": "first", "occurrence": 1}],
    )
    clinic = clinic_with(seeing("therapist", wed="09:00-12:00"))
    for activities in ((first, second), (second, first)):
        assert best(board_of(*activities, clinic=clinic)).cost == 8


# ---- weeks ---------------------------------------------------------------------------------


def test_a_follow_up_may_fill_what_the_next_week_alone_would_wait_through() -> None:
    """On the second Monday: the group until ten, the talk from eleven, and between them a call."""
    clinic = clinic_with(
        factories.practitioner("doctor", "prescriber", hours={"fri": ["09:00-09:30"]}),
        seeing("therapist", mon="10:00-11:00"),
        factories.practitioner(
            "other", "therapist", skills=["dbt"], hours={"mon": ["11:00-12:00"]}
        ),
    )
    second = [{"weeks": "2-2", "per_week": 1}]
    needs = [{"location": "office"}, {"role": "therapist", "skill": "dbt"}]
    talk = factories.session("talk", needs=needs, schedule=second)
    lag = {"min": "PT71H30M", "ideal": "PT71H30M", "max": "PT72H"}
    call = therapy("call", schedule=None, after={"activity": "dose", "lag": lag})
    weekly = [{"day": "mon", "start": "09:00", "end": "10:00"}]
    clinic["groups"] = [factories.series(weekly=weekly)]
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    board = board_of(dose, call, factories.group(schedule=second), talk, weeks=2, clinic=clinic)
    board.series["ada", "group"] = "mornings"
    course = question(board)
    weeks = [course.of_week(week) for week in course.weeks]
    alone = [walk(week).cost - week.sure for week in weeks]
    assert alone == [8, 8 + 2]
    assert course.filled_by_follow_ups() == 2
    assert walk(course).cost == 2 * 8


def test_a_dose_is_priced_by_the_lag_of_a_locked_follow_up() -> None:
    booked = factories.appointment(
        "integration",
        "2027-01-05T15:00:00-05:00",
        "2027-01-05T16:00:00-05:00",
        practitioners=["therapist"],
        locked=True,
    )
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    board = board_of(dose, factories.integration(), booked=[booked])
    found = put(board)
    assert found.cost == 2 * 8
    assert 12.5 < hour(board, found.starts[only(board, "dose")]) <= 13.5


# ---- the limit and the end -----------------------------------------------------------------


def test_a_walk_costs_no_more_than_its_limit_or_is_not_there() -> None:
    course = question(board_of(factories.session("talk")))
    assert Walker(course, Known(Stop()), 8).least() == 8
    assert Walker(course, Known(Stop()), 7).least() is None


def test_a_walk_that_found_nothing_says_what_a_course_costs_at_least() -> None:
    walker = Walker(question(board_of(factories.session("talk"))), Known(Stop()), 2)
    assert walker.walk() is None
    assert 2 < walker.beyond <= 8
    walker.limit = 8
    found = walker.walk()
    assert found is not None
    assert found.cost == 8


def test_a_walk_that_is_told_to_stop_says_that_it_is_unfinished() -> None:
    stop = Stop()
    stop.request()
    with pytest.raises(Unfinished):
        Walker(question(board_of(factories.session("talk"))), Known(stop), NEVER).walk()

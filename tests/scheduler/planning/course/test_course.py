"""What is asked of a patient's days, and what is refused because no walk could say it."""

import pytest

from scheduler.planning.course.asking import NotAWalk
from tests import factories
from tests.scheduler.planning.course.posing import (
    Document,
    board_of,
    clinic_with,
    hour,
    only,
    question,
    seeing,
    therapy,
    walk,
    weekday,
)


def locked(start: str, end: str, number: int = 1, name: str = "talk") -> Document:
    """A locked appointment of Ada's."""
    return factories.appointment(
        name, start, end, id=f"{name}-{number}", occurrence=number, locked=True
    )


# ---- what is no walk -----------------------------------------------------------------------


def test_what_is_followed_has_to_end_its_day() -> None:
    dose = factories.dose(rest_of_day=None)
    with pytest.raises(NotAWalk, match=r"ada/dose/1 is followed, and does not end its day"):
        question(board_of(dose, factories.integration()))


def test_a_follow_up_is_not_followed_itself() -> None:
    after = {"activity": "integration", "lag": {"min": "PT16H", "ideal": "PT24H", "max": "PT72H"}}
    call = factories.session("call", schedule=None, after=after)
    activities = factories.dose(), factories.integration(rest_of_day=True), call
    with pytest.raises(NotAWalk, match=r"ada/integration/1 follows, and is followed or ends"):
        question(board_of(*activities))


def test_a_follow_up_does_not_end_its_day() -> None:
    with pytest.raises(NotAWalk, match=r"ada/integration/1 follows, and is followed or ends"):
        question(board_of(factories.dose(), factories.integration(rest_of_day=True)))


def test_nothing_follows_a_meeting() -> None:
    after = {"activity": "group", "lag": {"min": "PT1H", "ideal": "PT24H", "max": "PT72H"}}
    call = factories.session("call", schedule=None, after=after)
    with pytest.raises(NotAWalk, match=r"ada/call/1 follows a meeting"):
        question(board_of(factories.group(), call))


def test_a_grid_that_shifts_within_a_day_is_no_walk() -> None:
    """In Lord Howe the clocks change by half an hour, so that an hour's grid is off after it."""
    clinic = factories.clinic(
        timezone="Australia/Lord_Howe",
        slot_minutes=60,
        hours=factories.table("00:00-24:00", days=factories.EVERY_DAY),
    )
    patient = factories.patient(start="2027-09-27")
    board = board_of(factories.session("talk"), clinic=clinic, patients=[patient])
    with pytest.raises(NotAWalk, match="the grid shifts within a day"):
        question(board)


def test_locked_appointments_that_share_a_slot_are_no_walk() -> None:
    booked = [
        locked("2027-01-05T10:00:00-05:00", "2027-01-05T11:10:00-05:00"),
        locked("2027-01-05T11:10:00-05:00", "2027-01-05T12:00:00-05:00", 2),
    ]
    talk = factories.session("talk", schedule=[{"weeks": "1-1", "per_week": 3}])
    course = question(board_of(talk, booked=booked))
    with pytest.raises(NotAWalk, match=r"appointments of day \d+ overlap on the grid"):
        walk(course)


@pytest.mark.parametrize(("minutes", "shared"), [(45, True), (60, False)])
def test_a_session_may_end_in_the_slot_in_which_something_locked_begins(
    minutes: int, shared: bool
) -> None:
    """From half past nine to a quarter past ten a talk takes two slots, of which one is taken."""
    booked = [locked("2027-01-05T10:15:00-05:00", "2027-01-05T11:15:00-05:00")]
    talk = factories.session("talk", minutes=minutes, schedule=[{"weeks": "1-1", "per_week": 2}])
    course = question(board_of(talk, booked=booked))
    if shared:
        with pytest.raises(NotAWalk, match="two appointments may share a slot"):
            walk(course)
    else:
        assert walk(course).cost > 0


def test_a_locked_appointment_across_midnight_is_no_walk() -> None:
    booked = [locked("2027-01-05T23:00:00-05:00", "2027-01-06T01:00:00-05:00")]
    talk = factories.session("talk", schedule=[{"weeks": "1-1", "per_week": 2}])
    course = question(board_of(talk, booked=booked))
    with pytest.raises(NotAWalk, match=r"an appointment of day \d+ crosses midnight"):
        walk(course)


def test_two_followed_appointments_that_stand_on_a_day_are_no_walk() -> None:
    booked = [
        locked("2027-01-05T10:00:00-05:00", "2027-01-05T11:00:00-05:00"),
        locked("2027-01-05T12:00:00-05:00", "2027-01-05T13:00:00-05:00", 2),
    ]
    talk = factories.session("talk", schedule=[{"weeks": "1-1", "per_week": 2}])
    after = {"activity": "talk", "lag": {"min": "PT16H", "ideal": "PT24H", "max": "PT72H"}}
    call = factories.session("call", schedule=None, after=after)
    course = question(board_of(talk, call, booked=booked))
    with pytest.raises(NotAWalk, match="two appointments of a day that stand are followed"):
        walk(course)


def test_a_refused_question_leaves_nothing_open_on_the_board() -> None:
    board = board_of(factories.dose(rest_of_day=None), factories.integration())
    with pytest.raises(NotAWalk):
        question(board)
    assert board.open == frozenset()


# ---- what is asked -------------------------------------------------------------------------


def test_a_session_starts_only_when_its_therapist_works() -> None:
    board = board_of(therapy(), clinic=clinic_with(seeing("therapist", tue="10:00-11:00")))
    course = question(board)
    starts = course.starts[only(board, "talk")]
    assert starts.bit_count() == 1
    start = starts.bit_length() - 1
    assert (weekday(board, start), hour(board, start)) == ("tue", 10)


def test_a_session_does_not_start_where_somebody_else_was_chosen() -> None:
    board = board_of(therapy(same_person="preferred"))
    nobody = question(board, faces={"talk": frozenset({"somebody else"})})
    assert nobody.starts[only(board, "talk")] == 0


def test_a_session_waits_until_the_meeting_before_it_has_ended() -> None:
    talk = factories.session("talk", preceded_by=[{"activity": "group", "occurrence": 1}])
    board = board_of(factories.group(), talk)
    board.series["ada", "group"] = "mornings"
    starts = question(board).starts[only(board, "talk")]
    first = (starts & -starts).bit_length() - 1
    assert (weekday(board, first), hour(board, first)) == ("mon", 10)


def test_a_session_is_not_asked_for_after_a_meeting_that_cannot_be_attended() -> None:
    talk = factories.session("talk", preceded_by=[{"activity": "group", "occurrence": 1}])
    patient = factories.patient(available=factories.table("12:00-18:00"))
    board = board_of(factories.group(), talk, patients=[patient])
    board.series["ada", "group"] = "mornings"
    course = question(board)
    assert course.starts[only(board, "talk")] == 0
    assert course.sure == 2 * 2000


def test_a_block_is_numbered_only_where_something_tells_its_sessions_apart() -> None:
    dose = factories.dose()
    before = [{"activity": "dose", "occurrence": 1}]
    alike = question(board_of(dose, factories.session("talk")))
    apart = question(board_of(dose, factories.session("talk", preceded_by=before)))
    assert not alike.weeks[0].marked[0].numbered
    assert apart.weeks[0].marked[0].numbered


def test_plain_sessions_that_differ_are_asked_for_one_by_one() -> None:
    talk = factories.session("talk", schedule=[{"weeks": "1-1", "per_week": 2}])
    before = [{"activity": "talk", "occurrence": 1}]
    alike = question(board_of(talk, factories.session("call")))
    apart = question(board_of(talk, factories.session("call", preceded_by=before)))
    assert [len(block.sessions) for block in alike.weeks[0].plain] == [2, 1]
    assert [len(block.sessions) for block in apart.weeks[0].plain] == [1, 1, 1]


def test_a_week_alone_has_its_own_sessions_and_what_soon_follows_them() -> None:
    after = {"activity": "dose", "lag": {"min": "P14D", "ideal": "P14D", "max": "P21D"}}
    check = factories.session("check", schedule=None, after=after)
    dose = factories.dose(schedule=[{"weeks": "1-2", "per_week": 1}])
    course = question(board_of(dose, factories.integration(), check, weeks=4))
    alone = course.of_week(course.weeks[0])
    assert [o.name for o in alone.free] == ["ada/dose/1", "ada/integration/1"]
    assert alone.trip_on(course.weeks[0].first) == 8
    assert alone.trip_on(course.weeks[1].first) == 0


def test_a_part_is_asked_for_with_all_else_standing() -> None:
    talk = factories.session("talk", schedule=[{"weeks": "1-2", "per_week": 1}])
    board = board_of(talk, weeks=2)
    second = only(board, "talk", 2)
    course = question(board, part=[second])
    assert course.free == [second]
    assert [week.first for week in course.weeks] == [question(board).weeks[1].first]

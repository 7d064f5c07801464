"""Which series and which faces go best together, and what a limit leaves out."""

from typing import Any, Literal
from unittest import mock

from scheduler.planning.board import Board
from scheduler.planning.course.asking import Request
from scheduler.planning.course.choosing import NEAR, Chooser, put_best, standing_cost
from scheduler.planning.course.day import NEVER
from scheduler.planning.course.walking import Walker
from scheduler.planning.solving.constructing import fill
from scheduler.planning.stopping import Stop
from tests import factories
from tests.scheduler.planning.course.posing import (
    Document,
    best,
    board_of,
    clinic_with,
    days,
    only,
    put,
    seeing,
    therapy,
)

TWICE = [{"weeks": "1-1", "per_week": 2}]
TRIP, NEW_FACE, LEFT_OUT = 8, 10, 2000


def between_two(same_person: str, first: Document, second: Document, **changes: Any) -> Board:
    """Two talks on different days, with two therapists to choose from."""
    talk = therapy(same_person=same_person, schedule=TWICE, min_days_between=1)
    clinic = clinic_with(first, second)
    clinic["practitioners"] = [p for p in clinic["practitioners"] if p["id"] != "therapist"]
    weights = {"uneven_day": 0, "off_preference": 9}
    return board_of(talk, clinic=clinic, weights=weights, **changes)


def walks_of(board: Board, limit: int = NEVER - 1) -> list[set[str]]:
    """Whom each walk of the whole course may meet, nobody where anybody, in their order."""
    return [set().union(*asked.faces.values()) for asked in asked_of(board, limit, "walk")]


def asked_of(board: Board, limit: int, question: Literal["walk", "least"]) -> list[Request]:
    """What is asked of walkers on the way to Ada's best."""
    asked: list[Request] = []
    original = getattr(Walker, question)

    def spied(walker: Walker) -> object:
        asked.append(walker.course.request)
        return original(walker)

    with mock.patch.object(Walker, question, spied):
        best(board, limit)
    return asked


def faces_of(board: Board) -> set[str]:
    return {name for place in board.placed.values() for name in place.crew}


# ---- faces ---------------------------------------------------------------------------------


def test_one_face_is_enough_where_one_can_come_twice() -> None:
    amy = seeing("amy", mon="09:00-10:00", thu="09:00-10:00")
    board = between_two("preferred", amy, seeing("ben", mon="09:00-17:00"))
    assert put(board).cost == 2 * TRIP
    assert faces_of(board) == {"amy"}


def test_two_faces_cost_a_new_one_where_neither_can_come_twice() -> None:
    board = between_two(
        "preferred", seeing("amy", mon="09:00-10:00"), seeing("ben", wed="09:00-10:00")
    )
    assert put(board).cost == 2 * TRIP + NEW_FACE
    assert faces_of(board) == {"amy", "ben"}


def test_who_may_meet_everybody_is_not_walked_for_again() -> None:
    board = between_two(
        "preferred", seeing("amy", mon="09:00-10:00"), seeing("ben", wed="09:00-10:00")
    )
    # Anybody, then each alone within what a new face costs; both together are anybody again.
    assert walks_of(board) == [set(), {"amy"}, {"ben"}]


def test_one_face_is_looked_for_within_what_all_would_cost_and_once() -> None:
    board = between_two(
        "preferred",
        seeing("amy", mon="09:00-10:00", thu="09:00-10:00"),
        seeing("ben", wed="09:00-10:00"),
        patients=[factories.patient(preferred=factories.table("09:00-10:00", days=("mon", "wed")))],
    )
    assert best(board).cost == 2 * TRIP + 9
    assert walks_of(board) == [set(), {"amy"}, {"ben"}]


def test_of_three_who_come_on_a_day_each_two_are_met_and_a_session_is_left_out() -> None:
    talk = therapy(same_person="preferred", schedule=[{"weeks": "1-1", "per_week": 3}])
    hours = {"amy": "mon", "ben": "wed", "cleo": "fri"}
    clinic = clinic_with(*(seeing(name, **{day: "09:00-10:00"}) for name, day in hours.items()))
    clinic["practitioners"] = [p for p in clinic["practitioners"] if p["id"] != "therapist"]
    found = put(board_of(talk, clinic=clinic, weights={"uneven_day": 0}))
    assert found.cost == LEFT_OUT + 2 * TRIP + NEW_FACE
    assert found.bound == 3 * TRIP + 2 * NEW_FACE


def test_a_required_face_is_one_even_where_a_session_is_left_out_for_it() -> None:
    board = between_two(
        "required", seeing("amy", mon="09:00-10:00"), seeing("ben", wed="09:00-10:00")
    )
    assert put(board).cost == TRIP + LEFT_OUT
    assert len(faces_of(board)) == 1


def test_a_face_met_in_a_locked_session_is_chosen_or_another_costs_a_new_one() -> None:
    booked = factories.appointment(
        "talk",
        "2027-01-04T09:00:00-05:00",
        "2027-01-04T10:00:00-05:00",
        practitioners=["amy"],
        locked=True,
    )
    talk = therapy(same_person="preferred", schedule=TWICE, min_days_between=1)
    clinic = clinic_with(
        seeing("amy", mon="09:00-10:00", fri="09:00-10:00"), seeing("ben", thu="09:00-10:00")
    )
    clinic["practitioners"] = [p for p in clinic["practitioners"] if p["id"] != "therapist"]
    for uneven, friday in ((5, True), (30, False)):
        board = board_of(talk, clinic=clinic, booked=[booked], weights={"uneven_day": uneven})
        found = put(board)
        # On Friday the days are uneven by one; on Thursday they are even, and the face is new.
        assert days(board, found.starts) == {"talk-2": "fri" if friday else "thu"}
        assert found.cost == 2 * TRIP + (uneven if friday else NEW_FACE)


def test_somebody_met_who_can_serve_no_more_makes_anybody_else_a_new_face() -> None:
    booked = factories.appointment(
        "talk",
        "2027-01-04T09:00:00-05:00",
        "2027-01-04T10:00:00-05:00",
        practitioners=["facilitator"],
        locked=True,
    )
    talk = therapy(same_person="preferred", schedule=TWICE)
    assert put(board_of(talk, booked=[booked])).cost == TRIP + NEW_FACE


def test_what_nobody_can_serve_is_left_out_and_the_rest_still_found() -> None:
    for same_person in ("required", "preferred"):
        talk = therapy(same_person=same_person)
        clinic = factories.clinic(practitioners=[], groups=[])
        board = board_of(talk, factories.session("call"), clinic=clinic)
        assert put(board).cost == LEFT_OUT + TRIP


def test_one_required_face_was_two_already_in_locked_sessions() -> None:
    """Nobody may serve the third session, and the call is placed all the same."""
    booked = [
        factories.appointment(
            "talk",
            f"2027-01-0{day}T09:00:00-05:00",
            f"2027-01-0{day}T10:00:00-05:00",
            id=f"talk-{number}",
            occurrence=number,
            practitioners=[name],
            locked=True,
        )
        for number, day, name in ((1, 4, "amy"), (2, 5, "ben"))
    ]
    thrice = [{"weeks": "1-1", "per_week": 3}]
    talk = therapy(same_person="required", schedule=thrice)
    clinic = clinic_with(*(seeing(name, fri="09:00-10:00") for name in ("amy", "ben")))
    board = board_of(talk, factories.session("call"), clinic=clinic, booked=booked)
    found = put(board)
    assert found.cost == LEFT_OUT + 2 * TRIP
    assert [o.name for o in found.starts] == ["ada/call/1"]


def test_families_choose_each_their_own_face() -> None:
    need = [{"location": "office"}, {"role": "therapist", "same_person": "preferred"}]
    talk, call = (
        factories.session(name, needs=need, schedule=TWICE, min_days_between=1)
        for name in ("talk", "call")
    )
    clinic = clinic_with(
        seeing("amy", mon="09:00-10:00", thu="09:00-10:00"),
        seeing("ben", mon="10:00-11:00", thu="10:00-11:00"),
    )
    clinic["practitioners"] = [p for p in clinic["practitioners"] if p["id"] in ("amy", "ben")]
    clinic["groups"] = []
    board = board_of(talk, call, clinic=clinic)
    assert put(board).cost == 2 * TRIP


# ---- series --------------------------------------------------------------------------------


def evenings() -> Document:
    weekly = [{"day": day, "start": "16:00", "end": "17:00"} for day in ("tue", "thu")]
    return factories.series("evenings", weekly=weekly)


def test_the_series_is_joined_in_which_more_meetings_can_be_attended() -> None:
    clinic = factories.clinic(groups=[factories.series(), evenings()])
    patient = factories.patient(available=factories.table("12:00-18:00"))
    board = board_of(factories.group(), clinic=clinic, patients=[patient])
    found = put(board)
    assert found.series == {("ada", "group"): "evenings"}
    assert found.cost == 2 * TRIP


def test_the_series_is_joined_that_goes_with_the_sessions() -> None:
    clinic = clinic_with(
        seeing("therapist", tue="14:00-15:00"), groups=[factories.series(), evenings()]
    )
    board = board_of(factories.group(), therapy(), clinic=clinic)
    found = put(board)
    assert found.series == {("ada", "group"): "evenings"}
    assert found.cost == 2 * TRIP + 2


def test_no_series_is_joined_where_none_can_be_attended_and_all_meetings_are_paid_for() -> None:
    patient = factories.patient(available=factories.table("12:00-14:00"))
    found = best(board_of(factories.group(), patients=[patient]))
    assert found.cost == 2 * LEFT_OUT


def test_the_series_on_the_board_are_as_before_the_question() -> None:
    board = board_of(factories.group())
    before = dict(board.series)
    best(board)
    assert board.series == before


# ---- the limit -----------------------------------------------------------------------------


def test_nothing_is_found_below_what_the_best_costs_and_the_limit_is_the_bound() -> None:
    board = board_of(factories.session("talk", schedule=TWICE, min_days_between=1))
    cost = best(board).cost
    found = best(board, cost - 1)
    assert (found.cost, found.bound, found.starts) == (NEVER, cost, {})


def test_a_course_is_found_at_a_limit_of_just_what_it_costs() -> None:
    board = board_of(factories.session("talk", schedule=TWICE, min_days_between=1))
    cost = best(board).cost
    assert best(board, cost).cost == cost
    assert best(board, cost).bound == cost


def test_a_limit_that_is_near_is_gone_to_at_once() -> None:
    # Each week alone would have its talk on a Monday; together one costs a Friday.
    talk = factories.session("talk", schedule=[{"weeks": "1-2", "per_week": 1}], min_days_between=8)
    patient = factories.patient(
        available=factories.table("09:00-10:00", days=("mon", "fri")),
        preferred=factories.table("09:00-10:00", days=("mon",)),
    )
    board = board_of(talk, weeks=2, patients=[patient], weights={"off_preference": 20})
    cost = best(board).cost
    assert len(walks_of(board)) == 2
    assert len(walks_of(board, cost)) == 1
    assert len(walks_of(board, cost + NEAR)) == 2


def test_whether_staying_away_pays_is_not_asked_apart_where_attending_costs_too_much() -> None:
    # The dose fits only at the time of a meeting, and is dearer to leave out.
    doctor = factories.practitioner("doctor", "prescriber", hours={"mon": ["09:00-09:30"]})
    dose = factories.dose(schedule=[{"weeks": "1-1", "per_week": 1}])
    clinic, weights = clinic_with(doctor), {"unplaced": LEFT_OUT + 1000, "trip_day": 20}
    board = board_of(factories.group(), dose, clinic=clinic, weights=weights)
    cost = best(board).cost
    assert cost == 2 * 20 + LEFT_OUT
    assert {asked.attends for asked in asked_of(board, NEVER - 1, "least")} == {True, False}
    assert {asked.attends for asked in asked_of(board, cost, "least")} == {True}
    assert best(board, cost).cost == cost


def test_nobody_asks_about_staying_away_where_that_costs_more_than_the_limit() -> None:
    board = board_of(factories.group())
    assert not any(asked.may_skip for asked in asked_of(board, best(board).cost - 1, "least"))


def test_a_limit_far_below_ends_with_the_limit_for_a_bound() -> None:
    found = best(board_of(factories.dose(), factories.integration()), 3)
    assert (found.cost, found.bound) == (NEVER, 4)


def test_that_nothing_was_found_is_remembered_until_something_changes() -> None:
    board = board_of(therapy(schedule=TWICE))
    chooser, talk = Chooser(Stop()), only(board, "talk")
    chooser.remember_nothing(board, "ada", 5)
    assert chooser.found_nothing(board, "ada", 5)
    assert not chooser.found_nothing(board, "ada", 6)
    assert fill(board, "ada")
    held = board.placed[talk]
    board.remove(only(board, "talk", 2))
    board.remove(talk)
    assert chooser.found_nothing(board, "ada", 5)
    board.ledger.take(talk, held)
    assert not chooser.found_nothing(board, "ada", 5)


# ---- onto the board ------------------------------------------------------------------------


def test_what_is_put_on_the_board_stands_where_it_was_told() -> None:
    board = board_of(factories.dose(), factories.integration(), therapy())
    found = put(board)
    assert {o: place.start for o, place in board.placed.items()} == found.starts


def test_a_part_is_put_beside_what_stands() -> None:
    board = board_of(factories.session("talk", schedule=TWICE, min_days_between=2))
    put(board)
    second = only(board, "talk", 2)
    stood = board.remove(second)
    found = Chooser(Stop()).best_part(board, "ada", [second])
    assert put_best(board, "ada", found, [second])
    assert board.placed[second].start == found.starts[second]
    assert board.problem.calendar.day_of(stood.start) == board.problem.calendar.day_of(
        board.placed[second].start
    )


def test_what_cannot_stand_after_all_is_told() -> None:
    """Somebody else has taken every hour of the therapist meanwhile."""
    board = board_of(
        therapy(),
        patients=[factories.patient(), factories.patient("bob")],
        clinic=clinic_with(seeing("therapist", mon="09:00-10:00")),
    )
    found = best(board)
    assert fill(board, "bob") == 1
    assert not put_best(board, "ada", found)
    assert only(board, "talk") not in board.placed


def test_locked_sessions_cost_what_they_cost_besides_trips_and_waiting() -> None:
    patient = factories.patient(preferred=factories.table("12:00-18:00"))
    booked = factories.appointment(
        "talk", "2027-01-04T09:00:00-05:00", "2027-01-04T10:00:00-05:00", locked=True
    )
    board = board_of(factories.session("talk"), patients=[patient], booked=[booked])
    assert standing_cost(board, "ada") == 4
    assert best(board).cost == TRIP

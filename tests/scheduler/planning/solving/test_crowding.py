"""Who is asked to step aside for a patient, and that asking changes nothing."""

from random import Random

from scheduler.planning.board import Board
from scheduler.planning.course.choosing import Chooser, put_best
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.crowding import Crowding
from scheduler.planning.solving.ejecting import rivals
from scheduler.planning.stopping import Stop
from tests import factories
from tests.scheduler.planning.course.posing import (
    board_of,
    clinic_with,
    cost_on,
    only,
    seeing,
    therapy,
)


def one_hour_for_both() -> Board:
    """Bob has the only hour of the only therapist."""
    board = board_of(
        therapy(),
        patients=[factories.patient(), factories.patient("bob")],
        clinic=clinic_with(seeing("therapist", mon="09:00-10:00")),
    )
    put_best(board, "bob", Chooser(Stop()).best(board, "bob"))
    return board


def in_the_way(board: Board, gain: int) -> list[str]:
    dice = Random(0)  # noqa: S311  (a search, not a secret)
    crowding = Crowding(Standing(board), Chooser(Stop()), dice)
    return crowding.in_the_way_of("ada", cost_on(board) - gain, 20)


def test_who_has_the_only_hour_stands_in_the_way() -> None:
    assert in_the_way(one_hour_for_both(), 1) == ["bob"]


def test_nobody_stands_in_the_way_of_what_nobody_can_have() -> None:
    board = one_hour_for_both()
    assert in_the_way(board, cost_on(board)) == []


def test_nobody_steps_aside_where_there_is_room_for_both() -> None:
    board = board_of(therapy(), patients=[factories.patient(), factories.patient("bob")])
    put_best(board, "bob", Chooser(Stop()).best(board, "bob"))
    assert in_the_way(board, 1) == []


def test_asking_who_stands_in_the_way_leaves_the_board_as_it_was() -> None:
    board = one_hour_for_both()
    placed, series = dict(board.placed), dict(board.series)
    in_the_way(board, 1)
    assert (board.placed, board.series) == (placed, series)


def test_rivals_are_those_who_have_what_a_patient_could_use_on_those_days() -> None:
    board = one_hour_for_both()
    day = board.problem.calendar.day_of(
        board.placed[board.problem.asked.by_key["bob", "talk", 1]].start
    )
    assert only(board, "talk") not in board.placed
    assert rivals(board, ["ada"], [day]) == {"bob": 1}
    assert rivals(board, ["ada"], [day + 1]) == {}

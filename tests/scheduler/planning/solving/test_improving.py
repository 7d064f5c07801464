"""What makes one plan cheaper, piece by piece."""

from scheduler.planning.course.choosing import Chooser, put_best
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.improving import Improver
from scheduler.planning.stopping import Stop
from tests.scheduler.planning.course.posing import board_of, therapy


def test_no_room_is_made_for_what_another_chain_has_placed_meanwhile() -> None:
    board = board_of(therapy())
    put_best(board, "ada", Chooser(Stop()).best(board, "ada"))
    stands, *_ = board.placed
    before = dict(board.placed)
    assert Improver(Standing(board), Stop(work=10), seed=0).make_room(stands, 1) == 0
    assert board.placed == before

"""Which follow-ups a dose takes along that have no start after it: a part of `scarcity`.

Where the day after a dose is closed and its follow-up may not wait longer, no plan has both.
"""

from functools import reduce
from operator import or_
from typing import NamedTuple

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import span_mask
from scheduler.planning.costing import unplaced_term


class FollowUp(NamedTuple):
    """A follow-up of each dose of a block: from how long after its start to how long, in ticks.

    ``starts`` are all that any of them could have, a bit for each tick, whenever the dose is;
    ``price`` is what one costs that is left out.
    """

    earliest: int
    latest: int
    starts: int
    price: int

    def is_lost(self, doses: int) -> bool:
        """Whether it has no start after a dose that starts at one of these ticks."""
        first = (doses & -doses).bit_length() - 1 + self.earliest
        last = doses.bit_length() - 1 + self.latest
        return not self.starts & span_mask(first, last + 1)


def follow_ups_of(board: Board, block: list[Occurrence]) -> list[FollowUp]:
    """The follow-ups that every dose of a block has, and which a board of locked ones leaves open.

    Doses of a block are told apart by nothing else; what only some have is left out.
    """
    held = [{f.activity.id: f for f in dose.followers if _is_asked(f)} for dose in block]
    shared = set(held[0]).intersection(*held[1:])
    return [_follow_up(board, block[0], [dose[name] for dose in held]) for name in sorted(shared)]


def has_no_start(board: Board, follower: Occurrence, dose: int) -> bool:
    """Whether a follow-up has none after its dose starts at a tick, whoever else may come."""
    board.open = frozenset(board.problem.occurrences)
    try:
        return _follow_up(board, follower.anchors[0], [follower]).is_lost(1 << dose)
    finally:
        board.open = frozenset()


def _is_asked(follower: Occurrence) -> bool:
    return follower.asked and not follower.locked and len(follower.anchors) == 1


def _follow_up(board: Board, dose: Occurrence, like: list[Occurrence]) -> FollowUp:
    problem = board.problem
    length, (low, high) = problem.shape(dose.activity).length, problem.lag(like[0].activity)
    return FollowUp(
        earliest=length + low,
        latest=length + high,
        starts=reduce(or_, (_starts(board, follower) for follower in like)),
        price=getattr(problem.weights, unplaced_term(like[0])),
    )


def _starts(board: Board, follower: Occurrence) -> int:
    """The starts that no rule forbids but the lag, as long as its dose does not stand."""
    length = board.problem.shape(follower.activity).length
    return board.allowed_within(follower, board.problem.starts(length))

"""What follows a dose, as far as its start decides about it: a part of `scarcity`.

Where the day after a dose is closed and its follow-up may not wait longer, no plan has both. Where
it may wait until the clinic opens again, that has its price.
"""

from functools import reduce
from itertools import groupby
from operator import or_
from typing import NamedTuple

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import spread
from scheduler.planning.costing import lag_terms, unplaced_term
from scheduler.planning.problem import Problem


class Lag(NamedTuple):
    """What it costs that a follow-up starts so many ticks after its dose does, or up to more."""

    price: int
    first: int
    last: int

    def has_room(self, doses: int, starts: int) -> bool:
        """Whether some of these doses and starts, a bit for each tick, are so far apart."""
        return bool(_before(starts, self.first, self.last) & doses)


class FollowUp(NamedTuple):
    """What follows each dose of a block.

    ``like`` is one of them, ``price`` what it costs that it is left out; ``starts`` are all that
    any of them could have, a bit for each tick, whenever the dose is, and ``in_time`` those of the
    dose that leave it one; ``lags`` are those allowed, the cheapest first.
    """

    like: Occurrence
    price: int
    starts: int
    in_time: int
    lags: tuple[Lag, ...]

    @property
    def latest(self) -> int:
        """How many ticks after its dose it starts at most."""
        return max((lag.last for lag in self.lags), default=0)


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
        in_time = _follow_up(board, follower.anchors[0], [follower]).in_time
    finally:
        board.open = frozenset()
    return not in_time >> dose & 1


def _is_asked(follower: Occurrence) -> bool:
    return follower.asked and not follower.locked and len(follower.anchors) == 1


def _follow_up(board: Board, dose: Occurrence, like: list[Occurrence]) -> FollowUp:
    problem = board.problem
    length, (low, high) = problem.shape(dose.activity).length, problem.lag(like[0].activity)
    starts = reduce(or_, (_starts(board, follower) for follower in like))
    return FollowUp(
        like=like[0],
        price=getattr(problem.weights, unplaced_term(like[0])),
        starts=starts,
        in_time=_before(starts, length + low, length + high),
        lags=_lags(problem, like[0], length),
    )


def _before(starts: int, first: int, last: int) -> int:
    """The ticks after which one of these starts comes, so many ticks later, or up to more."""
    return spread(starts, max(0, last - first + 1)) >> first


def _lags(problem: Problem, follower: Occurrence, length: int) -> tuple[Lag, ...]:
    """The lags that are allowed after the start of a dose of a length."""
    low, high = problem.lag(follower.activity)

    def price(lag: int) -> int:
        return sum(cost for _, cost in lag_terms(problem, follower, lag))

    found = []
    for cost, held in groupby(range(low, high + 1), price):
        lags = list(held)
        found.append(Lag(cost, length + lags[0], length + lags[-1]))
    return tuple(sorted(found))


def _starts(board: Board, follower: Occurrence) -> int:
    """The starts that no rule forbids but the lag, as long as its dose does not stand."""
    length = board.problem.shape(follower.activity).length
    return board.allowed_within(follower, board.problem.starts(length))

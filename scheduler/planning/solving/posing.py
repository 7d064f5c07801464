"""The door to the solver: it loads slowly, and is loaded only once there is something to ask it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.stopping import Stop

if TYPE_CHECKING:
    from scheduler.planning.solving.answering import Question
    from scheduler.planning.solving.beginning import Beginning

Membership = tuple[str, str]
"""A patient and one of their group activities."""


@dataclass(frozen=True)
class Effort:
    """How long the solver may try: its own units of work, unless ``stop`` cuts it short."""

    units: float
    seed: int
    stop: Stop


@dataclass(frozen=True)
class Answer:
    """What the solver found: the free part's cost, what it cannot be below, and the work done."""

    found: bool
    optimal: bool
    cost: int
    bound: int
    units: float


@dataclass(frozen=True)
class Left:
    """What no plan leaves out less than: in cost, and in occurrences."""

    cost: int = 0
    number: int = 0


def left_at_least(board: Board, stop: Stop, paid: float) -> "tuple[Left, Beginning | None]":
    """What every plan for an empty board leaves out, where a plan pays ``paid`` for it.

    Also series and doses to begin a plan with that may leave out less than that, if any are found.
    """
    from scheduler.planning.solving.fitting import Fitting  # noqa: PLC0415  (as said above)
    from scheduler.planning.solving.scarcity import Scarcity  # noqa: PLC0415  (as said above)

    scarcity = Scarcity(board, stop)
    left = scarcity.least(paid)
    if left.cost >= paid:
        return left, None
    fitting = Fitting(scarcity)
    beginning = fitting.find(paid)
    return replace(left, cost=max(left.cost, fitting.bound)), beginning


def pose(board: Board, free: list[Occurrence], memberships: list[Membership]) -> "Question":
    """A neighbourhood with its constraints and costs, ready to be asked."""
    from scheduler.planning.solving.answering import Question  # noqa: PLC0415  (as said above)

    return Question(board, free, memberships)

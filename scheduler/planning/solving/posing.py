"""The door to the solver: it loads slowly, and is loaded only once there is something to ask it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.stopping import Stop

if TYPE_CHECKING:
    from scheduler.planning.solving.answering import Question
    from scheduler.planning.solving.beginning import Beginning
    from scheduler.planning.solving.scarcity import Answer as Answered
    from scheduler.planning.solving.scarcity import Scarcity

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
    """What no plan leaves out less than: in cost, and, where it pays no more, in occurrences."""

    cost: int = 0
    number: int = 0


def about_all(board: Board, stop: Stop) -> "Scarcity":
    """The question of what every plan for an empty board leaves out."""
    from scheduler.planning.solving.scarcity import Scarcity  # noqa: PLC0415  (as said above)

    return Scarcity(board, stop)


def begin_roughly(scarcity: "Scarcity", answer: "Answered") -> "Beginning":
    """Series and doses of an answer to that question that some days cannot hold."""
    from scheduler.planning.solving.fitting import Fitting  # noqa: PLC0415  (as said above)

    return Fitting(scarcity).roughly(answer)


def begin_with(scarcity: "Scarcity", paid: float) -> "tuple[Beginning | None, int]":
    """Series and doses to begin a plan with that may leave out less than what is paid, if any.

    Also what every plan pays for what it leaves out, as far as that has been found on the way.
    """
    from scheduler.planning.solving.fitting import Fitting  # noqa: PLC0415  (as said above)

    fitting = Fitting(scarcity)
    return fitting.find(paid), fitting.bound


def pose(
    board: Board,
    free: list[Occurrence],
    memberships: list[Membership],
    within: Mapping[Occurrence, int] | None = None,
) -> "Question":
    """A neighbourhood with its constraints and costs, ready to be asked."""
    from scheduler.planning.solving.answering import Question  # noqa: PLC0415  (as said above)

    return Question(board, free, memberships, within)

"""Where a patient's appointments stand, told from one search to another on the same question."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.placements import Placement
from scheduler.planning.problem import Problem
from scheduler.planning.solving.attempt import Standing, with_dependents
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.keeping import as_it_stood

NONSENSE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading plain data of another shape than expected ends in."""


class Unintelligible(Exception):
    """What was said is no schedule of a patient."""


@dataclass(frozen=True)
class Schedule:
    """What a patient has that may move: placements by the index of the occurrence, and series.

    What does not stand has no placement. What partners have together is the owner's. Series are
    by the group's activity. Of what is not named nothing is said.
    """

    placed: tuple[tuple[int, Placement | None], ...]
    series: tuple[tuple[str, str | None], ...]

    def since(self, before: "Schedule") -> "Schedule":
        """Only what stands otherwise than it did."""
        return Schedule(
            tuple(held for held in self.placed if held not in before.placed),
            tuple(joined for joined in self.series if joined not in before.series),
        )

    def said(self) -> list[Any]:
        """The same as plain data."""
        placed = [[index, *(astuple(held) if held else ())] for index, held in self.placed]
        return [placed, self.series]


Schedules = Mapping[str, Schedule]
"""The schedules of some patients."""


def schedules_of(board: Board) -> dict[str, Schedule]:
    """How everybody stands on a board."""
    return {patient: _schedule_of(board, patient) for patient in board.problem.patients}


def _schedule_of(board: Board, patient: str) -> Schedule:
    held = [(o.index, board.placed.get(o)) for o in _own(board.problem, patient)]
    series = [(group, board.series.get((patient, group))) for group in _groups(board, patient)]
    return Schedule(tuple(held), tuple(series))


def _own(problem: Problem, patient: str) -> list[Occurrence]:
    return [o for o in problem.of_patient(patient) if o.owner == patient and not o.locked]


def _groups(board: Board, patient: str) -> list[str]:
    return [a.id for a in board.problem.pathways[patient].activities if a.kind == "group"]


def understood(board: Board, said: Mapping[str, Any]) -> dict[str, Schedule]:
    """The schedules that plain data tells of; Unintelligible where it is none of this question."""
    try:
        return {patient: _understood(board, patient, *held) for patient, held in said.items()}
    except NONSENSE as why:
        raise Unintelligible(str(why)) from why


def _understood(board: Board, patient: str, placed: Any, series: Any) -> Schedule:
    problem, joined = board.problem, dict(series)
    indices = {o.index for o in _own(problem, patient)}
    held = {int(n): _placement(*stands) if stands else None for n, *stands in placed}
    options = {
        activity.id: (None, *problem.options(patient, activity))
        for activity in problem.pathways[patient].activities
        if activity.kind == "group"
    }
    if not indices.issuperset(held) or not options.keys() >= joined.keys():
        raise Unintelligible(patient)
    if any(one not in options[group] for group, one in joined.items()):
        raise Unintelligible(patient)
    return Schedule(tuple(held.items()), tuple(joined.items()))


def _placement(
    start: Any, end: Any, location: Any, crew: Any, monitors: Any, series: Any
) -> Placement:
    return Placement(
        int(start),
        int(end),
        _name(location),
        tuple(str(person) for person in crew),
        tuple(_name(monitor) for monitor in monitors),
        _name(series),
    )


def _name(said: Any) -> str | None:
    return None if said is None else str(said)


def adopt(standing: Standing, schedules: Schedules) -> None:
    """Let these patients stand just so, unasked: all others stand as they do where it is from."""
    board = standing.board

    wished = _wished(board, schedules)

    def change() -> None:
        for occurrence in wished:
            if occurrence in board.placed:
                board.remove(occurrence)
        _join(board, schedules)
        for occurrence, placement in wished.items():
            if placement is not None:
                board.place(occurrence, placement)

    standing.accept(change)


def take_in(improver: Improver, schedules: Schedules) -> int:
    """Let these patients stand so as far as the board allows it, and fill the rest; the gain.

    As with any other change, all stands as before where the plan gets no cheaper.
    """
    board = improver.board
    wished = _wished(board, schedules)

    def change() -> bool:
        free = with_dependents(board, wished)
        stood = {o: board.placed[o] for o in free if o in board.placed and o not in wished}
        stood |= {o: placement for o, placement in wished.items() if placement is not None}
        improver.take_off(free)
        _join(board, schedules)
        # In order of time, so that what comes after something finds it standing.
        for occurrence, placement in sorted(stood.items(), key=lambda held: held[1].start):
            if board.wanted(occurrence):
                stands = as_it_stood(board, occurrence, placement)
                if stands is not None:
                    board.place(occurrence, stands)
        improver.round_off(dict.fromkeys(name for o in free for name in o.patients))
        return True

    return improver.standing.attempt(change)


def _wished(board: Board, schedules: Schedules) -> dict[Occurrence, Placement | None]:
    held = (item for schedule in schedules.values() for item in schedule.placed)
    return {board.problem.occurrences[index]: placement for index, placement in held}


def _join(board: Board, schedules: Schedules) -> None:
    for patient, schedule in schedules.items():
        board.series.update({(patient, group): one for group, one in schedule.series})

"""What every plan goes through before it is written, whenever the search was stopped."""

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.solving.attempt import with_dependents
from scheduler.planning.solving.constructing import fill, join_series


def finish(board: Board) -> None:
    """Place whatever fits with all else as it is, and give units to the earliest meetings."""
    for patient in board.problem.patients:
        join_series(board, patient)
    while _earlier_meetings_first(board) or _filled(board):
        pass


def _filled(board: Board) -> int:
    return sum(fill(board, patient) for patient in board.problem.patients)


def _earlier_meetings_first(board: Board) -> bool:
    """Let a meeting without a unit have that of a later one of its activity and authorization."""
    for occurrence in board.problem.occurrences:
        if occurrence.is_meeting and occurrence not in board.placed and board.wanted(occurrence):
            later = _later_user(board, occurrence)
            if later is not None and board.broken_by_attending(occurrence) == {"authorization"}:
                for other in reversed(with_dependents(board, [later])):
                    if other in board.placed:
                        board.remove(other)
                place = board.attendance(occurrence)
                if place is not None:
                    board.place(occurrence, place)
                return True
    return False


def _later_user(board: Board, meeting: Occurrence) -> Occurrence | None:
    """The last unlocked meeting of the activity that uses a unit of the same authorization."""
    here, service = board.meeting(meeting), meeting.activity.needs_authorization
    if here is None or service is None:
        return None

    def used(start: int) -> int | None:
        return board.problem.authorization(meeting.owner, service, start)

    held = board.problem.asked.by_activity[meeting.owner, meeting.activity.id]
    later = [
        other
        for other in held
        if other in board.placed
        and not other.locked
        and board.placed[other].start > here.start
        and used(board.placed[other].start) == used(here.start) is not None
    ]
    return max(later, key=lambda o: board.placed[o].start, default=None)

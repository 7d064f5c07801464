"""Who belongs to whom on a board, who comes when, and what it costs to leave something out."""

from random import Random

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.costing import unplaced_term
from scheduler.planning.problem import Problem

DAYS_A_WEEK = 7


def in_order(board: Board) -> list[str]:
    """Patients who have something free by their start, so that names decide little."""
    held = sorted(board.problem.scenario.patients, key=lambda p: (p.start, p.id))
    return [p.id for p in held if any(map(board.is_open, board.problem.of_patient(p.id)))]


def party_of(problem: Problem, patient: str) -> tuple[str, ...]:
    """A patient and, if any, the partner: their sessions hang together."""
    return tuple(sorted(filter(None, (patient, problem.patients[patient].partner))))


def first_days_of_weeks(problem: Problem, patient: str) -> range:
    """The first days of a patient's weeks, and of the one in which late sessions lie."""
    start = problem.day(problem.patients[patient].start)
    weeks = problem.pathways[patient].weeks
    return range(start, start + DAYS_A_WEEK * weeks + 1, DAYS_A_WEEK)


def days_of(board: Board, occurrence: Occurrence) -> tuple[int, int]:
    """The first and last day on which an occurrence could lie; those of its meeting."""
    if occurrence.is_meeting:
        meeting = board.meeting(occurrence)
        day = board.problem.calendar.day_of(meeting.start) if meeting else 0
        return day, day
    return board.reach(occurrence) or (0, 0)


def visitors(board: Board, but: Occurrence, first: int, last: int, dice: Random) -> list[str]:
    """A few of those who come on some days, but those whose an occurrence is."""
    held = {
        name
        for (name, day), agenda in board.agenda.items()
        if agenda and first <= day <= last and name not in but.patients
    }
    return dice.sample(sorted(held), min(len(held), dice.randrange(4)))


def price_of(problem: Problem, occurrence: Occurrence) -> int:
    """What it costs that an occurrence is unplaced."""
    return int(getattr(problem.weights, unplaced_term(occurrence)))

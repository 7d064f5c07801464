"""What these tests share: a board from a small document, and what is asked of it for Ada."""

from typing import Any

from pathways.reading import read_scenario
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.costing import patient_terms
from scheduler.planning.course.asking import Request
from scheduler.planning.course.choosing import Best, Chooser, put_best
from scheduler.planning.course.course import Course, course_of
from scheduler.planning.course.day import NEVER
from scheduler.planning.course.walking import Known, Walk, Walker
from scheduler.planning.problem import Problem
from scheduler.planning.stopping import Stop
from tests import factories

Document = dict[str, Any]


def board_of(*activities: Document, weeks: int = 1, **changes: Any) -> Board:
    """A board for Ada, on a pathway of these activities, with nothing but what is locked."""
    pathways = [factories.pathway(*activities, weeks=weeks)]
    return Board(Problem(read_scenario(factories.scenario(pathways=pathways, **changes))))


def question(board: Board, **changes: Any) -> Course:
    return course_of(Request(board, "ada", **changes))


def walk(course: Course, *, loosely: bool = False) -> Walk:
    """The cheapest course, whatever it costs."""
    found = Walker(course, Known(Stop()), NEVER - 1, loosely=loosely).walk()
    assert found is not None
    return found


def best(board: Board, limit: int = NEVER - 1, *, loosely: bool = False) -> Best:
    return Chooser(Stop(), loosely=loosely).best(board, "ada", limit)


def put(board: Board) -> Best:
    """Put Ada's best on the board, where it costs what it is said to."""
    found = best(board)
    assert put_best(board, "ada", found)
    assert cost_on(board) == found.cost
    return found


def cost_on(board: Board) -> int:
    """What Ada's part of a board costs."""
    return sum(patient_terms(board, "ada").values())


def only(board: Board, activity: str, number: int = 1) -> Occurrence:
    return board.problem.asked.by_key["ada", activity, number]


def weekday(board: Board, start: int) -> str:
    """The day of the first week on which a tick lies, such as ``mon``."""
    first = board.problem.day(board.problem.patients["ada"].start)
    return factories.EVERY_DAY[(board.problem.calendar.day_of(start) - first) % 7]


def hour(board: Board, start: int) -> float:
    """The hour of its day at which a tick lies."""
    calendar = board.problem.calendar
    return (start - calendar.day_starts[calendar.day_of(start)]) * calendar.tick_seconds / 3600


def days(board: Board, starts: dict[Occurrence, int]) -> dict[str, str]:
    """Each occurrence with its day of the week."""
    return {f"{o.activity.id}-{o.number}": weekday(board, start) for o, start in starts.items()}


def clinic_with(*people: Document, **changes: Any) -> Document:
    """The usual clinic with further or other practitioners."""
    clinic = factories.clinic(**changes)
    names = {person["id"] for person in people}
    kept = [person for person in clinic["practitioners"] if person["id"] not in names]
    return {**clinic, "practitioners": [*kept, *people]}


def seeing(name: str, **hours: str) -> Document:
    """A therapist who works at these hours of some weekdays only."""
    table = {day: [window] for day, window in hours.items()}
    return factories.practitioner(name, "therapist", skills=["cbt"], hours=table)


def therapy(name: str = "talk", same_person: str | None = None, **changes: Any) -> Document:
    """An hour with a therapist in an office."""
    need = factories.changed({"role": "therapist", "skill": "cbt"}, {"same_person": same_person})
    return factories.session(name, **{"needs": [{"location": "office"}, need], **changes})

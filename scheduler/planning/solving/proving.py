"""What no plan can cost less than.

Patients touch each other only through what the clinic has; so no plan can cost less than the sum
of what each patient, alone in the clinic, would cost at best.
"""

from scheduler.planning.board import Board
from scheduler.planning.costing import fixed_terms
from scheduler.planning.solving.answering import Answer, Effort, Question
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.improving import UNIT, Improver

PROOF_UNITS = 30.0


def bound_of(standing: Standing, improver: Improver) -> int:
    """The best bound that a little work proves; for one patient, the optimum if it is in reach."""
    problem = standing.board.problem
    bound = sum(fixed_terms(problem).values())
    for patients in _together(standing.board):
        if improver.stop.due:
            break
        answer = _alone(standing.board, patients, improver)
        bound += answer.bound
    return min(bound, standing.total)


def _together(board: Board) -> list[tuple[str, ...]]:
    """The patients, partners as one."""
    held = board.problem.patients
    found = {tuple(sorted(filter(None, (name, held[name].partner)))) for name in held}
    return sorted(found)


def _alone(board: Board, patients: tuple[str, ...], improver: Improver) -> Answer:
    """The exact question for some patients as if nobody else had been planned."""
    empty = Board(board.problem)
    free = [
        occurrence
        for name in patients
        for occurrence in board.problem.of_patient(name)
        if not occurrence.locked
    ]
    memberships = [
        (name, activity.id)
        for name in patients
        for activity in board.problem.pathways[name].activities
        if activity.kind == "group"
    ]
    question = Question(empty, list(dict.fromkeys(free)), memberships)
    question.hint(board.placed, {k: v for k, v in board.series.items() if v})
    effort = Effort(PROOF_UNITS, improver.stop.seconds_left, 0)
    answer = question.ask(effort)
    improver.stop.spent += 1 + round(answer.units * UNIT)
    return answer

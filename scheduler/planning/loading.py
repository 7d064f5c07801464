"""From a plan document back to a board, so that a plan can be asked about and changed."""

from pathways.plan import Appointment, Plan
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.placements import Placement
from scheduler.planning.problem import Problem


def board_of(problem: Problem, plan: Plan) -> Board:
    """The board on which a plan stands; the plan must keep every hard rule of its scenario.

    What nothing asks for, because its anchor has gone, stands nowhere.
    """
    board = Board(problem)
    for joined in plan.groups:
        board.series[joined.patient, joined.activity] = joined.series
    known = {(o.patients, o.activity.id, o.number): o for o in problem.occurrences}
    for appointment in plan.appointments:
        occurrence = known.get(appointment.identity)
        if occurrence is not None and occurrence not in board.placed:
            board.place(occurrence, _placement(board, occurrence, appointment))
    board.journal.clear()
    return board


def _placement(board: Board, occurrence: Occurrence, appointment: Appointment) -> Placement:
    held = {stage.id: stage.practitioner for stage in appointment.stages}
    key = (occurrence.owner, occurrence.activity.id)
    return Placement(
        start=board.problem.calendar.tick_of(appointment.start),
        end=board.problem.calendar.tick_of(appointment.end),
        location=appointment.location,
        crew=appointment.practitioners,
        monitors=tuple(held.get(stage.id) for stage in occurrence.activity.stages),
        series=board.series.get(key) if occurrence.is_meeting else None,
    )

"""Three planners to measure by, as a good engineer would first write them.

`monolithic` asks a solver about everything at once, `one_by_one` about one patient after the
other, and `first_fit` does what a coordinator does by hand. None of them uses the planner's search.
"""

from collections.abc import Iterator

from benchmarks.interval_model.answering import Limits, answer
from pathways.plan import Plan, Reason, Unplaced
from pathways.scenario import Scenario
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import bits
from scheduler.planning.costing import total_terms
from scheduler.planning.placements import Placement, booked_placement
from scheduler.planning.problem import Problem
from scheduler.planning.writing import plan_of


def monolithic(scenario: Scenario, limits: Limits) -> Plan:
    """One model of everything; an empty plan where the solver finds none in time."""
    board = Board(Problem(scenario))
    found = answer(board, board.problem.patients, limits)
    total = sum(total_terms(board).values())
    return _written(board, max(0, total - found.gap) if found.found else 0)


def one_by_one(scenario: Scenario, limits: Limits) -> Plan:
    """One patient (or couple) after the other, each at best beside what is taken.

    The limits are those of all together; each has an equal part.
    """
    board = Board(Problem(scenario))
    parties = list(_parties(board.problem))
    each = Limits(limits.seconds / len(parties), limits.units, limits.workers, limits.seed)
    for party in parties:
        answer(board, party, each)
    return _written(board, 0)


def _parties(problem: Problem) -> Iterator[list[str]]:
    """Patients by their start, partners together."""
    done: set[str] = set()
    for patient in sorted(problem.scenario.patients, key=lambda p: (p.start, p.id)):
        party = [name for name in (patient.id, patient.partner) if name and name not in done]
        done.update(party)
        if party:
            yield party


def first_fit(scenario: Scenario) -> Plan:
    """Patient by patient, occurrence by occurrence, the earliest start that keeps every rule."""
    board = Board(Problem(scenario))
    for party in _parties(board.problem):
        for patient in party:
            _join_first(board, patient)
        held = (o for name in party for o in board.problem.of_patient(name))
        for occurrence in sorted(dict.fromkeys(held), key=_in_turn):
            if occurrence not in board.placed and board.wanted(occurrence):
                _place_first(board, occurrence)
    return _written(board, 0)


def _in_turn(occurrence: Occurrence) -> tuple[bool, bool, int]:
    """Meetings first, for their times are fixed; what comes after something after it."""
    return not occurrence.is_meeting, bool(occurrence.anchors), occurrence.index


def _join_first(board: Board, patient: str) -> None:
    """The first series with a seat at the first of its meetings, else the first of all."""
    for activity in board.problem.pathways[patient].activities:
        key = (patient, activity.id)
        if activity.kind != "group" or board.series.get(key) is not None:
            continue
        options = board.problem.options(patient, activity)
        board.series[key] = next((s for s in options if _has_seats(board, s)), None)
        if board.series[key] is None and options:
            board.series[key] = options[0]


def _has_seats(board: Board, series: str) -> bool:
    taken = [number for (name, _), number in board.seats.items() if name == series]
    return max(taken, default=0) < board.problem.seats(series)


def _place_first(board: Board, occurrence: Occurrence) -> None:
    if occurrence.is_meeting:
        place = board.attendance(occurrence)
        if place is not None and not board.broken_by_attending(occurrence):
            board.place(occurrence, place)
        return
    crews = [crew for crew, _ in board.ledger.crews(occurrence, board.faces(occurrence))]
    length = board.problem.shape(occurrence.activity).length
    for start in _in_order(board, occurrence):
        served = board.ledger.serve(occurrence, start, crews)
        if served is not None:
            board.place(occurrence, Placement(start, start + length, *served))
            return


def _in_order(board: Board, occurrence: Occurrence) -> list[int]:
    """The free starts: where it is booked first, then from the earliest on."""
    starts = list(bits(board.allowed(occurrence)))
    if occurrence.booked is not None:
        booked = booked_placement(board.problem, occurrence).start
        starts.sort(key=lambda start: (start != booked, start))
    return starts


def _written(board: Board, bound: int) -> Plan:
    """The plan that a board stands for; why something is unplaced is left unexamined."""
    return plan_of(board, bound, _unexamined)


def _unexamined(_: Board, occurrence: Occurrence) -> Unplaced:
    return Unplaced(
        patient=occurrence.owner,
        activity=occurrence.activity.id,
        occurrence=occurrence.number,
        reasons=(Reason(rule="hours", detail="left unexamined"),),
    )

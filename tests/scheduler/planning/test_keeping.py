"""What stands as it was booked, before any search: the board of a repair at its first moment."""

from dataclasses import replace

from pathways.reading import read_scenario
from scheduler.planning.board import Board, booked_placement
from scheduler.planning.problem import Problem
from scheduler.planning.solving.keeping import (
    give_monitors_back,
    movable_bookings,
    stand_as_booked,
    stay_in_series,
)
from scheduler.planning.solving.remonitoring import monitor_anew
from scheduler.planning.stopping import Stop
from tests import factories
from tests.factories import Document

TEN, HALF_PAST = "2027-01-04T10:00:00-05:00", "2027-01-04T11:00:00-05:00"
NURSES = ("n-1", "n-2", "n-3", "n-4")


def booked_dose(patient: str, bay: str, nurse: str) -> Document:
    """A patient's dose on Monday at ten, all of one nurse's attention for an hour."""
    stage = {"id": "dosing", "start": TEN, "end": HALF_PAST, "practitioner": nurse}
    document = factories.appointment("dose", TEN, HALF_PAST, location=bay, stages=[stage])
    return {**document, "id": f"{patient}-dose", "patients": [patient], "locked": False}


def board_of(*absent: str, nurses: tuple[str, ...] = NURSES, doses: int = 3) -> Board:
    """Doses at one hour, the first held by the first nurse and so on; some nurses are away."""
    away = [{"from": factories.MONDAY, "to": factories.MONDAY}]
    names = [f"p-{number}" for number in range(1, doses + 1)]
    stages = [{"id": "dosing", "minutes": 60, "monitor_ratio": 1}]
    weeks = [{"weeks": "1-1", "per_week": 1}]
    document = factories.scenario(
        clinic=factories.clinic(
            locations=[factories.location(f"bay-{n}", "treatment-bay") for n in (1, 2, 3)],
            practitioners=[
                factories.practitioner(name, "monitor", away=away if name in absent else [])
                for name in sorted(nurses)
            ],
            groups=[],
        ),
        pathways=[factories.pathway(factories.dose(stages=stages, schedule=weeks))],
        patients=[factories.patient(name) for name in names],
        booked=[
            booked_dose(name, f"bay-{n}", nurses[n - 1]) for n, name in enumerate(names, start=1)
        ],
    )
    return Board(Problem(read_scenario(document)))


def monitors(board: Board) -> dict[str, tuple[str | None, ...]]:
    return {occurrence.owner: place.monitors for occurrence, place in board.placed.items()}


def test_what_breaks_no_rule_stands_as_booked_its_monitors_too() -> None:
    board = board_of()
    stand_as_booked(board, movable_bookings(board.problem))
    assert monitors(board) == {"p-1": ("n-1",), "p-2": ("n-2",), "p-3": ("n-3",)}


def test_a_session_whose_monitor_is_away_waits_for_the_day_to_be_asked_anew() -> None:
    board = board_of("n-4", nurses=NURSES[::-1])
    movable = movable_bookings(board.problem)
    stand_as_booked(board, movable)
    assert monitors(board) == {"p-2": ("n-3",), "p-3": ("n-2",)}
    monitor_anew(board, movable, Stop())
    assert monitors(board) == {"p-1": ("n-1",), "p-2": ("n-3",), "p-3": ("n-2",)}


def test_where_monitors_are_too_few_as_many_sessions_stay_as_there_are() -> None:
    board = board_of("n-1", nurses=NURSES[:3])
    movable = movable_bookings(board.problem)
    stand_as_booked(board, movable)
    monitor_anew(board, movable, Stop())
    assert len(board.placed) == 2


def test_two_that_were_booked_against_each_other_do_not_both_stand() -> None:
    board = board_of("n-1", "n-2", doses=2)
    for occurrence in board.problem.occurrences:
        if occurrence.booked is not None:
            occurrence.booked = occurrence.booked.model_copy(update={"location": "bay-1"})
    movable = movable_bookings(board.problem)
    stand_as_booked(board, movable)
    monitor_anew(board, movable, Stop())
    assert len(board.placed) == 1


def test_a_day_on_which_nobody_is_missing_is_not_asked() -> None:
    board = board_of()
    movable = movable_bookings(board.problem)
    stand_as_booked(board, movable)
    board.journal.clear()
    monitor_anew(board, movable, Stop())
    assert board.journal == []


def test_those_who_monitored_before_do_so_again_where_they_are_free() -> None:
    board = board_of(doses=1)
    movable = movable_bookings(board.problem)
    (dose,) = movable
    booked = booked_placement(board.problem, dose)
    board.place(dose, replace(booked, monitors=("n-3",)))
    give_monitors_back(board, movable)
    assert board.placed[dose] == booked


def test_one_who_is_away_is_not_given_back() -> None:
    board = board_of("n-1", doses=1)
    movable = movable_bookings(board.problem)
    (dose,) = movable
    other = replace(booked_placement(board.problem, dose), monitors=("n-3",))
    board.place(dose, other)
    give_monitors_back(board, movable)
    assert board.placed[dose] == other


def test_a_patient_stays_in_a_series_that_suits_and_leaves_one_that_does_not() -> None:
    evening = [{"day": day, "start": "17:00", "end": "18:00"} for day in ("mon", "wed")]
    night = [{"day": day, "start": "20:00", "end": "21:00"} for day in ("mon", "wed")]
    groups = [
        factories.series(),
        factories.series("evenings", weekly=evening),
        factories.series("nights", weekly=night),
    ]
    document = factories.scenario(
        clinic=factories.clinic(groups=groups),
        pathways=[factories.pathway(factories.group())],
        patients=[factories.patient("ada"), factories.patient("ben")],
    )
    board = Board(Problem(read_scenario(document)))
    joined = {("ada", "group"): "evenings", ("ben", "group"): "nights", ("zoe", "group"): "nights"}
    stay_in_series(board, joined)
    assert board.series == {("ada", "group"): "evenings"}

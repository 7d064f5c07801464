"""What stands as it was booked, before any search: the board of a repair at its first moment."""

from dataclasses import replace

import pytest

from pathways.reading import read_scenario
from scheduler.planning.board import Board
from scheduler.planning.placements import booked_placement
from scheduler.planning.problem import Problem
from scheduler.planning.solving.keeping import (
    give_monitors_back,
    movable_bookings,
    stand_as_booked,
    stay_in_series,
)
from scheduler.planning.solving.remonitoring import monitor_anew
from scheduler.planning.solving.shift import Shift
from scheduler.planning.stopping import Stop
from tests import factories
from tests.factories import Document

TEN, ELEVEN = "2027-01-04T10:00:00-05:00", "2027-01-04T11:00:00-05:00"
NURSES = ("n-1", "n-2", "n-3", "n-4")


def booked_dose(patient: str, bay: str, nurse: str) -> Document:
    """A patient's dose on Monday at ten, all of one nurse's attention for an hour."""
    stage = {"id": "dosing", "start": TEN, "end": ELEVEN, "practitioner": nurse}
    document = factories.appointment("dose", TEN, ELEVEN, location=bay, stages=[stage])
    return {**document, "id": f"{patient}-dose", "patients": [patient], "locked": False}


def board_of(*absent: str, nurses: tuple[str, ...] = NURSES, doses: int = 3) -> Board:
    return Board(Problem(read_scenario(document_of(*absent, nurses=nurses, doses=doses))))


def document_of(*absent: str, nurses: tuple[str, ...] = NURSES, doses: int = 3) -> Document:
    """Doses at one hour, the first held by the first nurse and so on; some nurses are away."""
    away = [{"from": factories.MONDAY, "to": factories.MONDAY}]
    names = [f"p-{number}" for number in range(1, doses + 1)]
    stages = [{"id": "dosing", "minutes": 60, "monitor_ratio": 1}]
    weeks = [{"weeks": "1-1", "per_week": 1}]
    return factories.scenario(
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


def monitors(board: Board) -> dict[str, tuple[str | None, ...]]:
    return {occurrence.owner: place.monitors for occurrence, place in board.placed.items()}


def test_what_breaks_no_rule_stands_as_booked_its_monitors_too() -> None:
    board = board_of()
    stand_as_booked(board, movable_bookings(board.problem))
    assert monitors(board) == {"p-1": ("n-1",), "p-2": ("n-2",), "p-3": ("n-3",)}


def test_who_has_room_takes_over_and_nobody_elses_monitor_changes() -> None:
    board = board_of("n-4", nurses=NURSES[::-1])
    movable = movable_bookings(board.problem)
    stand_as_booked(board, movable)
    assert monitors(board) == {"p-2": ("n-3",), "p-3": ("n-2",)}
    monitor_anew(board, movable, Stop())
    assert monitors(board) == {"p-1": ("n-1",), "p-2": ("n-3",), "p-3": ("n-2",)}


def test_a_monitor_who_is_there_keeps_a_stage_where_another_of_its_session_is_taken_over() -> None:
    document = document_of("n-1", doses=1)
    activity = document["pathways"][0]["activities"][0]
    activity["stages"] = [{**activity["stages"][0], "id": n, "minutes": 30} for n in ("in", "out")]
    booked = document["booked"][0]
    half = {"id": "in", "start": TEN, "end": "2027-01-04T10:30:00-05:00", "practitioner": "n-1"}
    later = {"id": "out", "start": half["end"], "end": ELEVEN, "practitioner": "n-4"}
    booked["stages"] = [half, later]
    board = Board(Problem(read_scenario(document)))
    movable = movable_bookings(board.problem)
    stand_as_booked(board, movable)
    assert monitors(board) == {}
    monitor_anew(board, movable, Stop())
    assert monitors(board) == {"p-1": ("n-2", "n-4")}


def test_where_nobody_has_room_the_whole_day_is_monitored_anew() -> None:
    board = board_that_wants_an_exchange()
    monitor_anew(board, movable_bookings(board.problem), Stop())
    assert monitors(board) == {"p-1": ("n-2",), "p-2": ("n-3",)}


def test_without_an_answer_all_stands_as_before_the_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Shift, "answer", lambda *_: {})
    board = board_that_wants_an_exchange()
    monitor_anew(board, movable_bookings(board.problem), Stop())
    assert monitors(board) == {"p-2": ("n-2",)}


def board_that_wants_an_exchange() -> Board:
    """n-3 comes at half past ten, too late for p-1; n-2 has p-2 then, and could have p-1."""
    document = document_of("n-1", nurses=NURSES[:3], doses=2)
    document["clinic"]["practitioners"][2]["hours"] = {"mon": ["10:30-18:00"]}
    later = {"start": "2027-01-04T10:30:00-05:00", "end": "2027-01-04T11:30:00-05:00"}
    document["booked"][1] |= later
    document["booked"][1]["stages"][0] |= later
    board = Board(Problem(read_scenario(document)))
    stand_as_booked(board, movable_bookings(board.problem))
    assert monitors(board) == {"p-2": ("n-2",)}
    return board


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


def test_who_monitors_a_locked_session_that_takes_longer_is_busy_until_its_end() -> None:
    document = document_of(doses=2)
    longer, follows = document["booked"][0], booked_dose("p-2", "bay-2", "n-1")
    twelve = TEN.replace("10:00", "12:00", 1)
    stage = longer["stages"][0] | {"end": twelve}
    document["booked"] = [
        longer | {"end": twelve, "stages": [stage], "locked": True},
        follows | {"start": ELEVEN, "end": twelve, "stages": [stage | {"start": ELEVEN}]},
    ]
    board = Board(Problem(read_scenario(document)))
    stand_as_booked(board, movable_bookings(board.problem))
    assert [occurrence.owner for occurrence in board.placed] == ["p-1"]

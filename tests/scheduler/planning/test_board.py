"""The board: what stands where, and that nothing is left behind where it has been taken off."""

from typing import Any

import pytest

from pathways.reading import read_scenario
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.problem import Problem
from scheduler.planning.solving.constructing import place_best, put
from tests import factories


def board_of(**changes: Any) -> Board:
    return Board(Problem(read_scenario(factories.scenario(**changes))))


def only(board: Board, activity: str, number: int = 1) -> Occurrence:
    return board.problem.asked.by_key["ada", activity, number]


def taken(board: Board) -> dict[str, int]:
    """Who and what is taken at all."""
    return {name: mask for name, mask in board.ledger.used.items() if mask}


def talks(**changes: Any) -> list[dict[str, Any]]:
    talk = factories.session("talk", needs=[{"location": "office"}, {"role": "therapist"}])
    return [factories.pathway({**talk, **changes})]


def test_an_occurrence_does_not_stand_twice() -> None:
    board = board_of(pathways=talks())
    talk = only(board, "talk")
    assert place_best(board, talk)
    with pytest.raises(ValueError, match="stands already"):
        board.place(talk, board.placed[talk])


def test_a_booking_that_cannot_be_kept_whole_leaves_nothing_where_it_stood() -> None:
    """The booked therapist is away: another serves, and only the new start is taken."""
    booked = factories.appointment(
        "talk",
        "2027-01-05T10:00:00-05:00",
        "2027-01-05T11:00:00-05:00",
        location="office",
        practitioners=["facilitator"],
        locked=False,
    )
    clinic = factories.clinic()
    clinic["practitioners"][3]["away"] = [{"from": "2027-01-05", "to": "2027-01-05"}]
    board = board_of(clinic=clinic, pathways=talks(), booked=[booked])
    talk = only(board, "talk")
    assert place_best(board, talk)
    standing = [day for (_, day), held in board.agenda.items() if talk in held]
    assert standing == [board.problem.calendar.day_of(board.placed[talk].start)]
    assert board.ledger.used["@office"].bit_count() == board.problem.shape(talk.activity).length


def test_undoing_puts_everything_back_where_it_stood() -> None:
    board = board_of(pathways=talks(schedule=[{"weeks": "1-1", "per_week": 2}]))
    first, second = only(board, "talk", 1), only(board, "talk", 2)
    place_best(board, first)
    before, used = dict(board.placed), taken(board)
    mark = len(board.journal)
    board.remove(first)
    place_best(board, second)
    put(board, first, board.placed[second].start + 8)
    board.undo(mark)
    assert (board.placed, taken(board)) == (before, used)


def test_a_monitor_is_full_when_the_shares_of_the_stages_make_one() -> None:
    stages = [{"id": "watch", "minutes": 60, "monitor_ratio": 2}]
    dose = factories.dose(stages=stages, schedule=[{"weeks": "1-1", "per_week": 1}])
    people = [factories.patient(name) for name in ("ada", "bob", "cyd")]
    places = [factories.location(f"bay-{n}", "treatment-bay") for n in range(3)]
    clinic = factories.clinic(locations=[*places, factories.location("group-room", "group-room")])
    board = board_of(clinic=clinic, pathways=[factories.pathway(dose)], patients=people)
    doses = [board.problem.asked.by_key[name, "dose", 1] for name in ("ada", "bob", "cyd")]
    start = next(
        tick for tick in range(board.problem.calendar.end) if board.allowed(doses[0]) >> tick & 1
    )
    for occurrence in doses[:2]:
        assert board.allowed(occurrence) >> start & 1
        assert put(board, occurrence, start)
    assert not board.allowed(doses[2]) >> start & 1
    board.remove(doses[0])
    assert board.allowed(doses[2]) >> start & 1


def test_a_placement_that_was_never_made_cannot_be_taken_off() -> None:
    board = board_of(pathways=talks())
    with pytest.raises(KeyError):
        board.remove(only(board, "talk"))


def test_a_meeting_before_now_is_done_though_it_is_locked_at_a_later_hour() -> None:
    """The contract counts what lies before now as done; nobody need wait for its end."""
    met = factories.appointment(
        "group",
        "2027-01-04T09:00:00-05:00",
        "2027-01-04T10:00:00-05:00",
        location="group-room",
        practitioners=["facilitator"],
        locked=True,
    )
    waiting = factories.session(
        "talk", needs=[], preceded_by=[{"activity": "group", "occurrence": 1}]
    )
    board = board_of(
        pathways=[factories.pathway(factories.group(), waiting)],
        booked=[met],
        now="2027-01-05T00:00:00-05:00",
    )
    assert board.placed[only(board, "group")].end > 0
    assert board.done_at(("ada", "group", 1)) == 0

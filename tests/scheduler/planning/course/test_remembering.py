"""Steps of earlier walks: used again where nothing has changed, and nowhere else."""

from collections.abc import Iterator

import pytest

from scheduler.planning.board import Board
from scheduler.planning.course import follow_ups, remembering
from scheduler.planning.course.asking import Crowd, Request
from scheduler.planning.course.choosing import Best, Chooser, put_best
from scheduler.planning.course.course import course_of
from scheduler.planning.course.remembering import Memory
from scheduler.planning.course.steps import Steps
from scheduler.planning.stopping import Stop
from tests import factories
from tests.scheduler.planning.course.posing import board_of, only, therapy

WEEKS = [{"weeks": "1-4", "per_week": 2}]


def clinic_of_two() -> Board:
    """Ada and Bob want the same room, doses and therapist for four weeks."""
    return board_of(
        factories.dose(schedule=WEEKS, min_days_between=2),
        factories.integration(),
        therapy(schedule=WEEKS),
        weeks=4,
        patients=[factories.patient(), factories.patient("bob")],
    )


def rounds(board: Board, chooser: Chooser | None = None) -> Iterator[Best]:
    """Twice in turn each patient's best beside the other's; without a chooser, a new one each."""
    for patient in ("ada", "bob", "ada", "bob"):
        for occurrence in board.problem.of_patient(patient):
            if occurrence in board.placed:
                board.remove(occurrence)
        best = (chooser or Chooser(Stop())).best(board, patient)
        put_best(board, patient, best)
        yield best


def told(best: Best) -> tuple[int, int, dict[str, int]]:
    starts = {str(occurrence): start for occurrence, start in best.starts.items()}
    return best.cost, best.bound, starts


def test_who_is_asked_again_is_told_what_a_stranger_would_be_told() -> None:
    remembered = rounds(clinic_of_two(), Chooser(Stop()))
    strangers = rounds(clinic_of_two())
    assert list(map(told, remembered)) == list(map(told, strangers))


def test_a_question_asked_twice_is_walked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    board, chooser = clinic_of_two(), Chooser(Stop())
    first = chooser.best(board, "ada")
    monkeypatch.setattr(Steps, "evening", None)
    assert chooser.best(board, "ada") == first


def test_a_day_on_which_less_may_start_is_walked_again() -> None:
    board, chooser = clinic_of_two(), Chooser(Stop())
    first = chooser.best(board, "ada")
    dose = only(board, "dose", 1)
    put_best(board, "bob", chooser.best(board, "bob"))
    taken = board.placed[board.problem.asked.by_key["bob", "dose", 1]]
    assert taken.start == first.starts[dose]
    assert chooser.best(board, "ada").starts[dose] != taken.start


def crowds(board: Board) -> Iterator[Crowd]:
    """Some in Ada's way at the beginning of each week, dear and cheap, then everywhere."""
    starts = course_of(Request(board, "ada")).starts
    late = {o: mask & -(1 << mask.bit_length() - 200) for o, mask in starts.items()}
    for price in (1, 20, 400):
        yield Crowd(late, price)
    yield Crowd({}, 20)


def test_a_crowd_that_looks_the_same_is_walked_past_once(monkeypatch: pytest.MonkeyPatch) -> None:
    board, chooser = clinic_of_two(), Chooser(Stop())
    first = [chooser.best(board, "ada", crowd=crowd) for crowd in crowds(board)]
    monkeypatch.setattr(Steps, "evening", None)
    again = [chooser.best(board, "ada", crowd=crowd) for crowd in crowds(board)]
    assert again == first


def test_who_walks_past_one_crowd_after_another_is_told_what_a_stranger_would_be_told() -> None:
    board, chooser = clinic_of_two(), Chooser(Stop())
    remembered = [told(chooser.best(board, "ada", crowd=crowd)) for crowd in crowds(board)]
    strangers = [told(Chooser(Stop()).best(board, "ada", crowd=crowd)) for crowd in crowds(board)]
    assert remembered == strangers
    costs = [cost for cost, _, _ in remembered]
    assert len(set(costs)) == 3


def test_one_memory_that_forgets_everything_changes_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = [best.cost for best in rounds(clinic_of_two(), Chooser(Stop()))]
    monkeypatch.setattr(remembering, "MOST_COSTS", 0)
    assert [best.cost for best in rounds(clinic_of_two(), Chooser(Stop()))] == expected


def test_no_number_is_given_twice_after_everything_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory()
    numbers = {memory.number("monday"), memory.number("tuesday")}
    assert memory.number("monday") in numbers
    monkeypatch.setattr(remembering, "MOST_COSTS", -1)
    memory.keep("anything", [])
    assert memory.number("monday") not in numbers


def test_sums_made_a_few_at_a_time_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [told(best) for best in rounds(clinic_of_two())]
    monkeypatch.setattr(follow_ups, "MOST_AT_ONCE", 1)
    assert [told(best) for best in rounds(clinic_of_two())] == expected

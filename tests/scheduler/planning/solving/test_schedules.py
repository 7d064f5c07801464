"""Where patients stand in one plan is taken into another only where that gets cheaper."""

from dataclasses import replace
from typing import Any

import pytest

from pathways.reading import read_scenario
from pathways.scenario import Scenario
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.keeping import as_it_stood
from scheduler.planning.solving.schedules import (
    Schedule,
    Unintelligible,
    adopt,
    schedules_of,
    take_in,
    understood,
)
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.solving.plans_begun import (
    MANY,
    as_it_is,
    begun,
    clinic,
    faults,
    shuffled,
)


@pytest.mark.parametrize("seeds", [range(n, n + 25) for n in range(0, 100, 25)], ids=str)
def test_a_change_from_elsewhere_makes_no_plan_dearer_or_wrong(seeds: range) -> None:
    taken = 0
    for seed in seeds:
        scenario = read_scenario(random_scenario(seed, MANY))
        here, there = begun(scenario), shuffled(scenario, seed)
        held = schedules_of(there.board)
        for _ in range(4):
            names = here.random.sample([*held], here.random.randint(1, len(held)))
            stood = as_it_is(here)
            gain = take_in(here, {name: held[name] for name in names})
            assert here.standing.total == stood[2] - gain
            assert gain or as_it_is(here) == stood
            assert faults(here) == []
            taken += gain > 0
    assert taken


def test_what_was_found_on_the_same_board_is_taken_in_just_so() -> None:
    here, there = begun(clinic()), begun(clinic())
    gain = there.rethink("p-0002")
    assert gain
    found = schedules_of(there.board)
    assert take_in(here, {"p-0002": found["p-0002"]}) == gain
    assert schedules_of(here.board) == found


def test_what_no_longer_fits_leaves_all_as_it_was() -> None:
    there = begun(clinic())
    assert there.rethink("p-0002")
    here, first = begun(clinic()), begun(clinic())
    assert take_in(here, schedules_of(there.board))
    stood = as_it_is(here)
    assert take_in(here, schedules_of(first.board)) == 0
    assert as_it_is(here) == stood


def test_only_what_stands_otherwise_is_said_and_the_rest_stays() -> None:
    """So two who have changed different days of one patient do not undo each other's work."""
    here, there = begun(clinic()), begun(clinic())
    before = schedules_of(there.board)
    assert there.rethink("p-0002")
    now = schedules_of(there.board)["p-0002"]
    news = now.since(before["p-0002"])
    assert 0 < len(news.placed) < len(now.placed)
    assert news == now.since(before["p-0002"]).since(Schedule((), ()))
    assert now.since(now) == Schedule((), ())
    named = {index for index, _ in news.placed}
    kept = [held for held in before["p-0002"].placed if held[0] not in named]
    stays = here.problem.occurrences[kept[0][0]]
    assert take_in(here, understood(here.board, {"p-0002": news.said()}))
    assert here.board.placed.get(stays) == kept[0][1]
    assert schedules_of(here.board)["p-0002"] == now


def test_what_stands_no_more_elsewhere_is_taken_off_here() -> None:
    here, there = begun(clinic()), begun(clinic())
    gone = next(o for o in there.own("p-0001") if o in there.board.placed and not o.followers)
    before = schedules_of(there.board)["p-0001"]
    there.take_off([gone])
    news = schedules_of(there.board)["p-0001"].since(before)
    assert news.placed == ((gone.index, None),)
    adopt(here.standing, understood(here.board, {"p-0001": news.said()}))
    assert gone not in here.board.placed
    assert schedules_of(here.board) == schedules_of(there.board)


def without_groups(scenario: Scenario, patient: str) -> Improver:
    """A first plan in which a patient has left all groups."""
    improver = begun(scenario)
    improver.take_off(o for o in improver.problem.of_patient(patient) if o.is_meeting)
    improver.board.series.update({k: None for k in improver.board.series if k[0] == patient})
    improver.standing.recount()
    return improver


def test_the_series_that_were_joined_elsewhere_are_joined_here() -> None:
    here, there = without_groups(clinic(), "p-0001"), begun(clinic())
    found = schedules_of(there.board)
    assert any(series for _, series in found["p-0001"].series)
    assert take_in(here, {"p-0001": found["p-0001"]})
    assert schedules_of(here.board) == found


def test_all_stands_as_it_does_elsewhere_once_that_is_adopted() -> None:
    here, there = without_groups(clinic(), "p-0001"), begun(clinic())
    adopt(there.standing, schedules_of(here.board))
    assert schedules_of(there.board) == schedules_of(here.board)
    assert there.standing.costs == here.standing.costs


@pytest.mark.parametrize("wrong", ["index", "series", "group", "nothing"])
def test_only_a_schedule_of_this_question_is_understood(wrong: str) -> None:
    board = begun(clinic()).board
    held = schedules_of(board)
    [(first, *stands), *placed], series = held["p-0001"].said()
    anothers, _ = held["p-0002"].placed[0]
    said: list[Any] = [[[first, *stands], *placed], [list(joined) for joined in series]]
    if wrong == "index":
        said[0][0][0] = anothers
    elif wrong == "series":
        said[1][0][1] = "no-series"
    elif wrong == "group":
        said[1][0][0] = "no-group"
    if wrong == "nothing":
        assert understood(board, {"p-0001": said}) == {"p-0001": held["p-0001"]}
    else:
        with pytest.raises(Unintelligible):
            understood(board, {"p-0001": said})


@pytest.mark.parametrize("count", [0, 1, 9])
def test_a_session_has_one_monitor_for_each_of_its_stages(count: int) -> None:
    here = begun(clinic())
    there = schedules_of(here.board)["p-0001"]
    for index, stood in there.placed:
        occurrence = here.problem.occurrences[index]
        if stood is None:
            continue
        here.board.remove(occurrence)
        stages = here.problem.shape(occurrence.activity).stages
        monitors = (here.problem.monitors()[0],) * count
        stands = as_it_stood(here.board, occurrence, replace(stood, monitors=monitors))
        assert occurrence.is_meeting or stands is None or len(stages) == count
        here.board.place(occurrence, stood)


def test_a_schedule_is_understood_as_it_was_said() -> None:
    board = begun(clinic()).board
    held = schedules_of(board)
    assert understood(board, {name: schedule.said() for name, schedule in held.items()}) == held

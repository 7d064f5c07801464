"""What is known of weeks alone: a bound wherever no more may start, and nowhere else."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from pathways.reading import read_scenario
from scheduler.planning.board import Board
from scheduler.planning.course.asking import NotAWalk, Request
from scheduler.planning.course.choosing import Chooser, put_best
from scheduler.planning.course.course import Course, course_of
from scheduler.planning.course.day import NEVER
from scheduler.planning.course.walking import Known, Walker
from scheduler.planning.course.weeks_alone import Look, WeeksAlone, look_of
from scheduler.planning.placements import booked_placement
from scheduler.planning.problem import Problem
from scheduler.planning.solving.constructing import join_series
from scheduler.planning.stopping import Stop
from tests import factories
from tests.scenarios.alone import lone_scenario
from tests.scheduler.planning.course.posing import board_of, clinic_with, only, question, therapy


def least(week: Course) -> int:
    """What a week costs alone, walked by somebody who knows nothing."""
    return (Walker(week, Known(Stop()), NEVER - 1).least() or 0) - week.sure


def weeks(seed: int) -> Iterator[Course]:
    """The weeks of a random patient's course, where it is a walk."""
    scenario = read_scenario(lone_scenario(seed))
    board, patient = Board(Problem(scenario)), scenario.patients[0].id
    join_series(board, patient)
    try:
        course = course_of(Request(board, patient))
        yield from map(course.of_week, course.weeks)
    except NotAWalk:
        return


def thinned(week: Course, dice: Random) -> Course:
    """A week of which others have taken some starts."""
    starts = {o: mask & dice.getrandbits(mask.bit_length() + 1) for o, mask in week.starts.items()}
    thin = Course(week.agenda, starts, week.days_asked)
    thin.weeks = week.weeks
    return thin


def test_a_week_in_which_less_may_start_costs_no_less_than_is_known() -> None:
    known, dearer, dice = WeeksAlone(), 0, Random(1)  # noqa: S311  (no secret)
    told = 0
    for week in (week for seed in range(80) for week in weeks(seed)):
        thin = thinned(week, dice)
        known.keep(look_of(week), least(week))
        bound = known.bound(look_of(thin))
        if bound is None:
            assert any(o.booked or o.followers for o in week.starts)
            continue
        assert least(thin) >= bound
        told, dearer = told + 1, dearer + (least(thin) > bound)
    assert told > 40
    assert dearer > 10


def test_a_week_in_which_more_may_start_is_not_known() -> None:
    known = WeeksAlone()
    known.keep(Look((0b0110, 0b1), (0, 0), "rest"), 7)
    assert known.bound(Look((0b0010, 0b1), (0, 0), "rest")) == 7
    assert known.bound(Look((0b0111, 0b0), (0, 0), "rest")) is None
    assert known.bound(Look((0b0010, 0b1), (0, 0), "other meetings")) is None


def test_the_greatest_of_what_is_known_is_the_bound_but_what_was_walked_stands() -> None:
    known = WeeksAlone()
    for starts, cost in ((0b1111, 3), (0b0111, 5), (0b0011, 9)):
        known.keep(Look((starts,), (0,), "rest"), cost)
    assert known.bound(Look((0b0101,), (0,), "rest")) == 5
    assert known.bound(Look((0b1111,), (0,), "rest")) == 3


def test_what_a_crowd_costs_is_no_bound_without_it_but_the_other_way_about() -> None:
    known = WeeksAlone()
    known.keep(Look((0b11,), ((0b10, 400),), "rest"), 400)
    assert known.bound(Look((0b11,), (0,), "rest")) is None
    known.keep(Look((0b11,), (0,), "rest"), 8)
    assert known.bound(Look((0b01,), ((0b01, 20),), "rest")) == 8
    assert known.bound(Look((0b11,), ((0b10, 400),), "rest")) == 400


def booked_talk() -> Board:
    """Ada's talk is booked with the therapist in the first of two offices; Bob wants one, too."""
    first = factories.appointment("talk", "2027-01-04T09:00:00-05:00", "2027-01-04T10:00:00-05:00")
    first |= {"location": "office", "locked": False}
    clinic = clinic_with(
        factories.practitioner("therapist", "therapist", skills=["cbt"]),
        factories.practitioner("another", "therapist", skills=["cbt"]),
    )
    clinic["locations"].append(factories.location("office-2"))
    return board_of(
        therapy(),
        clinic=clinic,
        booked=[first | {"practitioners": ["therapist"]}],
        patients=[factories.patient(), factories.patient("bob")],
    )


def test_a_week_whose_booking_cannot_be_kept_is_another_week() -> None:
    board = booked_talk()
    alone = question(board)
    week = alone.of_week(alone.weeks[0])
    before, cost = look_of(week), least(week)
    booked = booked_placement(board.problem, only(board, "talk"))
    bobs = board.problem.asked.by_key["bob", "talk", 1]
    board.place(bobs, replace(booked, crew=("another",)))
    beside = question(board)
    after = beside.of_week(beside.weeks[0])
    assert after.starts == week.starts
    assert look_of(after) != before
    assert least(after) > cost


def test_a_course_beside_others_walks_no_week_that_is_known_without_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    board = board_of(therapy(), patients=[factories.patient(), factories.patient("bob")])
    chooser = Chooser(Stop())
    first = chooser.best(board, "ada")
    assert put_best(board, "bob", chooser.best(board, "bob"))
    monkeypatch.setattr(Walker, "least", None)
    assert chooser.best(board, "ada").starts != first.starts

"""Whoever waits for a plan is told all the while that the search goes on."""

import threading
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ortools.sat.python import cp_model

from pathways.reading import read_scenario
from scheduler.planning.board import Board
from scheduler.planning.course.choosing import Chooser
from scheduler.planning.problem import Problem
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.proving import Prover
from scheduler.planning.solving.telling import Telling
from scheduler.planning.solving.waiting import solved
from scheduler.planning.stopping import Progress, Stop
from tests.scheduler.planning.test_scarcity import crowd


@dataclass
class Watch(Stop):
    """A rule whose seconds go by only when a test says so."""

    at: float = 0.0

    @property
    def seconds(self) -> float:
        """What the test has said."""
        return self.at


def search() -> tuple[Watch, Telling, Standing, Prover, list[Progress]]:
    """A search that has told of its first plan, and what it has told."""
    stop, told = Watch(), list[Progress]()
    standing = Standing(Board(Problem(read_scenario(crowd(4, monitors=1)))))
    telling, prover = (
        Telling(told.append, stop),
        Prover(standing, stop, Chooser(stop, loosely=True)),
    )
    telling.tell("first plan", standing, prover)
    return stop, telling, standing, prover, told


def test_what_was_told_is_told_again_only_after_a_while() -> None:
    stop, telling, _, _, told = search()
    telling.go_on()
    assert len(told) == 1
    stop.at = 0.9
    telling.go_on()
    assert [(p.phase, p.cost, p.seconds) for p in told[1:]] == [("first plan", told[0].cost, 0.9)]


def test_a_plan_that_is_only_begun_is_not_told_of() -> None:
    stop, telling, standing, prover, told = search()
    with telling.aside("beginning anew"):
        standing.costs = dict.fromkeys(standing.costs, 0)
        stop.at = 0.9
        telling.tell("rethinking", standing, prover)
    telling.tell("rethinking", standing, prover)
    begun, after = told[1:]
    assert (begun.phase, begun.cost) == ("beginning anew", told[0].cost)
    assert (after.phase, after.cost) == ("rethinking", standing.total)


def test_a_long_question_lets_it_be_told_that_it_goes_on() -> None:
    told = threading.Event()

    def solve(_model: object) -> cp_model.CpSolverStatus:
        return cp_model.OPTIMAL if told.wait(timeout=10) else cp_model.UNKNOWN

    # The solver ends only once somebody has been told.
    solver = SimpleNamespace(parameters=SimpleNamespace(), solve=solve, stop_search=lambda: None)
    stop = Stop(going_on=told.set)
    assert solved(cast(Any, solver), cp_model.CpModel(), stop) == cp_model.OPTIMAL


class Deaf:
    """A solver that hears nothing before it has begun, and ends only when it is told to."""

    def __init__(self) -> None:
        self.parameters = SimpleNamespace()
        self.begin = threading.Event()
        self.told = threading.Event()

    def stop_search(self) -> None:
        """Heard only once it has begun."""
        if self.begin.is_set():
            self.told.set()
        self.begin.set()

    def solve(self, _model: object) -> cp_model.CpSolverStatus:
        """How it ended: after ten seconds by itself, and that is an answer."""
        self.begin.wait(timeout=10)
        return cp_model.UNKNOWN if self.told.wait(timeout=10) else cp_model.OPTIMAL


def test_a_solver_that_has_not_begun_when_the_end_is_asked_for_ends_nevertheless() -> None:
    solver, stop = Deaf(), Stop()
    stop.going_on = lambda: None if stop.requested else stop.request()
    assert solved(cast(Any, solver), cp_model.CpModel(), stop) == cp_model.UNKNOWN


def test_a_solver_ends_when_whoever_is_told_that_it_goes_on_fails() -> None:
    solver = Deaf()

    def fail() -> None:
        raise OSError("nobody listens")

    with pytest.raises(OSError, match="nobody listens"):
        solved(cast(Any, solver), cp_model.CpModel(), Stop(going_on=fail))
    assert solver.told.is_set()

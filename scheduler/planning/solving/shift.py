"""One day's monitors as a model: which sessions stay as booked, and who holds which stage."""

from collections import defaultdict
from dataclasses import dataclass, field, replace

from ortools.sat.python import cp_model

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.costing import moved_term
from scheduler.planning.placements import Placement, booked_placement
from scheduler.planning.problem import StagePlan
from scheduler.planning.stopping import Stop

UNITS = 1.0
"""Solver units for one day, which is about as many seconds."""
STEADY = 1
STAYS = 1000
"""What a stage that keeps its monitor is worth, and a session that stays, to each unit of cost."""


@dataclass
class Shift:
    """One day's monitored sessions as a model: who stays, and who holds which stage."""

    board: Board
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    stays: dict[Occurrence, cp_model.IntVar] = field(default_factory=dict)
    holds: dict[tuple[Occurrence, int, str], cp_model.IntVar] = field(default_factory=dict)
    gains: list[cp_model.LinearExpr] = field(default_factory=list)
    taken: dict[str, list[tuple[int, int, int, cp_model.IntVar]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By person: from when to when, how much of them, and the variable that says so."""

    def add(self, occurrence: Occurrence, booked: Placement) -> None:
        """Let a session stay as booked if each of its stages finds a monitor."""
        stays = self.model.new_bool_var("")
        self.stays[occurrence] = stays
        _, cost = moved_term(self.board.problem, occurrence)
        self.gains.append((1 + cost) * STAYS * stays)
        shape = self.board.problem.shape(occurrence.activity)
        for person in booked.crew:
            full = self.board.problem.full_load
            self.taken[person].append((booked.start, booked.start + shape.length, full, stays))
        for number, stage in enumerate(shape.stages):
            if stage.load:
                self._add_stage(occurrence, booked, number, stage)

    def _add_stage(
        self, occurrence: Occurrence, booked: Placement, number: int, stage: StagePlan
    ) -> None:
        held = []
        start = booked.start + stage.offset
        for monitor in self.board.problem.monitors():
            free = self.board.ledger.monitor_starts(monitor, stage) >> booked.start & 1
            if not free or monitor in booked.crew:
                continue
            chosen = self.model.new_bool_var("")
            held.append(chosen)
            self.holds[occurrence, number, monitor] = chosen
            self.taken[monitor].append((start, start + stage.length, stage.load, chosen))
            if booked.monitors[number] == monitor:
                self.gains.append(STEADY * chosen)
        self.model.add(sum(held) == self.stays[occurrence])

    def nobody_holds_too_much(self) -> None:
        """At every moment at which something begins, a person has room for all they hold."""
        for monitor in self.board.problem.monitors():
            load = self.board.ledger.load[monitor]
            taken = self.taken[monitor]
            starts = {start for start, _, _, _ in taken}
            starts |= {
                tick for start, end, _, _ in taken for tick in range(start, end) if load[tick]
            }
            for tick in sorted(starts):
                held = [amount * v for start, end, amount, v in taken if start <= tick < end]
                self.model.add(sum(held) <= self.board.problem.full_load - load[tick])

    def answer(self, stop: Stop) -> dict[Occurrence, Placement]:
        """The sessions that stay, each with its monitors."""
        self.model.maximize(sum(self.gains))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.catch_sigint_signal = False
        solver.parameters.max_deterministic_time = UNITS
        solver.parameters.max_time_in_seconds = max(UNITS, min(stop.seconds_left, 1e6))
        with stop.interrupting(solver.stop_search):
            status = solver.solve(self.model)
        stop.spend(solver.response_proto.deterministic_time)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return {}
        chosen = {key for key, variable in self.holds.items() if solver.value(variable)}
        return {
            occurrence: self._with_monitors(occurrence, chosen)
            for occurrence, stays in self.stays.items()
            if solver.value(stays)
        }

    def _with_monitors(
        self, occurrence: Occurrence, chosen: set[tuple[Occurrence, int, str]]
    ) -> Placement:
        held = {number: name for found, number, name in chosen if found is occurrence}
        shape = self.board.problem.shape(occurrence.activity)
        booked = booked_placement(self.board.problem, occurrence)
        monitors = tuple(held.get(number) for number in range(len(shape.stages)))
        return replace(booked, end=booked.start + shape.length, monitors=monitors)

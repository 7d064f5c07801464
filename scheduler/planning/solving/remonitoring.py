"""Who monitors whom on one day, asked anew: a monitor who is away costs as few moves as can be.

Times, places and people of sessions stay; only monitors change, and that costs nothing. Which
sessions cannot stay at all is found exactly, day by day.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ortools.sat.python import cp_model

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board, Placement, booked_placement
from scheduler.planning.costing import moved_term
from scheduler.planning.problem import StagePlan
from scheduler.planning.solving.attempt import with_dependents
from scheduler.planning.solving.keeping import able_crew, fits_at
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


def monitor_anew(board: Board, movable: Iterable[Occurrence], stop: Stop) -> None:
    """Stand booked sessions that want only a monitor as booked, whole days monitored anew."""
    days: dict[int, list[Occurrence]] = defaultdict(list)
    for occurrence in movable:
        if occurrence not in board.placed and _is_monitored(board, occurrence):
            start = booked_placement(board.problem, occurrence).start
            days[board.problem.calendar.day_of(start)].append(occurrence)
    for day, held in sorted(days.items()):
        _monitor_day(board, day, [o for o in held if _wants_monitors_alone(board, o)], stop)


def _is_monitored(board: Board, occurrence: Occurrence) -> bool:
    return any(stage.load for stage in board.problem.shape(occurrence.activity).stages)


def _wants_monitors_alone(board: Board, occurrence: Occurrence) -> bool:
    """Whether an occurrence could stand as booked if only it had its monitors."""
    if not board.wanted(occurrence):
        return False
    booked = booked_placement(board.problem, occurrence)
    return (
        fits_at(board, occurrence, booked.start)
        and able_crew(board, occurrence, booked) is not None
        and _place_and_people_free(board, occurrence, booked)
    )


def _place_and_people_free(board: Board, occurrence: Occurrence, booked: Placement) -> bool:
    shape, ledger = board.problem.shape(occurrence.activity), board.ledger
    if booked.location is None or booked.location not in shape.locations:
        return booked.location is None and occurrence.activity.location_kind is None
    free = ledger.place_starts(booked.location, shape.length)
    for person in booked.crew:
        free &= ledger.person_starts(person, shape.length)
    return bool(free >> booked.start & 1)


def _monitor_day(board: Board, day: int, displaced: list[Occurrence], stop: Stop) -> None:
    """Ask one day anew, the sessions that stand on it as booked together with the displaced."""
    if not displaced:
        return
    standing = [
        o
        for o in board.standing_on(day)
        if o.booked is not None and not o.locked and _is_monitored(board, o)
    ]
    before = {o: board.placed[o] for o in standing}
    for occurrence in standing:
        board.remove(occurrence)
    shift = Shift(board)
    for occurrence in (*standing, *displaced):
        shift.add(occurrence, booked_placement(board.problem, occurrence))
    shift.nobody_holds_too_much()
    for occurrence, placement in (shift.answer(stop) or before).items():
        # Two displaced sessions may have been booked against each other from the beginning.
        if occurrence in before or _wants_monitors_alone(board, occurrence):
            board.place(occurrence, placement)
    lost = [o for o in standing if o not in board.placed]
    for occurrence in reversed(with_dependents(board, lost)):
        if occurrence in board.placed:
            board.remove(occurrence)

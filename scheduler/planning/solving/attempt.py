"""A change to the board that is kept only where the plan gets cheaper, and undone otherwise."""

from collections.abc import Callable, Iterable
from functools import cached_property

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.costing import fixed_terms, patient_terms
from scheduler.planning.course.asking import NotAWalk
from scheduler.planning.placements import Placement
from scheduler.planning.stopping import Unfinished


class Standing:
    """A board and what each patient's part of it costs at present."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.costs = {patient: self._cost(patient) for patient in board.problem.patients}
        board.journal.clear()
        self._fixed = sum(fixed_terms(board.problem).values())
        self.version = 0
        self._changed: dict[int, int] = {}

    @cached_property
    def empty(self) -> Board:
        """The same clinic with nothing but what is locked; who puts more there takes it off."""
        return Board(self.board.problem)

    def changed_since(self, version: int, first: int, last: int) -> bool:
        """Whether anything on these days has changed since a version of the board."""
        return any(self._changed.get(day, 0) > version for day in range(first, last + 1))

    def _cost(self, patient: str) -> int:
        return sum(patient_terms(self.board, patient).values())

    @property
    def total(self) -> int:
        """What the whole board costs."""
        return sum(self.costs.values()) + self._fixed

    def attempt(self, change: Callable[[], bool], *, sideways: bool = False) -> int:
        """Change the board; the gain. Where it gets no cheaper all stands as before.

        ``change`` says itself whether it came to an end; where it raises `NotAWalk`, so does this,
        with all as before. With ``sideways`` a plan that costs the
        same is kept as well.
        """
        board = self.board
        series = dict(board.series)
        board.journal.clear()
        try:
            ended = change()
        except Unfinished:
            ended = False
        except NotAWalk:
            self._put_back(series)
            raise
        costs = self._costs_since(series)
        gain = sum(self.costs[patient] - cost for patient, cost in costs.items())
        if not ended or gain < (0 if sideways else 1):
            self._put_back(series)
            return 0
        self._keep(costs)
        return gain

    def accept(self, change: Callable[[], None]) -> None:
        """Change the board, whatever it costs."""
        series = dict(self.board.series)
        self.board.journal.clear()
        change()
        self._keep(self._costs_since(series))

    def _costs_since(self, series: dict[tuple[str, str], str | None]) -> dict[str, int]:
        return {patient: self._cost(patient) for patient in self._bearing(series)}

    def _keep(self, costs: dict[str, int]) -> None:
        self.costs.update(costs)
        self._note_changes()
        self.board.journal.clear()

    def unless_dearer(self, change: Callable[[], None]) -> int:
        """A change that may cost something on its way; the gain.

        Where the plan is dearer in the end, all stands as before.
        """
        board, total = self.board, self.total
        placed, series = dict(board.placed), dict(board.series)
        change()
        gain = total - self.total
        if gain < 0:
            for occurrence in [o for o in board.placed if not o.locked]:
                board.remove(occurrence)
            board.series = series
            for occurrence, placement in placed.items():
                if not occurrence.locked:
                    board.place(occurrence, placement)
            self.recount()
        return max(0, gain)

    def recount(self) -> None:
        """Take the board as it stands, whatever it costs."""
        self.costs = {patient: self._cost(patient) for patient in self.costs}
        self.board.journal.clear()
        self.version += 1
        days = range(len(self.board.problem.calendar.dates))
        self._changed = dict.fromkeys(days, self.version)

    def _put_back(self, series: dict[tuple[str, str], str | None]) -> None:
        self.board.undo()
        self.board.series = series

    def _bearing(self, series: dict[tuple[str, str], str | None]) -> list[str]:
        """Whose cost may have changed: the patients touched, and their partners."""
        board = self.board
        touched = {name for occurrence, _ in board.journal for name in occurrence.patients}
        touched |= {key[0] for key, held in board.series.items() if series.get(key) != held}
        partners = {board.problem.patients[name].partner for name in touched}
        return sorted(touched | {name for name in partners if name is not None})

    def _note_changes(self) -> None:
        first: dict[Occurrence, Placement | None] = {}
        for occurrence, before in self.board.journal:
            first.setdefault(occurrence, before)
        self.version += 1
        for occurrence, before in first.items():
            after = self.board.placed.get(occurrence)
            for placement in (before, after) if before != after else ():
                if placement is not None:
                    day = self.board.problem.calendar.day_of(placement.start)
                    self._changed[day] = self.version


def with_dependents(board: Board, occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """The occurrences that are not locked, and all that cannot stand without them."""
    found: dict[Occurrence, None] = {}
    waiting = [occurrence for occurrence in occurrences if not occurrence.locked]
    while waiting:
        occurrence = waiting.pop()
        if occurrence not in found:
            found[occurrence] = None
            waiting += dependents(board, occurrence)
    return sorted((o for o in found if not o.locked), key=lambda o: o.index)


def dependents(board: Board, occurrence: Occurrence) -> list[Occurrence]:
    """What comes after an occurrence, or may not start before it has ended."""
    found = list(occurrence.followers)
    named = (occurrence.activity.id, occurrence.number)
    for name in occurrence.patients:
        for activity in board.problem.pathways[name].activities:
            if named in [(before.activity, before.occurrence) for before in activity.preceded_by]:
                held = board.problem.asked.by_activity.get((name, activity.id), ())
                found += [o for o in held if o in board.placed]
    return found

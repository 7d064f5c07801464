"""A change to the board that is kept only where the plan gets cheaper, and undone otherwise."""

from collections.abc import Callable, Iterable

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board, Placement
from scheduler.planning.costing import fixed_terms, patient_terms


class Standing:
    """A board and what each patient's part of it costs at present."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.costs = {patient: self._cost(patient) for patient in board.problem.patients}
        self._fixed = sum(fixed_terms(board.problem).values())
        self.version = 0
        self._changed: dict[int, int] = {}

    def changed_since(self, version: int, first: int, last: int) -> bool:
        """Whether anything on these days has changed since a version of the board."""
        return any(self._changed.get(day, 0) > version for day in range(first, last + 1))

    def _note(self, before: Placement | None, after: Placement | None) -> None:
        for placement in (before, after):
            if placement is not None:
                self._changed[self.board.problem.calendar.day_of(placement.start)] = self.version

    def _cost(self, patient: str) -> int:
        return sum(patient_terms(self.board, patient).values())

    @property
    def total(self) -> int:
        """What the whole board costs."""
        return sum(self.costs.values()) + self._fixed

    def attempt(
        self,
        free: Iterable[Occurrence],
        change: Callable[[list[Occurrence]], bool],
        *,
        sideways: bool = False,
    ) -> int:
        """Take occurrences off the board and let ``change`` place them anew; the gain.

        What it places must be of the same patients. Where the plan gets no cheaper all stands as
        before; with ``sideways`` a plan that costs the same is kept as well.
        """
        board = self.board
        taken = list(free)
        patients = sorted({name for occurrence in taken for name in occurrence.patients})
        touched = self._touched(patients)
        before = {o: board.placed[o] for o in touched if o in board.placed and not o.locked}
        series = {key: held for key, held in board.series.items() if key[0] in patients}
        for occurrence in taken:
            if occurrence in board.placed:
                board.remove(occurrence)
        kept = change(taken)
        costs = {patient: self._cost(patient) for patient in self._bearing(patients)}
        gain = sum(self.costs[patient] - cost for patient, cost in costs.items())
        if not kept or gain < (0 if sideways else 1):
            self._restore(touched, before)
            board.series.update(series)
            return 0
        self.costs.update(costs)
        self.version += 1
        for occurrence in touched:
            if before.get(occurrence) != board.placed.get(occurrence) and not occurrence.locked:
                self._note(before.get(occurrence), board.placed.get(occurrence))
        return gain

    def _bearing(self, patients: list[str]) -> list[str]:
        """Those patients and their partners, whose joint sessions count for one of them."""
        partners = [self.board.problem.patients[name].partner for name in patients]
        return sorted({*patients, *filter(None, partners)})

    def _touched(self, patients: list[str]) -> list[Occurrence]:
        held = self.board.problem.of_patient
        return list(dict.fromkeys(o for name in patients for o in held(name)))

    def _restore(self, touched: list[Occurrence], before: dict[Occurrence, Placement]) -> None:
        board = self.board
        changed = [o for o in touched if board.placed.get(o) != before.get(o) and not o.locked]
        for occurrence in changed:
            if occurrence in board.placed:
                board.remove(occurrence)
        for occurrence in changed:
            if occurrence in before:
                board.place(occurrence, before[occurrence])


def with_dependents(board: Board, occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """The occurrences that are not locked, and all that cannot stand without them."""
    found: dict[Occurrence, None] = {}
    waiting = [occurrence for occurrence in occurrences if not occurrence.locked]
    while waiting:
        occurrence = waiting.pop()
        if occurrence not in found:
            found[occurrence] = None
            waiting += [o for o in dependents(board, occurrence) if not o.locked]
    return sorted(found, key=lambda o: o.index)


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

"""Who stands in a patient's way, found by a walk past everybody else at a price.

What a patient could do alone in the clinic says little about whom to move for it: there are many
cheapest courses, and most of them run into everyone. So each start that others leave no room for
costs so much more. The cheapest course then meets few, and these are asked to step aside.
"""

from random import Random

from scheduler.planning.asking import Occurrence
from scheduler.planning.course.asking import Crowd, Request
from scheduler.planning.course.choosing import Best, Chooser, standing_cost
from scheduler.planning.course.course import course_of
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.constructing import place_best, put
from scheduler.planning.solving.ejecting import blockers_of

MOST = 3
"""So many patients are asked to step aside for one."""


class Crowding:
    """The crowd of one board, and the same clinic without it."""

    def __init__(self, standing: Standing, chooser: Chooser, dice: Random) -> None:
        self.standing = standing
        self.board = standing.board
        self.chooser = chooser
        self.dice = dice

    def in_the_way_of(self, patient: str, cost: int, price: int) -> list[str]:
        """Those who would have to step aside for a course that costs no more than ``cost``.

        Each start that they leave no room for counts for ``price`` besides. Nobody where there is
        no such course, or where too many stand in its way. The board is as before afterwards.
        """
        board = self.board
        series, mark = dict(board.series), len(board.journal)
        try:
            self._take_off(patient)
            crowd = Crowd(course_of(Request(board, patient)).starts, price)
            empty = self.standing.empty
            limit = cost - standing_cost(empty, patient)
            best = self.chooser.best(empty, patient, limit, crowd)
            return self._in_the_way(patient, best)
        finally:
            board.undo(mark)
            board.series = series

    def _take_off(self, patient: str) -> None:
        for occurrence in self.board.problem.of_patient(patient):
            alone = not occurrence.locked and len(occurrence.patients) == 1
            if alone and occurrence in self.board.placed:
                self.board.remove(occurrence)

    def _in_the_way(self, patient: str, best: Best) -> list[str]:
        self.board.series.update(best.series)
        for occurrence in self.board.problem.of_patient(patient):
            joins = occurrence.is_meeting and occurrence not in best.skipped and best.starts
            if joins and occurrence not in self.board.placed and self.board.wanted(occurrence):
                place_best(self.board, occurrence)
        found: list[str] = []
        for occurrence, start in sorted(best.starts.items(), key=lambda held: held[1]):
            found += self._stepping_aside(occurrence, start)
            if len(found) > MOST:
                return []
        return found

    def _stepping_aside(self, occurrence: Occurrence, start: int) -> list[str]:
        """Take patients off until an occurrence can start then; who they are."""
        found: list[str] = []
        while not self._stands(occurrence, start):
            held = blockers_of(self.board, occurrence, start)
            names = sorted({name for blocker in held for name in blocker.patients})
            # What partners have together stays where it is.
            others = [name for name in names if name not in (*occurrence.patients, *found)]
            if not others:
                return found
            found.append(self.dice.choice(others))
            self._take_off(found[-1])
        return found

    def _stands(self, occurrence: Occurrence, start: int) -> bool:
        free = self.board.wanted(occurrence) and self.board.allowed(occurrence) >> start & 1
        return bool(free) and put(self.board, occurrence, start)

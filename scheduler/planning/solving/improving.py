"""Making a plan cheaper, piece by piece; it never gets dearer.

Whole courses are found by walks, what is no walk and full days of many by the exact solver, and
days at random free what patients take from each other. Every random choice comes from the seed.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pathways.model import Activity
from pathways.scenario import WeeklyMeeting
from scheduler.planning.asking import Occurrence
from scheduler.planning.costing import patient_terms
from scheduler.planning.course.asking import NotAWalk
from scheduler.planning.course.choosing import Chooser, put_best, standing_cost
from scheduler.planning.course.day import NEVER
from scheduler.planning.placements import Placement
from scheduler.planning.solving.attempt import Standing, with_dependents
from scheduler.planning.solving.constructing import fill, place_best, place_in_order
from scheduler.planning.solving.crowding import Crowding
from scheduler.planning.solving.ejecting import Chains
from scheduler.planning.solving.keeping import as_it_was
from scheduler.planning.solving.pieces import Piece
from scheduler.planning.solving.posing import Effort, pose
from scheduler.planning.stopping import Stop, Unfinished

EXACT_UNITS = 3.0
"""Solver units for one exact piece, which is about as many seconds."""
DAYS_UNITS = 0.3
"""The same for a few days of many patients, for which it is about two seconds."""
FOREMOST_UNITS = 0.5
"""The same where something is to find room."""
TRIES = 80
"""Appointments that one search for a chain may try to move."""


class Improver:
    """The pieces of one board, and how to make each of them cheaper."""

    def __init__(self, standing: Standing, stop: Stop, seed: int) -> None:
        self.standing = standing
        self.board = standing.board
        self.problem = standing.board.problem
        self.stop = stop
        self.random = random.Random(seed)  # noqa: S311  (a search, not a secret)
        self.chooser = Chooser(stop, loosely=True)
        self.crowding = Crowding(standing, self.chooser, self.random)
        self._no_walks: set[str] = set()

    # ---- exactly ---------------------------------------------------------------------------

    def solve_days(self, patients: Iterable[str], first: int, last: int) -> int:
        """The best for all that these patients have from one day to another; the gain."""
        free = with_dependents(self.board, self.within(patients, first, last))
        return self.solve(free, []) if free else 0

    def improve(self, piece: Piece, foremost: Occurrence | None = None) -> int:
        """A whole course at its best, or a few days of several patients; the gain."""
        if piece.days is None:
            return sum(map(self.rethink, piece.patients))
        return self.share_out(piece.patients, *piece.days, foremost)

    def share_out(
        self,
        patients: Iterable[str],
        first: int,
        last: int,
        foremost: Occurrence | None = None,
    ) -> int:
        """The best starts of all that these patients have from one day to another; the gain.

        What stands on these days stays on one of them, and what follows it elsewhere on its day.
        But so that what is ``foremost`` finds room, those who lack it may come on other days, if
        need be with what it follows, and all others may for their doses and what follows these.
        """
        asked = [*self.within(patients, first, last)]
        if foremost is not None:
            asked += [foremost, *foremost.anchors]
        free = with_dependents(self.board, asked)
        away = set() if foremost is None else self._may_leave(free, foremost)
        within = self._days_kept((o for o in free if o not in away), first, last)
        units = DAYS_UNITS if foremost is None else FOREMOST_UNITS
        return self.solve(free, [], within, units) if free else 0

    def _may_leave(self, free: Iterable[Occurrence], foremost: Occurrence) -> set[Occurrence]:
        """What need not stay on its days where something is to find room."""
        doses = {o for o in free if o.activity.is_dose_like}
        follow = {o for o in free if not doses.isdisjoint(o.anchors)}
        return doses | follow | {o for o in free if not {*o.patients}.isdisjoint(foremost.patients)}

    def _days_kept(
        self, free: Iterable[Occurrence], first: int, last: int
    ) -> dict[Occurrence, int]:
        """The ticks of these days, and for what stands on another of that one."""
        calendar, found = self.problem.calendar, dict[Occurrence, int]()
        these = calendar.day_mask(first, last)
        for occurrence in free:
            stands = self.board.placed.get(occurrence)
            day = calendar.day_of(stands.start) if stands else first
            found[occurrence] = these if first <= day <= last else calendar.day_mask(day, day)
        return found

    def solve(
        self,
        free: list[Occurrence],
        memberships: list[tuple[str, str]],
        within: Mapping[Occurrence, int] | None = None,
        units: float = EXACT_UNITS,
    ) -> int:
        """The best that the solver finds for some occurrences; the gain.

        Those named in ``within`` may start only there, a bit for each tick.
        """
        before = {o: self.board.placed[o] for o in free if o in self.board.placed}
        series = {key: self.board.series.get(key) for key in memberships}

        def answer() -> bool:
            self.take_off(free)
            for key in memberships:
                self.board.series[key] = None
            question = pose(self.board, free, memberships, within)
            question.begin_from(before, {k: s for k, s in series.items() if s}, self.stop)
            effort = Effort(units, self.random.randrange(2**31), self.stop)
            found = question.ask(effort)
            self.stop.spend(found.units)
            return found.found and question.put_answer()

        return self.standing.attempt(answer)

    def within(self, patients: Iterable[str], first: int, last: int) -> Iterator[Occurrence]:
        """What stands on these days or, unplaced, could lie on them."""
        for occurrence in self._of(patients):
            if occurrence.locked:
                continue
            placement = self.board.placed.get(occurrence)
            if placement is not None:
                start = end = self.problem.calendar.day_of(placement.start)
            elif occurrence.is_meeting:
                meeting = self.board.meeting(occurrence)
                if meeting is None or not self.board.wanted(occurrence):
                    continue
                start = end = self.problem.calendar.day_of(meeting.start)
            else:
                reach = self.board.reach(occurrence)
                if reach is None:
                    continue
                start, end = reach
            if start <= last and first <= end:
                yield occurrence

    def _of(self, patients: Iterable[str]) -> list[Occurrence]:
        held = self.problem.of_patient
        return list(dict.fromkeys(o for name in patients for o in held(name)))

    # ---- whole courses ---------------------------------------------------------------------

    def rethink(self, patient: str) -> int:
        """The best course for a patient with all else as it is; the gain."""
        mine = self.own(patient)
        cost = self.standing.costs[patient]

        def again() -> bool:
            self.take_off(mine)
            limit = cost - standing_cost(self.board, patient) - 1
            if self.chooser.found_nothing(self.board, patient, limit):
                return False
            best = self.chooser.best(self.board, patient, limit)
            if best.cost > limit:
                self.chooser.remember_nothing(self.board, patient, limit)
                return False
            put_best(self.board, patient, best)
            self.round_off([patient])
            return True

        return self._as_walks([patient], lambda: self.standing.attempt(again))

    def trade(self, patients: Sequence[str], least: Mapping[str, int], must_gain: int = 0) -> int:
        """Let the first of some patients take what the others had; the gain.

        The first must cost so much less for it. Of the others, who has still room where they stood
        stands there again, and the rest go back at their best, one after the other. ``least`` is
        what each cannot cost less than, so that hopeless orders end early.
        """
        mine = {patient: self.own(patient) for patient in patients}
        costs = {patient: self.standing.costs[patient] for patient in patients}

        def again() -> bool:
            stood = {patient: self._standing(mine[patient]) for patient in patients}
            self.take_off(self._shared_among(patients))
            for patient in patients:
                self.take_off(mine[patient])
            first, *others = patients
            cost = self._back_at_best(first, costs[first] - max(1, must_gain))
            if cost is None:
                return False
            displaced = [other for other in others if not self._stand_again(stood[other])]
            left = costs[first] - cost + sum(costs[n] - least.get(n, 0) for n in displaced)
            for other in displaced:
                cost = self._back_at_best(other, left + least.get(other, 0))
                if cost is None:
                    return False
                left += least.get(other, 0) - cost
            return True

        return self._as_walks(patients, lambda: self.standing.attempt(again, sideways=True))

    def _back_at_best(self, patient: str, limit: int) -> int | None:
        """Put a patient back who is off the board; the cost, None where it is above a limit."""
        sure = standing_cost(self.board, patient)
        best = self.chooser.best(self.board, patient, limit - sure)
        if best.cost == NEVER:
            return None
        put_best(self.board, patient, best)
        self.round_off([patient])
        return sum(patient_terms(self.board, patient).values())

    def _standing(self, occurrences: Iterable[Occurrence]) -> dict[Occurrence, Placement]:
        placed = self.board.placed
        return {o: placed[o] for o in occurrences if o in placed}

    def _stand_again(self, stood: Mapping[Occurrence, Placement]) -> bool:
        """Put these back when they were and with whom; all of them, or else none."""
        for occurrence, before in sorted(stood.items(), key=lambda held: held[1].start):
            placement = as_it_was(self.board, occurrence, before)
            if placement is None:
                self.take_off(stood)
                return False
            self.board.place(occurrence, placement)
        return True

    def in_the_way_of(self, patient: str, gain: int, price: int) -> list[str]:
        """Who keeps a patient from a course that is so much cheaper; nobody where none is.

        It counts for ``price`` that others have to leave a start free.
        """
        cost = self.standing.costs[patient] - gain
        try:
            return self.crowding.in_the_way_of(patient, cost, price)
        except (NotAWalk, Unfinished):
            return []

    def refit(self, patients: Sequence[str], first: int, last: int) -> int:
        """The same for what these patients have from one day to another; the gain."""
        free = with_dependents(self.board, self.within(patients, first, last))

        def again() -> bool:
            self.take_off(free)
            for patient in patients:
                mine = [occurrence for occurrence in free if patient in occurrence.patients]
                if mine:
                    self.put_part(patient, mine)
            self.round_off(patients)
            return True

        return self._as_walks(patients, lambda: self.standing.attempt(again, sideways=True))

    def round_off(self, patients: Iterable[str]) -> None:
        """Take off what follows nothing any more, and place what still fits."""
        for patient in patients:
            for occurrence in self.problem.of_patient(patient):
                lost = occurrence.anchors and self.board.anchored(occurrence) is None
                if occurrence in self.board.placed and not occurrence.locked and lost:
                    self.board.remove(occurrence)
            fill(self.board, patient)

    def put_part(self, patient: str, mine: Sequence[Occurrence]) -> None:
        """Put some of a patient's appointments where they go best with all else as it is."""
        put_best(self.board, patient, self.chooser.best_part(self.board, patient, mine), mine)

    def _shared_among(self, patients: Sequence[str]) -> list[Occurrence]:
        """The sessions that partners have together, where both are among these patients."""
        held = dict.fromkeys(o for name in patients for o in self.problem.of_patient(name))
        return [o for o in held if not o.locked and {*o.patients} <= {*patients} and o.patients[1:]]

    def own(self, patient: str) -> list[Occurrence]:
        """What is a patient's alone and may move."""
        held = self.problem.of_patient(patient)
        return [o for o in held if not o.locked and len(o.patients) == 1]

    def walks(self, patient: str) -> bool:
        """Whether a patient's weeks are known to be walks through days, as far as was tried."""
        return patient not in self._no_walks

    def _as_walks(self, patients: Sequence[str], change: Callable[[], int]) -> int:
        """A change that asks for walks; nothing where one of the patients' weeks is none."""
        if any(patient in self._no_walks for patient in patients):
            return 0
        try:
            return change()
        except NotAWalk as why:
            self._no_walks.add(why.patient)
            return 0

    # ---- at random -------------------------------------------------------------------------

    def shuffle_days(
        self, patients: Iterable[str], first: int, last: int, foremost: Occurrence | None
    ) -> int:
        """Take these days apart and fill them again in a random order; the gain."""
        free = with_dependents(self.board, self.within(patients, first, last))

        def refill() -> bool:
            self.stop.spent += len(free)
            self.take_off(free)
            if foremost is not None and self.board.wanted(foremost):
                place_best(self.board, foremost, self.random)
            place_in_order(self.board, free, self.random)
            for name in patients:
                fill(self.board, name)
            return True

        return self.standing.attempt(refill, sideways=True) if free else 0

    def make_room(self, occurrence: Occurrence, depth: int) -> int:
        """Place an occurrence by moving a chain of others; the gain.

        None where it stands: a chain for another may have brought it along.
        """
        if occurrence in self.board.placed:
            return 0

        def chain() -> bool:
            search = Chains(self.board, self.random, TRIES, self.stop)
            if not search.make_room(occurrence, depth):
                return False
            for name in occurrence.patients:
                fill(self.board, name)
            return True

        return self.standing.attempt(chain)

    def unplaced(self) -> list[Occurrence]:
        """What is asked for and not placed."""
        return [
            o
            for o in self.problem.occurrences
            if o not in self.board.placed and self.board.wanted(o)
        ]

    def change_series(self, patient: str) -> int:
        """Another series for each group that has a choice, and all else fitted to it; the gain."""
        gain = 0
        for activity in self.problem.pathways[patient].activities:
            if activity.kind != "group":
                continue
            for series in self._others(patient, activity):
                if not self.stop.due:
                    gain += self._with_series(patient, activity.id, series)
        return gain

    def _others(self, patient: str, activity: Activity) -> list[str]:
        """One series for each other pattern of weekly meetings, the one with most seats left."""
        current = self.board.series.get((patient, activity.id))
        found: dict[tuple[WeeklyMeeting, ...], str] = {}
        for name in sorted(self.problem.options(patient, activity), key=self._taken_seats):
            found.setdefault(self.problem.series[name].weekly, name)
        if current is not None:
            found.pop(self.problem.series[current].weekly, None)
        return list(found.values())

    def _taken_seats(self, series: str) -> int:
        return sum(count for (name, _), count in self.board.seats.items() if name == series)

    def _with_series(self, patient: str, activity: str, series: str) -> int:
        mine = [o for o in self.problem.of_patient(patient) if not o.locked]

        def refit() -> bool:
            self.stop.spent += len(mine)
            self.take_off(mine)
            self.board.series[patient, activity] = series
            fill(self.board, patient)
            return True

        return self.standing.attempt(refit)

    def take_off(self, occurrences: Iterable[Occurrence]) -> None:
        """Take off the board what stands of these."""
        for occurrence in occurrences:
            if occurrence in self.board.placed:
                self.board.remove(occurrence)

"""Repairing a plan: what can stay stays, what must move does so at the least cost.

The old plan stands on the board from the first moment, but for what breaks a rule now. That is
mended first, so an answer is there at once; then the days around it are made cheaper. Nobody else
is touched unless room must be made.
"""

from collections.abc import Iterator

from pathways.plan import Plan
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.bounding import bound_for, told
from scheduler.planning.costing import keeps_booking
from scheduler.planning.narrowing import narrowed
from scheduler.planning.problem import SMALL, Problem
from scheduler.planning.replanning import Carried
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.constructing import fill, join_series
from scheduler.planning.solving.finishing import finish
from scheduler.planning.solving.keeping import (
    give_monitors_back,
    movable_bookings,
    stand_as_booked,
    stay_in_series,
)
from scheduler.planning.solving.remonitoring import monitor_anew
from scheduler.planning.stopping import Progress, Report, Stop
from scheduler.planning.writing import plan_of

DEPTHS = (1, 2, 2)
"""How long the chains may be that make room for what cannot stay, try by try."""
SHUFFLES = 6
"""Random tries at what chains could make no room for, with the days of up to three others."""
AT_ONCE = 2000
"""Units of search for making room at first, whatever the time."""
ROUNDS = 3
"""How often the days around a change are gone through, at most."""


def repair(
    carried: Carried,
    stop: Stop,
    *,
    seed: int = 0,
    improve: bool = False,
    report: Report | None = None,
) -> Plan:
    """The old plan, mended for what its scenario says now.

    Patients whom nothing has happened to keep what they have, unless room must be made for
    others. With ``improve``, and where the whole can be proven, the search then goes on with
    everybody's appointments until ``stop`` is due: any may move if that pays for the move.
    """
    board = Board(Problem(narrowed(carried.scenario)))
    mending = Repair(board, carried, stop, seed, report)
    mending.run()
    bound = 0
    if improve or len(board.problem.occurrences) <= SMALL:
        from scheduler.planning.solving.searching import Search  # noqa: PLC0415  (as below)

        true_bound = bound_for(carried.scenario)
        search = Search(board, stop, seed, told(report, true_bound))
        search.run()
        bound = true_bound(search.bound)
    finish(board)
    give_monitors_back(board, mending.movable)
    return plan_of(board, bound)


class Repair:
    """One repair: the board as it is kept, and the patients to whom something has happened."""

    def __init__(
        self, board: Board, carried: Carried, stop: Stop, seed: int, report: Report | None
    ) -> None:
        self.board = board
        self.problem = board.problem
        self.stop = stop
        self.report = report
        self.movable = movable_bookings(self.problem)
        self._keep(carried)
        self.displaced = [o for o in self.movable if o not in board.placed]
        self.patients = self._touched(carried)
        for patient in self.patients:
            join_series(board, patient)
            fill(board, patient)
        self.waiting = self._waiting()
        if self.patients or self.waiting:
            # NumPy loads slowly, and where others take over at the same times nothing asks for it.
            from scheduler.planning.solving.improving import Improver  # noqa: PLC0415  (see above)

            self.standing = Standing(board)
            self.improver = Improver(self.standing, stop, seed)

    def _keep(self, carried: Carried) -> None:
        """Let everything stay that can; monitors may change, for that moves nothing."""
        stay_in_series(self.board, carried.series)
        stand_as_booked(self.board, self.movable)
        monitor_anew(self.board, self.movable, self.stop)
        stand_as_booked(self.board, self.movable)

    def _touched(self, carried: Carried) -> list[str]:
        """Whose appointments cannot stay, then who asks for something new, in order of time."""
        found = [name for o in self.displaced for name in o.patients]
        for occurrence in self.problem.occurrences:
            key = (occurrence.owner, occurrence.activity.id, occurrence.number)
            is_new = occurrence not in self.board.placed and key not in carried.unplaced
            if is_new and (self.board.wanted(occurrence) or self._may_join(occurrence, carried)):
                found += occurrence.patients
        return list(dict.fromkeys(found))

    def _waiting(self) -> list[Occurrence]:
        """Sessions that had no place before: what has become free may be one."""
        return [
            o
            for o in self.problem.occurrences
            if o not in self.board.placed and not o.is_meeting and self.board.wanted(o)
        ]

    def _may_join(self, occurrence: Occurrence, carried: Carried) -> bool:
        """Whether it is a meeting of a group whose series the patient has yet to join."""
        key = (occurrence.owner, occurrence.activity.id)
        unjoined = occurrence.is_meeting and self.board.series.get(key) is None
        return unjoined and (*key, 0) not in carried.unplaced

    def run(self) -> None:
        """Place what can be placed, then make the days around it cheaper."""
        if self.patients:
            self._mend_at_once()
        for _ in range(ROUNDS if self.patients else 0):
            if not self._mend() + self._reseat() + self._squeeze() + self._polish():
                break
        for occurrence in self.waiting:
            reach = self.board.reach(occurrence)
            if reach and occurrence not in self.board.placed and not self.stop.due:
                self.improver.solve_days(occurrence.patients, *reach)
                self._tell("filling")

    def _mend_at_once(self) -> None:
        """Make room although the time may be over: nobody loses a dose to a slow machine."""
        enough = Stop(work=AT_ONCE)
        with self.stop.interrupting(enough.request):
            self.improver.stop = enough
            self._mend()
        self.improver.stop = self.stop
        self.stop.spent += enough.spent

    def _mend(self) -> int:
        """Make room for what has no place; the gain."""
        gain = 0
        for depth in DEPTHS:
            for occurrence in self.improver.unplaced():
                mine = not set(self.patients).isdisjoint(occurrence.patients)
                if mine and not self.improver.stop.due:
                    gain += self.improver.make_room(occurrence, depth)
                    self._tell("mending")
        return gain

    def _squeeze(self) -> int:
        """Take days of a few apart for what still has no place, at random and exactly; the gain."""
        gain = 0
        for occurrence in self.improver.unplaced():
            reach = self.board.reach(occurrence)
            if reach is None or set(self.patients).isdisjoint(occurrence.patients):
                continue
            for _ in range(SHUFFLES):
                if not self.stop.due and occurrence not in self.board.placed:
                    together = [*occurrence.patients, *self._others(occurrence, *reach)]
                    gain += self.improver.shuffle_days(together, *reach, foremost=occurrence)
            if not self.stop.due and occurrence not in self.board.placed:
                together = [*occurrence.patients, *self._others(occurrence, *reach)[:1]]
                gain += self.improver.solve_days(together, *reach)
        return gain

    def _others(self, occurrence: Occurrence, first: int, last: int) -> list[str]:
        """A few of the other patients who come on those days."""
        held = {
            name
            for (name, day), agenda in self.board.agenda.items()
            if agenda and first <= day <= last and name not in occurrence.patients
        }
        return self.improver.random.sample(sorted(held), min(len(held), 3))

    def _reseat(self) -> int:
        """Other groups for patients who miss meetings or are new to theirs; the gain."""
        gain = 0
        for patient in self.patients:
            if not self.stop.due and any(map(self._lacks, self.problem.of_patient(patient))):
                gain += self.improver.change_series(patient)
        return gain

    def _lacks(self, occurrence: Occurrence) -> bool:
        missing = occurrence not in self.board.placed or occurrence.booked is None
        return occurrence.is_meeting and missing and self.board.wanted(occurrence)

    def _polish(self) -> int:
        """The days around each change exactly, its patient's week or lag; the gain."""
        gain = 0
        for patients, first, last in dict.fromkeys(self._stretches()):
            if not self.stop.due:
                gain += self.improver.solve_days(patients, first, last)
                self._tell("polishing")
        return gain

    def _stretches(self) -> Iterator[tuple[tuple[str, ...], int, int]]:
        """Of whom, and from which day to which, something does not stand as it was booked."""
        for name in self.patients:
            for occurrence in self.problem.of_patient(name):
                reach = self.board.reach(occurrence)
                if reach and not occurrence.is_meeting and not self._stays(occurrence):
                    yield occurrence.patients, *reach

    def _stays(self, occurrence: Occurrence) -> bool:
        if occurrence.locked:
            return True
        placement = self.board.placed.get(occurrence)
        if placement is None or occurrence.booked is None:
            return False
        return keeps_booking(self.problem, occurrence, placement)

    def _tell(self, phase: str) -> None:
        if self.report is None:
            return
        wanted = [o for o in self.problem.occurrences if self.board.wanted(o)]
        placed = sum(occurrence in self.board.placed for occurrence in wanted)
        cost, spent = self.standing.total, self.stop.spent
        self.report(Progress(phase, placed, len(wanted), cost, 0, spent, self.stop.seconds))

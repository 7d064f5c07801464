"""The order in which a plan is built, mended and polished, until it is time to stop."""

from itertools import cycle

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.constructing import construct
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.proving import SMALL, Prover
from scheduler.planning.stopping import Progress, Report, Stop

DAYS_A_WEEK = 7
ROUNDS = 20
"""Weeks taken apart at random before the search looks at everything again."""
SHUFFLES = 12
"""Random tries at an unplaced occurrence before the search turns to something else."""


class Search:
    """One search: the board that it improves, and the best bound that it has proved."""

    def __init__(self, board: Board, stop: Stop, seed: int, report: Report | None) -> None:
        self.board = board
        self.problem = board.problem
        self.stop = stop
        self.report = report
        self._solved: dict[tuple[tuple[str, ...], int, int], int] = {}
        construct(board, self._order(), lambda: not stop.due)
        self.standing = Standing(board)
        self.improver = Improver(self.standing, stop, seed)
        self.prover = Prover(self.standing, stop)

    def _order(self) -> list[str]:
        """Patients by their start, so that a name decides as little as possible."""
        held = self.problem.scenario.patients
        return [patient.id for patient in sorted(held, key=lambda p: (p.start, p.id))]

    def run(self) -> None:
        """Make the first plan cheaper until it is proven to be best, or until it is time."""
        self._tell("first plan")
        if len(self.prover.parties) == 1 and len(self.problem.occurrences) <= SMALL:
            self.prover.tighten()
            self._tell("proving")
        if self.bound < self.standing.total:
            self._mend()
            self._reseat()
            self._mend()
            self._polish(DAYS_A_WEEK)
            self._rethink([name for name in self._order() if self._keeps_one_face(name)])
        turn = cycle(self._order())
        while not self.stop.due and self.bound < self.standing.total:
            self.stop.spent += 1
            if self._mend() + self._polish(DAYS_A_WEEK):
                continue
            if len(self.prover.parties) > 1:  # the proof of a party alone rethinks it anyway
                self._rethink([next(turn)])
            tightened = self.prover.tighten()
            self._tell("proving")
            if not self._polish(2 * DAYS_A_WEEK) and not self.stop.due:
                self._explore(rounds=1 if tightened else ROUNDS)

    def _reseat(self) -> None:
        """Try other groups for each patient."""
        for patient in self._order():
            if self.stop.due:
                break
            self.improver.change_series(patient)
            self._tell("groups")

    def _tell(self, phase: str) -> None:
        if self.report is not None:
            wanted = [o for o in self.problem.occurrences if self.board.wanted(o)]
            placed = sum(occurrence in self.board.placed for occurrence in wanted)
            self.report(
                Progress(
                    phase=phase,
                    placed=placed,
                    asked=len(wanted),
                    cost=self.standing.total,
                    bound=self.bound,
                    work=self.stop.spent,
                    seconds=self.stop.seconds,
                )
            )

    @property
    def bound(self) -> int:
        """What no plan can cost less than, as far as it is proven."""
        return self.prover.bound

    # ---- placing what is not placed --------------------------------------------------------

    def _mend(self) -> int:
        """Try to place what is not placed; the gain."""
        gain = 0
        for occurrence in self.improver.unplaced():
            if not self.stop.due:
                gain += self._mend_one(occurrence)
        return gain

    def _mend_one(self, occurrence: Occurrence) -> int:
        """Chains of ejections first; then the patient's days exactly; then days at random."""
        gain = 0
        for depth in (1, 2, 3 if occurrence.is_meeting else 2):
            if not self.stop.due and occurrence not in self.board.placed:
                gain += self.improver.make_room(occurrence, depth)
        first, last = self._days_of(occurrence)
        if occurrence not in self.board.placed:
            gain += self._exactly(occurrence.patients, first, last)
        for _ in range(SHUFFLES):
            if self.stop.due or occurrence in self.board.placed:
                break
            patients = [*occurrence.patients, *self._others(occurrence, first, last)]
            gain += self.improver.shuffle_days(patients, first, last, foremost=occurrence)
        self._tell("placing")
        return gain

    def _days_of(self, occurrence: Occurrence) -> tuple[int, int]:
        if occurrence.is_meeting:
            meeting = self.board.meeting(occurrence)
            day = self.problem.calendar.day_of(meeting.start) if meeting else 0
            return day, day
        return self.board.reach(occurrence) or (0, 0)

    def _others(self, occurrence: Occurrence, first: int, last: int) -> list[str]:
        """A few of the other patients who come on those days."""
        held = {
            name
            for (name, day), agenda in self.board.agenda.items()
            if agenda and first <= day <= last and name not in occurrence.patients
        }
        dice = self.improver.random
        return dice.sample(sorted(held), min(len(held), dice.randrange(4)))

    # ---- polishing -------------------------------------------------------------------------

    def _exactly(self, patients: tuple[str, ...], first: int, last: int) -> int:
        """The best for these patients' days, unless nothing there has changed since the last."""
        key = (patients, first, last)
        known = self._solved.get(key)
        if known is not None and not self.standing.changed_since(known, first, last):
            return 0
        gain = self.improver.solve_days(patients, first, last)
        self._solved[key] = self.standing.version
        return gain

    def _polish(self, days: int) -> int:
        """Each patient's weeks or fortnights exactly, one after the other; the gain."""
        gain = 0
        for patient in self._order():
            for first in self._weeks(patient):
                if self.stop.due:
                    return gain
                party = self._party(patient) if days > DAYS_A_WEEK else (patient,)
                gain += self._exactly(party, first, first + days - 1)
            self._tell("polishing")
        return gain

    def _party(self, patient: str) -> tuple[str, ...]:
        """A patient and, if any, the partner: their sessions hang together."""
        return tuple(sorted(filter(None, (patient, self.problem.patients[patient].partner))))

    def _rethink(self, patients: list[str]) -> int:
        """Whole patients exactly: what no single week can change, such as a required face."""
        gain = 0
        for patient in patients:
            if not self.stop.due:
                gain += self._exactly((patient,), 0, len(self.problem.calendar.dates) - 1)
                self._tell("rethinking")
        return gain

    def _keeps_one_face(self, patient: str) -> bool:
        """Whether some sessions of the patient must all have the same practitioner."""
        needs = (
            activity.same_person_need for activity in self.problem.pathways[patient].activities
        )
        return any(need is not None and need.same_person == "required" for need in needs)

    def _weeks(self, patient: str) -> range:
        """The first days of a patient's weeks, and of the one in which late sessions lie."""
        start = self.problem.day(self.problem.patients[patient].start)
        return range(start, start + 7 * self.problem.pathways[patient].weeks + 1, 7)

    def _explore(self, rounds: int) -> None:
        """Take a week of a few patients apart and see whether it fits better."""
        dice = self.improver.random
        for _ in range(rounds):
            if self.stop.due:
                break
            patient = dice.choice(self._order())
            first = dice.choice(self._weeks(patient))
            others = [name for name in self._order() if name != patient]
            group = [patient, *dice.sample(others, min(len(others), dice.randrange(3)))]
            self.improver.shuffle_days(group, first, first + DAYS_A_WEEK - 1, foremost=None)
        self._tell("exploring")

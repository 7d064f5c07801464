"""The order in which a plan is built, mended and polished, until it is time to stop."""

from collections.abc import Callable, Iterable

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.solving.afterwards import has_no_start
from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.beginning import Beginning, begin_anew
from scheduler.planning.solving.constructing import construct
from scheduler.planning.solving.exploring import Explorer
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.proving import Prover
from scheduler.planning.solving.rounds import Rounds
from scheduler.planning.solving.surroundings import (
    DAYS_A_WEEK,
    days_of,
    first_days_of_weeks,
    in_order,
    party_of,
    price_of,
    visitors,
)
from scheduler.planning.solving.telling import Telling
from scheduler.planning.solving.together import Searcher
from scheduler.planning.stopping import Report, Stop

ROUNDS = 4
"""Tries at random before the search looks at something else."""
SMALL_GAIN = 20
"""A round of everything that gains no more than this is not worth another one at once."""
FEW = 40
"""So many patients are asked about all together before anything is improved."""
CHAINS = 8
"""Times that chains are tried for each that is unplaced, with other dice: they take little."""
SHUFFLES = 12
"""Random tries at an unplaced occurrence before the search turns to something else."""
FEW_SHUFFLES = 3
"""The same where whole courses can be walked and little is scarce: walks find more."""
SCARCE = 0.045
"""What is unplaced, for each that is placed, from which on little is left of anything."""


class Search:
    """One search: the board that it improves, and the best bound that it has proved."""

    def __init__(self, board: Board, stop: Stop, seed: int, report: Report | None) -> None:
        self.board = board
        self.problem = board.problem
        self.stop = stop
        self.telling = Telling(report, stop)
        self._settled_at = -1
        self._solved: dict[tuple[tuple[str, ...], int, int], int] = {}
        construct(board, in_order(board), lambda: not stop.due)
        self.standing = Standing(board)
        self.improver = Improver(self.standing, stop, seed)
        self.prover = Prover(self.standing, stop, self.improver.chooser)
        self.explorer = Explorer(self.improver, self.missing)
        self.together = Searcher(self.improver, self.prover, self.telling)
        self.rounds = Rounds(self.improver, self.together, self._tell)
        stop.going_on = self.telling.go_on

    def run(self) -> None:
        """Make the first plan cheaper until it is proven to be best, or until it is time."""
        self._tell("first plan")
        with self.together.accompanied(lambda: self._explore(1)):
            self._improve()

    def _improve(self) -> None:
        if self.prover.is_alone:
            self.prover.tighten()
            self._tell("proving")
        if self._asks_about_all_at_once() and not self._is_over():
            self.prover.look_at_all(self._begin_anew, self._begin_anew)
        if not self._is_over():
            self._mend_and_rethink()
        self._prove_each()
        while not self._is_over() and self._mend_and_rethink() > SMALL_GAIN:
            self.stop.spent += 1
        while not self._is_over():
            self.stop.spent += 1
            self._prove_more()
            if self._share_out_days():
                continue
            if self._explore(ROUNDS):
                self._mend(self.explorer.lost(self.prover.least()))
            else:
                self._settle()

    def _prove_each(self) -> None:
        """Some work on the bound of all together, and once on each party's."""
        if not self._is_over() and self.prover.look_at_all(self._begin_and_mend):
            self._tell("proving")
        while not self._is_over() and self._prove_next():
            self._tell("proving")

    def _prove_next(self) -> bool:
        return self.prover.tighten_once(shared=self.together.is_accompanied)

    def _prove_more(self) -> None:
        """What is left to prove; how many must stay out only once no days wait to be shared out."""
        self.prover.tighten()
        if not self.together.waiting:
            self.prover.count_again()
        self._tell("proving")

    def _asks_about_all_at_once(self) -> bool:
        """Whether to ask first what all together must lose: not where many come."""
        return len(self.problem.patients) <= FEW and not self.prover.mends

    def _begin_and_mend(self, beginning: Beginning) -> None:
        """The same, improved before it is compared with what stands."""
        self._begin_anew(beginning, self._mend_and_rethink)

    def _begin_anew(self, beginning: Beginning, improve: Callable[[], int] = lambda: 0) -> None:
        """Plan everybody around other series and doses, where that leaves out no more."""
        lost = sum(map(self._price, filter(self._is_bounded, self.improver.unplaced())))
        if beginning.cost > lost:
            return

        def anew() -> None:
            begin_anew(self.improver, beginning)
            self.standing.recount()
            improve()

        with self.telling.aside("beginning anew"):
            self.standing.unless_dearer(anew)
        self._tell("beginning anew")

    def _mend_and_rethink(self) -> int:
        """A round of everything that looks at one patient after the other; the gain."""
        unplaced = self.improver.unplaced()
        least = self.prover.least()
        names = in_order(self.board)
        self.rounds.begin(sorted(names, key=lambda name: -self.explorer.excess(name, least)))
        if self._is_scarce(unplaced):
            return self._mend(self.missing()) + self.rounds.finish() + self._polish()
        return self.rounds.finish() + self._mend(self.missing()) + self._polish()

    def _is_scarce(self, unplaced: list[Occurrence]) -> bool:
        """Whether so much is unplaced that days at random place more, sooner, than courses."""
        return len(unplaced) > SCARCE * len(self.board.placed)

    def _is_over(self) -> bool:
        return self.stop.due or self.bound >= self.standing.total

    def _settle(self) -> None:
        """What is asked exactly, where anything has changed since that was last looked at."""
        if self.standing.version != self._settled_at and not self._is_over():
            self._polish()
            self._polish_together()
            self._settled_at = self.standing.version

    def _tell(self, phase: str) -> None:
        self.together.exchange()
        self.telling.tell(phase, self.standing, self.prover)

    @property
    def bound(self) -> int:
        """What no plan can cost less than, as far as it is proven."""
        return self.prover.bound

    def _share_out_days(self) -> int:
        """A few days of many patients, first those on which something could stand; the gain."""
        for occurrence in self.explorer.lost(self.prover.least()):
            gain = self.rounds.make_room(occurrence)
            if gain:
                return gain
        return 0 if self._is_over() else self.rounds.look_at_days()

    # ---- placing what is not placed --------------------------------------------------------

    def missing(self) -> list[Occurrence]:
        """What is unplaced, but what is bounded where no plan leaves out less of that."""
        unplaced = self.improver.unplaced()
        bounded = [o for o in unplaced if self._is_bounded(o)]
        if sum(map(self._price, bounded)) > self.prover.left.cost:
            return unplaced
        return [o for o in unplaced if o not in bounded]

    def _is_bounded(self, occurrence: Occurrence) -> bool:
        """Whether it is among what is bounded when all are asked about together."""
        if occurrence.is_meeting or occurrence.activity.is_dose_like:
            return True
        dose = self.board.placed.get(occurrence.anchors[0]) if occurrence.anchors else None
        return dose is not None and has_no_start(self.standing.empty, occurrence, dose.start)

    def _mend(self, unplaced: Iterable[Occurrence]) -> int:
        """Try to place what is not placed, by chains of ejections first; the gain."""
        waiting = [*unplaced]
        gain = sum(map(self._make_room, waiting))
        for occurrence in waiting:
            if not self.stop.due and occurrence not in self.board.placed:
                gain += self._mend_one(occurrence)
        return gain

    def _mend_one(self, occurrence: Occurrence) -> int:
        """The patient's days; then the same of many, exactly; then days at random."""
        gain = 0
        first, last = days_of(self.board, occurrence)
        walks = all(self.improver.walks(name) for name in occurrence.patients)
        if walks:
            gain += self.improver.refit(occurrence.patients, first, last)
        else:
            gain += self._exactly(occurrence.patients, first, last)
        scarce = self._is_scarce(self.improver.unplaced())
        if walks and not scarce and occurrence not in self.board.placed:
            gain += self.rounds.make_room(occurrence)
        for _ in range(FEW_SHUFFLES if walks and not scarce else SHUFFLES):
            if self.stop.due or occurrence in self.board.placed:
                break
            patients = [
                *occurrence.patients,
                *visitors(self.board, occurrence, first, last, self.improver.random),
            ]
            gain += self.improver.shuffle_days(patients, first, last, foremost=occurrence)
        self._tell("placing")
        return gain

    def _make_room(self, occurrence: Occurrence) -> int:
        """Place an occurrence by ever longer chains of others, a few times; the gain."""
        gain = 0
        for depth in CHAINS * (1, 2, 3 if occurrence.is_meeting else 2):
            if not self.stop.due and occurrence not in self.board.placed:
                gain += self.improver.make_room(occurrence, depth)
        return gain

    def _explore(self, rounds: int) -> int:
        """Take a few patients apart and see whether they fit better together; the gain."""
        least, gain = self.prover.least(), 0
        for _ in range(rounds):
            if not self._is_over():
                gain += self.explorer.explore(least)
                self._tell("exploring")
        return gain

    def _price(self, occurrence: Occurrence) -> int:
        return price_of(self.problem, occurrence)

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

    def _polish(self) -> int:
        """The weeks exactly of those for whom there is no walk, and partners by turns; the gain."""
        gain = 0
        for patient in in_order(self.board):
            party = party_of(self.problem, patient)
            if self.stop.due:
                break
            if len(party) > 1:
                others = [name for name in party if name != patient]
                gain += self.improver.trade([patient, *others], {})
            if not self.improver.walks(patient):
                gain += self._polish_one(patient, (patient,), DAYS_A_WEEK)
                gain += self._polish_one(patient, party, 2 * DAYS_A_WEEK)
                gain += self._polish_whole(patient)
            self._tell("polishing")
        return gain

    def _polish_together(self) -> int:
        """The fortnights of partners exactly; the gain."""
        gain = 0
        for patient in in_order(self.board):
            party = party_of(self.problem, patient)
            if party[0] == patient and len(party) > 1:
                gain += self._polish_one(patient, party, 2 * DAYS_A_WEEK)
                self._tell("polishing")
        return gain

    def _polish_one(self, patient: str, party: tuple[str, ...], days: int) -> int:
        gain = 0
        for first in first_days_of_weeks(self.problem, patient):
            if not self.stop.due:
                gain += self._exactly(party, first, first + days - 1)
        return gain

    def _polish_whole(self, patient: str) -> int:
        """Other groups, and all weeks at once where they must have one face."""
        gain = 0
        if not self.stop.due:
            gain += self.improver.change_series(patient)
        if not self.stop.due and self._keeps_one_face(patient):
            gain += self._exactly((patient,), 0, len(self.problem.calendar.dates) - 1)
        return gain

    def _keeps_one_face(self, patient: str) -> bool:
        """Whether some sessions of the patient must all have the same practitioner."""
        needs = (
            activity.same_person_need for activity in self.problem.pathways[patient].activities
        )
        return any(need is not None and need.same_person == "required" for need in needs)

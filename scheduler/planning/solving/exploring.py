"""Taking a few patients apart, and seeing whether they fit better together.

Mostly two by two: one who pays for the company of others goes first and takes what another had.
Each who pays is tried alone, then each such pair once, in an order of chance, before all begins
again.
"""

from collections.abc import Callable, Iterable
from itertools import permutations

from scheduler.planning.asking import Occurrence
from scheduler.planning.solving.ejecting import rivals
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.surroundings import (
    DAYS_A_WEEK,
    days_of,
    first_days_of_weeks,
    in_order,
    party_of,
    price_of,
    visitors,
)

FOR_THE_UNPLACED = 0.5
"""How often what is unplaced is tried for, while anything is."""
IN_TURN = 0.75
"""How often else it is whose turn it is, and not somebody by chance."""
MOST_EXCESS = 200
"""More above what a patient would cost alone does not make a patient likelier to be looked at."""
WHOLE = 0.5
"""How often whole courses are taken apart, rather than a week of them."""
RIVALS = (1, 1, 2, 2, 3)
"""How many others are taken off for what is unplaced."""
ASIDE = 0.5
"""How often those are asked to step aside who keep a patient from something better."""
PRICES_ASIDE = (5, 20, 100, 400)
"""What it may count for that somebody has to step aside, for one start of a better course."""


class Explorer:
    """The tries on one board; ``missing`` is what is unplaced and may find room."""

    def __init__(self, improver: Improver, missing: Callable[[], Iterable[Occurrence]]) -> None:
        self.improver = improver
        self.standing = improver.standing
        self.board = improver.board
        self.problem = improver.problem
        self._missing = missing
        self._in_vain: dict[tuple[str | int, ...], int] = {}
        self._turns: list[tuple[str, ...]] = []

    def explore(self, least: dict[str, int]) -> int:
        """One try; the gain. ``least`` is what each patient cannot cost less than."""
        dice, lost = self.improver.random, self.lost(least)
        if lost and dice.random() < FOR_THE_UNPLACED:
            prices = [price_of(self.problem, occurrence) for occurrence in lost]
            return self._place(dice.choices(lost, weights=prices)[0], least)
        if dice.random() < IN_TURN:
            turn = self._next_turn(least)
            if turn is not None:
                return self._trade(turn, least) if len(turn) > 1 else self._rethink(*turn)
        group, first, last = self._someone(least)
        return self._take_apart(group, first, last, least)

    def lost(self, least: dict[str, int]) -> list[Occurrence]:
        """What is unplaced though its patient could be without so dear a gap, alone at least."""
        return [
            occurrence
            for occurrence in self._missing()
            if self.excess(occurrence.owner, least) >= price_of(self.problem, occurrence)
        ]

    def excess(self, patient: str, least: dict[str, int]) -> int:
        """What a patient pays for the company of others, as far as is known."""
        return self.standing.costs[patient] - least.get(patient, 0)

    def _place(self, occurrence: Occurrence, least: dict[str, int]) -> int:
        group, first, last = self._around(occurrence)
        gain = price_of(self.problem, occurrence) // 2
        return self._take_apart(group, first, last, least, must_gain=gain)

    def _take_apart(
        self, group: list[str], first: int, last: int, least: dict[str, int], must_gain: int = 0
    ) -> int:
        """Some patients' whole courses, or what they have on some days; the gain."""
        dice = self.improver.random
        if not self._walk(group):
            return self.improver.shuffle_days(group, first, last, foremost=None)
        if dice.random() < ASIDE:
            return self._set_aside(group[0], least, must_gain)
        if dice.random() < WHOLE:
            return self._trade(group, least, must_gain)
        return self._unless_in_vain(
            (*group, first, last), lambda: self.improver.refit(group, first, last)
        )

    def _walk(self, group: Iterable[str]) -> bool:
        return all(self.improver.walks(name) for name in group)

    def _trade(self, group: Iterable[str], least: dict[str, int], must_gain: int = 0) -> int:
        names = tuple(group)
        return self._unless_in_vain(
            (*names, must_gain), lambda: self.improver.trade(names, least, must_gain)
        )

    def _rethink(self, patient: str) -> int:
        return self._unless_in_vain((patient, 0), lambda: self.improver.rethink(patient))

    def _next_turn(self, least: dict[str, int]) -> tuple[str, ...] | None:
        """One who pays for the company of others, alone or with who is taken off for them.

        None where all have had their turn in vain.
        """
        if not self._turns:
            names = [name for name in in_order(self.board) if self._walk([name])]
            self._turns = list(permutations(names, 2))
            self.improver.random.shuffle(self._turns)
            self._turns += [(name,) for name in names]
        while self._turns:
            turn = self._turns.pop()
            tried = self._in_vain.get((*turn, 0)) == self.standing.version
            if not tried and self.excess(turn[0], least) > 0:
                return turn
        return None

    def _set_aside(self, patient: str, least: dict[str, int], must_gain: int) -> int:
        """Ask those to step aside who keep a patient from a course that costs less; the gain."""
        price = self.improver.random.choice(PRICES_ASIDE)
        key = (patient, must_gain, price)
        if self._in_vain.get(key) == self.standing.version:
            return 0
        self._in_vain[key] = self.standing.version
        names = self.improver.in_the_way_of(patient, max(1, must_gain), price)
        group = list(dict.fromkeys([*party_of(self.problem, patient), *names]))
        return self._trade(group, least, must_gain) if names and self._walk(group) else 0

    def _unless_in_vain(self, key: tuple[str | int, ...], change: Callable[[], int]) -> int:
        """What a change gains that is tried once only while nothing on the board changes."""
        if self._in_vain.get(key) == self.standing.version:
            return 0
        gain = change()
        self._in_vain[key] = self.standing.version
        return gain

    def _around(self, occurrence: Occurrence) -> tuple[list[str], int, int]:
        """Whose it is, a few who have much that its patients could use, and the days around it."""
        dice, board = self.improver.random, self.board
        first, last = days_of(board, occurrence)
        party = party_of(self.problem, occurrence.owner)
        if not self._walk(party):
            return [*party, *visitors(board, occurrence, first, last, dice)], first, last
        if occurrence.is_meeting:
            first, last = first - DAYS_A_WEEK // 2, last + DAYS_A_WEEK // 2
        names = dict.fromkeys([*occurrence.patients, *party])
        held = rivals(board, occurrence.patients, range(max(0, first), last + 1))
        for _ in range(min(len(held), dice.choice(RIVALS))):
            names[dice.choices([*held], weights=[*held.values()])[0]] = None
        return [*names], first, last

    def _someone(self, least: dict[str, int]) -> tuple[list[str], int, int]:
        """A patient who pays most for the company of others, some of those, and a week."""
        dice, names = self.improver.random, in_order(self.board)
        excess = [1 + max(0, self.excess(name, least)) for name in names]
        patient = dice.choices(names, weights=[min(most, MOST_EXCESS) for most in excess])[0]
        others = [name for name in names if name != patient]
        group = [patient, *dice.sample(others, min(len(others), dice.randint(1, 3)))]
        first = dice.choice(first_days_of_weeks(self.problem, patient))
        return group, first, first + DAYS_A_WEEK - 1

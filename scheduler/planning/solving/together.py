"""What a search and its companion do for each other, and what they say.

The companion takes courses and full days from the other end of the row, proves what each party
costs alone, and else explores with dice of its own. It says what it begins with, what it has
proved and what stands otherwise where it has planned cheaper. The search says what waits, what it
has proved and how all stands; that is then how all stands on the companion's board, too, but for
what is found there next. So whatever the two find at odds with each other, they soon agree, and
the search decides: what the companion has found is a change like its own, kept only where its plan
gets cheaper.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple
from typing import Any, NamedTuple

from scheduler.planning.solving.companion import Link, can_be_accompanied, companion
from scheduler.planning.solving.improving import Improver
from scheduler.planning.solving.pieces import Piece
from scheduler.planning.solving.posing import Left
from scheduler.planning.solving.proving import Proof, Prover
from scheduler.planning.solving.schedules import (
    NONSENSE,
    Schedule,
    Unintelligible,
    adopt,
    schedules_of,
    take_in,
    understood,
)
from scheduler.planning.solving.telling import Telling


class _Heard(NamedTuple):
    """What the companion begins with, has proved, and has planned otherwise, by which piece."""

    begun: Piece | None
    proofs: list[Proof]
    stands: dict[str, Schedule]
    found_by: Piece | None


class Together:
    """One of the two, and what it knows of the other."""

    def __init__(self, improver: Improver, prover: Prover) -> None:
        self.improver = improver
        self.prover = prover
        self.standing = improver.standing
        self.waiting: list[Piece] = []
        """What is to be looked at in this round: by the search from the front, by its companion
        from the back."""
        self._proofs: set[Proof] = set()
        self._stood: dict[str, Schedule] = {}

    def _new_proofs(self) -> list[Proof]:
        """What both do not know yet."""
        found = [proof for proof in self.prover.proofs() if proof not in self._proofs]
        self._proofs.update(found)
        return found

    def _new_schedules(self) -> dict[str, tuple[Schedule, Schedule]]:
        """How those stood and stand who stood otherwise when this was last asked."""
        before, self._stood = self._stood, schedules_of(self.standing.board)
        both = {name: (before[name], held) for name, held in self._stood.items()}
        return {name: (then, now) for name, (then, now) in both.items() if then != now}

    def _believe(self, proofs: Iterable[Proof]) -> None:
        for proof in proofs:
            self.prover.take_over(proof)
            self._proofs.add(proof)


class Searcher(Together):
    """The search itself, alone until it is accompanied."""

    def __init__(self, improver: Improver, prover: Prover, telling: Telling) -> None:
        super().__init__(improver, prover)
        self.telling = telling
        self._link: Link | None = None
        self._theirs: set[Piece] = set()
        self._refused = False
        self.looked_at: dict[Piece, int] = {}
        """The version of the board of which each piece was last looked at, by either."""
        self._said: tuple[Any, ...] = ()

    @property
    def is_accompanied(self) -> bool:
        """Whether somebody else is at work on the same question."""
        return self._link is not None and self._link.is_open

    @contextmanager
    def accompanied(self, explore: Callable[[], object]) -> Iterator[None]:
        """While this lasts, another process works on the same question, where that is allowed.

        Not where work is counted, for the same work gives the same plan; and not for one party,
        whose best course is one question. ``explore`` is what it does when nobody asks for more.
        """
        stop = self.improver.stop
        if stop.work is not None or stop.due or self.prover.is_alone or not can_be_accompanied():
            yield
            return

        def accompany(link: Link) -> None:
            self.telling.report = None
            Companion(self.improver, self.prover, link).run(explore)

        with companion(accompany) as link:
            self.join(link)
            yield
            self.exchange()
        self._link = None

    def join(self, link: Link | None) -> None:
        """From now on somebody listens who has the same board."""
        self._stood = schedules_of(self.standing.board)
        self._link = link

    def begin_round(self, pieces: Iterable[Piece]) -> None:
        """Let these be looked at, by both."""
        self.waiting[:] = pieces
        self._theirs.clear()
        self.exchange()

    def exchange(self) -> None:
        """Take in what the companion has found, and tell it how all stands now.

        Not while the board holds what may be no plan.
        """
        if self._link is None or self.telling.is_aside:
            return
        for heard in self._understood(self._link.hear()):
            self._believe(heard.proofs)
            self._take(heard)
        news = (self.standing.version, [*self.waiting], astuple(self.prover.left))
        if self._link.has_said_all and (self._refused or news != self._said or self._knows_more):
            _, waiting, left = self._said = news
            self._refused = False
            stands = {name: now.said() for name, (_, now) in self._new_schedules().items()}
            proofs = self._new_proofs()
            self._link.say({"stands": stands, "waiting": waiting, "left": left, "proofs": proofs})

    @property
    def _knows_more(self) -> bool:
        return not self._proofs.issuperset(self.prover.proofs())

    def _understood(self, messages: Iterable[Any]) -> Iterator[_Heard]:
        """What makes sense of all that was said."""
        for said in messages:
            with suppress(Unintelligible, *NONSENSE):
                proofs = [(int(n), int(bound), bool(proven)) for n, bound, proven in said["proofs"]]
                stands = understood(self.standing.board, said["stands"])
                yield _Heard(_piece(said["begun"]), proofs, stands, _piece(said["found_by"]))

    def _take(self, heard: _Heard) -> None:
        begun, found_by = heard.begun, heard.found_by
        if begun in self.waiting:
            self.waiting.remove(begun)
            self._theirs.add(begun)
            self.looked_at[begun] = self.standing.version
        if heard.stands and not take_in(self.improver, heard.stands):
            self._refused = True
            # What others have changed meanwhile left no room for it: once more as all stands now.
            if found_by in self._theirs:
                self.waiting.append(found_by)
                self._theirs.remove(found_by)
        elif found_by in self._theirs:
            self.looked_at[found_by] = self.standing.version


class Companion(Together):
    """The other one, in a process of its own."""

    def __init__(self, improver: Improver, prover: Prover, link: Link) -> None:
        super().__init__(improver, prover)
        self._link = link
        self._there = schedules_of(self.standing.board)
        self._stood = dict(self._there)
        self._cost = self.standing.total

    def run(self, explore: Callable[[], object]) -> None:
        """Do what is of most use, until it is time or the search is gone."""
        stop, dice = self.improver.stop, self.improver.random
        stop.going_on = self._look_whether_wanted
        dice.seed(dice.getrandbits(32))  # both go on from the same dice
        while self._link.is_open and not stop.due:
            self.listen()
            self.step(explore)

    def _look_whether_wanted(self) -> None:
        self._link.go_on()
        if not self._link.is_open:
            self.improver.stop.request()

    def listen(self) -> None:
        """Let all stand as it does with the search now."""
        messages = self._link.hear()
        for said in messages:
            self._there.update(understood(self.standing.board, said["stands"]))
            self._believe(map(tuple, said["proofs"]))
            self.prover.left = Left(*said["left"])
            self.waiting = [Piece.understood(piece) for piece in said["waiting"]]
        if messages:
            here = schedules_of(self.standing.board)
            adopt(self.standing, {n: held for n, held in self._there.items() if here[n] != held})
            self._stood = dict(self._there)
            self._cost = self.standing.total

    def step(self, explore: Callable[[], object]) -> None:
        """One step, and what came of it."""
        piece = self.waiting.pop() if self.waiting else None
        if piece:
            self._say(begun=piece)
            self.improver.improve(piece)
        elif not self.prover.tighten_once():
            explore()
        if self.standing.total < self._cost:
            self._cost = self.standing.total
            stands = {n: now.since(then).said() for n, (then, now) in self._new_schedules().items()}
            self._say(stands=stands, found_by=piece)
        proofs = self._new_proofs()
        if proofs:
            self._say(proofs=proofs)

    def _say(self, **news: Any) -> None:
        self._link.say({"begun": None, "stands": {}, "proofs": [], "found_by": None, **news})


def _piece(said: Any) -> Piece | None:
    return None if said is None else Piece.understood(said)

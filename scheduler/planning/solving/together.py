"""What a search and its companion do for each other, and what they say.

The companion rethinks patients from the other end of the row, proves what each party costs alone,
and else explores with dice of its own. It says whom it begins with, what it has proved and how
those stand whom it has planned cheaper. The search says who waits, what it has proved and how all
stands; that is then how all stands on the companion's board, too, but for what is found there
next. So whatever the two find at odds with each other, they soon agree, and the search decides:
what the companion has found is a change like its own, kept only where its plan gets cheaper.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple
from typing import Any

from scheduler.planning.solving.companion import Link, can_be_accompanied, companion
from scheduler.planning.solving.improving import Improver
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

_Heard = tuple[str, list[Proof], dict[str, Schedule]]
"""With whom the companion begins, what it has proved, and how it has planned some patients."""


class Together:
    """One of the two, and what it knows of the other."""

    def __init__(self, improver: Improver, prover: Prover) -> None:
        self.improver = improver
        self.prover = prover
        self.standing = improver.standing
        self.waiting: list[str] = []
        """Who is to be rethought in this round: the search from the front, its companion from the
        back."""
        self._proofs: set[Proof] = set()
        self._stood: dict[str, Schedule] = {}

    def _new_proofs(self) -> list[Proof]:
        """What both do not know yet."""
        found = [proof for proof in self.prover.proofs() if proof not in self._proofs]
        self._proofs.update(found)
        return found

    def _new_schedules(self) -> dict[str, Any]:
        """How those stand who stood otherwise when this was last asked, as plain data."""
        before, self._stood = self._stood, schedules_of(self.standing.board)
        return {name: held.said() for name, held in self._stood.items() if before[name] != held}

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
        self._theirs: set[str] = set()
        self._refused = False
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

    def begin_round(self, patients: Iterable[str]) -> None:
        """Let these be rethought, by both."""
        self.waiting[:] = patients
        self._theirs.clear()
        self.exchange()

    def exchange(self) -> None:
        """Take in what the companion has found, and tell it how all stands now.

        Not while the board holds what may be no plan.
        """
        if self._link is None or self.telling.is_aside:
            return
        for begun, proofs, stands in self._understood(self._link.hear()):
            self._believe(proofs)
            self._take(begun, stands)
        news = (self.standing.version, [*self.waiting], astuple(self.prover.left))
        if self._link.has_said_all and (self._refused or news != self._said or self._knows_more):
            _, waiting, left = self._said = news
            self._refused = False
            stands, proofs = self._new_schedules(), self._new_proofs()
            self._link.say({"stands": stands, "waiting": waiting, "left": left, "proofs": proofs})

    @property
    def _knows_more(self) -> bool:
        return not self._proofs.issuperset(self.prover.proofs())

    def _understood(self, messages: Iterable[Any]) -> Iterator[_Heard]:
        """What makes sense of all that was said."""
        for said in messages:
            with suppress(Unintelligible, *NONSENSE):
                proofs = [(int(n), int(bound), bool(proven)) for n, bound, proven in said["proofs"]]
                yield str(said["begun"]), proofs, understood(self.standing.board, said["stands"])

    def _take(self, begun: str, stands: dict[str, Schedule]) -> None:
        if begun in self.waiting:
            self.waiting.remove(begun)
            self._theirs.add(begun)
        if stands and not take_in(self.improver, stands):
            self._refused = True
            # What others have changed meanwhile left no room for it: once more as all stands now.
            self.waiting += [name for name in stands if name in self._theirs]
            self._theirs.difference_update(stands)


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
            self.prover.left, self.waiting = Left(*said["left"]), said["waiting"]
        if messages:
            here = schedules_of(self.standing.board)
            adopt(self.standing, {n: held for n, held in self._there.items() if here[n] != held})
            self._stood = dict(self._there)
            self._cost = self.standing.total

    def step(self, explore: Callable[[], object]) -> None:
        """One step, and what came of it."""
        if self.waiting:
            patient = self.waiting.pop()
            self._say(begun=patient)
            self.improver.rethink(patient)
        elif not self.prover.tighten_once():
            explore()
        if self.standing.total < self._cost:
            self._cost = self.standing.total
            self._say(stands=self._new_schedules())
        proofs = self._new_proofs()
        if proofs:
            self._say(proofs=proofs)

    def _say(self, **news: Any) -> None:
        self._link.say({"begun": None, "stands": {}, "proofs": [], **news})

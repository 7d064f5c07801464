"""What is measured of reminders on one database, and what it should come to."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from statistics import mean
from typing import Final
from uuid import UUID

from api.bench.reminders import raw, workers
from api.bench.reminders.comparing import Contender, Line, Race, Wanted, race
from api.bench.reminders.filling import CLINIC, Filled
from api.bench.reminders.lateness import Late, lateness
from api.bench.reminders.moving import Moves, moved
from api.bench.reminders.parts import Part
from api.bench.reminders.peer import Peer
from api.bench.reminders.sending import bare, whole
from api.bench.stopwatch import spent
from scheduler.clock import now
from scheduler.reminders.claiming import CHUNK, Claimed
from scheduler.store.session import Store

OF_RAW: Final = Wanted(0.35)
A_SECOND: Final = Wanted(300, of_ratios=False)
TIMES_A_JOB: Final = Wanted(15)
TIMES_TEN_JOBS: Final = Wanted(20)
TWO_WORKERS: Final = Wanted(1.5)
A_TICK: Final = Wanted(1.0, of_ratios=False, least=False)
TEN_TIMES_AS_MANY: Final = Wanted(1.6, least=False)
_SLACK, _SPARE = 1.3, 1.0
"""All of what is due at once goes out in the time that its rate says, and as much more."""


@dataclass(frozen=True)
class Sizes:
    """How many reminders are measured with.

    ``waiting``: for days to come, while rates are measured. ``bare``: due without a person behind
    them, ``people``: due with one; ``jobs``: of the peer. ``crowd``: due at one instant, among
    ``among`` that wait, and among ``more`` where that is not 0. ``workers``: how often one worker
    is compared with two; ``moves``: how often a visit moves, and the clock ticks, in one turn;
    ``times``: how many turns there are.
    """

    waiting: int = 100_000
    bare: int = 20_000
    people: int = 1_000
    jobs: int = 500
    crowd: int = 100_000
    among: int = 1_000_000
    more: int = 0
    workers: int = 3
    moves: int = 50
    times: int = 5


USUAL: Final = Sizes()
WITH_MORE: Final = replace(USUAL, more=10_000_000)
SMALLER: Final = Sizes(2_000, 1_000, 128, 32, 2_000, 10_000, more=0, workers=1, moves=20, times=2)
"""For a first look, in less than a minute."""


class Bench:
    """One database with reminders in it. ``process``: its server's, where that is ours."""

    def __init__(self, store: Store, key: str, sizes: Sizes, process: int | None = None) -> None:
        self.store = store
        self.key = key
        self.sizes = sizes
        self.process = process
        self.filled = Filled(store)
        self.filled.let_wait(sizes.waiting)

    def everything(self, only: Part | None = None) -> Iterator[Line]:
        """What is measured on this database, or a part of it, each line when it is known."""
        for part, lines in self._parts().items():
            if only in (None, part):
                yield from lines()

    def _parts(self) -> Mapping[Part, Callable[[], Iterator[Line]]]:
        if self.store.is_sqlite:
            return {Part.RATES: self._on_sqlite}
        return {
            Part.RATES: self._rates,
            Part.MOVES: self._moves,
            Part.WORKERS: self._one_and_two,
            Part.CROWDS: self._crowds,
        }

    def _on_sqlite(self) -> Iterator[Line]:
        """What one machine has without a server."""
        found = self._race([self._raw(500), self._bare("bare 500", 500, 500), self._whole()])
        yield found.line("plain statements, 500 at once", "raw 500")
        yield found.line("claim and mark alone", "bare 500", "raw 500", "of plain")
        yield found.line("the whole path", "whole", "raw 500", "of plain", A_SECOND)
        yield self._tick()

    def _rates(self) -> Iterator[Line]:
        """Beside raw PostgreSQL, and beside a job for each reminder."""
        with Peer(self.store.url) as peer:
            found = self._race([*self._ours(), *self._jobs(peer)])
        for batch in (500, 1000):
            yield found.line(f"raw PostgreSQL, {batch} at once", f"raw {batch}")
        for batch in (500, 1000):
            title = f"claim and mark alone, {batch} at once"
            yield found.line(title, f"bare {batch}", f"raw {batch}", "of raw", OF_RAW)
        title = f"the same, {CHUNK} on their way at once"
        yield found.line(title, "in chunks", "raw 500", "of raw")
        yield found.line("the whole path", "whole", "raw 500", "of raw", A_SECOND)
        yield found.line("a job for each, which sends and marks", "job")
        title = "claim and mark alone, beside it"
        yield found.line(title, "bare 500", "job", "x a job each", TIMES_A_JOB)
        yield found.line("a job for each, which goes the whole path", "whole job")
        yield found.line("the whole path, beside it", "whole", "whole job", "x a job each")

    def _moves(self) -> Iterator[Line]:
        """A visit that moves with ten reminders, beside ten jobs that are rescheduled."""
        with Peer(self.store.url) as peer:
            moves = Moves(self.filled, peer, self.sizes.moves)
            yield from moved(moves, self.sizes.times, TIMES_TEN_JOBS)

    def _one_and_two(self) -> Iterator[Line]:
        if self.sizes.workers:
            yield self._workers(self.sizes.people, workers.AT_ONCE)
            yield self._workers(self.sizes.people // 5, 1)

    def _workers(self, people: int, senders: int) -> Line:
        """Two workers beside one, where the provider takes its time."""
        rates: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(self.sizes.workers):
            for number, found in rates.items():
                self.filled.let_people_be_due(people)
                store, key = self.store, self.key
                found.append(workers.rate(store, key, people, workers=number, senders=senders))
        ratios = [two / one for one, two in zip(*rates.values(), strict=True)]
        title = f"two workers, {1000 * workers.TAKES:.0f} ms a message, {senders} at once"
        return Line(title, "/s", rates[2], (), ratios, "x one", TWO_WORKERS)

    def _tick(self) -> Line:
        """What the alarm clock costs every second where nothing is due."""
        worker = whole(self.store)
        self.filled.let_be_due(0)
        took = [spent(worker.run) for _ in range(self.sizes.moves)]
        title = "a tick with nothing due"
        return Line(title, "ms", [1000 * one.processor for one in took], wanted=A_TICK)

    def _crowds(self) -> Iterator[Line]:
        """Very many at one instant, among ever more that wait."""
        title = "99 in 100 of {:,} at once are late, of {:,}"
        number, among, more = self.sizes.crowd, self.sizes.among, self.sizes.more
        self.filled.let_wait(among)
        before = self._bare_rate()
        few = self._crowd()
        most = _SLACK * number / mean([before, self._bare_rate()]) + _SPARE
        wanted = Wanted(most, of_ratios=False, least=False)
        yield Line(title.format(number, among), "s", [few.most], wanted=wanted)
        people = self._crowd_of_people()
        yield Line(title.format(self.sizes.people, among) + ", whole path", "s", [people.most])
        yield self._tick()
        if more:
            self.filled.let_wait(more)
            many = self._crowd()
            ratios = [many.most / few.most]
            name = title.format(number, more)
            yield Line(name, "s", [many.most], (), ratios, "x that", TEN_TIMES_AS_MANY)

    def _bare_rate(self) -> float:
        """Claimed and marked in a second, at this moment."""
        self._due()
        return self.sizes.bare / spent(bare(self.store, 1000).run).wall

    def _crowd(self) -> Late:
        self.filled.let_be_due(self.sizes.crowd)
        worker = partial(bare, self.store, 1000)
        return lateness(self.sizes.crowd, lambda sender: worker(sender=sender))

    def _crowd_of_people(self) -> Late:
        self.filled.let_people_be_due(self.sizes.people)
        return lateness(self.sizes.people, lambda sender: whole(self.store, sender))

    def _race(self, contenders: Iterable[Contender]) -> Race:
        return race(contenders, self.sizes.times, self.filled.left, self.process)

    def _ours(self) -> Iterator[Contender]:
        for batch in (500, 1000):
            yield self._raw(batch)
            yield self._bare(f"bare {batch}", batch, batch)
        yield self._bare("in chunks", 500, CHUNK)
        yield self._whole()

    def _raw(self, batch: int) -> Contender:
        number = self.sizes.bare
        say = partial(raw.say, self.store, number, batch)
        return Contender(f"raw {batch}", number, self._due, say)

    def _bare(self, name: str, batch: int, chunk: int) -> Contender:
        return Contender(
            name, self.sizes.bare, self._due, lambda: bare(self.store, batch, chunk=chunk).run()
        )

    def _whole(self) -> Contender:
        number = self.sizes.people
        due = partial(self.filled.let_people_be_due, number)
        return Contender("whole", number, due, lambda: whole(self.store).run())

    def _due(self) -> None:
        self.filled.let_be_due(self.sizes.bare)

    def _jobs(self, peer: Peer) -> Iterator[Contender]:
        worker = whole(peer.store)
        people: dict[UUID, str] = {}

        def due() -> None:
            self.filled.let_be_due(self.sizes.jobs)
            peer.write(self.filled.due(), now())

        def people_due() -> None:
            self.filled.let_people_be_due(self.sizes.jobs)
            self.filled.give_to(worker.worker)
            people.update(self.filled.due())
            peer.write(self.filled.due(), now())

        def send(name: UUID) -> None:
            worker.send([Claimed(CLINIC, name, people[name])])

        number = self.sizes.jobs
        yield Contender("job", number, due, lambda: peer.work(peer.send_and_mark))
        yield Contender("whole job", number, people_due, lambda: peer.work(send))

"""How far a search is, told on each news, and again at least every second while nothing is new."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from scheduler.planning.solving.attempt import Standing
from scheduler.planning.solving.proving import Prover
from scheduler.planning.stopping import Progress, Report, Stop

QUIET = 0.2
"""Seconds after which the same is told again, so that a display goes on."""


class Telling:
    """What is told of one search."""

    def __init__(self, report: Report | None, stop: Stop) -> None:
        self.report = report
        self.stop = stop
        self._last: Progress | None = None
        self._aside = ""

    def tell(self, phase: str, standing: Standing, prover: Prover) -> None:
        """Say how far it is, if that is news."""
        if self.report is None or self._aside:
            self.go_on()
        elif self._is_news(phase, standing.total, prover.bound):
            self._say(_progress(phase, standing, prover, self.stop))

    @property
    def is_aside(self) -> bool:
        """Whether the board is no plan to tell of."""
        return bool(self._aside)

    def go_on(self) -> None:
        """Say the same again, if that was a while ago: the search goes on."""
        last, seconds = self._last, self.stop.seconds
        if last is not None and seconds > last.seconds + QUIET:
            phase, work = self._aside or last.phase, self.stop.spent
            self._say(replace(last, phase=phase, work=work, seconds=seconds))

    @contextmanager
    def aside(self, phase: str) -> Iterator[None]:
        """While this lasts, the board is no plan to tell of; the one told of last still stands."""
        self._aside = phase
        try:
            yield
        finally:
            self._aside = ""

    def _is_news(self, phase: str, cost: int, bound: int) -> bool:
        """Whether something is better than it was told, or was told a while ago."""
        last = self._last
        if last is None or (last.phase, last.cost, last.bound) != (phase, cost, bound):
            return True
        return self.stop.seconds > last.seconds + QUIET

    def _say(self, progress: Progress) -> None:
        self._last = progress
        if self.report is not None:
            self.report(progress)


def _progress(phase: str, standing: Standing, prover: Prover, stop: Stop) -> Progress:
    board = standing.board
    wanted = [o for o in board.problem.occurrences if board.wanted(o)]
    return Progress(
        phase=phase,
        placed=sum(occurrence in board.placed for occurrence in wanted),
        asked=len(wanted),
        cost=standing.total,
        bound=prover.bound,
        work=stop.spent,
        seconds=stop.seconds,
        must_leave=prover.left.number,
        must_pay=prover.left.cost,
    )

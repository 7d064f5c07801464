"""When a search ends: a time limit, an amount of work, or somebody's request."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SOLVER_UNIT = 100
"""Units of work to a unit of the exact solver's, which is about a second."""


class Unfinished(Exception):
    """It was time to stop before an answer was there."""


@dataclass(frozen=True)
class Progress:
    """What a search has reached.

    ``placed`` of ``asked`` occurrences have a time, ``cost`` is the best plan's (None before
    there is one), ``bound`` is what no plan can cost less than, ``work`` is units of search.
    Every plan pays ``must_pay`` at least for what it leaves out, and one that pays no more than
    the best one did when that was asked leaves out at least ``must_leave`` occurrences; 0 where
    nothing is known.
    """

    phase: str
    placed: int
    asked: int
    cost: int | None
    bound: int
    work: int
    seconds: float
    must_leave: int = 0
    must_pay: int = 0


Report = Callable[[Progress], None]


@dataclass
class Stop:
    """A stopping rule: after some time, after some work, or when somebody asks.

    ``time_limit`` is in seconds from the moment this rule was made. ``work`` counts units of
    search, so that the same scenario, seed and work give the same plan on any machine; where it
    is None, a search may have a companion, and makes no such promise.
    """

    time_limit: float | None = None
    work: int | None = None
    spent: int = 0
    going_on: Callable[[], None] | None = None
    """Called now and then, from the search's own thread, while something takes long."""
    _asked_to: threading.Event = field(default_factory=threading.Event)
    _began: float = field(default_factory=time.monotonic)
    _interrupts: list[Callable[[], None]] = field(default_factory=list)

    def request(self) -> None:
        """End the search at the next chance and keep the best plan found."""
        self._asked_to.set()
        for interrupt in list(self._interrupts):
            interrupt()

    @property
    def requested(self) -> bool:
        """Whether somebody has asked for the end."""
        return self._asked_to.is_set()

    @contextmanager
    def interrupting(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """While this lasts, a request also calls ``interrupt``, from whatever thread it is made."""
        self._interrupts.append(interrupt)
        try:
            yield
        finally:
            self._interrupts.remove(interrupt)

    def go_on(self) -> None:
        """Let it be known that the search goes on, though nothing is new."""
        if self.going_on is not None:
            self.going_on()

    def spend(self, units: float) -> None:
        """Count what an exact solver did, in its own deterministic units."""
        self.spent += 1 + round(units * SOLVER_UNIT)

    @property
    def seconds(self) -> float:
        """Seconds since the rule was made."""
        return time.monotonic() - self._began

    @property
    def seconds_left(self) -> float:
        """Seconds until the time limit, infinite without one, zero once asked to end."""
        if self._asked_to.is_set():
            return 0.0
        if self.time_limit is None:
            return float("inf")
        return max(0.0, self.time_limit - self.seconds)

    @property
    def units_left(self) -> float:
        """The exact solver's units that the work still allows, infinite without such a limit."""
        return float("inf") if self.work is None else (self.work - self.spent) / SOLVER_UNIT

    @property
    def due(self) -> bool:
        """Whether the search should end now."""
        return self.seconds_left <= 0 or (self.work is not None and self.spent >= self.work)

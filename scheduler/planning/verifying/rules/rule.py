"""What a rule is: a name, how an unplaced occurrence would name it, and what finds a breach."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pathways.plan import Rule as Reason
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.visits import Visit


class Breach(NamedTuple):
    """Visits that break a rule together, the one that it is about first, and how they do."""

    visits: tuple[Visit, ...]
    words: str

    @property
    def place(self) -> str:
        """The first of them that may be moved; where none may, the first."""
        return next((v.place for v in self.visits if not v.locked), self.visits[0].place)

    @property
    def is_locked(self) -> bool:
        """Whether locked appointments alone break the rule."""
        return all(visit.locked for visit in self.visits)


Find = Callable[[Case, Visit], Iterator[Breach]]


class Rule(NamedTuple):
    """One hard rule: finds every breach in which a given visit takes part.

    The visit may be one of the plan's or one that is only tried; all others stand as they are.
    ``by_date``: whether it depends on the date alone, not on the time of day.
    """

    name: str
    reason: Reason | None
    find: Find
    by_date: bool = False

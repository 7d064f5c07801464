"""What a walk through days remembers from one day to the next.

It is little: which marked sessions of the week stand, on which days the sessions lie that spacing
rules count, and which follow-up sessions are still to come. That is a `State`. Beside it stands an
array of costs, an axis for each plain block of the week (how many stand) and one for each session
whose follow-up is still to come (when it began).
"""

from typing import NamedTuple

from scheduler.planning.course.day import Costs
from scheduler.planning.course.spacing import Counted
from scheduler.planning.course.weeks import Block, Week

Anchor = tuple[str, int]
"""An activity and the day on which a session of it stands whose follow-up is still to come."""

Due = tuple[int, Anchor]
"""A follow-up that is still to come, by its occurrence's index, and what it follows."""

Chosen = tuple[int, int]
"""A marked block, by its number in the week, and a session, by its number in the block."""


class Today(NamedTuple):
    """A day, counted from the calendar's first, and the week that owns it, if any does."""

    day: int
    week: Week | None

    @property
    def plain(self) -> tuple[Block, ...]:
        """The plain blocks of the week."""
        return self.week.plain if self.week else ()

    @property
    def marked(self) -> tuple[Block, ...]:
        """The blocks of the week that a walk has to remember."""
        return self.week.marked if self.week else ()


class Night(NamedTuple):
    """From one day to the next that is walked through."""

    old: Today
    new: Today

    @property
    def turns(self) -> bool:
        """Whether one week is over and another, or none, begins."""
        return self.old.week is not self.new.week


class State(NamedTuple):
    """What the days before a day leave open; ``next`` is a number for each marked block.

    Follow-ups ``due`` need to know when their anchor began, those due ``loosely`` only the day.
    """

    counted: Counted = ()
    next: tuple[int, ...] = ()
    due: tuple[Due, ...] = ()
    loosely: tuple[Due, ...] = ()

    @property
    def anchors(self) -> list[Anchor]:
        """One for each axis behind those of the plain blocks."""
        return sorted({anchor for _, anchor in self.due}, key=lambda anchor: anchor[::-1])

    @property
    def to_come(self) -> tuple[Due, ...]:
        """All follow-ups that are still to come."""
        return (*self.due, *self.loosely)

    def without(self, gone: tuple[Due, ...]) -> "State":
        """The state once some follow-ups are done with."""
        due = tuple(item for item in self.due if item not in gone)
        loosely = tuple(item for item in self.loosely if item not in gone)
        return self._replace(due=due, loosely=loosely)


class Reached(NamedTuple):
    """A state, and what it costs at least to come to it, by the axes of plain and anchors."""

    state: State
    costs: Costs


class Aside(NamedTuple):
    """A follow-up beside that of a day, and whether it is placed or given up."""

    due: Due
    placed: bool


class Move(NamedTuple):
    """What a day adds: a follow-up, marked sessions, one that ends the day; and what it skips.

    ``variant`` numbers what takes place anyway. ``asides`` are other follow-ups that are done with
    on this day: given up, or placed as if they met nothing else of the day, which no course can
    better.
    """

    follow: Due | None
    marked: tuple[Chosen, ...]
    last: Chosen | None
    variant: int = 0
    asides: tuple[Aside, ...] = ()

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        """All marked sessions that it adds."""
        return (*self.marked, *([self.last] if self.last else []))


Layer = dict[State, Costs]
"""All states of a morning or an evening, each with its costs."""

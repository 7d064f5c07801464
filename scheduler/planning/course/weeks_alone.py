"""What weeks cost at least by themselves, remembered by what may start in them.

In a clinic the same weeks are asked about again and again, and between two questions others have
taken or left some starts. Where less may start, a week costs no less: so what is known of a week
in which more may start is a bound as well, and often all that is asked for.
"""

from collections import defaultdict
from collections.abc import Hashable
from typing import NamedTuple

from scheduler.planning.asking import Occurrence
from scheduler.planning.calendar import bits
from scheduler.planning.course.course import Course

Masks = tuple[int, ...]


class Look(NamedTuple):
    """All that the cost of a week alone depends on.

    That is where its sessions may start, by how much a crowd makes that dearer, and all else.
    """

    starts: Masks
    crowd: tuple[Hashable, ...]
    rest: Hashable


class WeeksAlone:
    """What is known of the weeks of all patients of one clinic, each free of all others."""

    def __init__(self) -> None:
        self._least: dict[Look, int] = {}
        self._like: dict[Hashable, list[tuple[Masks, int]]] = defaultdict(list)

    def bound(self, look: Look) -> int | None:
        """The most that is known of a week in which no less may start; None where nothing is.

        A crowd only makes starts dearer.
        """
        if look in self._least:
            return self._least[look]
        held = self._like.get(look.rest, ())
        return max((least for starts, least in held if _holds(starts, look.starts)), default=None)

    def keep(self, look: Look, least: int) -> None:
        """Remember what a week costs."""
        self._least[look] = least
        if not any(look.crowd):
            self._like[look.rest].append((look.starts, least))


def look_of(week: Course) -> Look:
    """What a week alone looks like."""
    told = tuple((o.index, _told(week, o, mask)) for o, mask in week.starts.items())
    rest = (week.days_asked, told, tuple(week.agenda.fixed.items()), week.request.may_skip)
    crowd = tuple(week.crowded(o, mask) for o, mask in week.starts.items())
    return Look(tuple(week.starts.values()), crowd, rest)


def _told(week: Course, occurrence: Occurrence, starts: int) -> Hashable:
    """What the starts cost, where that hangs on what stands on the board; else nothing."""
    placed = week.request.board.placed
    if occurrence.booked is None and not any(f in placed for f in occurrence.followers):
        return ()
    return tuple(cost for at in bits(starts) for cost in week.prices.of_starts(occurrence, at, [0]))


def _holds(wider: Masks, starts: Masks) -> bool:
    """Whether whatever may start in one week may in another."""
    return all(mask & ~more == 0 for more, mask in zip(wider, starts, strict=True))

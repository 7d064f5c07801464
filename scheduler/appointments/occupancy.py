"""How full a clinic is: of each kind of place and person, how many are taken in each half hour.

What is there, by the clinic's hours, its closures and who is away; what is taken, by what is
booked. One monitor may watch several patients at once: taken is who watches, not whom.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from pathways import timing
from pathways.scenario import Clinic, Practitioner
from scheduler.appointments.listing import Listed
from scheduler.tracking import TAKES_TIME

HALF_HOUR: Final = 30


@dataclass(frozen=True)
class Load:
    """So many of those that are there are ``taken`` from ``start`` (minutes after midnight) on."""

    start: int
    taken: int
    there: int

    @property
    def share(self) -> float:
        """The part that is taken; all of nothing counts as none."""
        return min(1.0, self.taken / self.there) if self.there else 0.0


def loads_on(
    day: date, clinic: Clinic, visits: Iterable[Listed], kinds: Mapping[str, Sequence[str]]
) -> dict[str, list[Load]]:
    """The half hours of a date in which the clinic works, for each kind of place or person.

    ``kinds``: the ids of what there is of each. Empty where the clinic is closed.
    """
    if any(closure.date == day for closure in clinic.closures):
        return {}
    windows = clinic.hours.on(day)
    if not windows:
        return {}
    begins = range(windows[0].start // HALF_HOUR * HALF_HOUR, windows[-1].end, HALF_HOUR)
    standing = [visit.row for visit in visits if visit.row.status in TAKES_TIME]
    return {
        kind: [_load(day, start, clinic, standing, frozenset(names)) for start in begins]
        for kind, names in kinds.items()
    }


def _load(
    day: date, start: int, clinic: Clinic, rows: Sequence[Any], names: frozenset[str]
) -> Load:
    begin = timing.instant(day, start, clinic.zone)
    end = begin + timedelta(minutes=HALF_HOUR)
    taken = {name for row in rows for name in _taken(row, begin, end)} & names
    people = {one.id: one for one in clinic.practitioners}
    there = {n for n in names if n not in people or _works(people[n], day, start)}
    return Load(start, len(taken), len(there | taken))


def _taken(row: Any, begin: datetime, end: datetime) -> Iterable[str]:
    """The place and the people of an appointment that are taken for some of a stretch."""
    if row.start < end and begin < row.end:
        yield from filter(None, (row.location_id, *row.practitioners))
    for stage in row.stages:
        first, last = (datetime.fromisoformat(stage[name]) for name in ("start", "end"))
        if stage.get("practitioner") and first < end and begin < last:
            yield stage["practitioner"]


def _works(one: Practitioner, day: date, start: int) -> bool:
    if any(away.holds(day) for away in one.away):
        return False
    return any(w.start <= start and start + HALF_HOUR <= w.end for w in one.hours.on(day))

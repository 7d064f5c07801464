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
    taken = _taken(day, begins, clinic, standing)
    people = {one.id: one for one in clinic.practitioners}

    def load(start: int, names: frozenset[str]) -> Load:
        there = {n for n in names if n not in people or _works(people[n], day, start)}
        busy = taken[start] & names
        return Load(start, len(busy), len(there | busy))

    return {
        kind: [load(start, frozenset(names)) for start in begins] for kind, names in kinds.items()
    }


def _taken(
    day: date, begins: Iterable[int], clinic: Clinic, rows: Iterable[Any]
) -> dict[int, set[str]]:
    """The places and people that are taken for some of each half hour, by when it begins."""
    found: dict[int, set[str]] = {start: set() for start in begins}
    instants = {start: timing.instant(day, start, clinic.zone) for start in found}
    half_hour = timedelta(minutes=HALF_HOUR)
    for name, first, last in (span for row in rows for span in _spans(row)):
        for start, begin in instants.items():
            if first < begin + half_hour and begin < last:
                found[start].add(name)
    return found


def _spans(row: Any) -> Iterable[tuple[str, datetime, datetime]]:
    """For how long an appointment takes its place and each of its people."""
    for name in filter(None, (row.location_id, *row.practitioners)):
        yield name, row.start, row.end
    for stage in row.stages:
        if stage.get("practitioner"):
            first, last = (datetime.fromisoformat(stage[name]) for name in ("start", "end"))
            yield stage["practitioner"], first, last


def _works(one: Practitioner, day: date, start: int) -> bool:
    if any(away.holds(day) for away in one.away):
        return False
    return any(w.start <= start and start + HALF_HOUR <= w.end for w in one.hours.on(day))

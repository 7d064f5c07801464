"""Who and what is taken when: locations, practitioners, and the attention of monitors."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from pathways import timing
from pathways.scenario import Busy, Location, Practitioner, Scenario
from scheduler.planning.verifying.local_time import LocalTime
from scheduler.planning.verifying.meetings import Meeting, Timetable
from scheduler.planning.verifying.visits import Hold, Visit


class Taking(NamedTuple):
    """A stretch of time that something takes; ``visit`` is None where no appointment does."""

    start: datetime
    end: datetime
    what: str
    visit: Visit | None = None

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether it shares an instant with ``[start, end)``."""
        return self.start < end and start < self.end


class Takings:
    """What takes the clinic's locations and practitioners, by date.

    Meetings of a series take both, attended or not. A group visit that no series meets for (a
    locked one whose series has since changed) takes its own.
    """

    def __init__(
        self,
        scenario: Scenario,
        local: LocalTime,
        timetable: Timetable,
        visits: Iterable[Visit],
    ) -> None:
        self._local = local
        self._timetable = timetable
        self.people = {person.id: person for person in scenario.clinic.practitioners}
        self.prescribers = [p for p in self.people.values() if "prescriber" in p.roles]
        self._at: dict[tuple[str, date], list[Taking]] = defaultdict(list)
        self._by: dict[tuple[str, date], list[Taking]] = defaultdict(list)
        self._held: dict[tuple[str, date], list[tuple[Hold, Visit]]] = defaultdict(list)
        self._places = {place.id: place for place in scenario.clinic.locations}
        self._busy: dict[tuple[str, str], list[Taking]] = {}
        self._waiting = self._by_day(visits)

    def _by_day(self, visits: Iterable[Visit]) -> dict[date, list[Visit]]:
        """The visits of each date on which they, or stages of theirs, take anything."""
        found: dict[date, list[Visit]] = defaultdict(list)
        for visit in visits:
            days: Iterable[date] = visit.days
            for stage in visit.stages:
                if stage.start < visit.start or stage.end > visit.end:
                    days = {*days, *self._local.days_touched(stage.start, stage.end)}
            for day in days:
                found[day].append(visit)
        return found

    def _days(self, start: datetime, end: datetime) -> list[date]:
        """The dates that ``[start, end)`` touches, on which all that is taken is entered then."""
        days = self._local.days_touched(start, end)
        for day in days:
            for visit in self._waiting.pop(day, ()):
                self._enter(visit, day)
        return days

    def _busy_hours(self, kind: str, thing: Location | Practitioner | None) -> list[Taking]:
        if thing is None:
            return []
        key = (kind, thing.id)
        if key not in self._busy:
            self._busy[key] = [self._instants(busy) for busy in thing.busy]
        return self._busy[key]

    def _instants(self, busy: Busy) -> Taking:
        ends = [
            timing.instant(t.date(), t.hour * 60 + t.minute, self._local.zone)
            + timedelta(seconds=t.second)
            for t in (busy.start, busy.end)
        ]
        return Taking(ends[0], ends[1], "something that is not planned here")

    def _enter(self, visit: Visit, day: date) -> None:
        """Enter what a visit takes on one of its dates."""
        if day in visit.days:
            taking = Taking(visit.start, visit.end, visit.place, visit)
            if visit.location is not None and not self._is_standing(visit, visit.location):
                self._at[visit.location, day].append(taking)
            for person in visit.practitioners:
                if not self._is_led(visit, person):
                    self._by[person, day].append(taking)
        for hold in visit.holds:
            if day in self._local.days_touched(hold.start, hold.end):
                self._held[hold.monitor, day].append((hold, visit))

    def _is_standing(self, visit: Visit, location: str) -> bool:
        """Whether a visit is to a meeting that takes the location by itself."""
        return visit.is_group and any(
            (m.start, m.end) == (visit.start, visit.end)
            for m in self._timetable.taking_place_at(location, visit.day)
        )

    def _is_led(self, visit: Visit, person: str) -> bool:
        """Whether a visit is to a meeting that takes the facilitator by itself."""
        return visit.is_group and any(
            (m.start, m.end) == (visit.start, visit.end)
            for m in self._timetable.led_by(person, visit.day)
        )

    def at(self, location: str, start: datetime, end: datetime) -> Iterator[Taking]:
        """The sessions and meetings at a location that overlap ``[start, end)``."""
        for day in self._days(start, end):
            for meeting in self._timetable.taking_place_at(location, day):
                yield from _if_overlapping(_taking(meeting), start, end)
            for taking in self._at.get((location, day), ()):
                yield from _if_overlapping(taking, start, end)

    def of(self, person: str, start: datetime, end: datetime) -> Iterator[Taking]:
        """The needs, meetings and busy hours that take a person in ``[start, end)``."""
        for day in self._days(start, end):
            for meeting in self._timetable.led_by(person, day):
                yield from _if_overlapping(_taking(meeting), start, end)
            for taking in self._by.get((person, day), ()):
                yield from _if_overlapping(taking, start, end)
        for taking in self._busy_hours("person", self.people.get(person)):
            yield from _if_overlapping(taking, start, end)

    def busy_at(self, location: str, start: datetime, end: datetime) -> Iterator[Taking]:
        """The busy hours of a location that overlap ``[start, end)``."""
        for taking in self._busy_hours("place", self._places.get(location)):
            yield from _if_overlapping(taking, start, end)

    def held(self, person: str, start: datetime, end: datetime) -> list[tuple[Hold, Visit]]:
        """The stages that a person holds within ``[start, end)``."""
        days = self._days(start, end)
        return [
            (hold, visit)
            for day in days
            for hold, visit in self._held.get((person, day), ())
            if hold.start < end
            and start < hold.end
            # One that lies on several of the days is told of on the first of them.
            and (day == days[0] or self._local.day(hold.start) == day)
        ]

    def is_on_duty(self, person: Practitioner, day: date, start: datetime, end: datetime) -> bool:
        """Whether a person is inside their hours and not away, throughout."""
        if any(away.holds(day) for away in person.away):
            return False
        return self._local.inside(person.hours, day, start, end)


def _taking(meeting: Meeting) -> Taking:
    return Taking(meeting.start, meeting.end, f"a meeting of {meeting.series.id}")


def _if_overlapping(taking: Taking, start: datetime, end: datetime) -> Iterator[Taking]:
    if taking.overlaps(start, end):
        yield taking


def peak(
    holds: Iterable[tuple[Hold, Visit]], start: datetime, end: datetime
) -> tuple[Fraction, list[Visit]]:
    """The most attention that is taken at one instant of ``[start, end)``, and by whom."""
    most, by = Fraction(0), list[Visit]()
    holds = list(holds)
    for moment in sorted({start, *(h.start for h, _ in holds if start < h.start < end)}):
        now = [(hold, visit) for hold, visit in holds if hold.start <= moment < hold.end]
        share = sum((hold.share for hold, _ in now), Fraction(0))
        if share > most:
            most, by = share, [visit for _, visit in now]
    return most, by

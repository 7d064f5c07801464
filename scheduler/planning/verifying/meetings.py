"""The standing series of group meetings: when they meet, and who may join which."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from pathways import timing
from pathways.model import Activity
from pathways.scenario import Clinic, Group, Patient, WeeklyMeeting
from scheduler.planning.verifying.local_time import LocalTime


@dataclass(frozen=True)
class Meeting:
    """One meeting of a series; one that falls out keeps its number."""

    series: Group
    day: date
    start: datetime
    end: datetime
    fallen: bool


class _Day:
    """The meetings of a date, those that fall out among them, by place, leader and series."""

    def __init__(self, meetings: Iterable[Meeting]) -> None:
        self.meetings = tuple(meetings)
        self.at: dict[str, list[Meeting]] = defaultdict(list)
        self.led: dict[str, list[Meeting]] = defaultdict(list)
        self.of: dict[str, list[Meeting]] = defaultdict(list)
        for meeting in self.meetings:
            self.of[meeting.series.id].append(meeting)
            self.at[meeting.series.location].append(meeting)
            self.led[meeting.series.facilitator].append(meeting)


class Timetable:
    """All meetings of a clinic's series."""

    def __init__(self, clinic: Clinic) -> None:
        self._local = LocalTime(clinic)
        self._weekly: dict[str, list[tuple[Group, WeeklyMeeting]]] = defaultdict(list)
        for series in clinic.groups:
            for weekly in series.weekly:
                self._weekly[weekly.day].append((series, weekly))
        self._days: dict[date, _Day] = {}

    def on(self, day: date) -> tuple[Meeting, ...]:
        """The meetings of a date, attended or not, those that fall out among them."""
        return self._day(day).meetings

    def _day(self, day: date) -> _Day:
        if day not in self._days:
            weekly = self._weekly.get(timing.weekday(day), ())
            # Made whole before it is remembered: several threads may ask.
            self._days[day] = _Day(self._meeting(series, day, one) for series, one in weekly)
        return self._days[day]

    def taking_place_at(self, location: str, day: date) -> Iterator[Meeting]:
        """The meetings that take place at a location on a date, attended or not."""
        return (m for m in self._day(day).at.get(location, ()) if not m.fallen)

    def led_by(self, person: str, day: date) -> Iterator[Meeting]:
        """The meetings that take place on a date with this facilitator, attended or not."""
        return (m for m in self._day(day).led.get(person, ()) if not m.fallen)

    def numbered(self, series: Group, activity: Activity, begins: date) -> dict[int, Meeting]:
        """The meetings of a pathway's weeks in order of time, numbered from 1."""
        found = [
            meeting
            for week in activity.scheduled_weeks
            for day in timing.week_dates(begins, week)
            for meeting in self._day(day).of.get(series.id, ())
            if meeting.series is series
        ]
        found.sort(key=lambda meeting: (meeting.start, meeting.end))
        return dict(enumerate(found, start=1))

    def series_at(
        self, activity: str, location: str | None, start: datetime, end: datetime
    ) -> tuple[Group, ...]:
        """The series with that activity and location which meets then, fallen out or not.

        There may be several at a virtual location, which holds any number.
        """
        day = self._local.day(start)
        return tuple(
            meeting.series
            for meeting in self._day(day).at.get(location or "", ())
            if (meeting.series.activity, meeting.start, meeting.end) == (activity, start, end)
        )

    def _meeting(self, series: Group, day: date, weekly: WeeklyMeeting) -> Meeting:
        start, end = timing.interval(day, weekly.window, self._local.zone)
        fallen = self._local.is_closed(day) or day in series.cancelled
        return Meeting(series, day, start, end, fallen)


class _This:
    """A clinic's record as itself: two are the same only where they are one object."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _This) and other.clinic is self.clinic

    def __hash__(self) -> int:
        return id(self.clinic)


def timetable_of(clinic: Clinic) -> Timetable:
    """The timetable of this very record, made once: who books asks for the same one all day."""
    return _timetable(_This(clinic))


@lru_cache(16)
def _timetable(of: _This) -> Timetable:
    return Timetable(of.clinic)


def suits(series: Group, activity: Activity) -> bool:
    """Whether a series is one of the activity and its modality."""
    return (series.activity, series.modality) == (activity.id, activity.modality)


def qualifies(series: Group, activity: Activity, patient: Patient) -> bool:
    """Whether a patient may join: often enough, and always while they are available."""
    return (
        suits(series, activity)
        and len(series.weekly) == activity.schedule[0].per_week
        and all(_lies_inside(weekly, patient) for weekly in series.weekly)
    )


def _lies_inside(weekly: WeeklyMeeting, patient: Patient) -> bool:
    start, end = weekly.window
    return any(w.start <= start and end <= w.end for w in patient.available.on_weekday(weekly.day))

"""The standing series of group meetings: when they meet, and who may join which."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

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


class Timetable:
    """All meetings of a clinic's series."""

    def __init__(self, clinic: Clinic, local: LocalTime) -> None:
        self._clinic = clinic
        self._local = local
        self._on: dict[date, tuple[Meeting, ...]] = {}
        self._at: dict[tuple[str, date], list[Meeting]] = defaultdict(list)
        self._led: dict[tuple[str, date], list[Meeting]] = defaultdict(list)

    def on(self, day: date) -> tuple[Meeting, ...]:
        """The meetings of a date, attended or not, those that fall out among them."""
        if day not in self._on:
            name = timing.weekday(day)
            self._on[day] = tuple(
                self._meeting(series, day, weekly)
                for series in self._clinic.groups
                for weekly in series.weekly
                if weekly.day == name
            )
            for meeting in self._on[day]:
                self._at[meeting.series.location, day].append(meeting)
                self._led[meeting.series.facilitator, day].append(meeting)
        return self._on[day]

    def taking_place_at(self, location: str, day: date) -> Iterator[Meeting]:
        """The meetings that take place at a location on a date, attended or not."""
        self.on(day)
        return (meeting for meeting in self._at.get((location, day), ()) if not meeting.fallen)

    def led_by(self, person: str, day: date) -> Iterator[Meeting]:
        """The meetings that take place on a date with this facilitator, attended or not."""
        self.on(day)
        return (meeting for meeting in self._led.get((person, day), ()) if not meeting.fallen)

    def numbered(self, series: Group, activity: Activity, begins: date) -> dict[int, Meeting]:
        """The meetings of a pathway's weeks in order of time, numbered from 1."""
        found = [
            meeting
            for week in activity.scheduled_weeks
            for day in timing.week_dates(begins, week)
            for meeting in self.on(day)
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
        self.on(day)
        return tuple(
            meeting.series
            for meeting in self._at.get((location or "", day), ())
            if (meeting.series.activity, meeting.start, meeting.end) == (activity, start, end)
        )

    def _meeting(self, series: Group, day: date, weekly: WeeklyMeeting) -> Meeting:
        start, end = timing.interval(day, weekly.window, self._local.zone)
        fallen = self._local.is_closed(day) or day in series.cancelled
        return Meeting(series, day, start, end, fallen)


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

"""What no plan can change: when people and places are free, which starts are open to whom.

All times are minutes since 1970 in UTC. Intervals are half-open.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import product

from pathways import timing
from pathways.model import Activity, Stage
from pathways.plan import Appointment
from pathways.record import WeekTable
from pathways.scenario import Booked, Group, Patient, Scenario

Span = tuple[int, int]


@dataclass(frozen=True)
class Visit:
    """An appointment of the plan; where and with whom is decided last."""

    patients: tuple[str, ...]
    activity: Activity
    number: int
    start: int
    end: int
    day: date
    series: str | None = None
    booked: Booked | None = field(default=None, compare=False)

    modality: str = ""

    @property
    def locked(self) -> bool:
        return self.booked is not None and self.booked.locked

    @property
    def is_in_person(self) -> bool:
        """By its own modality where it has one: a series may differ from its activity's."""
        return (self.modality or self.activity.modality) == "in-person"


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def minute_of(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


class Facts:
    """A scenario's unchanging facts, as a plan for it meets them."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.clinic = scenario.clinic
        self.zone = scenario.clinic.zone
        self.patients = {patient.id: patient for patient in scenario.patients}
        self.places = {place.id: place for place in self.clinic.locations}
        self.people = {person.id: person for person in self.clinic.practitioners}
        self.series = {group.id: group for group in self.clinic.groups}
        self.closed = {closure.date for closure in self.clinic.closures}
        self.now = minute_of(scenario.now) if scenario.now else -(10**12)
        self.locked = [booked for booked in scenario.booked if booked.locked]
        self.days = list(self._horizon())
        self.starts_of = cache(self._starts_of)
        self.taken = cache(self._taken)
        self.duty = cache(self._duty)

    def _horizon(self) -> Iterator[date]:
        """Every date on which anything of this scenario may be planned."""
        lags = [
            activity.after.lag.max
            for pathway in self.scenario.pathways
            for activity in pathway.activities
            if activity.after
        ]
        weeks = max(pathway.weeks for pathway in self.scenario.pathways)
        starts = [patient.start for patient in self.scenario.patients]
        if not starts:
            return
        day = min(starts)
        while day <= max(starts) + timedelta(days=7 * weeks) + sum(lags, timedelta(days=1)):
            yield day
            day += timing.ONE_DAY

    def at(self, day: date, minute: int) -> int:
        """The instant of a wall-clock time."""
        return minute_of(timing.instant(day, minute, self.zone))

    def windows(self, table: WeekTable, day: date) -> list[Span]:
        return [(self.at(day, w.start), self.at(day, w.end)) for w in table.on(day)]

    def inside(self, table: WeekTable, day: date, span: Span) -> bool:
        return any(start <= span[0] and span[1] <= end for start, end in self.windows(table, day))

    def _duty(self, person: str) -> tuple[Span, ...]:
        record = self.people[person]
        return tuple(
            window
            for day in self.days
            if not any(away.holds(day) for away in record.away)
            for window in self.windows(record.hours, day)
        )

    def on_duty(self, person: str, span: Span) -> bool:
        return any(start <= span[0] and span[1] <= end for start, end in self.duty(person))

    def meetings(self, group: Group, days: Iterable[date]) -> Iterator[tuple[date, Span]]:
        """The meetings of a series on some dates, in order of time, also those that fall out."""
        for day in days:
            for meeting in sorted(group.weekly, key=lambda found: found.start):
                if meeting.day == timing.weekday(day):
                    yield day, (self.at(day, meeting.start), self.at(day, meeting.end))

    def falls_out(self, group: Group, day: date) -> bool:
        return day in self.closed or day in group.cancelled

    def _busy(self, name: str) -> Iterator[Span]:
        record = self.places.get(name) or self.people[name]
        for busy in record.busy:
            ends = [
                self.at(moment.date(), 60 * moment.hour + moment.minute)
                for moment in (busy.start, busy.end)
            ]
            yield ends[0], ends[1]

    def _taken(self, name: str) -> tuple[Span, ...]:
        """When a place or person is taken whatever is planned, turnover of a place included."""
        turnover = self.places[name].turnover if name in self.places else 0
        held = [
            span
            for group in self.clinic.groups
            if name in (group.location, group.facilitator)
            for day, span in self.meetings(group, self.days)
            if not self.falls_out(group, day)
        ]
        held += [
            (minute_of(booked.start), minute_of(booked.end))
            for booked in self.locked
            if name == booked.location or name in booked.practitioners
        ]
        widened = [(start - turnover, end + turnover) for start, end in held]
        return (*self._busy(name), *widened)

    def is_free(self, name: str, span: Span) -> bool:
        place = self.places.get(name)
        if place is not None and place.kind == "virtual":
            return True
        return not any(overlap(span, taken) for taken in self.taken(name))

    def activity(self, patient: str, name: str) -> Activity:
        """An activity of a patient's pathway."""
        return self.scenario.pathway_of(self.patients[patient]).activity(name)

    def _starts_of(self, patients: tuple[str, ...], name: str) -> tuple[Visit, ...]:
        """Every start on the grid at which nothing but the rest of a plan is in the way.

        The visits carry number 0: they stand for any occurrence.
        """
        activity = self.activity(patients[0], name)
        length = int(activity.length.total_seconds()) // 60
        found = []
        for day in self.days:
            for start in self._grid(day):
                span = (start, start + length)
                if all(self._open_to(self.patients[p], activity, day, span) for p in patients):
                    visit = Visit(patients, activity, 0, *span, day)
                    if self._can_be_served(visit):
                        found.append(visit)
        return tuple(found)

    def _grid(self, day: date) -> list[int]:
        steps = range(0, timing.MINUTES_A_DAY, self.clinic.slot_minutes)
        starts = {self.at(day, minute) for minute in steps}
        return sorted(start for start in starts if start < self.at(day, timing.MINUTES_A_DAY))

    def _open_to(self, patient: Patient, activity: Activity, day: date, span: Span) -> bool:
        """Whether clinic and patient have this time, and what the activity asks for on its date."""
        return (
            span[0] >= self.now
            and day not in self.closed
            and self.inside(self.clinic.hours, day, span)
            and self.inside(patient.available, day, span)
            and not any(away.holds(day) for away in patient.unavailable)
            and self._has_ride(patient, activity, day, span[1])
            and all(self._is_cleared(patient, kind, day) for kind in activity.needs_clearance)
            and all(self._prescriber_there(stage) for stage in self.stages(activity, span[0]))
        )

    def _has_ride(self, patient: Patient, activity: Activity, day: date, end: int) -> bool:
        if not activity.no_driving or patient.rides is None:
            return True
        return any(
            self.at(day, window.start) <= end < self.at(day, window.end)
            or (window.end == timing.MINUTES_A_DAY and end == self.at(day, window.end))
            for window in patient.rides.on(day)
        )

    def _is_cleared(self, patient: Patient, kind: str, day: date) -> bool:
        return any(held.kind == kind and held.holds(day) for held in patient.clearances)

    def stages(self, activity: Activity, start: int) -> Iterator[tuple[Stage, Span]]:
        for stage in activity.stages:
            yield stage, (start, start + stage.minutes)
            start += stage.minutes

    def _prescriber_there(self, staged: tuple[Stage, Span]) -> bool:
        stage, span = staged
        return not stage.prescriber_on_site or any(
            "prescriber" in person.roles and self.on_duty(person.id, span)
            for person in self.clinic.practitioners
        )

    def locations(self, visit: Visit) -> list[str | None]:
        """The locations that could hold a visit, if nothing else were planned."""
        kind = visit.activity.location_kind
        if kind is None:
            return [None]
        span = (visit.start, visit.end)
        return [p.id for p in self.clinic.locations if p.kind == kind and self.is_free(p.id, span)]

    def crews(self, visit: Visit) -> list[tuple[str, ...]]:
        """The different people who could meet its needs, if nothing else were planned."""
        span = (visit.start, visit.end)
        able = [
            [
                person.id
                for person in self.clinic.practitioners
                if need.role in person.roles
                and need.skill in (None, *person.skills)
                and self.on_duty(person.id, span)
                and self.is_free(person.id, span)
            ]
            for need in visit.activity.role_needs
        ]
        return [crew for crew in product(*able) if len(set(crew)) == len(crew)]

    def monitors(self, span: Span) -> list[str]:
        """Who could hold a stage, if nothing else were planned; locked stages aside."""
        return [
            person.id
            for person in self.clinic.practitioners
            if "monitor" in person.roles
            and self.on_duty(person.id, span)
            and self.is_free(person.id, span)
        ]

    def _can_be_served(self, visit: Visit) -> bool:
        stages = [s for s in self.stages(visit.activity, visit.start) if s[0].monitor_ratio]
        return (
            bool(self.locations(visit))
            and bool(self.crews(visit))
            and all(self.monitors(span) for _, span in stages)
        )

    def visit_of(self, booked: Booked) -> Visit:
        """A locked booking as it stands."""
        patients = tuple(sorted(booked.patients))
        return Visit(
            patients,
            self.activity(patients[0], booked.activity),
            booked.occurrence,
            minute_of(booked.start),
            minute_of(booked.end),
            timing.local_date(booked.start, self.zone),
            booked=booked,
            modality=booked.modality,
        )


def held_stages(booked: Appointment) -> list[tuple[str, str, Span]]:
    """Stage, monitor and time of what a booked appointment's monitors hold."""
    return [
        (stage.id, stage.practitioner, (minute_of(stage.start), minute_of(stage.end)))
        for stage in booked.stages
        if stage.practitioner is not None
    ]

"""The question that the planner answers, as whole numbers and masks.

Everything that no plan can change stands here: which starts each rule allows an occurrence in an
empty clinic, who and what could serve it, the meetings of every series. A `Board` holds what a
plan changes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from itertools import pairwise, product
from math import lcm
from typing import TYPE_CHECKING

from pathways import timing
from pathways.model import Activity, RoleNeed
from pathways.plan import Rule
from pathways.scenario import Group, Location, Patient, Practitioner, Scenario
from scheduler.planning.asking import Asked, Occurrence
from scheduler.planning.calendar import Calendar, Span, bits, span_mask, starts_inside
from scheduler.planning.horizon import calendar_of, stages_of

if TYPE_CHECKING:
    from scheduler.planning.placements import Placement

SMALL = 60
"""So many occurrences are proven together, whoever's they are."""


@dataclass(frozen=True)
class Meeting:
    """One numbered meeting of a series, in ticks.

    ``state``: ``open``, ``unavailable`` to this patient, ``fallen`` out, or ``past``; only the
    first two are asked for.
    """

    start: int
    end: int
    state: str


@dataclass(frozen=True)
class StagePlan:
    """A stage of a session: from where to where after its start, and how much of a monitor."""

    id: str
    offset: int
    length: int
    load: int
    prescriber: bool


@dataclass(frozen=True)
class Shape:
    """What an activity's sessions are made of, in ticks and practitioner ids."""

    length: int
    gap: int
    stages: tuple[StagePlan, ...]
    crews: tuple[tuple[str, ...], ...]
    locations: tuple[str, ...]


class Problem:
    """A scenario, compiled."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.clinic = scenario.clinic
        self.weights = scenario.weights
        self.asked = Asked(scenario)
        self.occurrences = self.asked.occurrences
        self.patients = {patient.id: patient for patient in scenario.patients}
        self.pathways = {patient.id: scenario.pathway_of(patient) for patient in scenario.patients}
        self.locations = {location.id: location for location in self.clinic.locations}
        self.people = {person.id: person for person in self.clinic.practitioners}
        self.series = {group.id: group for group in self.clinic.groups}
        self.calendar = calendar_of(scenario)
        self.grid = self.calendar.grid(self.clinic.slot_minutes)
        self.slot = self.calendar.ticks(self.clinic.slot_minutes)
        self.now = max(0, self.calendar.ceiling(scenario.now)) if scenario.now else 0
        self.full_load = lcm(*(stage.monitor_ratio or 1 for stage in stages_of(scenario)))
        self.closed = _closed(scenario, self.calendar)
        self.horizon = span_mask(0, self.calendar.end)
        self._shapes: dict[int, Shape] = {}
        self._static: dict[tuple[tuple[str, ...], str], dict[Rule, int]] = {}
        self._shared: dict[tuple[Rule, int], int] = {}
        self._duty: dict[str, list[Span]] = {}
        self._meetings: dict[tuple[str, str, str], dict[int, Meeting]] = {}
        self._options: dict[tuple[str, str], tuple[str, ...]] = {}
        self._starts: dict[int, int] = {}
        self._preferred: dict[tuple[str, int], int] = {}

    @cached_property
    def keeps_slots(self) -> bool:
        """Whether the grid lies on whole slots since the beginning of every day."""
        return self.slot > 0 and all(
            (start - begin) % self.slot == 0
            for begin, end in pairwise(self.calendar.day_starts)
            for start in bits(self.grid & span_mask(begin, end))
        )

    def day(self, moment: date) -> int:
        """Days from the first of the horizon to a date, which may lie outside it."""
        return (moment - self.calendar.dates[0]).days

    def starts(self, length: int) -> int:
        """The grid starts from which so long a session ends before its day does."""
        if length not in self._starts:
            days = pairwise(self.calendar.day_starts)
            self._starts[length] = self.grid & starts_inside(days, length)
        return self._starts[length]

    def shape(self, activity: Activity) -> Shape:
        """Lengths, stages, and who and what can serve a session of this activity."""
        if id(activity) not in self._shapes:
            self._shapes[id(activity)] = self._shaped(activity)
        return self._shapes[id(activity)]

    def _shaped(self, activity: Activity) -> Shape:
        stages, offset = [], 0
        for stage in activity.stages:
            length = self.calendar.ticks(stage.minutes)
            load = self.full_load // stage.monitor_ratio if stage.monitor_ratio else 0
            stages.append(StagePlan(stage.id, offset, length, load, stage.prescriber_on_site))
            offset += length
        return Shape(
            length=self.calendar.ticks(activity.minutes or 0) or offset,
            gap=self.calendar.ticks(activity.gap_before),
            stages=tuple(stages),
            crews=tuple(self._crews(activity)),
            locations=tuple(
                place.id for place in self.clinic.locations if place.kind == activity.location_kind
            ),
        )

    def _crews(self, activity: Activity) -> Iterator[tuple[str, ...]]:
        """Every way to meet the needs with different people, in the order of the needs."""
        able = [
            [p.id for p in self.clinic.practitioners if _can(p, n)] for n in activity.role_needs
        ]
        for crew in product(*able):
            if len(set(crew)) == len(crew):
                yield crew

    def duty(self, person: str) -> list[Span]:
        """When a practitioner is on duty: inside their hours and not away."""
        if person not in self._duty:
            record = self.people[person]
            away = self.calendar.numbers_within(record.away)
            self._duty[person] = self.calendar.spans(record.hours, away)
        return self._duty[person]

    def lag(self, activity: Activity) -> tuple[int, int]:
        """The shortest and the longest lag of what comes after others, in ticks."""
        if activity.after is None:
            raise ValueError(f"{activity.id} comes after nothing")
        low, high = activity.after.lag.min, activity.after.lag.max
        second = self.calendar.tick_seconds
        return -(-int(low.total_seconds()) // second), int(high.total_seconds()) // second

    def monitors(self) -> list[str]:
        """The practitioners who may hold monitored stages."""
        return [person.id for person in self.clinic.practitioners if "monitor" in person.roles]

    def loads(self) -> list[int]:
        """How much of a monitor the stages take, each amount once; `full_load` is all of one."""
        return sorted({self.full_load // (s.monitor_ratio or 1) for s in stages_of(self.scenario)})

    def booked_series(self, occurrence: Occurrence) -> str | None:
        """The series of a booked meeting, None where it belongs to none."""
        booked = occurrence.booked
        if booked is None or not occurrence.is_meeting:
            return None
        series = self.asked.series_of(booked)
        return series.id if series else None

    def static(self, occurrence: Occurrence) -> dict[Rule, int]:
        """The starts that each rule allows in an empty clinic, by rule."""
        key = (occurrence.patients, occurrence.activity.id)
        if key not in self._static:
            self._static[key] = dict(self._static_rules(occurrence.patients, occurrence.activity))
        return self._static[key]

    def _static_rules(
        self, patients: tuple[str, ...], activity: Activity
    ) -> Iterator[tuple[Rule, int]]:
        length = self.shape(activity).length
        records = [self.patients[name] for name in patients]
        yield "hours", self._once("hours", length, partial(self._within_hours, length))
        yield "closure", self._once("closure", 0, self._not_closed)
        yield "past", span_mask(self.now, self.calendar.end)
        yield "availability", _all_of(self.horizon, (self._available(r, length) for r in records))
        yield "ride", _all_of(self.horizon, (self._rides(r, activity, length) for r in records))
        yield "clearance", _all_of(self.horizon, (self._cleared(r, activity) for r in records))
        on_site = partial(self._prescriber, activity)
        yield "prescriber", self._once("prescriber", id(activity), on_site)

    def _once(self, rule: Rule, key: int, mask: Callable[[], int]) -> int:
        """A mask that is the same for every patient."""
        if (rule, key) not in self._shared:
            self._shared[rule, key] = mask()
        return self._shared[rule, key]

    def _within_hours(self, length: int) -> int:
        return starts_inside(self.calendar.spans(self.clinic.hours), length)

    def _not_closed(self) -> int:
        return self._days(number for number in self._all_days() if number not in self.closed)

    def _all_days(self) -> range:
        return range(len(self.calendar.dates))

    def _days(self, numbers: Iterable[int]) -> int:
        days = self.calendar.day_starts
        return starts_inside(((days[number], days[number + 1]) for number in numbers), 1)

    def _available(self, patient: Patient, length: int) -> int:
        away = self.calendar.numbers_within(patient.unavailable)
        return starts_inside(self.calendar.spans(patient.available, away), length)

    def _rides(self, patient: Patient, activity: Activity, length: int) -> int:
        """The starts whose end lies in a ride window of the same date; 24:00 takes midnight in."""
        if patient.rides is None or not activity.no_driving:
            return self.horizon
        mask = 0
        for number, window in self.calendar.windows(patient.rides):
            start, end = self.calendar.span(number, window)
            ends = span_mask(start, end + (window.end == timing.MINUTES_A_DAY))
            mask |= (ends >> length) & self.calendar.day_mask(number)
        return mask

    def _cleared(self, patient: Patient, activity: Activity) -> int:
        mask = self.horizon
        for kind in activity.needs_clearance:
            held = [clearance for clearance in patient.clearances if clearance.kind == kind]
            mask &= self._days(self.calendar.numbers_within(held))
        return mask

    def _prescriber(self, activity: Activity) -> int:
        mask = self.horizon
        on_site = [p.id for p in self.clinic.practitioners if "prescriber" in p.roles]
        for stage in self.shape(activity).stages:
            if stage.prescriber:
                covered = 0
                for person in on_site:
                    covered |= starts_inside(self.duty(person), stage.length) >> stage.offset
                mask &= covered
        return mask

    def options(self, patient: str, activity: Activity) -> tuple[str, ...]:
        """The series that a patient may join for a group activity, by id; none may be left."""
        key = (patient, activity.id)
        if key not in self._options:
            self._options[key] = tuple(self._joinable(self.patients[patient], activity))
        return self._options[key]

    def _joinable(self, patient: Patient, activity: Activity) -> Iterator[str]:
        fixed = self.locked_series(patient.id, activity)
        if fixed is not None:
            yield fixed
            return
        chosen = patient.groups.get(activity.id)
        for group in self.clinic.groups:
            if chosen in (None, group.id) and self._qualifies(group, patient, activity):
                yield group.id

    def locked_series(self, patient: str, activity: Activity) -> str | None:
        """The series that a locked meeting fixes, if any."""
        found = self.asked.locked_series(patient, activity)
        return found.id if found else None

    def _qualifies(self, group: Group, patient: Patient, activity: Activity) -> bool:
        same = (group.activity, group.modality) == (activity.id, activity.modality)
        return (
            same
            and len(group.weekly) == activity.schedule[0].per_week
            and all(
                any(
                    window.start <= meeting.start and meeting.end <= window.end
                    for window in patient.available.on_weekday(meeting.day)
                )
                for meeting in group.weekly
            )
        )

    def meetings(self, patient: str, activity: Activity, series: str) -> dict[int, Meeting]:
        """The meetings of a series by the number that they have for this patient."""
        key = (patient, activity.id, series)
        if key not in self._meetings:
            found = self._meetings_of(self.patients[patient], activity, self.series[series])
            self._meetings[key] = dict(enumerate(found, start=1))
        return self._meetings[key]

    def _meetings_of(self, patient: Patient, activity: Activity, group: Group) -> Iterator[Meeting]:
        for week in activity.scheduled_weeks:
            for day in timing.week_dates(patient.start, week):
                for meeting in sorted(group.weekly, key=lambda m: m.start):
                    if meeting.day == timing.weekday(day):
                        yield self._meeting(patient, group, day, meeting.window)

    def _meeting(self, patient: Patient, group: Group, day: date, window: timing.Window) -> Meeting:
        number = self.day(day)
        start, end = self.calendar.span(number, window)
        if number in self.closed or day in group.cancelled:
            return Meeting(start, end, "fallen")
        if start < self.now:
            return Meeting(start, end, "past")
        away = any(stretch.holds(day) for stretch in patient.unavailable)
        inside = any(
            held.start <= window.start and window.end <= held.end
            for held in patient.available.on(day)
        )
        return Meeting(start, end, "open" if inside and not away else "unavailable")

    def seats(self, series: str) -> int:
        """How many patients may attend a meeting of a series."""
        group = self.series[series]
        capacity = self.locations[group.location].capacity
        return group.capacity if capacity is None else min(group.capacity, capacity)

    def group_spans(self, group: Group) -> Iterator[Span]:
        """When the meetings of a series take its location and facilitator, attended or not."""
        first, last = self.calendar.dates[0], self.calendar.dates[-1]
        for meeting in group.weekly:
            for day in timing.weekly(meeting.day, first, last):
                number = self.day(day)
                if number not in self.closed and day not in group.cancelled:
                    yield self.calendar.span(number, meeting.window)

    def busy_spans(self, record: Location | Practitioner) -> Iterator[Span]:
        """What is taken by something that is not planned here, within the horizon."""
        for busy in record.busy:
            ends = []
            for moment in (busy.start, busy.end):
                minute = moment.hour * 60 + moment.minute
                instant = timing.instant(moment.date(), minute, self.calendar.zone)
                ends.append(min(max(self.calendar.tick_of(instant), 0), self.calendar.end))
            yield ends[0], ends[1]

    @cached_property
    def bookings(self) -> dict[Occurrence, "Placement"]:
        """Where bookings stand, as far as anybody has asked."""
        return {}

    @cached_property
    def _of_patient(self) -> dict[str, list[Occurrence]]:
        held: dict[str, list[Occurrence]] = {name: [] for name in self.patients}
        for occurrence in self.occurrences:
            for name in occurrence.patients:
                held[name].append(occurrence)
        return held

    def in_person(self, occurrence: Occurrence, series: str | None = None) -> bool:
        """Whether the patient has to come; a locked booking and a joined series say so too."""
        modality = occurrence.activity.modality
        if series is not None:
            modality = self.series[series].modality
        if occurrence.locked and occurrence.booked is not None:
            modality = occurrence.booked.modality
        return modality == "in-person"

    def of_patient(self, patient: str) -> list[Occurrence]:
        """All occurrences in which a patient takes part."""
        return self._of_patient[patient]

    def prefers(self, patient: str, length: int) -> int:
        """The starts at which so long a session lies inside the hours that a patient prefers."""
        table = self.patients[patient].preferred
        if table is None:
            return self.horizon
        if (patient, length) not in self._preferred:
            starts = starts_inside(self.calendar.spans(table), length)
            self._preferred[patient, length] = starts
        return self._preferred[patient, length]

    def authorization(self, patient: str, service: str, tick: int) -> int | None:
        """The number of the authorization that covers a service on a tick's date, if any."""
        day = self.calendar.dates[self.calendar.day_of(tick)]
        for number, held in enumerate(self.patients[patient].authorizations):
            if held.service == service and held.holds(day):
                return number
        return None


def _closed(scenario: Scenario, calendar: Calendar) -> set[int]:
    """The numbers of the days on which the clinic is closed."""
    dates = {closure.date for closure in scenario.clinic.closures}
    return {number for number, day in enumerate(calendar.dates) if day in dates}


def _can(person: Practitioner, need: RoleNeed) -> bool:
    return need.role in person.roles and (need.skill is None or need.skill in person.skills)


def _all_of(start: int, masks: Iterable[int]) -> int:
    for mask in masks:
        start &= mask
    return start

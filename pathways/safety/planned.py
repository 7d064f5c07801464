"""A plan as the safety rules see it: each patient's course, with its doses in order of time."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from zoneinfo import ZoneInfo

from pathways import timing
from pathways.plan import Appointment, Plan, PlannedStage
from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity, Phase, Purpose
from pathways.record import Id
from pathways.scenario import Patient, Scenario


@dataclass(frozen=True)
class PlannedDose:
    """One planned dose. ``number`` counts through the whole course, all its activities together."""

    appointment: Appointment
    activity: LibraryActivity
    number: int
    day: date

    @cached_property
    def first_drug(self) -> datetime:
        """When the drug is first given: the start of the first stage of phase ``dosing``."""
        return self._stage_times("dosing")[0]

    @property
    def last_drug(self) -> datetime:
        """The latest time at which the drug is given: the end of the last such stage."""
        return self._stage_times("dosing")[1]

    @property
    def watched_until(self) -> datetime:
        """When the monitoring ends."""
        return self._stage_times("monitoring")[1]

    def watcher_at_start(self) -> Id | None:
        """Who watches the stage in which the drug is first given."""
        first = next(stage.id for stage in self.activity.stages if stage.phase == "dosing")
        return next((s.practitioner for s in self.appointment.stages if s.id == first), None)

    def _stage_times(self, phase: Phase) -> tuple[datetime, datetime]:
        """From the first to the last stage of a part of the visit; as planned, if it says so."""
        names = {stage.id for stage in self.activity.stages if stage.phase == phase}
        planned = [stage for stage in self.appointment.stages if stage.id in names]
        if planned:
            return planned[0].start, planned[-1].end
        before = timedelta()
        spans = []
        for stage in self.activity.stages:
            length = timedelta(minutes=stage.minutes)
            if stage.phase == phase:
                spans.append((self.appointment.start + before, length))
            before += length
        return spans[0][0], spans[-1][0] + spans[-1][1]


@dataclass(frozen=True)
class Course:
    """One patient's planned course on a pathway of the library."""

    scenario: Scenario
    patient: Patient
    protocol: LibraryPathway
    appointments: tuple[Appointment, ...]
    lost: tuple[tuple[Id, int], ...]

    @cached_property
    def doses(self) -> tuple[PlannedDose, ...]:
        """The planned doses, in order of time."""
        return tuple(
            PlannedDose(
                appointment,
                activity,
                self.protocol.first_dose_number(activity) + appointment.occurrence - 1,
                self.day(appointment.start),
            )
            for activity, appointment in self.sessions("dose")
        )

    def sessions(self, *purposes: Purpose) -> tuple[tuple[LibraryActivity, Appointment], ...]:
        """The appointments that serve one of these purposes, in order of time."""
        if purposes not in self._sessions:
            by_id = self.protocol.activities_by_id
            wanted = {name for name, activity in by_id.items() if activity.purpose in purposes}
            self._sessions[purposes] = tuple(
                (by_id[appointment.activity], appointment)
                for appointment in self.appointments
                if appointment.activity in wanted
            )
        return self._sessions[purposes]

    @cached_property
    def _sessions(
        self,
    ) -> dict[tuple[Purpose, ...], tuple[tuple[LibraryActivity, Appointment], ...]]:
        """The sessions that rules have asked for: many ask for the doses, or for therapy."""
        return {}

    def appointment(self, activity: str, occurrence: int) -> Appointment | None:
        """A planned occurrence, if it was placed."""
        return self._by_occurrence.get((activity, occurrence))

    @cached_property
    def _by_occurrence(self) -> Mapping[tuple[str, int], Appointment]:
        # Of two under one name the first counts, so it is written last.
        return {(a.activity, a.occurrence): a for a in reversed(self.appointments)}

    def beginning_in(self, start: datetime, end: datetime) -> tuple[Appointment, ...]:
        """The appointments that begin in ``[start, end)``, in order of time."""
        first, last = (bisect_left(self._starts, moment) for moment in (start, end))
        return self.appointments[first:last]

    @cached_property
    def _starts(self) -> list[datetime]:
        return [appointment.start for appointment in self.appointments]

    def waived(self, activity: str, occurrence: int) -> bool:
        """Whether an occurrence counts as done without an appointment here."""
        return any(
            (settled.activity, settled.occurrence) == (activity, occurrence)
            and settled.outcome in ("waived", "elsewhere")
            for settled in self.patient.settled
        )

    def departs_from(self, rule: str) -> bool:
        """Whether the pathway breaks a soft rule on purpose, with its reason."""
        return any(departure.rule == rule for departure in self.protocol.departures)

    def day(self, moment: datetime) -> date:
        """The clinic's calendar date of an instant."""
        return timing.local_date(moment, self._zone)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return self.scenario.clinic.zone

    def week(self, moment: datetime) -> int:
        """The week of the pathway in which an instant lies, counted from 1."""
        return self._week_of(self.day(moment))

    def _week_of(self, day: date) -> int:
        return (day - self.patient.start).days // 7 + 1

    def programme_time(self, week: int) -> Mapping[date, timedelta]:
        """What counts as hours of the programme, on each date of a week of the pathway."""
        return self._programme_time.get(week, {})

    @cached_property
    def _programme_time(self) -> Mapping[int, Mapping[date, timedelta]]:
        found: dict[int, dict[date, timedelta]] = defaultdict(lambda: defaultdict(timedelta))
        for appointment in self.appointments:
            if self.protocol.activities_by_id[appointment.activity].programme_hours:
                day = self.day(appointment.start)
                found[self._week_of(day)][day] += appointment.end - appointment.start
        return found

    def place(self, appointment: Appointment) -> str:
        """How an appointment is named to a coordinator: patient, activity, number."""
        return f"{self.patient.id}: {appointment.activity} {appointment.occurrence}"

    def clock(self, moment: datetime) -> str:
        """An instant as the clinic's clock shows it."""
        return self.scenario.local(moment).strftime("%a %d %b %H:%M")


@dataclass(frozen=True)
class PlannedClinic:
    """A scenario, its plan, and the library's pathways among its pathways, by id.

    Patients on a pathway that the scenario brought along are left out: those are judged by the
    planning contract alone. ``about``: whose courses are judged; everybody's without it.
    """

    scenario: Scenario
    plan: Plan
    protocols: Mapping[str, LibraryPathway]
    about: frozenset[Id] | None = None

    @cached_property
    def courses(self) -> tuple[Course, ...]:
        """The courses that are judged, for rules that look at one patient's course at a time."""
        if self.about is None:
            return self.everybodys
        return tuple(course for course in self.everybodys if course.patient.id in self.about)

    @cached_property
    def everybodys(self) -> tuple[Course, ...]:
        """The course of each patient on a pathway of the library, judged or not.

        For rules by which one patient's appointments bear on another's.
        """
        return tuple(
            Course(
                self.scenario,
                patient,
                self.protocols[patient.pathway],
                self._appointments_of(patient),
                self._lost_by(patient),
            )
            for patient in self.scenario.patients
            if patient.pathway in self.protocols
        )

    def clock(self, moment: datetime) -> str:
        """An instant as the clinic's clock shows it."""
        return self.scenario.local(moment).strftime("%a %d %b %H:%M")

    def course_of(self, patient: str) -> Course | None:
        """One patient's course, if their pathway is one of the library."""
        return next((course for course in self.everybodys if course.patient.id == patient), None)

    def _appointments_of(self, patient: Patient) -> tuple[Appointment, ...]:
        found = self._by_patient[patient.id]
        return tuple(sorted(found, key=attrgetter("start")))

    @cached_property
    def _by_patient(self) -> Mapping[Id, list[Appointment]]:
        found: dict[Id, list[Appointment]] = defaultdict(list)
        for appointment in map(_in_utc, self.plan.appointments):
            for patient in set(appointment.patients):
                found[patient].append(appointment)
        return found

    def _lost_by(self, patient: Patient) -> tuple[tuple[Id, int], ...]:
        return tuple(
            (lost.activity, lost.occurrence)
            for lost in self.plan.unplaced
            if lost.patient == patient.id
        )


def _in_utc(appointment: Appointment) -> Appointment:
    """The appointment with all its instants in UTC.

    Sums and differences of times of one zone are those of its clock: wrong by an hour where the
    clocks change in between.
    """
    if _is_in_utc(appointment) and all(map(_is_in_utc, appointment.stages)):
        return appointment
    times = {"start": appointment.start.astimezone(UTC), "end": appointment.end.astimezone(UTC)}
    stages = tuple(
        stage.model_copy(
            update={"start": stage.start.astimezone(UTC), "end": stage.end.astimezone(UTC)}
        )
        for stage in appointment.stages
    )
    return appointment.model_copy(update={**times, "stages": stages})


def _is_in_utc(stretch: Appointment | PlannedStage) -> bool:
    return stretch.start.tzinfo is UTC and stretch.end.tzinfo is UTC

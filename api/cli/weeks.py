"""A plan as a coordinator reads it: patient by patient, week by week, each dose with its after.

Works from the plan alone. With the scenario beside it, activities carry their titles, weeks are
those of the pathway, and closed days show.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pathways.library import protocols_of
from pathways.model import Activity, Pathway
from pathways.plan import Appointment, JoinedSeries, Plan, PlannedStage, Unplaced
from pathways.scenario import Patient, Scenario, WeeklyMeeting

Aims = Callable[[int], str]
"""The aim of each occurrence of an activity."""

NO_DRIVING = "no-driving"
"""The kind of the note that a dose carries."""
_INTEGRATION = "integration"


@dataclass(frozen=True)
class Visit:
    """One appointment in its patient's eyes, times as the clinic's clocks show them.

    ``dose`` holds where the patient may not drive after it, until ``drives_from``. ``lag`` is the
    time since the end of the session ``lag_after`` that it follows. ``title`` names the activity,
    with the number of the occurrence where there are several. ``aim`` is that of an integration
    session on a pathway of the library.
    """

    appointment: Appointment
    title: str
    start: datetime
    end: datetime
    drives_from: datetime | None = None
    lag: timedelta | None = None
    lag_after: Appointment | None = None
    aim: str = ""

    @property
    def dose(self) -> bool:
        """Whether the patient may not drive home from it."""
        return self.drives_from is not None

    @property
    def soon(self) -> bool:
        """Whether it follows another within a week."""
        return self.lag is not None and self.lag <= timedelta(days=7)

    def stages(self) -> list[PlannedStage]:
        """Its stages, in the time zone of its start."""
        zone = self.start.tzinfo
        return [
            stage.model_copy(
                update={"start": stage.start.astimezone(zone), "end": stage.end.astimezone(zone)}
            )
            for stage in self.appointment.stages
        ]


@dataclass(frozen=True)
class PatientWeeks:
    """All that a plan holds for one patient; ``first_day`` is the first of week 1."""

    patient: str
    heading: str
    first_day: date
    visits: tuple[Visit, ...]
    joined: tuple[JoinedSeries, ...]
    series: tuple[tuple[str, str], ...]
    unplaced: tuple[tuple[str, Unplaced], ...]
    missing_doses: int
    closed: Mapping[date, str]

    @property
    def weeks(self) -> list[int]:
        """The numbers of the weeks from 1 (or an earlier visit) to the last visit."""
        numbers = [self.week_of(visit.start.date()) for visit in self.visits]
        return list(range(min([1, *numbers]), max(numbers) + 1)) if numbers else []

    def week_of(self, day: date) -> int:
        """The number of the week in which a date lies."""
        return (day - self.first_day).days // 7 + 1

    def on(self, day: date) -> list[Visit]:
        """The visits of a date, in order of time."""
        return [visit for visit in self.visits if visit.start.date() == day]

    def within(self, week: int) -> list[Visit]:
        """The visits of a week, in order of time."""
        return [visit for visit in self.visits if self.week_of(visit.start.date()) == week]

    @property
    def group_activities(self) -> set[str]:
        """The activities of which the patient has joined a series."""
        return {entry.activity for entry in self.joined}

    @property
    def doses(self) -> list[Visit]:
        """The visits after which the patient may not drive."""
        return [visit for visit in self.visits if visit.dose]

    @property
    def integrations(self) -> list[Visit]:
        """The visits that follow a dose within a week; a later one looks back on many."""
        return [v for v in self.visits if v.lag_after and _drives_from(v.lag_after) and v.soon]


class Book:
    """A plan by patient, with what its scenario adds, if there is one.

    The scenario must be the plan's: `strangers` names what of the plan it does not know.
    """

    def __init__(self, plan: Plan, scenario: Scenario | None = None) -> None:
        self.plan = plan
        self.scenario = scenario
        self._appointments: dict[str, list[Appointment]] = {}
        for appointment in plan.appointments:
            for patient in appointment.patients:
                self._appointments.setdefault(patient, []).append(appointment)
        self._several = {
            (patient, entry.activity)
            for entry in plan.appointments
            for patient in entry.patients
            if entry.occurrence > 1
        } | {(entry.patient, entry.activity) for entry in plan.unplaced if entry.occurrence > 1}
        self._several -= {(entry.patient, entry.activity) for entry in plan.groups}
        self._activities: dict[tuple[str, str], Activity] = {
            (patient.id, activity.id): activity
            for patient, pathway in _enrolments(scenario)
            for activity in pathway.activities
        }
        self._aims = dict(_planned_aims(scenario))

    def strangers(self) -> list[str]:
        """What the plan names and its scenario does not know, in words; empty without one."""
        if self.scenario is None:
            return []
        if self.plan.scenario != self.scenario.clinic.id:
            names = f"{self.plan.scenario!r}, the scenario {self.scenario.clinic.id!r}"
            return [f"the plan is for the clinic {names}"]
        named = {(name, e.activity) for e in self.plan.appointments for name in e.patients}
        named |= {(entry.patient, entry.activity) for entry in self.plan.groups}
        named |= {(entry.patient, entry.activity) for entry in self.plan.unplaced}
        return [
            f"the scenario has no {activity!r} for a patient {patient!r}"
            for patient, activity in sorted(named - self._activities.keys())
        ]

    @property
    def patients(self) -> list[str]:
        """The ids of all patients whom the plan names, sorted."""
        others = {entry.patient for entry in self.plan.groups}
        others |= {entry.patient for entry in self.plan.unplaced}
        return sorted(others | self._appointments.keys())

    def of(self, patient: str) -> PatientWeeks:
        """The weeks of one patient."""
        own = self._appointments.get(patient, [])
        visits = sorted(
            (self._visit(patient, entry) for entry in own), key=lambda v: (v.start, v.end)
        )
        joined = tuple(entry for entry in self.plan.groups if entry.patient == patient)
        return PatientWeeks(
            patient=patient,
            heading=self._heading(patient),
            first_day=self._first_day(patient, visits),
            visits=tuple(visits),
            joined=joined,
            series=tuple(self._series(entry) for entry in joined),
            unplaced=tuple(
                (self._title(patient, entry.activity), entry)
                for entry in self.plan.unplaced
                if entry.patient == patient
            ),
            missing_doses=sum(
                self._activities[patient, entry.activity].is_dose_like
                for entry in self.plan.unplaced
                if entry.patient == patient and self.scenario
            ),
            closed=self._closed(),
        )

    def _visit(self, patient: str, appointment: Appointment) -> Visit:
        anchor = self._anchor(appointment)
        until = _drives_from(appointment)
        return Visit(
            appointment=appointment,
            title=self._numbered(patient, appointment),
            start=self._local(appointment.start),
            end=self._local(appointment.end),
            drives_from=until and self._local(until),
            lag=appointment.start - anchor.end if anchor else None,
            lag_after=anchor,
            aim=self._aims.get((patient, appointment.activity), _no_aim)(appointment.occurrence),
        )

    def _local(self, moment: datetime) -> datetime:
        return self.scenario.local(moment) if self.scenario else moment

    def _anchor(self, appointment: Appointment) -> Appointment | None:
        """The appointment that this one comes after: for a couple the later of the two."""
        before = [
            other
            for patient in appointment.patients
            for other in self._appointments[patient]
            if other.occurrence == appointment.occurrence
            and other.end <= appointment.start
            and self._follows(appointment, other)
        ]
        return max(before, key=lambda other: other.end, default=None)

    def _follows(self, appointment: Appointment, other: Appointment) -> bool:
        if self.scenario is None:
            return _INTEGRATION in appointment.activity and _drives_from(other) is not None
        after = self._activities[appointment.patients[0], appointment.activity].after
        return after is not None and after.activity == other.activity

    def _title(self, patient: str, activity: str) -> str:
        """An activity's title, or its id where there is no scenario."""
        return self._activities[patient, activity].title if self.scenario else activity

    def _numbered(self, patient: str, appointment: Appointment) -> str:
        """A group's title alone, a session's with its number unless it is the only one."""
        title = self._title(patient, appointment.activity)
        alone = (patient, appointment.activity) not in self._several
        return title if alone else f"{title} {appointment.occurrence}"

    def _heading(self, patient: str) -> str:
        """The title of the patient's pathway, if it is known."""
        if self.scenario is None:
            return ""
        return self.scenario.pathway_of(self.scenario.patient(patient)).title

    def _first_day(self, patient: str, visits: list[Visit]) -> date:
        """The first date of week 1: the patient's start, or their first Monday."""
        if self.scenario is not None:
            return self.scenario.patient(patient).start
        first = visits[0].start.date() if visits else date.min
        return first - timedelta(days=first.weekday())

    def _series(self, entry: JoinedSeries) -> tuple[str, str]:
        """A group's title, and its series with the times of the week."""
        title = self._title(entry.patient, entry.activity)
        for group in self.scenario.clinic.groups if self.scenario else ():
            if group.id == entry.series:
                where = f"{group.location} {group.facilitator}"
                return title, f"{entry.series}, {_weekly(group.weekly)}, {where}"
        return title, entry.series

    def _closed(self) -> dict[date, str]:
        """The closures, by date."""
        if self.scenario is None:
            return {}
        return {closure.date: closure.reason for closure in self.scenario.clinic.closures}


def _planned_aims(scenario: Scenario | None) -> Iterator[tuple[tuple[str, str], Aims]]:
    """The aims in turn of each patient's integration sessions, on pathways of the library."""
    protocols = protocols_of(scenario) if scenario is not None else {}
    for patient, pathway in _enrolments(scenario):
        if pathway.id in protocols:
            for activity in protocols[pathway.id].with_purpose("integration"):
                yield (patient.id, activity.id), activity.aim_of


def _no_aim(_occurrence: int) -> str:
    return ""


def _enrolments(scenario: Scenario | None) -> Iterator[tuple[Patient, Pathway]]:
    if scenario is not None:
        for patient in scenario.patients:
            yield patient, scenario.pathway_of(patient)


def _weekly(meetings: Iterable[WeeklyMeeting]) -> str:
    """``mon wed fri 09:00-12:00``, meetings of the same hours together."""
    days: dict[str, list[str]] = {}
    for meeting in meetings:
        days.setdefault(str(meeting.window), []).append(meeting.day.title())
    return ", ".join(f"{' '.join(names)} {hours}" for hours, names in days.items())


def _drives_from(appointment: Appointment) -> datetime | None:
    """The instant from which the patient may drive again after an appointment."""
    found = (note.until for note in appointment.notes if note.kind == NO_DRIVING)
    return next((until for until in found if until is not None), None)

"""The case that is judged: a scenario and a plan, joined and indexed, nothing decided yet."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from operator import attrgetter

from pathways.model import Activity
from pathways.plan import Plan
from pathways.scenario import Authorization, Booked, Group, Patient, Scenario
from scheduler.planning.verifying.asking import Asking, Occurrence
from scheduler.planning.verifying.local_time import LocalTime, in_utc
from scheduler.planning.verifying.meetings import Meeting, qualifies, timetable_of
from scheduler.planning.verifying.takings import Takings
from scheduler.planning.verifying.verdict import Finding
from scheduler.planning.verifying.visits import Identity, Reader, Visit


class Case:
    """Everything that the rules look at."""

    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        self.scenario = scenario
        self.plan = plan
        self.now = in_utc(scenario.now) if scenario.now else None
        self.local = LocalTime(scenario.clinic)
        self.timetable = timetable_of(scenario.clinic)
        self.patients = {patient.id: patient for patient in scenario.patients}
        self.locations = {location.id: location for location in scenario.clinic.locations}
        self.series = {group.id: group for group in scenario.clinic.groups}
        self._pathways = {pathway.id: pathway for pathway in scenario.pathways}
        reader = Reader(scenario, self.local)
        found = [
            reader.visit(f"appointments[{number}]", appointment)
            for number, appointment in enumerate(plan.appointments)
        ]
        self.unreadable: list[Finding] = reader.faults
        self.visits = tuple(visit for visit in found if visit is not None)
        self._index_visits()
        self.fixed = self._fixed_series()
        self.joined = self._joined_series()
        self.asking = Asking(scenario, self.timetable, self.joined, self.placed)
        self.takings = Takings(scenario, self.local, self.timetable, self.visits)
        self._occurrences: dict[Identity, Occurrence | None] = {}
        self._counting: dict[tuple[str, str], tuple[Activity, ...]] = {}

    def _index_visits(self) -> None:
        self.placed: dict[Identity, Visit] = {}
        self._of_patient: dict[str, list[Visit]] = defaultdict(list)
        self._on_day: dict[tuple[str, date], list[Visit]] = defaultdict(list)
        self._of_activity: dict[tuple[str, str], list[Visit]] = defaultdict(list)
        for visit in self.visits:
            self.placed.setdefault(visit.identity, visit)
            for patient in visit.patients:
                self._of_patient[patient.id].append(visit)
                self._of_activity[patient.id, visit.activity.id].append(visit)
                for day in visit.days:
                    self._on_day[patient.id, day].append(visit)

    def of_patient(self, patient: Patient) -> Iterable[Visit]:
        """All visits of a patient, in the plan's order."""
        return self._of_patient.get(patient.id, ())

    def on_day(self, patient: Patient, day: date) -> Iterable[Visit]:
        """The visits of a patient that touch a date."""
        return self._on_day.get((patient.id, day), ())

    def of_activity(self, patient: Patient, activity: str) -> Iterable[Visit]:
        """The visits of a patient of one activity."""
        return self._of_activity.get((patient.id, activity), ())

    def activities(self, patient: Patient) -> tuple[Activity, ...]:
        """All activities of a patient's pathway."""
        return self._pathways[patient.pathway].activities

    def counting(self, patient: Patient, activity: str) -> tuple[Activity, ...]:
        """The activities of a patient whose rules of spacing count the visits of an activity."""
        key = (patient.pathway, activity)
        if key not in self._counting:
            self._counting[key] = tuple(
                a for a in self.activities(patient) if activity in (a.id, a.spaced_with)
            )
        return self._counting[key]

    @cached_property
    def asked(self) -> dict[Identity, Occurrence]:
        """All that is asked for."""
        return self.asking.everything()

    @cached_property
    def asked_under(self) -> dict[tuple[str, str, int], Occurrence]:
        """The same by owner, activity and number."""
        return {(o.owner.id, o.activity.id, o.number): o for o in self.asked.values()}

    def occurrence(self, visit: Visit) -> Occurrence | None:
        """What was asked for and is placed by this visit; None where nobody asked for it."""
        identity = visit.identity
        if identity not in self._occurrences:
            found = self.asking.of(visit.patients[0], visit.activity).get(visit.number)
            is_it = found is not None and found.identity == identity
            self._occurrences[identity] = found if is_it else None
        return self._occurrences[identity]

    def partner(self, patient: Patient) -> Patient | None:
        """A patient's partner, whatever they share."""
        return self.patients.get(patient.partner or "")

    def authorized(self, patient: Patient, service: str | None, day: date) -> Authorization | None:
        """The authorization of a service that holds a date."""
        return next(
            (a for a in patient.authorizations if a.service == service and a.holds(day)), None
        )

    def units_used(self, patient: Patient, authorization: Authorization) -> list[Visit]:
        """The visits that use a unit of an authorization."""
        return [
            visit
            for visit in self.of_patient(patient)
            if visit.activity.needs_authorization == authorization.service
            and authorization.holds(visit.day)
        ]

    def attendees(self, meeting_of: Visit) -> list[Visit]:
        """The visits to the same meeting, whoever's they are."""
        return self._attendance.get(self._meeting_key(meeting_of), [])

    def series_of(self, visit: Visit) -> Group | None:
        """The series to one of whose meetings a group visit goes, the one joined if it may be."""
        meeting = self.timetable.series_at(
            visit.activity.id, visit.location, visit.start, visit.end
        )
        joined = self.joined.get((visit.patients[0].id, visit.activity.id))
        return joined if joined in meeting else next(iter(meeting), None)

    @cached_property
    def _attendance(self) -> dict[object, list[Visit]]:
        result: dict[object, list[Visit]] = defaultdict(list)
        for visit in self.visits:
            if visit.is_group:
                result[self._meeting_key(visit)].append(visit)
        return result

    def _meeting_key(self, visit: Visit) -> object:
        series = self.series_of(visit)
        return (series.id if series else None, visit.location, visit.start, visit.end)

    def _fixed_series(self) -> dict[tuple[str, str], tuple[Group, ...]]:
        """The series that locked meetings fix, one of these; the latest meeting decides."""
        result: dict[tuple[str, str], tuple[Group, ...]] = {}
        met = {series.activity for series in self.series.values()}
        locked = [one for one in self.scenario.booked if one.locked and one.activity in met]
        locked.sort(key=attrgetter("start"))
        for booked in reversed(locked):
            for name in booked.patients:
                if (name, booked.activity) not in result and (series := self._met_at(booked)):
                    result[name, booked.activity] = series
        return result

    def _met_at(self, booked: Booked) -> tuple[Group, ...]:
        start, end = in_utc(booked.start), in_utc(booked.end)
        return self.timetable.series_at(booked.activity, booked.location, start, end)

    def _joined_series(self) -> dict[tuple[str, str], Group]:
        """The series that the plan says the patients joined, where they exist."""
        return {
            (entry.patient, entry.activity): self.series[entry.series]
            for entry in self.plan.groups
            if entry.series in self.series
        }

    def may_join(self, patient: Patient, activity: Activity, series: Group) -> bool:
        """Whether a patient may be in a series, or even has to be in this one if in any."""
        fixed = self.fixed.get((patient.id, activity.id))
        if fixed is not None:
            return series in fixed
        wished = patient.groups.get(activity.id, series.id)
        return wished == series.id and qualifies(series, activity, patient)

    def meetings(self, patient: Patient, activity: Activity) -> dict[int, Meeting]:
        """The meetings of the series that a patient joined, by number."""
        return self.asking.meetings(patient, activity)

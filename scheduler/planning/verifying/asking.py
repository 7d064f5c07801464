"""What a plan is asked for: every occurrence that has to be placed or be named as unplaced."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pathways import timing
from pathways.model import Activity
from pathways.scenario import Group, Patient, Scenario
from scheduler.planning.verifying.meetings import Meeting, Timetable
from scheduler.planning.verifying.visits import Identity, Visit, activities_of

Numbered = dict[int, "Occurrence"]


@dataclass(frozen=True)
class Occurrence:
    """One occurrence asked for; a couple's has both, the owner first.

    It has a week of its pathway, a meeting, or the visit after whose end its lag counts (the later
    one for a couple). Number 0 stands for a whole series that the patient did not join.
    """

    patients: tuple[Patient, ...]
    activity: Activity
    number: int
    week: int | None = None
    meeting: Meeting | None = None
    anchor: Visit | None = None

    @property
    def owner(self) -> Patient:
        """The patient under whom it is planned."""
        return self.patients[0]

    @cached_property
    def identity(self) -> Identity:
        """What an appointment for it is known by."""
        return (tuple(patient.id for patient in self.patients), self.activity.id, self.number)

    @cached_property
    def dates(self) -> tuple[date, ...]:
        """The dates of the week that owns it; none where none does."""
        return timing.week_dates(self.owner.start, self.week) if self.week else ()

    @property
    def name(self) -> str:
        """Patients, activity and number as one text."""
        return f"({'+'.join(p.id for p in self.patients)}/{self.activity.id}/{self.number})"


def week_of(activity: Activity, number: int) -> int | None:
    """The week that owns a number of a schedule; None where no week does."""
    last = 0
    for week in activity.scheduled_weeks:
        last += activity.per_week(week)
        if number <= last:
            return week
    return None


class Asking:
    """Works out what is asked for, given what is placed and which series the patients joined."""

    def __init__(
        self,
        scenario: Scenario,
        timetable: Timetable,
        joined: Mapping[tuple[str, str], Group],
        placed: Mapping[Identity, Visit],
    ) -> None:
        self._scenario = scenario
        self._patients = {patient.id: patient for patient in scenario.patients}
        self._activities = activities_of(scenario)
        self._timetable = timetable
        self._joined = joined
        self._placed = placed
        self._booked_locked = {booked.identity for booked in scenario.booked if booked.locked}
        self._settled = {
            (patient.id, settled.activity, settled.occurrence): settled.outcome
            for patient in scenario.patients
            for settled in reversed(patient.settled)  # the first of them counts
        }
        self._known: dict[tuple[str, str], Numbered] = {}

    def everything(self) -> dict[Identity, Occurrence]:
        """All occurrences asked for, by identity."""
        return {
            occurrence.identity: occurrence
            for patient in self._scenario.patients
            for activity in self._activities[patient.id].values()
            for occurrence in self.of(patient, activity).values()
        }

    def of(self, patient: Patient, activity: Activity) -> Numbered:
        """What a patient is asked for of an activity, a couple's for both of them."""
        key = (patient.id, activity.id)
        if key not in self._known:
            # Two pathways may await each other's couple sessions in a circle: nobody comes first.
            self._known[key] = {}
            self._known[key] = self._worked_out(patient, activity)
        return self._known[key]

    def partner(self, patient: Patient, activity: Activity) -> Patient | None:
        """With whom a patient shares this activity, both pathways having the same of it."""
        partner = self._patients.get(patient.partner or "")
        if partner is None or not activity.with_partner:
            return None
        same = self._activities[partner.id].get(activity.id) == activity
        return partner if same else None

    def outcome(self, patient: Patient, activity: Activity, number: int) -> str | None:
        """How an occurrence was settled, by the patient or by the partner they share it with."""
        partner = self.partner(patient, activity)
        people = (patient, partner) if partner else (patient,)
        found = (self._settled.get((person.id, activity.id, number)) for person in people)
        return next((outcome for outcome in found if outcome), None)

    def meetings(self, patient: Patient, activity: Activity) -> dict[int, Meeting]:
        """The meetings of the series that a patient joined, by number; none without a series."""
        series = self._joined.get((patient.id, activity.id))
        if series is None:
            return {}
        return self._timetable.numbered(series, activity, patient.start)

    def _worked_out(self, patient: Patient, activity: Activity) -> Numbered:
        if activity.kind == "group":
            found = self._meetings_asked(patient, activity)
        else:
            found = self._sessions_asked(patient, activity)
        return {o.number: o for o in found if not self.outcome(patient, activity, o.number)}

    def _meetings_asked(self, patient: Patient, activity: Activity) -> Iterable[Occurrence]:
        if (patient.id, activity.id) not in self._joined:
            return [Occurrence((patient,), activity, 0)]
        return [
            Occurrence((patient,), activity, number, meeting=meeting)
            for number, meeting in self.meetings(patient, activity).items()
            if not meeting.fallen and not self._is_over(patient, activity, number, meeting)
        ]

    def _is_over(self, patient: Patient, activity: Activity, number: int, meeting: Meeting) -> bool:
        now = self._scenario.now
        identity = ((patient.id,), activity.id, number)
        return now is not None and meeting.start < now and identity not in self._booked_locked

    def _sessions_asked(self, patient: Patient, activity: Activity) -> Iterable[Occurrence]:
        partner = self.partner(patient, activity)
        if activity.with_partner and partner is None:
            return []
        people = sorted((patient, *([partner] if partner else [])), key=lambda p: p.id)
        if activity.after is None:
            return _weekly(tuple(people), activity)
        return self._following(tuple(people), activity, activity.after.activity)

    def _following(
        self, people: tuple[Patient, ...], activity: Activity, name: str
    ) -> Iterable[Occurrence]:
        anchors = [self._anchors(person, self._activities[person.id][name]) for person in people]
        for number in sorted(set(anchors[0]).intersection(*anchors[1:])):
            latest = max((found[number] for found in anchors), key=lambda visit: visit.end)
            yield Occurrence(people, activity, number, anchor=latest)

    def _anchors(self, patient: Patient, activity: Activity) -> dict[int, Visit]:
        return {
            number: self._placed[occurrence.identity]
            for number, occurrence in self.of(patient, activity).items()
            if occurrence.identity in self._placed
        }


def _weekly(people: tuple[Patient, ...], activity: Activity) -> Iterable[Occurrence]:
    number = 0
    for week in activity.scheduled_weeks:
        for _ in range(activity.per_week(week)):
            number += 1
            yield Occurrence(people, activity, number, week=week)

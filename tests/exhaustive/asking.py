"""Which occurrences are asked for, given the series that everybody joins."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from pathways import timing
from pathways.model import Activity
from pathways.scenario import Booked, Group, Patient
from tests.exhaustive.clinic import Facts, Span, Visit, minute_of

Key = tuple[str, str, int]
Choice = dict[tuple[str, str], str | None]
"""The series that a patient joins for a group activity; None for none of them."""


@dataclass(frozen=True)
class Wanted:
    """One occurrence to place: a session in ``week`` or after its anchors, or one meeting."""

    patients: tuple[str, ...]
    activity: Activity
    number: int
    week: int | None = None
    meeting: Visit | None = None

    @property
    def keys(self) -> list[Key]:
        return [(patient, self.activity.id, self.number) for patient in self.patients]


class Asking:
    """What a scenario asks for, by the choice of series."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.scenario = facts.scenario
        self.bookings = {booked.identity: booked for booked in facts.scenario.booked}

    def choices(self) -> Iterator[Choice]:
        """Every way to join series."""
        places = [
            (patient, activity)
            for patient in self.scenario.patients
            for activity in self.scenario.pathway_of(patient).activities
            if activity.kind == "group"
        ]
        options = [self.options(patient, activity) for patient, activity in places]
        for picked in product(*options):
            yield {
                (patient.id, activity.id): series
                for (patient, activity), series in zip(places, picked, strict=True)
            }

    def options(self, patient: Patient, activity: Activity) -> list[str | None]:
        fixed = self.fixed_by_lock(patient, activity)
        if fixed is not None:
            return [fixed]
        wished = patient.groups.get(activity.id)
        fitting = [
            group.id
            for group in self.facts.clinic.groups
            if wished in (None, group.id) and _qualifies(group, patient, activity)
        ]
        return [*fitting, None]

    def fixed_by_lock(self, patient: Patient, activity: Activity) -> str | None:
        """The series in which the patient's latest locked meeting stands that stands in any."""
        meetings = [
            booked
            for booked in self.facts.locked
            if booked.activity == activity.id and patient.id in booked.patients
        ]
        for booked in sorted(meetings, key=lambda found: found.start, reverse=True):
            for group in self.facts.clinic.groups:
                if self._stands_in(booked, group):
                    return group.id
        return None

    def _stands_in(self, booked: Booked, group: Group) -> bool:
        day = timing.local_date(booked.start, self.facts.zone)
        span = (minute_of(booked.start), minute_of(booked.end))
        held = [found for _, found in self.facts.meetings(group, [day])]
        same = (group.activity, group.location) == (booked.activity, booked.location)
        return same and span in held

    def settled(self, key: Key, *, outcomes: tuple[str, ...] = ()) -> bool:
        """Whether an occurrence is settled (with one of these outcomes), by either partner."""
        patient = self.facts.patients[key[0]]
        names = [patient.id]
        if patient.partner and self._is_joint(patient, key[1]):
            names.append(patient.partner)
        return any(
            (entry.activity, entry.occurrence) == key[1:]
            and (not outcomes or entry.outcome in outcomes)
            for name in names
            for entry in self.facts.patients[name].settled
        )

    def _is_joint(self, patient: Patient, name: str) -> bool:
        return self.facts.activity(patient.id, name).with_partner

    def participants(self, patient: Patient, activity: Activity) -> tuple[str, ...] | None:
        """Who takes part, under whom first; None where the activity is not asked for here."""
        if not activity.with_partner:
            return (patient.id,)
        if patient.partner is None or patient.partner < patient.id:
            return None
        partner = self.facts.patients[patient.partner]
        shared = activity in self.scenario.pathway_of(partner).activities
        return (patient.id, partner.id) if shared else None

    def wanted(self, choice: Choice) -> list[Wanted]:
        """Everything asked for, each after what it may come after; ``after`` only if it is placed.

        Meetings stand first: their times are given.
        """
        found: list[Wanted] = []
        for (joined, name), series in choice.items():
            if series is not None:
                found += self._meetings(self.facts.patients[joined], name, series)
        for depth in range(10):
            for patient in self.scenario.patients:
                for activity in self.scenario.pathway_of(patient).activities:
                    if activity.kind == "session" and self._depth(patient, activity) == depth:
                        found += self._sessions(patient, activity)
        return [item for item in found if not any(self.settled(key) for key in item.keys)]

    def _depth(self, patient: Patient, activity: Activity) -> int:
        if activity.after is None:
            return 0
        anchor = self.scenario.pathway_of(patient).activity(activity.after.activity)
        return 1 + self._depth(patient, anchor)

    def _sessions(self, patient: Patient, activity: Activity) -> Iterator[Wanted]:
        people = self.participants(patient, activity)
        if people is None:
            return
        if activity.after is not None:
            # Numbers beyond those of any anchor are never asked for.
            for number in range(1, 1 + self._most(patient)):
                yield Wanted(people, activity, number)
            return
        number = 0
        for week in activity.scheduled_weeks:
            for _ in range(activity.per_week(week)):
                number += 1
                yield Wanted(people, activity, number, week)

    def _most(self, patient: Patient) -> int:
        """At least as many as any activity of a pathway has occurrences."""
        activities = self.scenario.pathway_of(patient).activities
        return max(
            sum(max(a.per_week(week), len_of(self.facts, a)) for week in a.scheduled_weeks)
            for a in activities
        )

    def _meetings(self, patient: Patient, name: str, series: str) -> Iterator[Wanted]:
        activity = self.scenario.pathway_of(patient).activity(name)
        for number, (visit, state) in self.numbered(patient, activity, series).items():
            if state == "open" or (state == "past" and self._is_locked(visit)):
                yield Wanted((patient.id,), activity, number, meeting=visit)

    def _is_locked(self, visit: Visit) -> bool:
        booked = self.bookings.get((visit.patients, visit.activity.id, visit.number))
        return booked is not None and booked.locked

    def numbered(
        self, patient: Patient, activity: Activity, series: str
    ) -> dict[int, tuple[Visit, str]]:
        """All meetings of a patient's weeks by number: ``open``, ``fallen`` or ``past``."""
        group = self.facts.series[series]
        days = [
            day
            for week in activity.scheduled_weeks
            for day in timing.week_dates(patient.start, week)
        ]
        found = {}
        for number, (day, span) in enumerate(self.facts.meetings(group, days), start=1):
            state = "past" if span[0] < self.facts.now else "open"
            if self.facts.falls_out(group, day):
                state = "fallen"
            visit = Visit(
                (patient.id,), activity, number, *span, day, series, modality=group.modality
            )
            found[number] = (visit, state)
        return found

    def can_attend(self, meeting: Visit) -> bool:
        """Whether the patient's dates leave them a meeting: weekdays were judged for the series."""
        patient = self.facts.patients[meeting.patients[0]]
        span: Span = (meeting.start, meeting.end)
        away = any(stretch.holds(meeting.day) for stretch in patient.unavailable)
        return not away and self.facts.inside(patient.available, meeting.day, span)


def len_of(facts: Facts, activity: Activity) -> int:
    """How many meetings a week any series of a group activity has."""
    return max((len(g.weekly) for g in facts.clinic.groups if g.activity == activity.id), default=0)


def _qualifies(group: Group, patient: Patient, activity: Activity) -> bool:
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

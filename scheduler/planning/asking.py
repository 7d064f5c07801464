"""Which occurrences a scenario asks for, before anything is placed.

Every occurrence of a session and every numbered group meeting of a patient; settled ones, and
what would come after them, are left out. A couple's joint session stands once, for both.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from pathways import timing
from pathways.model import Activity
from pathways.scenario import Booked, Group, Patient, Scenario

Key = tuple[str, str, int]
"""Patient, activity and number."""


@dataclass(eq=False)
class Occurrence:
    """One occurrence that is asked for, or may be once its anchors are placed.

    ``patients`` are the ids of those who take part, the owner first. ``week`` is the week of the
    owner's pathway in which it lies, None for one that comes after others (``anchors``).
    ``booked`` is the appointment that stands for it already; where that is ``locked``, it stays
    exactly where it is. ``asked`` is False for a locked booking that nothing asks for: it stands,
    and counts in every rule.
    """

    index: int
    patients: tuple[str, ...]
    activity: Activity
    number: int
    week: int | None
    anchors: tuple["Occurrence", ...] = ()
    followers: list["Occurrence"] = field(default_factory=list)
    booked: Booked | None = None
    asked: bool = True
    locked: bool = field(init=False)

    def __post_init__(self) -> None:
        """Know whether a booking holds it exactly where it is: this is asked all the time."""
        self.locked = self.booked is not None and self.booked.locked

    @property
    def owner(self) -> str:
        """The patient under whom it is planned."""
        return self.patients[0]

    @property
    def is_meeting(self) -> bool:
        """Whether it is a meeting of a group."""
        return self.activity.kind == "group"

    @property
    def name(self) -> str:
        """The id of its appointment, such as ``p-0001/dose/3``."""
        return f"{self.owner}/{self.activity.id}/{self.number}"

    def __repr__(self) -> str:
        return self.name


class Asked:
    """All occurrences of a scenario, and the bookings that no occurrence stands for."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.occurrences: list[Occurrence] = []
        self.by_key: dict[Key, Occurrence] = {}
        self.by_activity: dict[tuple[str, str], list[Occurrence]] = {}
        self._bookings = {booked.identity: booked for booked in scenario.booked}
        self._series: dict[tuple[str, str | None, datetime, datetime], Group | None] = {}
        for patient in scenario.patients:
            for activity in scenario.pathway_of(patient).activities:
                if activity.after is None:
                    self._add_scheduled(patient, activity)
        for patient, activity in self._in_order_of_anchors():
            self._add_after(patient, activity)
        self.dropped = [booked for booked in self._bookings.values() if not booked.locked]
        for booked in self._bookings.values():
            if booked.locked:
                self._add_unasked(booked)

    def locked_series(self, patient: str, activity: Activity) -> Group | None:
        """The series in which a locked meeting of a patient stands; the latest decides."""
        if activity.kind != "group":
            return None
        held = self._locked.get((patient, activity.id), ())
        latest_first = sorted(held, key=lambda meeting: meeting.start)[::-1]
        return next(filter(None, map(self.series_of, latest_first)), None)

    def series_of(self, booked: Booked) -> Group | None:
        """The first series that has a meeting where and when a booking stands."""
        key = (booked.activity, booked.location, booked.start, booked.end)
        if key not in self._series:
            groups = (g for g in self.scenario.clinic.groups if _meets(self.scenario, g, booked))
            self._series[key] = next(groups, None)
        return self._series[key]

    @cached_property
    def _locked(self) -> dict[tuple[str, str], list[Booked]]:
        """What is locked, by patient and activity."""
        held: dict[tuple[str, str], list[Booked]] = {}
        for booked in self.scenario.booked:
            for name in booked.patients if booked.locked else ():
                held.setdefault((name, booked.activity), []).append(booked)
        return held

    @cached_property
    def _settled(self) -> set[Key]:
        return {
            (patient.id, settled.activity, settled.occurrence)
            for patient in self.scenario.patients
            for settled in patient.settled
        }

    def outcome(self, key: Key) -> str | None:
        """How a settled occurrence ended; None where it is not settled by any who take part."""
        patient = self.scenario.patient(key[0])
        for other in (patient.id, patient.partner):
            if other is None:
                continue
            for settled in self.scenario.patient(other).settled:
                joint = other == patient.id or self._joint(patient, settled.activity)
                if (settled.activity, settled.occurrence) == key[1:] and joint:
                    return settled.outcome
        return None

    def _joint(self, patient: Patient, name: str) -> bool:
        found = [a for a in self.scenario.pathway_of(patient).activities if a.id == name]
        return bool(found) and found[0].with_partner

    def participants(self, patient: Patient, activity: Activity) -> tuple[str, ...] | None:
        """Who takes part, the owner first; None where the activity is not asked for."""
        if not activity.with_partner:
            return (patient.id,)
        if patient.partner is None:
            return None
        partner = self.scenario.patient(patient.partner)
        if activity not in self.scenario.pathway_of(partner).activities:
            return None
        return tuple(sorted((patient.id, partner.id)))

    def _add_scheduled(self, patient: Patient, activity: Activity) -> None:
        people = self.participants(patient, activity)
        if people is None or people[0] != patient.id:
            return
        series = self.locked_series(patient.id, activity)
        number = 0
        for week in activity.scheduled_weeks:
            for _ in range(len(series.weekly) if series else activity.per_week(week)):
                number += 1
                self._add(people, activity, number, week, ())

    def _add_after(self, patient: Patient, activity: Activity) -> None:
        people = self.participants(patient, activity)
        if people is None or people[0] != patient.id or activity.after is None:
            return
        for anchor in self.by_activity.get((people[0], activity.after.activity), ()):
            anchors = [
                self.by_key.get((name, activity.after.activity, anchor.number)) for name in people
            ]
            if all(anchors):
                unique = dict.fromkeys(found for found in anchors if found is not None)
                self._add(people, activity, anchor.number, None, tuple(unique))

    def _add(
        self,
        people: tuple[str, ...],
        activity: Activity,
        number: int,
        week: int | None,
        anchors: tuple[Occurrence, ...],
    ) -> None:
        if any((name, activity.id, number) in self._settled for name in people):
            return
        booked = self._bookings.pop((people, activity.id, number), None)
        index = len(self.occurrences)
        made = Occurrence(index, people, activity, number, week, anchors, booked=booked)
        self.occurrences.append(made)
        for anchor in anchors:
            anchor.followers.append(made)
        for name in people:
            self.by_key[name, activity.id, number] = made
            self.by_activity.setdefault((name, activity.id), []).append(made)

    def _add_unasked(self, booked: Booked) -> None:
        people = tuple(sorted(booked.patients))
        pathway = self.scenario.pathway_of(self.scenario.patient(people[0]))
        activity = pathway.activity(booked.activity)
        index, number = len(self.occurrences), booked.occurrence
        made = Occurrence(index, people, activity, number, None, booked=booked, asked=False)
        self.occurrences.append(made)
        for name in people:
            self.by_activity.setdefault((name, activity.id), []).append(made)

    def _in_order_of_anchors(self) -> Iterator[tuple[Patient, Activity]]:
        """The activities that come after others, each once those it comes after are done."""
        longest = max((len(p.activities) for p in self.scenario.pathways), default=0)
        for depth in range(1, 1 + longest):
            for patient in self.scenario.patients:
                pathway = self.scenario.pathway_of(patient)
                for activity in pathway.activities:
                    if _depth(pathway.activities, activity) == depth:
                        yield patient, activity


def _meets(scenario: Scenario, group: Group, booked: Booked) -> bool:
    """Whether a booking stands at the place and time of one of a series' meetings."""
    if (group.activity, group.location) != (booked.activity, booked.location):
        return False
    day = timing.local_date(booked.start, scenario.clinic.zone)
    return any(
        meeting.day == timing.weekday(day)
        and timing.interval(day, meeting.window, scenario.clinic.zone) == (booked.start, booked.end)
        for meeting in group.weekly
    )


def _depth(activities: tuple[Activity, ...], activity: Activity) -> int:
    """How many activities stand before this one in its chain of ``after``."""
    by_id = {a.id: a for a in activities}
    depth = 0
    while activity.after is not None:
        activity = by_id[activity.after.activity]
        depth += 1
    return depth

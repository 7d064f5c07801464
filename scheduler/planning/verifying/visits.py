"""The appointments of a plan, joined with the people and activities that they name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from pathways.model import Activity, Modality, RoleNeed
from pathways.plan import Appointment, Note, PlannedStage
from pathways.scenario import Patient, Scenario
from scheduler.planning.verifying.local_time import LocalTime, in_utc
from scheduler.planning.verifying.verdict import Finding

Identity = tuple[tuple[str, ...], str, int]
"""Patients in order of their ids, activity and number: what makes two appointments the same."""


class StageOfVisit(NamedTuple):
    """One stage as it is planned."""

    id: str
    start: datetime
    end: datetime
    practitioner: str | None


class Hold(NamedTuple):
    """A monitor's attention, or the share of it that one stage takes."""

    start: datetime
    end: datetime
    monitor: str
    share: Fraction


# Nobody changes one; but there are thousands, and a frozen one takes three times as long to make.
@dataclass(eq=False)
class Visit:
    """An appointment with its records; two of them are the same only if they are one object.

    ``identity``: what makes it the same as a booked one. ``days``: the dates that it touches, of
    which ``day`` is the first.
    """

    place: str
    identity: Identity
    patients: tuple[Patient, ...]
    activity: Activity
    number: int
    start: datetime
    end: datetime
    day: date
    days: Sequence[date]
    modality: Modality
    location: str | None = None
    practitioners: tuple[str, ...] = ()
    stages: tuple[StageOfVisit, ...] = ()
    notes: tuple[Note, ...] = ()
    locked: bool = False

    @property
    def is_group(self) -> bool:
        """Whether it is a patient's place in a meeting."""
        return self.activity.kind == "group"

    @property
    def holds(self) -> tuple[Hold, ...]:
        """The attention of monitors that its stages take, each once."""
        ratios = {stage.id: stage.monitor_ratio for stage in self.activity.stages}
        held: dict[tuple[datetime, datetime, str, int], None] = {}
        for part in self.stages:
            ratio = ratios.get(part.id)
            if ratio and part.practitioner is not None:
                held[part.start, part.end, part.practitioner, ratio] = None
        return tuple(Hold(start, end, who, share_of(ratio)) for start, end, who, ratio in held)

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether it shares an instant with ``[start, end)``."""
        return self.start < end and start < self.end


@cache
def share_of(ratio: int) -> Fraction:
    """The share of a monitor's attention that a stage takes, of which so many may be held."""
    return Fraction(1, ratio)


def face(visit: Visit) -> tuple[RoleNeed, str] | None:
    """The need that should be met by one face throughout, and who meets it."""
    for need, name in zip(visit.activity.role_needs, visit.practitioners, strict=False):
        if need.same_person:
            return need, name
    return None


def activities_of(scenario: Scenario) -> dict[str, dict[str, Activity]]:
    """The activities of each patient's pathway by their ids; those of one pathway are shared."""
    of = {pathway.id: {a.id: a for a in pathway.activities} for pathway in scenario.pathways}
    return {patient.id: of[patient.pathway] for patient in scenario.patients}


class Reader:
    """Turns appointments into visits; what names nobody known becomes a fault."""

    def __init__(self, scenario: Scenario, local: LocalTime) -> None:
        self._patients = {patient.id: patient for patient in scenario.patients}
        self._activities = activities_of(scenario)
        self._locked = {b.identity: b for b in scenario.booked if b.locked}
        self._local = local
        self.faults: list[Finding] = []

    def visit(self, place: str, appointment: Appointment) -> Visit | None:
        """The visit, or None where its patients or its activity do not exist."""
        names = _names(appointment)
        place = f"{place} ({'+'.join(names)}/{appointment.activity}/{appointment.occurrence})"
        strangers = [name for name in names if name not in self._patients]
        if strangers:
            self._refuse(place, "patients", f"there is no patient {', '.join(strangers)}")
            return None
        if len(names) != len(appointment.patients):
            self._refuse(place, "patients", "a patient stands twice")
        activity = self._activity(names, appointment.activity)
        if activity is None:
            self._refuse(place, "activity", "their pathway has no such activity")
            return None
        return self._joined(place, names, activity, appointment)

    def _refuse(self, place: str, rule: str, words: str) -> None:
        self.faults.append(Finding(place, rule, words))

    def _activity(self, names: tuple[str, ...], activity: str) -> Activity | None:
        found = [self._activities[name].get(activity) for name in names]
        return found[0] if all(found) else None

    def _joined(
        self, place: str, names: tuple[str, ...], activity: Activity, appointment: Appointment
    ) -> Visit:
        start, end = in_utc(appointment.start), in_utc(appointment.end)
        identity = (names, activity.id, appointment.occurrence)
        days = self._local.days_touched(start, end)
        return Visit(
            place=place,
            identity=identity,
            patients=tuple(map(self._patients.__getitem__, names)),
            activity=activity,
            number=appointment.occurrence,
            start=start,
            end=end,
            day=days[0],
            days=days,
            modality=appointment.modality,
            location=appointment.location,
            practitioners=appointment.practitioners,
            stages=tuple(map(_stage_of_visit, appointment.stages)),
            notes=appointment.notes,
            locked=self._is_locked(identity, appointment),
        )

    def _is_locked(self, identity: Identity, appointment: Appointment) -> bool:
        """Whether it is what a lock keeps, unchanged."""
        kept = self._locked.get(identity) if self._locked else None
        if kept is appointment:
            return True
        return kept is not None and _substance(kept) == _substance(appointment)


def _stage_of_visit(stage: PlannedStage) -> StageOfVisit:
    return StageOfVisit(stage.id, in_utc(stage.start), in_utc(stage.end), stage.practitioner)


def _names(appointment: Appointment) -> tuple[str, ...]:
    """The patients in order of their ids, each once."""
    whose = appointment.patients
    return whose if len(whose) == 1 else tuple(sorted(set(whose)))


def _substance(appointment: Appointment) -> tuple[object, ...]:
    """All of an appointment that a lock keeps as it is."""
    return (
        appointment.identity,
        appointment.start,
        appointment.end,
        appointment.modality,
        appointment.location,
        appointment.practitioners,
        tuple((s.id, s.start, s.end, s.practitioner) for s in appointment.stages),
    )

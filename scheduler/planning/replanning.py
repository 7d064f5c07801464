"""A plan taken as booked: what stands in it is kept where it can be, and moved at a cost.

What has changed since stands in the scenario. The appointments of the old plan that it does not
list are added to its bookings; with them the planner's question is how little must change.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pathways.plan import Appointment, Plan, PlannedStage
from pathways.scenario import Booked, Scenario
from scheduler.planning.verifying import verify

Identity = tuple[tuple[str, ...], str, int]
"""Patients in order of their ids, activity and number: what makes two appointments the same."""

_APPOINTMENT = re.compile(r"appointments\[([0-9]+)\] ")
"""How the judge names the place of an appointment in a plan."""


@dataclass(frozen=True)
class LeftBehind:
    """An appointment of the old plan that is not taken as booked, and why in words."""

    appointment: Appointment
    why: str


@dataclass(frozen=True)
class Carried:
    """A scenario with an old plan's appointments among its bookings.

    ``series`` is what each patient has joined for a group activity; the planner may leave it.
    ``unplaced`` was asked for before, too, and had no place then.
    """

    scenario: Scenario
    left_behind: tuple[LeftBehind, ...] = ()
    series: dict[tuple[str, str], str] = field(default_factory=dict)
    unplaced: frozenset[tuple[str, str, int]] = frozenset()


def carried_over(scenario: Scenario, plan: Plan) -> Carried:
    """The scenario with the plan's appointments booked where it does not list them itself.

    What began before the scenario's ``now`` is locked, all else may be moved or dropped at a
    cost. What names something that the scenario no longer has, or what is settled by now, is left
    behind. ``plan`` must be one for the scenario's clinic; otherwise all of it is left behind.
    """
    known = _Known(scenario, plan)
    booked = {entry.identity: entry for entry in scenario.booked}
    names = {entry.id for entry in scenario.booked}
    left = []
    for appointment in plan.appointments:
        if appointment.identity in booked:
            continue
        why = known.why_left(appointment)
        if why:
            left.append(LeftBehind(appointment, why))
            continue
        name = _unused(appointment.id, names)
        names.add(name)
        booked[appointment.identity] = known.booking(appointment, name)
    return Carried(
        scenario=scenario.model_copy(update={"booked": tuple(booked.values())}),
        left_behind=tuple(left),
        series={(e.patient, e.activity): e.series for e in plan.groups},
        unplaced=frozenset((e.patient, e.activity, e.occurrence) for e in plan.unplaced),
    )


def _unused(name: str, taken: set[str]) -> str:
    """The name, with as many strokes as make it unlike the others."""
    while name in taken:
        name += "'"
    return name


class _Known:
    """What a scenario still has of what an old plan names."""

    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        self.scenario = scenario
        self.plan = plan
        self.locations = {location.id for location in scenario.clinic.locations}
        self.people = {person.id for person in scenario.clinic.practitioners}
        self.monitors = {None, *self.people}
        self.groups = {group.id: group for group in scenario.clinic.groups}
        self.joined = {(e.patient, e.activity): e.series for e in plan.groups}
        self.patients = {patient.id for patient in scenario.patients}
        self.activities = {
            patient.id: {activity.id for activity in scenario.pathway_of(patient).activities}
            for patient in scenario.patients
        }
        self.settled = {
            (patient.id, settled.activity, settled.occurrence)
            for patient in scenario.patients
            for settled in patient.settled
        }

    def why_left(self, appointment: Appointment) -> str:
        """Why an appointment cannot be taken as booked; empty where it can."""
        return next(self._obstacles(appointment), "")

    def _obstacles(self, appointment: Appointment) -> Iterator[str]:
        if self.plan.scenario != self.scenario.clinic.id:
            yield f"the plan is for the clinic {self.plan.scenario}"
        for patient in appointment.patients:
            yield from self._unasked(patient, appointment)
        if appointment.end <= appointment.start:
            yield "it ends before it begins"
        if appointment.location is not None and appointment.location not in self.locations:
            yield f"there is no location {appointment.location} any more"
        gone = [person for person in appointment.practitioners if person not in self.people]
        if gone:
            yield f"there is no practitioner {gone[0]} any more"
        yield from self._without_series(appointment)

    def _unasked(self, patient: str, appointment: Appointment) -> Iterator[str]:
        if patient not in self.patients:
            yield f"there is no patient {patient} any more"
        elif appointment.activity not in self.activities[patient]:
            yield f"the pathway of {patient} has no {appointment.activity} any more"
        if (patient, appointment.activity, appointment.occurrence) in self.settled:
            yield "it is settled"

    def _without_series(self, appointment: Appointment) -> Iterator[str]:
        """What has begun stands whatever became of its series."""
        series = self.joined.get((appointment.patients[0], appointment.activity))
        if series is not None and series not in self.groups and not self.has_begun(appointment):
            yield f"there is no series {series} any more"

    def has_begun(self, appointment: Appointment) -> bool:
        """Whether it started before now."""
        now = self.scenario.now
        return now is not None and appointment.start < now

    def booking(self, appointment: Appointment, name: str) -> Booked:
        """The appointment as a booking; a monitor who left the clinic is left out."""
        stages = tuple(
            stage if stage.practitioner in self.monitors else _unmonitored(stage)
            for stage in appointment.stages
        )
        held = {**vars(appointment), "id": name, "stages": stages}
        return Booked.model_construct(**held, locked=self.has_begun(appointment))


def _unmonitored(stage: PlannedStage) -> PlannedStage:
    return stage.model_copy(update={"practitioner": None})


def broken_now(carried: Carried, plan: Plan) -> dict[Identity, tuple[str, ...]]:
    """Why appointments of the old plan cannot stand as they stood, in the judge's words.

    The old plan is judged against what its scenario has become, with what is locked as it is.
    """
    locked = {b.identity: Appointment(**_unlocked(b)) for b in carried.scenario.booked if b.locked}
    held = tuple(locked.get(entry.identity, entry) for entry in plan.appointments)
    found: dict[Identity, list[str]] = {}
    for fault in verify(carried.scenario, plan.model_copy(update={"appointments": held})).faults:
        match = _APPOINTMENT.match(fault.place)
        if match is not None:
            identity = held[int(match[1])].identity
            found.setdefault(identity, []).append(fault.words)
    return {identity: tuple(dict.fromkeys(words)) for identity, words in found.items()}


def _unlocked(booked: Booked) -> dict[str, Any]:
    held = dict(vars(booked))
    del held["locked"]
    return held

"""The planner's question about some patients of a clinic, everybody else's bookings standing."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from pathways.model import Activity
from pathways.plan import Appointment, Cost, JoinedSeries, Plan
from pathways.scenario import Booked, Patient, Scenario, Settled
from scheduler.planning.asking import Asked
from scheduler.promising import series_of

_NO_SERIES = "careweave: none"


def question_for(scenario: Scenario, patients: Iterable[str]) -> Scenario:
    """The scenario in which only these patients are planned.

    What others have is locked, what they lack is waived, and what these patients have may move.
    """
    names = set(patients)
    booked = tuple(
        b if names & set(b.patients) else b.model_copy(update={"locked": True})
        for b in scenario.booked
    )
    lacking: dict[str, list[Settled]] = {}
    for occurrence in Asked(scenario).occurrences:
        if not names & set(occurrence.patients) and occurrence.booked is None:
            lacking.setdefault(occurrence.owner, []).append(
                Settled(
                    activity=occurrence.activity.id, occurrence=occurrence.number, outcome="waived"
                )
            )
    return scenario.model_copy(
        update={
            "booked": booked,
            "patients": tuple(
                p if p.id in names else _standing(scenario, p, lacking.get(p.id, ()))
                for p in scenario.patients
            ),
        }
    )


def _standing(scenario: Scenario, patient: Patient, lacking: Iterable[Settled]) -> Patient:
    joined = joined_series(scenario, patient.id)
    groups = (a.id for a in scenario.pathway_of(patient).activities if a.kind == "group")
    return patient.model_copy(
        update={
            "settled": (*patient.settled, *lacking),
            "groups": {name: joined.get(name, _NO_SERIES) for name in groups},
        }
    )


def joined_series(scenario: Scenario, patient: str) -> dict[str, str]:
    """The series that a patient's booked meetings are of, the latest deciding, by activity."""
    owner = scenario.patient(patient)
    pathway = scenario.pathway_of(owner)
    found: dict[str, str] = {}
    for booked in sorted(scenario.booked, key=lambda b: b.start):
        if patient in booked.patients:
            series = series_of(scenario.clinic, booked, _activity(pathway.activities, booked))
            if series is not None:
                found[booked.activity] = series.id
    return found


def _activity(activities: Iterable[Activity], booked: Booked) -> Activity:
    return next(activity for activity in activities if activity.id == booked.activity)


def standing_plan(scenario: Scenario, patients: Iterable[str]) -> Plan:
    """What is booked for these patients, as a plan of its own; it has no cost of its own."""
    names = sorted(set(patients))
    series = tuple(
        JoinedSeries(patient=name, activity=activity, series=group)
        for name in names
        for activity, group in joined_series(scenario, name).items()
    )
    booked = (b for b in scenario.booked if set(b.patients) & set(names))
    return Plan(
        format="care-plan/1",
        scenario=scenario.clinic.id,
        status="feasible",
        cost=Cost(total=0),
        bound=0,
        groups=series,
        appointments=tuple(_unlocked(b) for b in booked),
    )


def _unlocked(booked: Booked) -> Appointment:
    return Appointment.model_construct(
        **{name: getattr(booked, name) for name in Appointment.model_fields}
    )


def fingerprint(data: dict[str, Any]) -> str:
    """A hash of a scenario's data without its ``now``: the same as long as nothing has changed."""
    stable = {key: value for key, value in data.items() if key != "now"}
    booked = [{k: v for k, v in b.items() if k != "locked"} for b in stable.get("booked", [])]
    text = json.dumps(stable | {"booked": booked}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()

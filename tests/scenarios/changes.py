"""What happens to a clinic after it has been planned: one change of a scenario at random."""

import copy
from collections.abc import Callable
from datetime import timedelta
from random import Random

from pathways.plan import Appointment, Plan
from tests.scenarios.dice import Document


def disturbed(document: Document, plan: Plan, dice: Random) -> Document:
    """The scenario with one change that concerns one of the plan's appointments."""
    changed = copy.deepcopy(document)
    if plan.appointments:
        struck = dice.choice(plan.appointments)
        dice.choice(CHANGES)(changed, struck)
    return changed


def _day(struck: Appointment) -> str:
    return struck.start.date().isoformat()


def _somebody_away(document: Document, struck: Appointment) -> None:
    """Whoever serves the appointment is away on its day."""
    named = {*struck.practitioners, *(stage.practitioner for stage in struck.stages)}
    for person in document["clinic"]["practitioners"]:
        if person["id"] in named:
            stretch = {"from": _day(struck), "to": _day(struck)}
            person["away"] = [*person.get("away", []), stretch]


def _closure(document: Document, struck: Appointment) -> None:
    closures = document["clinic"].get("closures", [])
    document["clinic"]["closures"] = [*closures, {"date": _day(struck), "reason": "burst pipe"}]


def _patient_ill(document: Document, struck: Appointment) -> None:
    for patient in document["patients"]:
        if patient["id"] in struck.patients:
            stretch = {"from": _day(struck), "to": _day(struck)}
            patient["unavailable"] = [*patient.get("unavailable", []), stretch]


def _place_taken(document: Document, struck: Appointment) -> None:
    """Something else is in the appointment's location, by the clinic's own clock."""
    start, end = (moment.replace(tzinfo=None) for moment in (struck.start, struck.end))
    if end <= start:
        end = start + timedelta(hours=1)  # the clocks went back meanwhile
    busy = {"start": start.isoformat(), "end": end.isoformat()}
    for place in document["clinic"]["locations"]:
        if place["id"] == struck.location:
            place["busy"] = [*place.get("busy", []), busy]


def _settled(document: Document, struck: Appointment) -> None:
    booked = [
        {*entry["patients"]} == {*struck.patients}
        and (entry["activity"], entry["occurrence"]) == (struck.activity, struck.occurrence)
        for entry in document.get("booked", [])
    ]
    for patient in document["patients"]:
        if patient["id"] in struck.patients and not any(booked):
            entry = {"activity": struck.activity, "occurrence": struck.occurrence}
            settled = [*patient.get("settled", []), {**entry, "outcome": "waived"}]
            patient["settled"] = settled


CHANGES: tuple[Callable[[Document, Appointment], None], ...] = (
    _somebody_away,
    _somebody_away,
    _closure,
    _patient_ill,
    _place_taken,
    _settled,
)

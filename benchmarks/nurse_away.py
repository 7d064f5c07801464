"""A clinic that goes by its plan, on the morning on which its busiest nurse cannot come."""

import json
from collections import Counter
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from benchmarks.instances import Document
from benchmarks.one_more import waived
from benchmarks.reference import first_fit
from pathways.plan import Plan
from pathways.reading import read_scenario

MORNING = time(7)
"""When the clinic learns of it, before anybody comes."""


def called_in_sick(document: Document) -> Document:
    """The ``scenario`` of that morning, and the ``plan`` that has stood until then.

    The plan is that of first-fit; what it leaves out is waived, so that nothing but the absence
    is to be answered. Away is, for one day, who would monitor the most sessions on a single day.
    """
    plan = first_fit(read_scenario(document))
    settled = {**document, "patients": [waived(patient, plan) for patient in document["patients"]]}
    return {
        "scenario": _without_the_busiest(settled, plan),
        "plan": json.loads(plan.model_dump_json(by_alias=True)),
    }


def _without_the_busiest(document: Document, plan: Plan) -> Document:
    clinic = document["clinic"]
    zone = ZoneInfo(clinic["timezone"])
    nurse, day = _busiest(plan, zone)
    away = [{"from": str(day), "to": str(day)}]
    people = [
        {**person, "away": [*person["away"], *away]} if person["id"] == nurse else person
        for person in clinic["practitioners"]
    ]
    return {
        **document,
        "now": datetime.combine(day, MORNING, zone).isoformat(),
        "clinic": {**clinic, "practitioners": people},
    }


def _busiest(plan: Plan, zone: ZoneInfo) -> tuple[str, date]:
    """Who monitors the most sessions on a day, and that day; the first such in the plan."""
    held = Counter(
        (nurse, appointment.start.astimezone(zone).date())
        for appointment in plan.appointments
        for nurse in dict.fromkeys(stage.practitioner for stage in appointment.stages)
        if nurse is not None
    )
    return max(held, key=lambda found: held[found])

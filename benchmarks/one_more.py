"""A clinic in which everybody but the last patient is booked and locked."""

import json

from benchmarks.instances import Document
from benchmarks.reference import first_fit
from pathways.plan import Plan
from pathways.reading import read_scenario


def booked(document: Document) -> Document:
    """The document with all patients but the last booked as first-fit places them, and locked.

    What first-fit leaves out of theirs is waived: the new patient's plan is the only question.
    """
    *standing, new = document["patients"]
    plan = first_fit(read_scenario({**document, "patients": standing}))
    appointments = [json.loads(a.model_dump_json()) for a in plan.appointments]
    return {
        **document,
        "patients": [*(waived(patient, plan) for patient in standing), new],
        "booked": [{**appointment, "locked": True} for appointment in appointments],
    }


def waived(patient: Document, plan: Plan) -> Document:
    """The patient with all that the plan leaves out of theirs waived."""
    settled = [
        {"activity": left.activity, "occurrence": left.occurrence, "outcome": "waived"}
        for left in plan.unplaced
        if left.patient == patient["id"] and left.occurrence > 0
    ]
    return {**patient, "settled": settled}

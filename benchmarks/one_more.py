"""A clinic in which everybody but the last patient is booked and locked."""

import json
from pathlib import Path

from benchmarks.instances import Document
from benchmarks.reference import first_fit
from pathways.plan import Plan
from pathways.reading import parse, read_scenario

CACHE = Path(__file__).parent / ".cache"
"""Where clinics are kept once they are booked; may be deleted at any time."""


def booked(document: Document) -> Document:
    """The document with all patients but the last booked as first-fit places them, and locked.

    What first-fit leaves out of theirs is waived: the new patient's plan is the only question.
    """
    *standing, new = document["patients"]
    plan = first_fit(read_scenario({**document, "patients": standing}))
    appointments = [json.loads(a.model_dump_json()) for a in plan.appointments]
    return {
        **document,
        "patients": [*(_waived(patient, plan) for patient in standing), new],
        "booked": [{**appointment, "locked": True} for appointment in appointments],
    }


def _waived(patient: Document, plan: Plan) -> Document:
    settled = [
        {"activity": left.activity, "occurrence": left.occurrence, "outcome": "waived"}
        for left in plan.unplaced
        if left.patient == patient["id"] and left.occurrence > 0
    ]
    return {**patient, "settled": settled}


def booked_once(name: str, document: Document) -> Document:
    """The same, from the cache where it was made before."""
    path = CACHE / f"{name}.json"
    if not path.exists():
        CACHE.mkdir(exist_ok=True)
        path.write_text(json.dumps(booked(document)), encoding="utf-8")
    found: Document = parse(path.read_text("utf-8"))
    return found

"""A random scenario of one patient, whose weeks are mostly a walk through days."""

from tests.scenarios.dice import SMALL, Document, Size
from tests.scenarios.making import random_scenario


def lone_scenario(seed: int, size: Size = SMALL) -> Document:
    """The first patient of a random scenario, without a partner; what is followed ends its day."""
    document = random_scenario(seed, size)
    patient = document["patients"][0]
    patient.pop("partner", None)
    pathway = next(way for way in document["pathways"] if way["id"] == patient["pathway"])
    for activity in pathway["activities"]:
        if activity["id"] in _followed(pathway) and _is_free(activity):
            activity["rest_of_day"] = True
    booked = [b for b in document.get("booked", []) if b["patients"] == [patient["id"]]]
    return {**document, "pathways": [pathway], "patients": [patient], "booked": booked}


def _followed(pathway: Document) -> set[str]:
    return {a["after"]["activity"] for a in pathway["activities"] if a.get("after")}


def _is_free(activity: Document) -> bool:
    """Whether it is a session that nothing else decides the day of."""
    return activity["kind"] == "session" and not activity.get("after")

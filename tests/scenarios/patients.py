"""Patients: when they can come, what they may have, what they have had already."""

from datetime import date, timedelta

from pathways import timing
from tests.scenarios.activities import CLEARANCES, SERVICES
from tests.scenarios.dice import Document
from tests.scenarios.hours import Frame

NAMES = ("ada", "bob", "cleo", "dan")


def patient(frame: Frame, name: str, pathways: list[Document], clinic: Document) -> Document:
    """A patient on one of the pathways; most, but not all, can come at most hours."""
    dice = frame.dice
    pathway = dice.pick(pathways)
    document: Document = {
        "id": name,
        "pathway": pathway["id"],
        "start": _start(frame),
        "available": frame.table(narrow=0.15),
    }
    if dice.frill:
        document["unavailable"] = [frame.few_days()]
    if dice.chance(0.4):
        document["preferred"] = frame.table(narrow=0.6)
    if dice.chance(0.3):
        document["rides"] = _rides(frame)
    document["clearances"] = _clearances(frame)
    document["authorizations"] = _authorizations(frame)
    if dice.frill:
        document["groups"] = _fixed(frame, pathway, clinic)
    if dice.frill:
        document["settled"] = _settled(frame, pathway)
    if dice.frill:
        document["history"] = _history(frame, document["start"], pathway)
    return document


def _start(frame: Frame) -> str:
    late = frame.dice.between(0, 6) if frame.dice.frill else 0
    return (frame.first + timedelta(days=late)).isoformat()


def _rides(frame: Frame) -> Document:
    """Windows in which somebody takes the patient home; they may last to midnight."""
    rides = frame.table(narrow=0.5)
    if frame.dice.chance(0.5):
        return rides
    for day in timing.WEEKDAYS[:5]:
        start = timing.clock_text(min(frame.minute(), 23 * 60))
        rides[day] = [f"{start}-24:00"]
    return rides


def _clearances(frame: Frame) -> list[Document]:
    """Each kind for the whole time, for part of it, in two pieces, or not at all."""
    dice, held = frame.dice, []
    whole = {"from": "2026-01-01", "to": "2028-12-31"}
    for kind in CLEARANCES:
        spans = (
            [whole]
            if dice.chance(0.75)
            else [frame.date_range() for _ in range(dice.between(0, 2))]
        )
        held += [{"kind": kind, **span} for span in spans]
    return held


def _authorizations(frame: Frame) -> list[Document]:
    """Units for the whole time or for two stretches, plenty of them or too few."""
    dice, held = frame.dice, []
    for service in SERVICES:
        middle = date.fromisoformat(frame.date())
        spans = [("2026-01-01", "2028-12-31")]
        if dice.frill:
            spans = [("2026-01-01", str(middle)), (str(middle + timing.ONE_DAY), "2028-12-31")]
        for first, last in dice.some(spans, 0 if dice.frill else 1):
            units = dice.between(0, 2) if dice.chance(0.4) else 20
            held.append({"service": service, "units": units, "from": first, "to": last})
    return held


def _fixed(frame: Frame, pathway: Document, clinic: Document) -> Document:
    """A series chosen beforehand, fitting or not."""
    names = [series["id"] for series in clinic["groups"]]
    groups = [a["id"] for a in pathway["activities"] if a["kind"] == "group"]
    return {name: frame.dice.pick(names) for name in groups if names}


def _settled(frame: Frame, pathway: Document) -> list[Document]:
    dice = frame.dice
    activity = dice.pick(pathway["activities"])["id"]
    outcome = dice.pick(["missed", "waived", "elsewhere"])
    return [{"activity": activity, "occurrence": dice.between(1, 2), "outcome": outcome}]


def _history(frame: Frame, start: str, pathway: Document) -> list[Document]:
    """Sessions of an earlier enrolment, on the days before this one."""
    dice = frame.dice
    entries = []
    for _ in range(dice.between(1, 2)):
        day = date.fromisoformat(start) - timedelta(days=dice.between(1, 4))
        moment = timing.instant(day, frame.opens, timing.zone(frame.zone))
        activity = dice.pick(pathway["activities"])["id"]
        end = moment + timedelta(hours=1)
        entries.append({"activity": activity, "start": moment.isoformat(), "end": end.isoformat()})
    return entries


def pair_up(frame: Frame, patients: list[Document], pathways: list[Document]) -> None:
    """Make partners of the first two, on one pathway or on two."""
    first, second = patients[:2]
    first["partner"], second["partner"] = second["id"], first["id"]
    if frame.dice.chance(0.8):
        second["pathway"] = first["pathway"]
        known = {a["id"] for p in pathways if p["id"] == first["pathway"] for a in p["activities"]}
        for key in ("settled", "history"):
            second[key] = [entry for entry in second.get(key, []) if entry["activity"] in known]
        second["groups"] = {a: s for a, s in second.get("groups", {}).items() if a in known}

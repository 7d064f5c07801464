"""Clinics: places, people with hours and absences, and series of group meetings."""

from datetime import date, timedelta

from pathways import timing
from tests.scenarios.dice import Document
from tests.scenarios.hours import Frame

SKILLS = ("cbt", "dbt")


def clinic(frame: Frame) -> Document:
    """A clinic with at least one of everything that sessions may need."""
    dice = frame.dice
    document: Document = {
        "id": "harbor",
        "timezone": frame.zone,
        "slot_minutes": frame.slot,
        "hours": frame.table(narrow=0.1),
        "locations": _locations(frame),
        "practitioners": _practitioners(frame),
    }
    if frame.slot == 15 and dice.frill:
        del document["slot_minutes"]
    if dice.frill:
        document["closures"] = [{"date": frame.date(), "reason": "Public holiday"}]
    if dice.frill:
        document["resume_driving"] = dice.pick(["05:30", "07:00", "00:00", "02:30"])
    return document


def _locations(frame: Frame) -> list[Document]:
    dice = frame.dice
    kinds = ["treatment-bay"] * dice.between(1, 2) + ["office"] * dice.between(1, 2)
    places = []
    for number, kind in enumerate([*kinds, "group-room", "virtual"]):
        place: Document = {"id": f"{kind}-{number}", "kind": kind}
        if dice.frill:
            place["turnover"] = dice.pick([5, 10, 15, 30])
        if dice.frill:
            place["capacity"] = dice.between(1, 2)
        if dice.frill:
            place["busy"] = [_busy(frame)]
        places.append(place)
    return places


def _practitioners(frame: Frame) -> list[Document]:
    dice = frame.dice
    roles = [["monitor"]] * dice.between(1, 2) + [["therapist"]] * dice.between(1, 2)
    roles.append(["prescriber", "monitor"] if dice.frill else ["prescriber"])
    roles.append(["therapist", "prescriber"] if dice.frill else ["therapist"])
    return [_practitioner(frame, number, held) for number, held in enumerate(roles)]


def _practitioner(frame: Frame, number: int, roles: list[str]) -> Document:
    dice = frame.dice
    person: Document = {
        "id": f"{roles[0]}-{number}",
        "roles": roles,
        "hours": frame.table(narrow=0.25 if dice.frill else 0),
    }
    if "therapist" in roles:
        person["skills"] = dice.some(SKILLS, 1)
    if dice.frill:
        person["away"] = [frame.few_days()]
    if dice.frill:
        person["busy"] = [_busy(frame)]
    return person


def _busy(frame: Frame) -> Document:
    """Something that is not planned here; now and then off the grid, or over midnight."""
    dice = frame.dice
    start = frame.minute() + (dice.pick([1, 7]) if dice.chance(0.1) else 0)
    length = dice.pick([frame.slot, 45, 120, 26 * 60 if dice.frill else 60])
    day = date.fromisoformat(frame.date())
    return {"start": _local(day, start), "end": _local(day, start + length)}


def _local(day: date, minute: int) -> str:
    moment = day + timedelta(days=minute // 1440)
    return f"{moment}T{timing.clock_text(minute % 1440)}"


def add_series(frame: Frame, clinic: Document, pathways: list[Document]) -> None:
    """One or two series for every group activity, most of which somebody can join."""
    dice = frame.dice
    clinic["groups"] = []
    for pathway in pathways:
        for activity in pathway["activities"]:
            if activity["kind"] == "group":
                for _ in range(dice.between(1, 2)):
                    clinic["groups"].append(_series(frame, clinic, activity))


def _series(frame: Frame, clinic: Document, activity: Document) -> Document:
    dice = frame.dice
    number = len(clinic["groups"])
    rooms = [place["id"] for place in clinic["locations"]]
    people = [p["id"] for p in clinic["practitioners"] if "therapist" in p["roles"]]
    virtual = activity["modality"] == "virtual"
    series: Document = {
        "id": f"series-{number}",
        "activity": activity["id"],
        "modality": activity["modality"] if not dice.chance(0.05) else "virtual",
        "capacity": dice.between(1, 3),
        "location": rooms[-1] if virtual else dice.pick([rooms[-2], rooms[-2], *rooms]),
        "facilitator": dice.pick(people),
        "weekly": _weekly(frame, activity["schedule"][0]["per_week"]),
    }
    if dice.frill:
        series["cancelled"] = [frame.date()]
    return series


def _weekly(frame: Frame, per_week: int) -> list[Document]:
    dice = frame.dice
    wanted = per_week + (dice.pick([-1, 1]) if dice.chance(0.05) else 0)
    days = dice.some(frame.days, wanted, wanted) or frame.days[:1]
    meetings = []
    for day in days:
        start = min(frame.minute(), 1440 - 60)
        length = dice.pick([30, 60, frame.slot])
        meetings.append(
            {
                "day": day,
                "start": timing.clock_text(start),
                "end": timing.clock_text(min(start + length, 1440)),
            }
        )
    return meetings

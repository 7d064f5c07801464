"""Small plain documents, each complete and right; a test changes what it is about.

Every function returns new plain data, as a YAML reader would: keyword arguments add a key or
replace it, and ``None`` leaves a key out.
"""

from typing import Any

Document = dict[str, Any]

MONDAY = "2027-01-04"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*WEEKDAYS, "sat", "sun")


def changed(document: Document, changes: Document) -> Document:
    """The document with these keys; those that are None left out."""
    return {key: value for key, value in {**document, **changes}.items() if value is not None}


def table(*windows: str, days: tuple[str, ...] = WEEKDAYS) -> Document:
    """The same windows on each of these days."""
    return {day: list(windows) for day in days}


def location(name: str, kind: str = "office", **changes: Any) -> Document:
    return changed({"id": name, "kind": kind}, changes)


def practitioner(name: str, *roles: str, **changes: Any) -> Document:
    return changed({"id": name, "roles": list(roles), "hours": table("09:00-17:00")}, changes)


def series(name: str = "mornings", **changes: Any) -> Document:
    """A series of group meetings on Monday and Wednesday mornings."""
    document = {
        "id": name,
        "activity": "group",
        "modality": "in-person",
        "capacity": 8,
        "location": "group-room",
        "facilitator": "facilitator",
        "weekly": [
            {"day": "mon", "start": "09:00", "end": "10:00"},
            {"day": "wed", "start": "09:00", "end": "10:00"},
        ],
    }
    return changed(document, changes)


def clinic(**changes: Any) -> Document:
    """A clinic with one of everything, open on weekdays from nine to five."""
    document = {
        "id": "harbor",
        "name": "Harbor Clinic (fictional)",
        "timezone": "America/New_York",
        "slot_minutes": 30,
        "hours": table("09:00-17:00"),
        "locations": [
            location("bay", "treatment-bay"),
            location("office"),
            location("group-room", "group-room", capacity=8),
            location("video", "virtual"),
        ],
        "practitioners": [
            practitioner("nurse", "monitor"),
            practitioner("doctor", "prescriber"),
            practitioner("therapist", "therapist", skills=["cbt"]),
            practitioner("facilitator", "therapist", skills=["group"]),
        ],
        "groups": [series()],
    }
    return changed(document, changes)


def session(name: str, **changes: Any) -> Document:
    """An hour in an office once in week 1."""
    document = {
        "id": name,
        "kind": "session",
        "title": name.capitalize(),
        "modality": "in-person",
        "minutes": 60,
        "needs": [{"location": "office"}],
        "schedule": [{"weeks": "1-1", "per_week": 1}],
    }
    return changed(document, changes)


def dose(name: str = "dose", **changes: Any) -> Document:
    """A ketamine session of two stages, twice a week, after which nobody drives."""
    document = session(
        name,
        minutes=None,
        stages=[
            {"id": "dosing", "minutes": 30, "monitor_ratio": 1, "prescriber_on_site": True},
            {"id": "monitoring", "minutes": 60, "monitor_ratio": 2},
        ],
        needs=[{"location": "treatment-bay"}],
        schedule=[{"weeks": "1-1", "per_week": 2}],
        min_days_between=2,
        rest_of_day=True,
        no_driving=True,
    )
    return changed(document, changes)


def integration(name: str = "integration", **changes: Any) -> Document:
    """An hour of therapy on the day after each dose, or soon after."""
    document = session(
        name,
        schedule=None,
        after={"activity": "dose", "lag": {"min": "PT16H", "ideal": "PT24H", "max": "PT72H"}},
        needs=[
            {"location": "office"},
            {"role": "therapist", "skill": "cbt", "same_person": "preferred"},
        ],
    )
    return changed(document, changes)


def group(name: str = "group", **changes: Any) -> Document:
    """Two group meetings a week in week 1."""
    document = {
        "id": name,
        "kind": "group",
        "title": "Group therapy",
        "modality": "in-person",
        "schedule": [{"weeks": "1-1", "per_week": 2}],
    }
    return changed(document, changes)


def pathway(*activities: Document, **changes: Any) -> Document:
    """A pathway of one week, of doses each with its integration where nothing else is said."""
    document = {
        "id": "short",
        "title": "A short pathway",
        "weeks": 1,
        "activities": list(activities) or [dose(), integration()],
    }
    return changed(document, changes)


def patient(name: str = "ada", **changes: Any) -> Document:
    document = {
        "id": name,
        "pathway": "short",
        "start": MONDAY,
        "available": table("08:00-18:00", days=EVERY_DAY),
    }
    return changed(document, changes)


def scenario(**changes: Any) -> Document:
    """One patient on one pathway in a clinic of their own."""
    document = {
        "format": "care-scenario/1",
        "clinic": clinic(),
        "pathways": [pathway()],
        "patients": [patient()],
    }
    return changed(document, changes)


def appointment(activity: str, start: str, end: str, **changes: Any) -> Document:
    """An appointment of Ada's at an office."""
    document = {
        "id": f"{activity}-1",
        "patients": ["ada"],
        "activity": activity,
        "occurrence": 1,
        "start": start,
        "end": end,
        "modality": "in-person",
        "location": "office",
        "practitioners": [],
        "stages": [],
        "notes": [],
    }
    return changed(document, changes)


def plan(**changes: Any) -> Document:
    """An empty plan of no cost."""
    document = {
        "format": "care-plan/1",
        "scenario": "harbor",
        "status": "optimal",
        "cost": {"total": 0, "terms": {}},
        "bound": 0,
        "groups": [],
        "appointments": [],
        "unplaced": [],
    }
    return changed(document, changes)

"""A dose visit of the library's esketamine pathway, and events of it, for tests."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from pathways import library, timing
from pathways.protocol import LibraryPathway
from scheduler.sessions import happenings
from scheduler.sessions.happenings import Correction, Occurred
from scheduler.sessions.timeline import Timeline, timeline
from scheduler.sessions.visit import DoseVisit

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
FRIDAY = date(2026, 3, 6)
GOOD: dict[str, Any] = {
    "systolic": 124,
    "diastolic": 78,
    "heart_rate": 72,
    "oxygen_saturation": 98,
    "sedation": 5,
    "dissociation": False,
}
WHOLE: dict[str, Any] = {
    "new_illness": False,
    "new_medicines": False,
    "substance_use": False,
    "pregnancy_possible": False,
    "fasting_kept": True,
    "suicide_risk": False,
    "ride": {"kind": "adult", "name": "Rowan Fictional"},
}

Event = Occurred | Correction


def trd() -> LibraryPathway:
    return library.load("iop-esketamine-trd", "2026.1")


def at(clock: str, day: date = FRIDAY, zone: ZoneInfo = LOS_ANGELES) -> datetime:
    """The instant of a clock time of the clinic."""
    return timing.instant(day, timing.clock_minutes(clock), zone)


def visit(start: datetime | None = None, activity: str = "first-dose", **changes: Any) -> DoseVisit:
    """A visit at half past twelve, so that the drug is given at one."""
    protocol = changes.pop("protocol", None) or trd()
    found = protocol.activity(activity)
    start = start or at("12:30")
    known: dict[str, Any] = {
        "appointment_id": uuid4(),
        "code": "p-1-dose",
        "patient_id": "p-1",
        "patient_name": "Ada Fictional",
        "status": "booked",
        "start": start,
        "end": start + found.length,
        "zone": LOS_ANGELES,
        "activity": found,
        "occurrence": 1,
        "resume_driving": 6 * 60,
        "closes": start + timedelta(hours=8),
        "nurse": "nurse-1",
    }
    return DoseVisit(**{**known, **changes})


def event(kind: str, moment: datetime, **data: Any) -> Event:
    """One event of a kind."""
    return happenings.read({"id": data.pop("id", uuid4()), "kind": kind, "at": moment, **data})


def corrected(old: Event, moment: datetime, new: Event | None = None) -> Event:
    replaced = new.model_dump(mode="json") if new else None
    return event("correction", moment, corrects=old.id, event=replaced)


def begun(first: datetime, *more: Event, **vitals: Any) -> list[Event]:
    """A session up to the drug at an instant: arrived, form, vital signs, first device."""
    return [
        event("arrived", first - timedelta(minutes=30)),
        event("check-in", first - timedelta(minutes=20), **WHOLE),
        event("vitals", first - timedelta(minutes=10), **{**GOOD, **vitals}),
        event("given", first, mg=56),
        *more,
    ]


def finished(first: datetime, last: datetime) -> list[Event]:
    """Everything that a discharge needs, two hours after the last device."""
    leaves = last + timedelta(hours=2)
    return begun(
        first,
        event("device", last, number=2),
        event("vitals", first + timedelta(minutes=40), **GOOD),
        event("vitals", leaves - timedelta(minutes=5), **GOOD),
        event("ready", leaves - timedelta(minutes=4), confirmed=["walking", "nausea"]),
        event("note given", leaves - timedelta(minutes=3)),
        event("ride met", leaves - timedelta(minutes=2), name="Rowan Fictional"),
    )


def shown(events: list[Event], now: datetime, **changes: Any) -> Timeline:
    protocol = changes.pop("protocol", None) or trd()
    found = changes.pop("visit", None) or visit(protocol=protocol, **changes)
    return timeline(protocol, found, events, now)


def unsatisfied(found: Timeline) -> list[str]:
    return [item.id for item in found.discharge if not item.satisfied]


def rules(found: Timeline) -> list[str]:
    return [obstacle.rule for obstacle in found.to_giving]

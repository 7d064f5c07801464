"""Small scenarios on a pathway of the library: one patient on maintenance, a few weeks to plan."""

from typing import Any

from pathways import library
from tests.factories import Document, appointment, table
from tests.pathways.clinics import scenario_of


def maintained(**clinic: Any) -> Document:
    """One patient on maintenance with esketamine; what is named is changed in the clinic."""
    document = scenario_of(library.load("maintenance-esketamine", "2026.1"))
    document["clinic"].update(clinic)
    return document


def without_therapy() -> Document:
    """The therapy beside the first dose was missed: a gate, R-01."""
    document = maintained()
    missed = {"activity": "individual", "occurrence": 1, "outcome": "missed"}
    document["patients"][0]["settled"] = [missed]
    return document


def only_late() -> Document:
    """A dose could end between 18:00 and closing time alone, with nurses and rides for that."""
    document = maintained()
    for person in document["clinic"]["practitioners"]:
        person["hours"] = table("08:00-18:30")
    document["patients"][0]["available"] = table("08:00-09:00", "15:15-18:30")
    return document


def dosed_twice_on_a_day() -> Document:
    """Two doses on one day are booked and locked: a hard rule, R-15, that no plan can mend."""
    document = maintained()
    document["booked"] = [_dose(1, "09:00"), _dose(2, "13:00")]
    return document


def _dose(number: int, begins: str) -> Document:
    """A dose of Tuesday of the first week, with its nurse and its note."""
    visit = next(
        activity
        for activity in library.load("maintenance-esketamine", "2026.1").activities
        if activity.id == "dose"
    )
    hour = int(begins[:2]) * 60
    stages = []
    for stage in visit.stages:
        stages.append(
            {"id": stage.id, "start": _at(hour), "end": _at(hour + stage.minutes)}
            | ({"practitioner": "nurse-1"} if stage.monitor_ratio else {})
        )
        hour += stage.minutes
    until = "2027-01-06T06:00:00-05:00"
    return appointment(
        "dose",
        stages[0]["start"],
        stages[-1]["end"],
        id=f"dose-{number}",
        patients=["p-1"],
        occurrence=number,
        location="bay-1",
        stages=stages,
        notes=[{"kind": "no-driving", "text": "Do not drive.", "until": until}],
        locked=True,
    )


def _at(minutes: int) -> str:
    return f"2027-01-05T{minutes // 60:02d}:{minutes % 60:02d}:00-05:00"

"""An ordinary invented clinic in which any pathway of the library can be planned."""

from datetime import date, timedelta
from typing import Any

from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity
from tests.factories import Document, location, practitioner, table

MONDAY = date(2027, 1, 4)
OPEN = table("08:00-18:30")
WATCHED = table("08:00-18:00")  # leaves half an hour for a visit that runs over


def ordinary_clinic(pathway: LibraryPathway) -> Document:
    """Two bays, two nurses, a prescriber and therapists with every skill; groups as asked for."""
    skills = sorted({n.skill for a in pathway.activities for n in a.role_needs if n.skill})
    return {
        "id": "harbor",
        "name": "Harbor Clinic (fictional)",
        "timezone": "America/New_York",
        "slot_minutes": 15,
        "hours": OPEN,
        "locations": [
            location("bay-1", "treatment-bay"),
            location("bay-2", "treatment-bay"),
            location("office-1"),
            location("office-2"),
            location("group-room", "group-room", capacity=10),
            location("video", "virtual"),
        ],
        "practitioners": [
            practitioner("nurse-1", "monitor", hours=WATCHED),
            practitioner("nurse-2", "monitor", hours=WATCHED),
            practitioner("doctor", "prescriber", skills=["addiction"], hours=OPEN),
            practitioner("therapist-1", "therapist", skills=skills, hours=OPEN),
            practitioner("therapist-2", "therapist", skills=skills, hours=OPEN),
            *(
                practitioner(f"{group.id}-facilitator", "therapist", hours=table("07:00-20:00"))
                for group in pathway.with_purpose("group")
            ),
        ],
        "groups": [_series(group) for group in pathway.with_purpose("group")],
    }


def _series(group: LibraryActivity) -> Document:
    """A series in the mornings: Monday, Wednesday, Friday, and Tuesday, Thursday if more meet."""
    days = ("mon", "wed", "fri", "tue", "thu")[: group.schedule[0].per_week]
    end = 9 * 60 + (group.meeting_minutes or 0)
    return {
        "id": f"{group.id}-mornings",
        "activity": group.id,
        "modality": group.modality,
        "capacity": 10,
        "location": "video" if group.modality == "virtual" else "group-room",
        "facilitator": f"{group.id}-facilitator",
        "weekly": [
            {"day": day, "start": "09:00", "end": f"{end // 60:02d}:{end % 60:02d}"} for day in days
        ],
    }


def patient(name: str, pathway: LibraryPathway, **changes: Any) -> Document:
    """A fictional patient who may have everything that the pathway asks for."""
    last = (MONDAY + timedelta(weeks=pathway.weeks + 4)).isoformat()
    kinds = {kind for activity in pathway.activities for kind in activity.needs_clearance}
    services = {a.needs_authorization for a in pathway.activities if a.needs_authorization}
    first = MONDAY.isoformat()
    return {
        "id": name,
        "pathway": pathway.id,
        "start": first,
        "available": table("07:00-20:00"),
        "clearances": [{"kind": kind, "from": first, "to": last} for kind in sorted(kinds)],
        "authorizations": [
            {"service": service, "units": 60, "from": first, "to": last}
            for service in sorted(services)
        ],
        **changes,
    }


def scenario_of(pathway: LibraryPathway) -> Document:
    """One patient, or a couple where the pathway is one for couples, in the ordinary clinic."""
    patients = [patient("p-1", pathway)]
    if pathway.couples:
        patients = [patient("p-1", pathway, partner="p-2"), patient("p-2", pathway, partner="p-1")]
    return {
        "format": "care-scenario/1",
        "clinic": ordinary_clinic(pathway),
        "pathways": [{"library": pathway.id, "version": pathway.version}],
        "patients": patients,
    }

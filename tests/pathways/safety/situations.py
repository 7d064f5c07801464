"""Small plans made by hand: a few appointments of patients on a pathway of the library."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pathways import reading
from pathways.plan import Appointment, Cost, Note, Plan, PlannedStage, Unplaced
from pathways.protocol import LibraryPathway
from pathways.safety.planned import PlannedClinic
from pathways.safety.rule import Rule
from tests.factories import Document
from tests.pathways.clinics import scenario_of

ZONE = ZoneInfo("America/New_York")
YEAR = 2027


def at(when: str) -> datetime:
    """``01-05 13:00`` of 2027, as the clocks of New York show it."""
    return datetime.strptime(f"{YEAR}-{when}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def visit(
    protocol: LibraryPathway,
    activity: str,
    occurrence: int,
    when: str,
    **changes: Any,
) -> Appointment:
    """An appointment as the pathway defines it; a dose has its stages and its note."""
    kind = protocol.activity(activity)
    start = at(when)
    length = kind.length or timedelta(minutes=kind.meeting_minutes or 0)
    fields: dict[str, Any] = {
        "id": f"{changes.get('patients', ('p-1',))[0]}-{activity}-{occurrence}",
        "patients": ("p-1",),
        "activity": activity,
        "occurrence": occurrence,
        "start": start,
        "end": start + length,
        "modality": kind.modality,
        "stages": _stages(protocol, activity, start) if kind.purpose == "dose" else (),
        "notes": (note_until(start),) if kind.purpose == "dose" else (),
    }
    return Appointment(**{**fields, **changes})


def _stages(
    protocol: LibraryPathway, activity: str, start: datetime, watcher: str = "nurse-1"
) -> tuple[PlannedStage, ...]:
    planned = []
    for stage in protocol.activity(activity).stages:
        end = start + timedelta(minutes=stage.minutes)
        planned.append(PlannedStage(id=stage.id, start=start, end=end, practitioner=watcher))
        start = end
    return tuple(planned)


def note_until(start: datetime, hours: float = 0) -> Note:
    """The note of a dose on this day: until 06:00 of the next, and so many hours more."""
    tomorrow: date = start.astimezone(ZONE).date() + timedelta(days=1)
    until = datetime.combine(tomorrow, datetime.min.time(), ZONE) + timedelta(hours=6 + hours)
    return Note(kind="no-driving", text="Do not drive.", until=until)


def planned(
    protocol: LibraryPathway,
    *appointments: Appointment,
    unplaced: tuple[Unplaced, ...] = (),
    scenario: Document | None = None,
) -> PlannedClinic:
    """The clinic of these appointments; one patient (or a couple), unless a scenario is given."""
    plan = Plan(
        format="care-plan/1",
        scenario="harbor",
        status="feasible",
        cost=Cost(total=0),
        bound=0,
        appointments=appointments,
        unplaced=unplaced,
    )
    document = scenario or scenario_of(protocol)
    return PlannedClinic(reading.read_scenario(document), plan, {protocol.id: protocol})


def places(rule: Rule[Any], subject: object) -> list[str]:
    """Where a rule is broken."""
    return [breach.place for breach in rule.breaches(subject)]

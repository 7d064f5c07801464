"""Plans written down in a few words, completed to whole documents, and judged.

Whatever a test does not speak of is put in: stages, notes, places and people of the right kind, the
occurrences that stay unplaced, the cost. So a verdict holds only what the test is about.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from pathways import timing
from pathways.model import Activity
from pathways.plan import Plan
from pathways.reading import read_plan, read_scenario
from pathways.scenario import Scenario
from scheduler.planning.verifying import Verdict, verify
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.costing import cost_of
from tests.factories import MONDAY, Document, appointment, changed, plan


@dataclass(frozen=True)
class Placed:
    """An appointment in a few words; ``start`` is a weekday and a time, such as "mon 09:00".

    ``changes`` replace what was put in, ``None`` meaning null and not "left out".
    """

    activity: str
    start: str
    number: int = 1
    who: tuple[str, ...] = ("ada",)
    week: int = 1
    monitor: str = "nurse"
    changes: Document = field(default_factory=dict)


def placed(activity: str, start: str, number: int = 1, /, **keys: Any) -> Placed:
    own = {name: keys.pop(name) for name in ("who", "week", "monitor") if name in keys}
    return Placed(activity, start, number, **own, changes=keys)


def moment(scenario: Scenario, text: str, week: int = 1) -> datetime:
    """The instant of "mon 09:00" in a week counted from the first Monday, or of a date and time."""
    day, clock = text.split()
    if day in timing.WEEKDAYS:
        days = 7 * (week - 1) + timing.WEEKDAYS.index(day)
        when = date.fromisoformat(MONDAY) + timedelta(days=days)
    else:
        when = date.fromisoformat(day)
    return timing.instant(when, timing.clock_minutes(clock), scenario.clinic.zone)


def document_of(scenario: Scenario, wanted: Placed) -> Document:
    """The whole appointment of a few words."""
    patient = scenario.patient(wanted.who[0])
    activity = scenario.pathway_of(patient).activity(wanted.activity)
    start = moment(scenario, wanted.start, wanted.week)
    end = start + (activity.length or timedelta(hours=1))
    document = appointment(
        wanted.activity,
        start.isoformat(),
        end.isoformat(),
        id=f"{'+'.join(wanted.who)}/{wanted.activity}/{wanted.number}",
        patients=list(wanted.who),
        occurrence=wanted.number,
        modality=activity.modality,
        stages=_stages(activity, start, wanted.monitor),
        notes=_notes(scenario, activity, start),
        **_resources(scenario, activity),
    )
    return {**document, **wanted.changes}


def _stages(activity: Activity, start: datetime, monitor: str) -> list[Document]:
    stages = []
    for stage in activity.stages:
        end = start + timedelta(minutes=stage.minutes)
        entry: Document = {"id": stage.id, "start": start.isoformat(), "end": end.isoformat()}
        stages.append(entry | ({"practitioner": monitor} if stage.monitor_ratio else {}))
        start = end
    return stages


def _notes(scenario: Scenario, activity: Activity, start: datetime) -> list[Document]:
    if not activity.no_driving:
        return []
    clinic = scenario.clinic
    day = timing.local_date(start, clinic.zone)
    until = timing.next_day_at(day, clinic.resume_driving, clinic.zone)
    return [{"kind": "no-driving", "text": "Do not drive.", "until": until.isoformat()}]


def _resources(scenario: Scenario, activity: Activity) -> Document:
    if activity.kind == "group":
        series = next(s for s in scenario.clinic.groups if s.activity == activity.id)
        return {"location": series.location, "practitioners": [series.facilitator]}
    places = (p.id for p in scenario.clinic.locations if p.kind == activity.location_kind)
    people = scenario.clinic.practitioners
    chosen = [
        next(p.id for p in people if n.role in p.roles and n.skill in (None, *p.skills))
        for n in activity.role_needs
    ]
    return {"location": next(places, None), "practitioners": chosen}


def completed(
    document: Document, *wanted: Placed, series: Iterable[str] = (), **changes: Any
) -> tuple[Scenario, Plan]:
    """A scenario, and the plan of a few words: ``series`` are those that Ada joins.

    Unplaced are all that are left, for a reason that nobody examined; the cost is right.
    """
    scenario = read_scenario(document)
    groups = [
        {"patient": "ada", "activity": s.activity, "series": s.id}
        for s in scenario.clinic.groups
        if s.id in series
    ]
    keys = {
        "appointments": [document_of(scenario, one) for one in wanted],
        "groups": groups,
        "status": "feasible",
    }
    draft = plan(**{**keys, **changes})
    case = Case(scenario, read_plan(draft))
    cost = cost_of(case)
    left = [
        unplaced(found.activity.id, found.number, patient=found.owner.id)
        for found in case.asked.values()
        if found.identity not in case.placed
    ]
    rest = {"unplaced": left, "cost": {"total": cost.total, "terms": dict(cost.terms)}}
    status = "feasible" if cost.total else "optimal"
    return scenario, read_plan({**draft, **rest, "status": status, **changes})


def unplaced(activity: str, number: int, *rules: str, patient: str = "ada") -> Document:
    """An entry for an occurrence that could not be placed, for these reasons."""
    return {
        "patient": patient,
        "activity": activity,
        "occurrence": number,
        "reasons": [{"rule": rule, "detail": "as a test says"} for rule in rules or ("location",)],
    }


def verdict(document: Document, *wanted: Placed, **keys: Any) -> Verdict:
    """The verdict on the plan of a few words."""
    return verify(*completed(document, *wanted, **keys))


def broken(document: Document, *wanted: Placed, **keys: Any) -> set[str]:
    """The names of the rules that the plan of a few words breaks."""
    return {fault.rule for fault in verdict(document, *wanted, **keys).faults}


def warned(document: Document, *wanted: Placed, **keys: Any) -> set[str]:
    """The names of the rules that only locked appointments break; there is no fault."""
    found = verdict(document, *wanted, **keys)
    assert found.faults == ()
    return {warning.rule for warning in found.warnings}


def booked(document: Document, *wanted: Placed, locked: bool = True) -> list[Document]:
    """Bookings of a few words."""
    scenario = read_scenario(document)
    return [document_of(scenario, one) | {"locked": locked} for one in wanted]


def with_booked(document: Document, *wanted: Placed, locked: bool = True) -> Document:
    """The scenario with these bookings added."""
    bookings = [*document.get("booked", []), *booked(document, *wanted, locked=locked)]
    return changed(document, {"booked": bookings})

"""The cheapest plan as a document, for the verifier to judge."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pathways import timing
from pathways.scenario import Scenario
from tests.exhaustive.asking import Wanted
from tests.exhaustive.search import Best
from tests.exhaustive.serving import Served

Document = dict[str, Any]

UNEXAMINED = [{"rule": "hours", "detail": "left unexamined"}]


def plan_document(scenario: Scenario, best: Best) -> Document:
    """A plan of the contract; its reasons are unexamined, its cost is not told by terms."""
    locked = [booked for booked in scenario.booked if booked.locked]
    return {
        "format": "care-plan/1",
        "scenario": scenario.clinic.id,
        "status": "optimal",
        "cost": {"total": best.cost},
        "bound": best.cost,
        "groups": [
            {"patient": patient, "activity": activity, "series": series}
            for (patient, activity), series in best.choice.items()
            if series is not None
        ],
        "appointments": [
            *(booked.model_dump(mode="json", exclude={"locked"}) for booked in locked),
            *(_appointment(scenario, served) for served in best.served),
        ],
        "unplaced": list(_unplaced(best)),
    }


def _unplaced(best: Best) -> Iterator[Document]:
    wholly = [(*key, 0) for key, series in best.choice.items() if series is None]
    for patient, activity, number in [*wholly, *map(_owned, best.unplaced)]:
        yield {
            "patient": patient,
            "activity": activity,
            "occurrence": number,
            "reasons": [{"rule": "group", "detail": "none"}] if number == 0 else UNEXAMINED,
        }


def _owned(wanted: Wanted) -> tuple[str, str, int]:
    return wanted.keys[0]


def _instant(scenario: Scenario, minute: int) -> str:
    return datetime.fromtimestamp(60 * minute, UTC).astimezone(scenario.clinic.zone).isoformat()


def _appointment(scenario: Scenario, served: Served) -> Document:
    visit = served.visit
    group = next((g for g in scenario.clinic.groups if g.id == visit.series), None)
    return {
        "id": "/".join((*visit.patients, visit.activity.id, str(visit.number))),
        "patients": list(visit.patients),
        "activity": visit.activity.id,
        "occurrence": visit.number,
        "start": _instant(scenario, visit.start),
        "end": _instant(scenario, visit.end),
        "modality": visit.modality or visit.activity.modality,
        "location": group.location if group else served.location,
        "practitioners": [group.facilitator] if group else list(served.crew),
        "stages": list(_stages(scenario, served)),
        "notes": list(_notes(scenario, served)),
    }


def _stages(scenario: Scenario, served: Served) -> Iterator[Document]:
    start = served.visit.start
    for stage, monitor in zip(served.visit.activity.stages, served.monitors, strict=False):
        yield {
            "id": stage.id,
            "start": _instant(scenario, start),
            "end": _instant(scenario, start + stage.minutes),
            "practitioner": monitor,
        }
        start += stage.minutes


def _notes(scenario: Scenario, served: Served) -> Iterator[Document]:
    if served.visit.activity.no_driving:
        clinic = scenario.clinic
        tomorrow = served.visit.day + timedelta(days=1)
        until = timing.instant(tomorrow, clinic.resume_driving, clinic.zone)
        yield {"kind": "no-driving", "text": "Do not drive.", "until": until.isoformat()}

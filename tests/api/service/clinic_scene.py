"""The clinic in which days pass: who is there, what is booked, how a session goes.

Two patients on the library's esketamine course, a couple on a short course of the clinic's own; the
clocks go forward in the middle of it.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final

from pathways import library, timing
from scheduler.care.requirements.medicines import DRUG_ON_SITE, MONITORING_PROGRAMME
from tests import factories
from tests.api.service.dose_day import NEW_YORK, dose
from tests.factories import Document, appointment
from tests.pathways.clinics import patient, scenario_of
from tests.scheduler.care.course import answered, clearance, screened, signed, verified
from tests.scheduler.sessions.visits import GOOD, WHOLE

MONDAY: Final = date(2027, 3, 8)
"""Of the third week; on the Sunday after it the clocks go forward."""

TUESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in (1, 3, 4))
PATHWAY: Final = library.load("iop-esketamine-trd", "2026.1")
PEOPLE: Final = ("p-1", "p-2", "ada", "ben")
DOSES: Final = ("p-1-first", "p-2-first", "p-1-next", "p-2-next")
PAPERS: Final = (
    *("screening", "treatment", "rems", "PHQ-9", "C-SSRS", MONITORING_PROGRAMME, DRUG_ON_SITE),
    *("cover", "medical", "psychiatric", "preparation"),
)
ROLES: Final = ("coordinator", "nurse", "charge nurse", "prescriber", "therapist", "billing lead")
Course = tuple[tuple[int, str, dict[str, Any]], ...]

COURSE: Final[Course] = (
    (0, "arrived", {}),
    (10, "check-in", WHOLE),
    (10, "vitals", GOOD),
    (10, "given", {"mg": 56, "lot": "FICTION-1"}),
    (10, "device", {"number": 2}),
    (30, "vitals", GOOD),
    (80, "vitals", GOOD),
    (1, "ready", {"confirmed": ["walking", "nausea"]}),
    (1, "note given", {}),
    (1, "ride met", {"name": "Rowan Fictional"}),
    (10, "discharged", {}),
    (60, "form filed", {"reference": "F-1"}),
)
"""A whole session: minutes after the event before, the kind, and what is written down."""

HIGH: Final = {**GOOD, "systolic": 150, "diastolic": 92}
ODD: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("vitals", HIGH),
    ("vitals", {**GOOD, "systolic": 190}),
    ("decision", {"about": "blood pressure", "outcome": "go ahead", "reason": "as usual"}),
    ("check-in", {**WHOLE, "ride": {"kind": "self"}}),
    ("check-in", {**WHOLE, "suicide_risk": True}),
    ("extended", {"steps": 2}),
    ("side effect", {"effect": "nausea"}),
    ("left early", {"reason": "no time"}),
    ("not given", {"reason": "no drug"}),
    ("reviewed", {"reason": "spoken"}),
    ("given", {"mg": 56, "lot": "FICTION-2"}),
    ("discharged", {}),
)
"""What may happen out of turn."""


def scenario() -> Document:
    """Two on the library's course with two doses each, and a couple with nothing booked yet."""
    weeks = (MONDAY - timedelta(weeks=2)).isoformat()
    last = (MONDAY + timedelta(weeks=20)).isoformat()
    own = factories.pathway(factories.dose(), factories.group())
    document = scenario_of(PATHWAY)
    document["clinic"]["groups"] += [factories.series(facilitator="therapist-2")]
    people = [patient(name, PATHWAY, start=weeks) for name in PEOPLE[:2]]
    for one in people:
        for paper in one["clearances"]:
            paper["to"] = last
        for paper in one["authorizations"]:
            paper["to"] = last
    couple = {"ada": "ben", "ben": "ada"}
    start = (MONDAY + timedelta(weeks=1)).isoformat()
    people += [
        factories.patient(name, partner=other, start=start) for name, other in couple.items()
    ]
    return {
        **document,
        "pathways": [*document["pathways"], own],
        "patients": people,
        "booked": [
            dose("p-1-first", "p-1", "12:30", TUESDAY, locked=False),
            dose("p-2-first", "p-2", "15:30", TUESDAY, locked=False),
            dose("p-1-next", "p-1", "12:30", THURSDAY, activity="dose", locked=False),
            dose("p-2-next", "p-2", "15:30", THURSDAY, activity="dose", locked=False),
            *(_talk("individual", 1, who, TUESDAY, hour) for who, hour in _HOURS),
            *(_talk("first-integration", 1, who, TUESDAY + _DAY, hour) for who, hour in _HOURS),
            *(_talk("integration", 1, who, FRIDAY, hour) for who, hour in _HOURS),
        ],
    }


_DAY: Final = timedelta(days=1)
_HOURS: Final = (("p-1", 9), ("p-2", 11))


def _talk(activity: str, number: int, who: str, day: date, hour: int) -> Document:
    minutes = PATHWAY.activity(activity).minutes or 0
    start = timing.instant(day, hour * 60, NEW_YORK)
    return appointment(
        activity,
        start.astimezone(NEW_YORK).isoformat(),
        (start + timedelta(minutes=minutes)).astimezone(NEW_YORK).isoformat(),
        id=f"{who}-{activity}",
        patients=[who],
        occurrence=number,
        location="office-1",
        practitioners=["therapist-1"],
        locked=False,
    )


def papers(eve: datetime) -> list[Any]:
    """All that a first dose asks for, as it is stored."""
    return [
        screened(eve, PATHWAY),
        *(signed(kind, eve - timedelta(days=3)) for kind in ("treatment", "rems")),
        *(answered(measure, eve) for measure in ("PHQ-9", "C-SSRS")),
        clearance(MONITORING_PROGRAMME, eve.date(), THURSDAY, given_at=eve),
        clearance(DRUG_ON_SITE, eve.date(), THURSDAY, given_at=eve),
        verified(eve),
    ]

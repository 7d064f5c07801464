"""The whole clinic at a glance: everybody's course by week, and how full each half hour is."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, select

from api.auth.policy import POLICY
from api.dependencies import Here, Now, Reading, has_read
from api.web.bars import activity_titles
from api.web.drawing import draw
from api.web.naming import names_of, pathway_title
from pathways import timing
from pathways.scenario import Clinic as ClinicRecord
from scheduler import work
from scheduler.acting import STAFF, Actor
from scheduler.appointments import listing
from scheduler.appointments.occupancy import Load, loads_on
from scheduler.care.axis import scores_of
from scheduler.care.facts import Facts, facts_of
from scheduler.care.insurance import usages
from scheduler.care.units import Usage
from scheduler.care.weeks import Week, weeks_of
from scheduler.protocols import protocol_of
from scheduler.scenarios.houses import house_of
from scheduler.store.tables import Appointment, Enrolment, GroupSeries

router = APIRouter(default_response_class=HTMLResponse)

KINDS: Final = {
    "treatment-bay": "Bays",
    "office": "Offices",
    "group-room": "Group rooms",
    "monitor": "Nurses who watch",
    "therapist": "Therapists",
    "prescriber": "Prescribers",
}
"""Of what the load is shown, by kind of place or role, in the order of the page."""

_SCORES: Final = 6
"""Of a questionnaire, the last so many are drawn."""


@dataclass(frozen=True)
class Course:
    """One patient's line: where they are, and what is behind and ahead of them.

    ``scores``: the last of the pathway's leading questionnaire; ``tasks``: what is open for them,
    ``late``: and overdue. ``week``: the present week of the programme, None outside of it.
    """

    patient: str
    enrolment: Enrolment
    title: str
    number: int
    weeks: int
    week: Week | None
    doses: tuple[int, int]
    next_dose: Appointment | None
    scores: tuple[int, ...]
    highest: int
    usage: tuple[Usage, ...]
    tasks: int
    late: int

    @property
    def is_at_risk(self) -> bool:
        """Whether a week will not do, or something is overdue for them."""
        return self.late > 0 or (self.week is not None and self.week.state in ("short", "lost"))


@router.get("/cohort")
def cohort_page(request: Request, session: Reading, actor: Here, now: Now) -> Response:
    """Everybody in care by week: hours, doses, scores, authorizations, what is overdue."""
    found = session.exec(
        select(Enrolment.patient_id).where(
            Enrolment.clinic_id == actor.clinic_id, Enrolment.status == "active"
        )
    )
    patients = sorted(set(found))
    facts = facts_of(session, actor.clinic_id, patients)
    open_now = _open_tasks(session, actor, now)
    courses = [_course(facts[name], open_now, now) for name in patients]
    has_read(request, *patients)
    return draw(
        request,
        "cohort.html",
        courses=sorted(courses, key=lambda one: (not one.is_at_risk, one.number, one.patient)),
        names=names_of(session, actor),
        sees_scores=bool(actor.roles & POLICY["read_axis"]),
        sees_cover=bool(actor.roles & POLICY["read_coverage"]),
    )


def _open_tasks(session: Session, actor: Actor, now: datetime) -> dict[str, tuple[int, int]]:
    """How much is open for each patient, and how much of it is overdue."""
    tasks = work.open_tasks(session, actor.clinic_id, frozenset(STAFF))
    counted = Counter(task.patient_id for task in tasks if task.patient_id)
    late = Counter(task.patient_id for task in tasks if task.patient_id and task.due_at < now)
    return {name: (number, late[name]) for name, number in counted.items()}


def _course(facts: Facts, open_now: dict[str, tuple[int, int]], now: datetime) -> Course:
    enrolment = facts.active
    assert enrolment is not None  # noqa: S101  (they were found by it)
    protocol = protocol_of(enrolment)
    weeks = weeks_of(protocol, facts, enrolment, now) if protocol else []
    number = (facts.house.day(now) - enrolment.start).days // 7 + 1
    mine = [row for row in facts.standing if row.enrolment_id == enrolment.id and row.is_dose]
    measure = protocol.measures[0] if protocol and protocol.measures else None
    tasks, late = open_now.get(facts.patient.id, (0, 0))
    return Course(
        patient=facts.patient.id,
        enrolment=enrolment,
        title=pathway_title(enrolment),
        number=number,
        weeks=len(weeks),
        week=weeks[number - 1] if 1 <= number <= len(weeks) else None,
        doses=(sum(row.status == "fulfilled" for row in mine), len(mine)),
        next_dose=next((row for row in mine if row.start > now), None),
        scores=_scores(facts, measure.id) if measure else (),
        highest=measure.highest if measure else 0,
        usage=tuple(usages(protocol, facts)) if protocol else (),
        tasks=tasks,
        late=late,
    )


def _scores(facts: Facts, measure: str) -> tuple[int, ...]:
    points = (point for point in scores_of(facts) if point.name == measure)
    return tuple([p.total for p in points if p.total is not None][-_SCORES:])


@router.get("/load")
def load_page(
    request: Request,
    session: Reading,
    actor: Here,
    now: Now,
    day: Annotated[date | None, Query(alias="date")] = None,
) -> Response:
    """How full the week is: places and people for each half hour, and the seats of groups."""
    names = names_of(session, actor)
    shown = day or timing.local_date(now, names.zone)
    monday = shown - timedelta(days=shown.weekday())
    dates = timing.week_dates(monday, 1)
    visits = listing.listed(session, actor, listing.Wanted(dates[0], dates[-1]))
    clinic = house_of(session, actor.clinic_id).record
    by_day = defaultdict(list)
    for visit in visits:
        by_day[timing.local_date(visit.row.start, names.zone)].append(visit)
    kinds = _kinds(clinic)
    loads = {one: loads_on(one, clinic, by_day[one], kinds) for one in dates}
    return draw(
        request,
        "load.html",
        dates=dates,
        today=timing.local_date(now, names.zone),
        step=timedelta(days=7),
        kinds=[kind for kind in KINDS if kinds[kind]],
        titles=KINDS,
        loads=loads,
        times=sorted({load.start for of_day in loads.values() for load in _all(of_day)}),
        clock=timing.clock_text,
        meetings=_meetings(session, actor, visits),
        activities=activity_titles(session, actor),
        names=names,
    )


def _kinds(clinic: ClinicRecord) -> dict[str, list[str]]:
    """The ids of what there is of each kind."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for place in clinic.locations:
        if place.kind in found:
            found[place.kind].append(place.id)
    for one in clinic.practitioners:
        for role in one.roles:
            found[role].append(one.id)
    return found


def _all(loads: dict[str, list[Load]]) -> Iterable[Load]:
    return (load for of_kind in loads.values() for load in of_kind)


def _meetings(
    session: Session, actor: Actor, visits: Iterable[listing.Listed]
) -> list[tuple[datetime, GroupSeries, int]]:
    """Each meeting of the week: when, of which series, and how many seats are taken."""
    series = {
        row.id: row
        for row in session.exec(select(GroupSeries).where(GroupSeries.clinic_id == actor.clinic_id))
    }
    seats: Counter[tuple[Any, str]] = Counter()
    for visit in visits:
        if visit.row.series_id in series and visit.row.status not in ("cancelled", "noshow"):
            seats[visit.row.start, visit.row.series_id] += len(visit.patients)
    return [(start, series[name], taken) for (start, name), taken in sorted(seats.items())]

"""A patient's course as it goes: everything on one axis, and what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import case
from sqlmodel import Session, col, select

from pathways.model import Activity, Pathway
from pathways.protocol import LibraryPathway
from scheduler.care.axis import Point, axis_of
from scheduler.care.facts import Facts
from scheduler.care.weeks import Week, weeks_of
from scheduler.protocols import pathway_of, protocol_of
from scheduler.sessions.happenings import Correction, read
from scheduler.store.tables import Enrolment, SessionEvent

Lane = Literal["dose", "integration", "group", "other"]
State = Literal["kept", "late", "here", "planned", "missed", "unknown"]

LANES: Final[tuple[Lane, ...]] = ("dose", "integration", "group", "other")
"""What a session is in a course, in the order in which it is shown."""


@dataclass(frozen=True)
class Visit:
    """A session of the course: what it is, and what became of it.

    ``state``: ``late`` is kept, but begun later than the pathway lets pass; ``here``: it is going
    on; ``unknown``: it is over, and nobody has written down whether they came.
    """

    point: Point
    lane: Lane
    state: State


@dataclass(frozen=True)
class Course:
    """One enrolment and all that is on record of it, at an instant.

    ``protocol``: None for a clinic's own pathway, which has no levels and measures nothing.
    ``arrivals``: when the patient came, by appointment.
    """

    facts: Facts
    enrolment: Enrolment
    pathway: Pathway
    protocol: LibraryPathway | None
    arrivals: Mapping[UUID, datetime]
    now: datetime

    @cached_property
    def weeks(self) -> list[Week]:
        """The weeks with the hours that they ask for; none on a clinic's own pathway."""
        if self.protocol is None:
            return []
        return weeks_of(self.protocol, self.facts, self.enrolment, self.now)

    @cached_property
    def points(self) -> list[Point]:
        """Doses, scores and sessions in order of time."""
        return axis_of(self.facts)

    @cached_property
    def appointments(self) -> dict[UUID, Any]:
        """The patient's appointments by their ids."""
        return {row.id: row for row in self.facts.appointments}

    @cached_property
    def visits(self) -> list[Visit]:
        """The doses and sessions of this enrolment, in order of time."""
        found = [p for p in self.points if p.kind != "score" and self._is_own(p)]
        return [Visit(p, self._lane(p), self._state(p)) for p in found]

    def scores(self, measure: str) -> list[Point]:
        """The totals of a measure, the first first."""
        return [p for p in self.points if p.name == measure and p.total is not None]

    def week_of(self, day: date) -> int:
        """The week of the course in which a date lies, counted from 1; less before it began."""
        return (day - self.enrolment.start).days // 7 + 1

    @property
    def today(self) -> date:
        """The clinic's date."""
        return self.facts.house.day(self.now)

    def _is_own(self, point: Point) -> bool:
        of: UUID | None = self.appointments[point.id].enrolment_id
        # A couple's joint session is of one partner's enrolment, and part of both courses.
        return of == self.enrolment.id or all(e.id != of for e in self.facts.enrolments)

    def _lane(self, point: Point) -> Lane:
        activity = self._activities.get(point.name)
        if point.kind == "dose":
            return "dose"
        if activity is not None and self.is_integration(activity):
            return "integration"
        return "group" if activity is not None and activity.kind == "group" else "other"

    def is_integration(self, activity: Activity) -> bool:
        """Whether it is the therapy that follows a dose; of a clinic's own, whatever follows."""
        if self.protocol is None:
            return activity.after is not None
        return self.protocol.activity(activity.id).purpose == "integration"

    @cached_property
    def _activities(self) -> dict[str, Activity]:
        return {activity.id: activity for activity in self.pathway.activities}

    def _state(self, point: Point) -> State:
        if point.status == "noshow":
            return "missed"
        if point.status == "fulfilled":
            return "late" if self._came_late(point) else "kept"
        if point.status in ("arrived", "checked-in"):
            return "here"
        return "planned" if self.appointments[point.id].end > self.now else "unknown"

    def _came_late(self, point: Point) -> bool:
        """Whether they came later than the pathway lets pass; never where it does not say."""
        arrived = self.arrivals.get(point.id)
        if arrived is None or self.protocol is None:
            return False
        starts: datetime = self.appointments[point.id].start
        return arrived > starts + self.protocol.chair.late_grace


def course_of(session: Session, facts: Facts, *, now: datetime) -> Course | None:
    """The course that runs, else the last one; None where somebody was never enrolled."""
    enrolment = facts.active or (facts.enrolments[-1] if facts.enrolments else None)
    if enrolment is None:
        return None
    return Course(
        facts=facts,
        enrolment=enrolment,
        pathway=pathway_of(session, enrolment),
        protocol=protocol_of(enrolment),
        arrivals=_arrivals(session, enrolment.clinic_id, [row.id for row in facts.appointments]),
        now=now,
    )


def _arrivals(session: Session, clinic_id: str, ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When somebody came to these appointments, corrections made.

    What was recorded is opened only where it corrects something: that takes long.
    """
    meant: Any = case((col(SessionEvent.corrects).is_not(None), col(SessionEvent.data)), else_=None)
    rows = session.exec(
        select(SessionEvent.id, SessionEvent.appointment_id, SessionEvent.at, meant)
        .where(
            SessionEvent.clinic_id == clinic_id,
            col(SessionEvent.appointment_id).in_(list(ids)),
            col(SessionEvent.kind).in_(("arrived", "correction")),
        )
        .order_by(col(SessionEvent.number))
    ).all()
    found: dict[UUID, tuple[UUID, datetime | None]] = {
        name: (visit, at) for name, visit, at, said in rows if said is None
    }
    for _, visit, _, said in rows:
        event = read(said) if said is not None else None
        if isinstance(event, Correction) and event.corrects in found:
            found[event.corrects] = (visit, event.event.at if event.event else None)
    return {visit: at for visit, at in found.values() if at is not None}

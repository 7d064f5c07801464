"""Dose sessions: today's, one as it stands, its events, and from when its patient drives."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import BaseModel, Field

from api.auth.policy import POLICY
from api.dependencies import Here, Now, Reading, Writing, has_read
from scheduler.sessions.driving import Driving, driving_of
from scheduler.sessions.happenings import AnyEvent
from scheduler.sessions.loading import DoseSession, on_day, session_of
from scheduler.sessions.recording import record
from scheduler.sessions.stages import StageNow
from scheduler.sessions.timeline import Timeline
from scheduler.store.tables import SessionEvent

router = APIRouter(tags=["dose sessions"])


class Brief(BaseModel):
    """One of the day's sessions. ``calls``: roles that a late check calls for."""

    appointment: UUID
    code: str
    patient: str
    patient_name: str
    start: datetime
    end: datetime
    status: str
    location: str | None
    nurse: str | None
    stage: StageNow
    leaves_from: datetime | None
    ends: datetime
    next_check: datetime | None
    calls: list[str]
    alarms: int
    warnings: list[str]


class Written(BaseModel):
    """An event as it was recorded. ``number`` counts from 1 in its session."""

    id: UUID
    number: int
    kind: str
    at: datetime
    recorded_at: datetime
    recorded_by: UUID | None
    corrects: UUID | None
    data: dict[str, Any] = Field(description="the event as it was sent")


class Session(BaseModel):
    """A session as it stands: the visit, what is derived of it, and every event recorded."""

    appointment: UUID
    code: str
    patient: str
    patient_name: str
    pathway: str
    status: str
    start: datetime
    end: datetime
    location: str | None
    nurse: str | None
    now: datetime
    timeline: Timeline
    events: list[Written]


class Answered(BaseModel):
    """The event that was recorded, and the session with it for those who may read sessions."""

    event: Written
    session: Session | None


@router.get("/sessions")
def todays_sessions(
    request: Request,
    actor: Here,
    session: Reading,
    now: Now,
    day: Annotated[
        date | None, Query(description="a date of the clinic; without it, today")
    ] = None,
) -> list[Brief]:
    """The dose sessions of a day, in order of time, each with its stage."""
    found = on_day(session, actor.clinic_id, day, now=now)
    has_read(request, *(one.visit.patient_id for one in found))
    return [brief(one, now) for one in found]


@router.get("/sessions/{appointment_id}")
def one_session(
    request: Request, actor: Here, session: Reading, now: Now, appointment_id: UUID
) -> Session:
    """One session as it stands: everything that follows from what was recorded."""
    one = session_of(session, actor, appointment_id, now=now)
    has_read(request, one.visit.patient_id)
    return shown(one, now)


@router.post(
    "/sessions/{appointment_id}/events",
    status_code=201,
)
def record_event(
    actor: Here,
    session: Writing,
    now: Now,
    appointment_id: UUID,
    event: Annotated[
        AnyEvent,
        Body(
            openapi_examples={
                "vitals": {
                    "value": {
                        "id": "3f1c2f4e-6f0a-4a57-9a5e-0d9d6f6b1a11",
                        "kind": "vitals",
                        "at": "2027-01-19T12:50:00-05:00",
                        "systolic": 124,
                        "diastolic": 78,
                    }
                }
            }
        ),
    ],
) -> Answered:
    """Record what happened. The same id again is not recorded again: the answer is the same."""
    row, one = record(session, actor, appointment_id, event, now=now)
    may_read = actor.roles & POLICY["one_session"]
    return Answered(event=written(row), session=shown(one, now) if may_read else None)


@router.get("/patients/{patient_id}/driving")
def driving_again(
    request: Request,
    actor: Here,
    session: Reading,
    now: Now,
    patient_id: Annotated[str, Path(max_length=80)],
) -> Driving:
    """Whether a no-driving note is in force, and when the patient may drive again."""
    found = driving_of(session, actor, patient_id, now=now)
    has_read(request, patient_id)
    return found


def brief(one: DoseSession, now: datetime) -> Brief:
    """A session in a line of the day's list."""
    present, visit = one.at(now), one.visit
    to_come = [check.due for check in present.checks if check.state in ("coming", "due", "overdue")]
    return Brief(
        appointment=visit.appointment_id,
        code=visit.code,
        patient=visit.patient_id,
        patient_name=visit.patient_name,
        start=visit.start,
        end=visit.end,
        status=visit.status,
        location=visit.location,
        nurse=visit.nurse,
        stage=present.stage,
        leaves_from=present.drug.leaves_from if present.drug else None,
        ends=present.forecast.ends,
        next_check=None if present.stage.is_over else next(iter(to_come), None),
        calls=sorted({check.calls for check in present.checks if check.calls}),
        alarms=sum(not alarm.acknowledged for alarm in present.alarms),
        warnings=list(present.warnings),
    )


def shown(one: DoseSession, now: datetime) -> Session:
    """A session with everything that is derived of it."""
    visit = one.visit
    return Session(
        appointment=visit.appointment_id,
        code=visit.code,
        patient=visit.patient_id,
        patient_name=visit.patient_name,
        pathway=one.protocol.id,
        status=one.appointment.status,
        start=visit.start,
        end=one.appointment.end,
        location=visit.location,
        nurse=visit.nurse,
        now=now,
        timeline=one.at(now),
        events=[written(row) for row in one.rows],
    )


def written(row: SessionEvent) -> Written:
    """An event as it was recorded."""
    return Written.model_validate(row, from_attributes=True)

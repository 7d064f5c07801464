"""Enrolments: begun, paused, ended; programme weeks, evaluations, the level of care."""

from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlmodel import Session

from api.dependencies import Here, Now, Reading, Writing, etag, has_read, if_match
from api.routes.documents import Sent, Shown, Week
from pathways.protocol import LibraryPathway
from scheduler.acting import Actor
from scheduler.care import attendance, enrolling, evaluating, making_up, reaching, records, weeks
from scheduler.care.facts import Facts, house_of
from scheduler.care.patients import Short
from scheduler.care.reaching import TextMessages
from scheduler.errors import NotThere, WrongMove
from scheduler.protocols import protocol_of
from scheduler.reminders.consent import CapsAgreed
from scheduler.store.tables import Enrolment

router = APIRouter(tags=["enrolments"])


class NewTextMessages(Sent):
    """That the patient, who is here, takes text messages at a number of theirs."""

    phone: Short
    caps: CapsAgreed = "usual"


class NewEnrolment(Sent):
    """An enrolment on a pathway of the library; week tables and dates as the contract has them.

    ``text_messages``: where the patient has agreed to them.
    """

    pathway: str
    version: str
    start: date
    available: dict[str, Any]
    unavailable: list[dict[str, Any]] = Field(default_factory=list, max_length=200)
    preferred: dict[str, Any] | None = None
    rides: dict[str, Any] | None = None
    groups: dict[str, str] = Field(default_factory=dict, max_length=50)
    text_messages: NewTextMessages | None = None


class EnrolmentShown(Shown):
    """One patient on one pathway. ``level``: as somebody has decided; empty: the pathway's."""

    id: UUID
    patient_id: str
    pathway_id: str
    pathway_version: str
    status: str
    start: date
    level: str
    evaluations: list[dict[str, Any]]
    version: int


class StatusWanted(Sent):
    """A code of EpisodeOfCare."""

    status: Literal["active", "onhold", "finished", "cancelled"]


class LevelWanted(Sent):
    """A level of the continuum of care."""

    level: str


class Evaluated(Sent):
    """An evaluation of the pathway, and whether the course goes on."""

    evaluation: str
    goes_on: bool


class WeekShown(Shown):
    """A programme week: hours and days planned and attended, and whether it will do."""

    number: int
    first: date
    last: date
    level: str
    asks_for: str
    planned: float
    attended: float
    days: int
    days_attended: int
    state: str


class MakeUpShown(Shown):
    """A meeting with a free seat that could make up for one that is lost."""

    series: str
    activity: str
    start: datetime
    end: datetime
    seats: int


class AbsencesShown(Shown):
    """Absences without notice in an enrolment, and how many of them are the last in a row."""

    unexcused: list[UUID]
    in_a_row: int


@router.post("/patients/{patient_id}/enrolments", status_code=201)
def enrol_patient(
    patient_id: str, new: NewEnrolment, session: Writing, actor: Here, now: Now
) -> EnrolmentShown:
    """Enrol a patient on a pathway."""
    apart = {"pathway", "version", "start", "available", "text_messages"}
    fields = new.model_dump(mode="json", exclude=apart)
    more = {key: value for key, value in fields.items() if value is not None}
    row = enrolling.enrol(
        session,
        actor,
        patient_id,
        (new.pathway, new.version),
        new.start,
        new.available,
        now=now,
        **more,
    )
    if new.text_messages is not None:
        agreed = TextMessages(new.text_messages.phone, new.text_messages.caps)
        reaching.take_text_messages(session, actor, patient_id, agreed, now=now)
    return EnrolmentShown.model_validate(row)


@router.get("/patients/{patient_id}/enrolments")
def read_enrolments(
    patient_id: str, request: Request, session: Reading, actor: Here
) -> list[EnrolmentShown]:
    """A patient's enrolments, the first first."""
    facts = records.facts_about(session, actor, patient_id)
    has_read(request, patient_id)
    return [EnrolmentShown.model_validate(row) for row in facts.enrolments]


@router.post("/enrolments/{enrolment_id}/status")
def move_enrolment(
    enrolment_id: UUID,
    wanted: StatusWanted,
    request: Request,
    response: Response,
    session: Writing,
    actor: Here,
    now: Now,
) -> EnrolmentShown:
    """Pause an enrolment, take it up again, or end it."""
    row = enrolling.move(
        session, actor, enrolment_id, wanted.status, is_current=partial(if_match, request), now=now
    )
    etag(response, row.version)
    return EnrolmentShown.model_validate(row)


@router.post("/enrolments/{enrolment_id}/level")
def change_level(
    enrolment_id: UUID, wanted: LevelWanted, session: Writing, actor: Here, now: Now
) -> EnrolmentShown:
    """Decide on a level of care; the present one again is a review that leaves it."""
    today = house_of(session, actor.clinic_id).day(now)
    row = enrolling.change_level(session, actor, enrolment_id, wanted.level, today=today, now=now)
    return EnrolmentShown.model_validate(row)


@router.post("/enrolments/{enrolment_id}/evaluations")
def record_evaluation(
    enrolment_id: UUID, wanted: Evaluated, session: Writing, actor: Here, now: Now
) -> EnrolmentShown:
    """Record whether the course goes on."""
    row = evaluating.evaluate(
        session, actor, enrolment_id, wanted.evaluation, goes_on=wanted.goes_on, now=now
    )
    return EnrolmentShown.model_validate(row)


@router.get("/enrolments/{enrolment_id}/weeks")
def read_weeks(
    enrolment_id: UUID, request: Request, session: Reading, actor: Here, now: Now
) -> list[WeekShown]:
    """Every programme week of an enrolment."""
    protocol, facts, row = _course(session, actor, enrolment_id)
    has_read(request, row.patient_id)
    return [
        WeekShown(**asdict(week), asks_for=str(week.asks_for.hours or "no hours"))
        for week in weeks.weeks_of(protocol, facts, row, now)
    ]


@router.get("/enrolments/{enrolment_id}/weeks/{number}/make-ups")
def read_make_ups(
    enrolment_id: UUID, number: Week, request: Request, session: Reading, actor: Here, now: Now
) -> list[MakeUpShown]:
    """Meetings in the same week that the patient could still join."""
    protocol, facts, row = _course(session, actor, enrolment_id)
    has_read(request, row.patient_id)
    found = [w for w in weeks.weeks_of(protocol, facts, row, now) if w.number == number]
    if not found:
        raise NotThere(f"the pathway has no week {number}")
    meetings = making_up.make_ups(session, protocol, facts, found[0], now=now)
    return [MakeUpShown.model_validate(meeting) for meeting in meetings]


@router.get("/enrolments/{enrolment_id}/absences")
def read_absences(
    enrolment_id: UUID, request: Request, session: Reading, actor: Here
) -> AbsencesShown:
    """How often a patient stayed away without notice."""
    _, facts, row = _course(session, actor, enrolment_id)
    has_read(request, row.patient_id)
    found = attendance.absences_of(facts, row)
    return AbsencesShown(unexcused=[a.id for a in found.unexcused], in_a_row=found.in_a_row)


def _course(
    session: Session, actor: Actor, enrolment_id: UUID
) -> tuple[LibraryPathway, Facts, Enrolment]:
    row = session.get(Enrolment, (actor.clinic_id, enrolment_id))
    if row is None or not actor.may_see(row.patient_id):
        raise NotThere("there is no such enrolment")
    protocol = protocol_of(row)
    if protocol is None:
        raise WrongMove("a pathway of the clinic's own has no programme weeks")
    return protocol, records.facts_about(session, actor, row.patient_id), row

"""Outcomes: questionnaires answered and scored, what is due, and one axis of time."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.routes.documents import Sent, Shown
from scheduler.care import answering, measuring, records
from scheduler.care.axis import axis_of
from scheduler.care.patients import Short, Words
from scheduler.care.questionnaires import questionnaire

router = APIRouter(tags=["outcomes"])

Answers = Annotated[
    dict[Annotated[str, Field(max_length=3)], Annotated[int, Field(ge=0, le=100)]],
    Field(max_length=50),
]


class Begun(Sent):
    """A questionnaire and the answers so far, by the item's number."""

    measure: Short
    answers: Answers = Field(default_factory=dict)


class Saved(Sent):
    """More answers of a draft."""

    answers: Answers


class Decided(Sent):
    """What a clinician has decided about a risk."""

    words: Words = Field(min_length=1)


class AnswerShown(Shown):
    """A questionnaire that is answered, or a draft. ``flags``: scores of the pathway it fulfils."""

    id: UUID
    measure: str
    taken_at: datetime
    finished_at: datetime | None
    answers: dict[str, int]
    total: int | None
    flags: list[str]
    disposed_at: datetime | None


class QuestionnaireShown(Shown):
    """A questionnaire by neutral labels; the wording stays with who holds the right to it."""

    items: list[str]
    highest: int


class DueShown(Shown):
    """A questionnaire that is to be answered."""

    measure: str
    title: str
    on: date
    by: str
    why: str


class PointShown(Shown):
    """A dose, a score or a session at an instant."""

    kind: str
    at: datetime
    name: str
    id: UUID
    status: str
    purpose: str
    number: int | None
    total: int | None
    flags: list[str]


@router.get("/questionnaires/{measure}")
def read_questionnaire(measure: str, _actor: Here) -> QuestionnaireShown:
    """The items of a questionnaire, numbered from 1."""
    found = questionnaire(measure)
    return QuestionnaireShown(items=list(found.items), highest=found.highest)


@router.post("/patients/{patient_id}/answers", status_code=201)
def begin_answers(
    patient_id: str, begun: Begun, session: Writing, actor: Here, now: Now
) -> AnswerShown:
    """Begin a questionnaire."""
    row = answering.begin(session, actor, patient_id, begun.measure, begun.answers, now=now)
    return AnswerShown.model_validate(row)


@router.get("/patients/{patient_id}/answers")
def read_answers(
    patient_id: str, request: Request, session: Reading, actor: Here
) -> list[AnswerShown]:
    """All questionnaires of a patient, the first first."""
    facts = records.facts_about(session, actor, patient_id)
    has_read(request, patient_id)
    return [AnswerShown.model_validate(row) for row in facts.answers]


@router.post("/answers/{answer_id}")
def save_answers(
    answer_id: UUID, saved: Saved, session: Writing, actor: Here, now: Now
) -> AnswerShown:
    """Add answers to a draft."""
    return AnswerShown.model_validate(
        answering.save(session, actor, answer_id, saved.answers, now=now)
    )


@router.post("/answers/{answer_id}/finish")
def finish_answers(answer_id: UUID, session: Writing, actor: Here, now: Now) -> AnswerShown:
    """Finish a questionnaire: it is scored, and people are called where they must be."""
    return AnswerShown.model_validate(answering.finish(session, actor, answer_id, now=now))


@router.post("/answers/{answer_id}/disposition")
def decide_on_risk(
    answer_id: UUID, decided: Decided, session: Writing, actor: Here, now: Now
) -> AnswerShown:
    """Record what a clinician has decided about a risk of suicide."""
    row = answering.dispose(session, actor, answer_id, decided.words, now=now)
    return AnswerShown.model_validate(row)


@router.get("/patients/{patient_id}/measures-due")
def read_measures_due(
    patient_id: str, request: Request, session: Reading, actor: Here, now: Now
) -> list[DueShown]:
    """The questionnaires that are due for a patient."""
    facts = records.facts_about(session, actor, patient_id)
    has_read(request, patient_id)
    if facts.active is None:
        return []
    protocol = records.protocol_for(facts)
    found = measuring.measures_due(protocol, facts, facts.active, now=now)
    return [DueShown.model_validate(due) for due in found]


@router.get("/patients/{patient_id}/axis")
def read_axis(patient_id: str, request: Request, session: Reading, actor: Here) -> list[PointShown]:
    """Doses, scores and sessions of a patient on one axis of time."""
    facts = records.facts_about(session, actor, patient_id)
    has_read(request, patient_id)
    return [PointShown.model_validate(point) for point in axis_of(facts)]

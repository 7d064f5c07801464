"""The work-list: what is open, and what people do with it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, Field

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.routes.documents import Sent, Shown
from scheduler.care import worklist
from scheduler.care.patients import Short, Words

router = APIRouter(prefix="/work", tags=["work"])


class TaskShown(Shown):
    """Something to be done, by which role and until when."""

    id: UUID
    kind: str
    owner_role: str
    due_at: datetime
    status: str
    says: str
    rule: str | None
    patient_id: str | None
    subject_kind: str
    subject_id: str
    claimed_by: UUID | None
    escalated_at: datetime | None
    outcome: str | None
    note: str | None
    version: int


class WorkShown(Sent):
    """What is open, the most urgent first; how many of each kind, and how many overdue."""

    tasks: list[TaskShown]
    counts: dict[str, int]


class Done(Sent):
    """What came of a task."""

    outcome: Short
    note: Words = ""


class HandedOn(Sent):
    """Into whose hands; a new due time where one is needed."""

    to_role: Short
    due_at: AwareDatetime | None = None


class Noted(Sent):
    """What is to be known of a task."""

    words: Words = Field(min_length=1)


@router.get("")
def read_work(
    request: Request,
    session: Reading,
    actor: Here,
    now: Now,
    everybody: bool = False,
    kind: Annotated[str | None, Query(max_length=80)] = None,
    patient: Annotated[str | None, Query(max_length=80)] = None,
) -> WorkShown:
    """What is open in the hands of one's roles, or of everybody's where one oversees."""
    found = worklist.tasks_of(session, actor, everybody=everybody, kind=kind, patient_id=patient)
    has_read(request, *(task.patient_id for task in found if task.patient_id))
    shown = [TaskShown.model_validate(task) for task in found]
    return WorkShown(tasks=shown, counts=worklist.counts(found, now))


@router.post("/{task_id}/complete")
def complete_task(task_id: UUID, done: Done, session: Writing, actor: Here, now: Now) -> TaskShown:
    """Close a task with what came of it."""
    task = worklist.complete(session, actor, task_id, outcome=done.outcome, note=done.note, now=now)
    return TaskShown.model_validate(task)


@router.post("/{task_id}/claim")
def claim_task(task_id: UUID, session: Writing, actor: Here, now: Now) -> TaskShown:
    """Take a task, so that others see who has it."""
    return TaskShown.model_validate(worklist.claim(session, actor, task_id, now=now))


@router.post("/{task_id}/hand-on")
def hand_task_on(
    task_id: UUID, wanted: HandedOn, session: Writing, actor: Here, now: Now
) -> TaskShown:
    """Give a task into another role's hands."""
    task = worklist.hand_on(session, actor, task_id, wanted.to_role, due_at=wanted.due_at, now=now)
    return TaskShown.model_validate(task)


@router.post("/{task_id}/note")
def note_task(task_id: UUID, noted: Noted, session: Writing, actor: Here, now: Now) -> TaskShown:
    """Add a note to a task."""
    return TaskShown.model_validate(worklist.note(session, actor, task_id, noted.words, now=now))

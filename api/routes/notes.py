"""Notes about a patient: read, written, and corrected by a new one."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.routes.documents import Sent, Shown
from scheduler.care import noting
from scheduler.care.patients import Words

router = APIRouter(tags=["patients"])


class NewNote(Sent):
    """A note; ``corrects`` names an earlier one that it takes back."""

    words: Words = Field(min_length=1)
    corrects: UUID | None = None


class NoteShown(Shown):
    """A note as it was written, by which account. ``corrects``: the note that it takes back."""

    id: UUID
    words: str
    made_at: datetime
    made_by: UUID | None
    corrects: UUID | None


@router.get("/patients/{patient_id}/notes")
def read_notes(patient_id: str, request: Request, session: Reading, actor: Here) -> list[NoteShown]:
    """The notes about a patient, the newest first."""
    rows = noting.notes_of(session, actor, patient_id)
    has_read(request, patient_id)
    return [NoteShown.model_validate(row) for row in rows]


@router.post("/patients/{patient_id}/notes", status_code=201)
def write_note(patient_id: str, new: NewNote, session: Writing, actor: Here, now: Now) -> NoteShown:
    """Write a note; nobody changes it afterwards, a new one corrects it."""
    row = noting.write(session, actor, patient_id, new.words, corrects=new.corrects, now=now)
    return NoteShown.model_validate(row)

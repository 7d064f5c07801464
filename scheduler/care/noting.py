"""What the team writes down about a patient: added to, corrected by a new note, never changed."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler.acting import Actor
from scheduler.care.records import changed, hold_patient, patient_of
from scheduler.errors import NotThere, WrongMove
from scheduler.store.tables import PatientNote


def write(
    session: Session,
    actor: Actor,
    patient_id: str,
    words: str,
    *,
    now: datetime,
    corrects: UUID | None = None,
) -> PatientNote:
    """Write a note, or one that takes an earlier one back; that one stays, marked as corrected.

    NotThere where the earlier one is none of this patient's; WrongMove where it was corrected.
    """
    hold_patient(session, actor, patient_id)
    if corrects is not None:
        _refuse_correcting(session, actor, patient_id, corrects)
    row = PatientNote(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        words=words,
        made_at=now,
        made_by=actor.account_id,
        corrects=corrects,
    )
    session.add(row)
    session.flush()
    subject = ("note", row.id)
    changed(session, actor, "note.write", patient_id, now=now, subject=subject)
    return row


def _refuse_correcting(session: Session, actor: Actor, patient_id: str, name: UUID) -> None:
    earlier = session.get(PatientNote, (actor.clinic_id, name))
    if earlier is None or earlier.patient_id != patient_id:
        raise NotThere("there is no such note")
    known = select(PatientNote.id).where(
        PatientNote.clinic_id == actor.clinic_id, PatientNote.corrects == name
    )
    if session.exec(known).first() is not None:
        raise WrongMove("this note was corrected before", fix="correct the newer one")


def notes_of(session: Session, actor: Actor, patient_id: str) -> list[PatientNote]:
    """A patient's notes, the newest first, with those that were corrected; NotThere without one."""
    patient_of(session, actor, patient_id)
    return notes_about(session, actor, patient_id)


def notes_about(session: Session, actor: Actor, patient_id: str) -> list[PatientNote]:
    """The same for who has found the patient already."""
    found = select(PatientNote).where(
        PatientNote.clinic_id == actor.clinic_id, PatientNote.patient_id == patient_id
    )
    return list(session.exec(found.order_by(col(PatientNote.made_at).desc(), col(PatientNote.id))))

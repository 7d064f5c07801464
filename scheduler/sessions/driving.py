"""From when a patient may drive again, as their own page says it (R-30)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, select

from scheduler.acting import Actor
from scheduler.errors import NotThere
from scheduler.sessions.loading import latest_of_patient
from scheduler.store.tables import Appointment, Clinic, Patient, Reminder

TELLS: Final = "N-19"
"""The message that tells the patient of the note."""

LOOK_BACK: Final = timedelta(days=4)
"""No note of a dose before that can still be in force: it ends on the day after, or a day later."""


@dataclass(frozen=True)
class Driving:
    """Whether a no-driving note is in force, and when it ends, by the clinic's clock."""

    patient: str
    resting: bool
    drives_again: datetime | None
    words: str
    zone: str


def driving_of(session: Session, actor: Actor, patient_id: str, *, now: datetime) -> Driving:
    """The note in force of a patient; NotThere for a patient who is not the actor's to see."""
    patient = session.get(Patient, (actor.clinic_id, patient_id))
    clinic = session.get(Clinic, actor.clinic_id)
    if patient is None or clinic is None or not actor.may_see(patient_id):
        raise NotThere("there is no such patient")
    doses = latest_of_patient(session, actor.clinic_id, patient_id, since=now - LOOK_BACK, now=now)
    found = [(one, one.at(now).drives_again) for one in doses]
    ending = [(until, one) for one, until in found if until is not None and until > now]
    if not ending:
        return Driving(patient_id, resting=False, drives_again=None, words="", zone=clinic.timezone)
    until, one = max(ending, key=lambda pair: pair[0])
    wall = until.astimezone(one.visit.zone)
    notes = [note["text"] for note in one.appointment.notes if note["kind"] == "no-driving"]
    words = next(iter(notes), "")
    return Driving(patient_id, resting=True, drives_again=wall, words=words, zone=clinic.timezone)


def told_of_note(session: Session, visit: Appointment) -> list[Reminder]:
    """The messages that tell the patient of the note of a dose, as they stand, the last first."""
    return list(
        session.exec(
            select(Reminder)
            .where(
                Reminder.clinic_id == visit.clinic_id,
                Reminder.subject_kind == "appointment",
                Reminder.subject_id == str(visit.id),
                Reminder.kind == TELLS,
                col(Reminder.status).not_in(("cancelled", "suppressed")),
            )
            .order_by(col(Reminder.due_at).desc(), col(Reminder.channel))
        )
    )

"""What would be told, when and in which words, before anything is sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler.errors import NotThere
from scheduler.reminders.gathering import (
    Course,
    courses,
    wanted_for_appointments,
    wanted_for_enrolment,
)
from scheduler.reminders.links import Links
from scheduler.reminders.planning import Wanted
from scheduler.reminders.telling import Teller
from scheduler.reminders.texts import NoText
from scheduler.store.tables import Clinic, Enrolment, Patient


@dataclass(frozen=True)
class Previewed:
    """A message with its words; ``local``: its time on the recipient's own clock."""

    patient_id: str
    wanted: Wanted
    local: datetime
    words: str


def preview(
    session: Session,
    clinic_id: str,
    *,
    links: Links,
    now: datetime,
    patient_id: str | None = None,
) -> list[Previewed]:
    """Every message of a patient's courses, or of everybody's, in order of time.

    NotThere where there is no such clinic or patient.
    """
    clinic = session.get(Clinic, clinic_id)
    if clinic is None:
        raise NotThere("there is no such clinic")
    if patient_id is not None and session.get(Patient, (clinic_id, patient_id)) is None:
        raise NotThere("there is no such patient")
    found = [
        shown
        for course in courses(session, clinic, _enrolments(session, clinic_id, patient_id))
        for shown in _of_course(session, course, links, now)
    ]
    return sorted(found, key=lambda shown: (shown.wanted.due_at, shown.wanted.place))


def _enrolments(session: Session, clinic_id: str, patient_id: str | None) -> list[UUID]:
    asked = select(Enrolment.id).where(
        Enrolment.clinic_id == clinic_id, col(Enrolment.ended_at).is_(None)
    )
    if patient_id is not None:
        asked = asked.where(Enrolment.patient_id == patient_id)
    return list(session.exec(asked))


def _of_course(
    session: Session, course: Course, links: Links, now: datetime
) -> Iterator[Previewed]:
    teller = Teller(session, course.people, links)
    teller.keep({str(row.id): row for row in course.appointments})
    for found, patient in (
        *wanted_for_appointments(course, None, now=now),
        *wanted_for_enrolment(course, now=now),
    ):
        yield Previewed(
            patient_id=patient,
            wanted=found,
            local=found.due_at.astimezone(course.people.zone_of(patient)),
            words=_words(teller, found, patient),
        )


def _words(teller: Teller, found: Wanted, patient: str) -> str:
    facts = {**found.facts, "says": found.says}
    try:
        return teller.words(
            found.kind, found.channel, patient, facts, found.due_at, recipient=found.recipient
        )
    except NoText as missing:
        return f"({missing})"

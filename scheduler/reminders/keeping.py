"""Keeping the reminder table true: rows written, moved and voided with what they speak of.

Call these in the unit of work that changes an appointment or an enrolment. What went out already
is not taken back: the patient is told once that it has changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from pathways.protocol.course import Reminder as Entry
from scheduler import locking
from scheduler.care.facts import Facts
from scheduler.reminders import changing
from scheduler.reminders.changing import CLOSURE, GONE_OUT, NEWS
from scheduler.reminders.gathering import (
    Course,
    courses,
    courses_of,
    wanted_for_appointments,
    wanted_for_enrolment,
)
from scheduler.reminders.people import rows_in
from scheduler.reminders.planning import Happening, Subject, Wanted, wanted
from scheduler.reminders.reconciling import (
    Subjects,
    about_appointments,
    begin,
    called_off,
    change,
    reconcile,
    values_of,
)
from scheduler.store.tables import Appointment, Clinic, Enrolment, Reminder

LONG_OVER = timedelta(days=8)
"""After this nothing is told of a visit: longer than the latest message after one takes."""

_OF_COURSE = ("enrolment", "evaluation", "level", "week")


class NoClinic(LookupError):
    """Reminders were to be kept for a clinic that does not exist."""


def refresh(
    session: Session, clinic_id: str, appointment_ids: Iterable[UUID], *, now: datetime
) -> None:
    """Bring the messages about these appointments, and about their courses, to what is so now."""
    ids = sorted(set(appointment_ids), key=str)
    session.flush()
    booked = rows_in(session, clinic_id, Appointment, "id", ids)
    enrolments = {row.enrolment_id for row in booked if row.enrolment_id is not None}
    for course in courses(session, _clinic(session, clinic_id), enrolments):
        own = {row.id for row in course.appointments if row.id in set(ids)}
        _keep(session, clinic_id, course, own, now)


def keep(
    session: Session,
    clinic_id: str,
    booked: Sequence[Appointment],
    facts: Mapping[str, Facts],
    *,
    now: datetime,
    begun: bool = False,
) -> None:
    """The same as `refresh`, by what was gathered of all whose appointments these are.

    ``begun``: they were not there before, and nobody was told of them. A course of which they
    change neither the first visit, nor the first dose, nor the weeks with visits has the same
    messages as a whole, and these are left as they are.
    """
    for course in courses_of(session, booked, facts):
        own = {row.id for row in booked if row.enrolment_id == course.enrolment.id}
        if begun:
            begin(session, clinic_id, list(wanted_for_appointments(course, own, now=now)), now)
        else:
            _keep_visits(session, clinic_id, course, own, now)
        if not begun or course.outline() != course.outline(without=own):
            _keep_course(session, clinic_id, course, now)


def _keep(session: Session, clinic_id: str, course: Course, own: set[UUID], now: datetime) -> None:
    _keep_visits(session, clinic_id, course, own, now)
    _keep_course(session, clinic_id, course, now)


def _keep_visits(
    session: Session, clinic_id: str, course: Course, own: set[UUID], now: datetime
) -> None:
    pairs = list(wanted_for_appointments(course, own, now=now))
    rows = reconcile(session, clinic_id, about_appointments(own), pairs, now)
    told = _told_to_move(session, clinic_id, own)
    _write_news(session, course, [*rows, *told], now)


def _told_to_move(session: Session, clinic_id: str, own: set[UUID]) -> Sequence[Reminder]:
    """What patients have read of these visits, that they have to move: they wait for the news."""
    return session.exec(
        select(Reminder).where(
            Reminder.clinic_id == clinic_id,
            Reminder.subject_kind == CLOSURE,
            col(Reminder.subject_id).in_([str(name) for name in own]),
            col(Reminder.status).in_(GONE_OUT),
        )
    ).all()


def refresh_enrolments(
    session: Session, clinic_id: str, enrolment_ids: Iterable[UUID], *, now: datetime
) -> None:
    """Bring the messages about courses as a whole to what is so now, such as after enrolling."""
    session.flush()
    for course in courses(session, _clinic(session, clinic_id), enrolment_ids):
        _keep_course(session, clinic_id, course, now)


def refresh_all(
    session: Session, clinic_id: str, *, now: datetime, enrolment_ids: Iterable[UUID] | None = None
) -> None:
    """Bring every message about these courses, or about all that have not ended, to what is so.

    Of visits that are long over there is nothing to tell any more: they are left as they are.
    It holds their patients first: nobody moves an appointment between its look and its writing.
    """
    ids = current_enrolments(session, clinic_id) if enrolment_ids is None else list(enrolment_ids)
    whose = {row.patient_id for row in rows_in(session, clinic_id, Enrolment, "id", ids)}
    locking.hold(session, clinic_id, patients=whose)
    for course in courses(session, _clinic(session, clinic_id), ids):
        own = {row.id for row in course.appointments if row.end > now - LONG_OVER}
        pairs = list(wanted_for_appointments(course, own, now=now))
        reconcile(session, clinic_id, about_appointments(own), pairs, now)
        _keep_course(session, clinic_id, course, now)


def refresh_patient(session: Session, clinic_id: str, patient_id: str, *, now: datetime) -> None:
    """Bring every message about one patient's courses to what is so."""
    of_patient = select(Enrolment.id).where(
        Enrolment.clinic_id == clinic_id,
        Enrolment.patient_id == patient_id,
        col(Enrolment.ended_at).is_(None),
    )
    refresh_all(session, clinic_id, now=now, enrolment_ids=list(session.exec(of_patient)))


def current_enrolments(session: Session, clinic_id: str) -> list[UUID]:
    """The courses of a clinic that have not ended."""
    asked = select(Enrolment.id).where(
        Enrolment.clinic_id == clinic_id, col(Enrolment.ended_at).is_(None)
    )
    return list(session.exec(asked))


def announce(
    session: Session,
    clinic_id: str,
    happening: Happening,
    ladder: Iterable[Entry],
    *,
    patient_id: str,
    now: datetime,
) -> list[Reminder]:
    """Write the messages about something that nobody planned, such as a closure or an overrun."""
    written = (
        write_once(session, clinic_id, found, patient_id, now)
        for found in wanted(happening, ladder, now=now)
    )
    return [row for row in written if row is not None]


def write_once(
    session: Session, clinic_id: str, found: Wanted, patient_id: str, now: datetime
) -> Reminder | None:
    """Write a message, or None where the same one is there already."""
    row = row_of(clinic_id, found, patient_id, now)
    if _exists(session, row):
        return None
    row.sent_at = now if row.status == "delivered" else None
    session.add(row)
    session.flush()
    return row


def row_of(clinic_id: str, found: Wanted, patient_id: str | None, now: datetime) -> Reminder:
    """The row of a message, not yet added."""
    return Reminder(**values_of(clinic_id, found, patient_id, now))


def call_off(row: Reminder, reason: str) -> None:
    """Let a message that waits not be sent."""
    row.status, row.reason = "cancelled", reason
    row.claimed_by = row.claimed_until = None


def _clinic(session: Session, clinic_id: str) -> Clinic:
    clinic = session.get(Clinic, clinic_id)
    if clinic is None:
        raise NoClinic(clinic_id)
    return clinic


def _keep_course(session: Session, clinic_id: str, course: Course, now: datetime) -> None:
    enrolment = course.enrolment
    subjects = Subjects(_OF_COURSE, prefix=str(enrolment.id), patient=enrolment.patient_id)
    reconcile(session, clinic_id, subjects, list(wanted_for_enrolment(course, now=now)), now)


def _write_news(session: Session, course: Course, rows: Sequence[Any], now: datetime) -> None:
    """Tell each patient once what is not any more as they were told."""
    for news in changing.news_of(course, rows, now=now):
        overtaken = [called_off(older, "a later change is told instead") for older in news.replaces]
        change(session, overtaken)
        if news.happening is not None:
            version = _next_version(rows, news.happening.subject)
            happening = replace(news.happening, subject=version)
            for other in news.together:
                _write_together(session, course, rows, news, other, now)
            announce(
                session,
                course.people.clinic.id,
                happening,
                course.ladder,
                patient_id=news.patient_id,
                now=now,
            )


def _write_together(
    session: Session,
    course: Course,
    rows: Sequence[Any],
    news: changing.News,
    other: Appointment,
    now: datetime,
) -> None:
    """Remember that a change was told along with another one, so that it is not told again."""
    subject = Subject("appointment", str(other.id), other.version)
    happening = changing.told_of(course, news.patient_id, other, "", now)
    found = next(wanted(happening, course.ladder, now=now), None)
    if found is not None:
        row = row_of(course.people.clinic.id, found, news.patient_id, now)
        row.subject_version = _next_version(rows, subject).version
        row.status, row.reason, row.sent_at = "suppressed", changing.TOGETHER, now
        session.add(row)


def _next_version(rows: Sequence[Any], subject: Subject) -> Subject:
    taken = {r.subject_version for r in rows if r.kind == NEWS and r.subject_id == subject.id}
    version = subject.version
    while version in taken:
        version += 1
    return Subject(subject.kind, subject.id, version)


def _exists(session: Session, row: Reminder) -> bool:
    asked = select(Reminder.id).where(
        Reminder.clinic_id == row.clinic_id,
        Reminder.subject_kind == row.subject_kind,
        Reminder.subject_id == row.subject_id,
        Reminder.subject_version == row.subject_version,
        Reminder.kind == row.kind,
        Reminder.step == row.step,
        Reminder.recipient == row.recipient,
        Reminder.channel == row.channel,
    )
    return session.exec(asked).first() is not None

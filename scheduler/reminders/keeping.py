"""Keeping the reminder table true: rows written, moved and voided with what they speak of.

Call these in the unit of work that changes an appointment or an enrolment. What went out already
is not taken back: the patient is told once that it has changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import Session, col, select

from pathways.protocol.course import Reminder as Entry
from scheduler import locking
from scheduler.reminders import changing
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.changing import NEWS
from scheduler.reminders.gathering import (
    Course,
    courses,
    wanted_for_appointments,
    wanted_for_enrolment,
)
from scheduler.reminders.people import rows_in
from scheduler.reminders.planning import Happening, Subject, Wanted, wanted
from scheduler.store.tables import Appointment, Clinic, Enrolment, Reminder

STOPPED = "stopped by a person"
LONG_OVER = timedelta(days=8)
"""After this nothing is told of a visit: longer than the latest message after one takes."""

_OF_COURSE = ("enrolment", "evaluation", "level", "week")
_Pair = tuple[Wanted, str]


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
        pairs = list(wanted_for_appointments(course, own, now=now))
        rows = reconcile(session, clinic_id, about(own), pairs, now)
        _write_news(session, course, rows, now)
        _keep_course(session, clinic_id, course, now)


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
        reconcile(session, clinic_id, about(own), pairs, now)
        _keep_course(session, clinic_id, course, now)


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
    return Reminder(**_values_of(clinic_id, found, patient_id, now))


def _values_of(
    clinic_id: str, found: Wanted, patient_id: str | None, now: datetime
) -> dict[str, Any]:
    """The row of a message as plain values: a whole course is written without making records."""
    kind = catalogue().kinds[found.kind]
    return {
        "id": uuid4(),
        "clinic_id": clinic_id,
        "subject_kind": found.subject.kind,
        "subject_id": found.subject.id,
        "subject_version": found.subject.version,
        "kind": found.kind,
        "step": found.step,
        "recipient": found.recipient,
        "channel": found.channel,
        "patient_id": patient_id,
        "rank": catalogue().rank(found.kind),
        "safety": kind.safety,
        "due_at": found.due_at,
        "next_try_at": found.due_at,
        "expires_at": found.expires_at,
        "status": found.status,
        "reason": found.reason,
        "attempts": 0,
        "facts": {**found.facts, "says": found.says},
        "made_at": now,
    }


@dataclass(frozen=True)
class Subjects:
    """Which subjects' rows are looked at: these, or all of a patient that begin with a name."""

    kinds: Sequence[str]
    names: Sequence[str] = ()
    prefix: str = ""
    patient: str = ""


def about(appointment_ids: Iterable[UUID]) -> Subjects:
    """What speaks of these appointments."""
    return Subjects(("appointment",), sorted(map(str, appointment_ids)))


def _clinic(session: Session, clinic_id: str) -> Clinic:
    clinic = session.get(Clinic, clinic_id)
    if clinic is None:
        raise NoClinic(clinic_id)
    return clinic


def _keep_course(session: Session, clinic_id: str, course: Course, now: datetime) -> None:
    enrolment = course.enrolment
    subjects = Subjects(_OF_COURSE, prefix=str(enrolment.id), patient=enrolment.patient_id)
    reconcile(session, clinic_id, subjects, list(wanted_for_enrolment(course, now=now)), now)


def _rows(session: Session, clinic_id: str, subjects: Subjects) -> list[Reminder]:
    if subjects.prefix:
        asked = select(Reminder).where(
            Reminder.clinic_id == clinic_id,
            Reminder.patient_id == subjects.patient,  # by whom there is an index
            col(Reminder.subject_kind).in_(subjects.kinds),
            col(Reminder.subject_id).startswith(subjects.prefix),
        )
        return list(session.exec(asked.with_for_update()))
    found: list[Reminder] = []
    for begin in range(0, len(subjects.names), 500):
        asked = select(Reminder).where(
            Reminder.clinic_id == clinic_id,
            col(Reminder.subject_kind).in_(subjects.kinds),
            col(Reminder.subject_id).in_(subjects.names[begin : begin + 500]),
        )
        found += session.exec(asked.with_for_update().execution_options(populate_existing=True))
    return found


_Place = tuple[Any, ...]


def _place(row: Reminder) -> _Place:
    return (row.subject_kind, row.subject_id, row.kind, row.step, row.recipient, row.channel)


def _wanted_place(found: Wanted) -> _Place:
    return (found.subject.kind, found.subject.id, *found.place)


def reconcile(
    session: Session, clinic_id: str, subjects: Subjects, pairs: list[_Pair], now: datetime
) -> list[Reminder]:
    """Write what is missing, move what waits, void the rest; answer all that was there."""
    every = _rows(session, clinic_id, subjects)
    rows = [row for row in every if row.kind != NEWS]
    waiting = {_place(row): row for row in rows if row.status == "pending"}
    settled = {(_place(row), row.facts.get("start")) for row in rows if _is_settled(row)}
    taken = _versions(rows)
    missing = []
    for found, patient in pairs:
        place = _wanted_place(found)
        row = waiting.pop(place, None)
        if row is not None:
            others = taken[place] - {row.subject_version}
            _move(row, found, _free_version(others, found.subject.version))
            taken[place].add(row.subject_version)
        elif (place, found.facts.get("start")) not in settled:
            values = _values_of(clinic_id, found, patient, now)
            values["subject_version"] = _free_version(taken[place], found.subject.version)
            taken[place].add(values["subject_version"])
            missing.append(values)
    for row in waiting.values():
        call_off(row, "what it speaks of was called off or has moved")
    session.flush()
    if missing:
        session.execute(insert(Reminder), missing)
    return every


def _is_settled(row: Reminder) -> bool:
    """Whether a message is not to be written again for the same time of its subject."""
    return row.status not in ("pending", "cancelled") or row.reason == STOPPED


def _versions(rows: Iterable[Reminder]) -> dict[_Place, set[int]]:
    """The versions of its subject in which each message was written."""
    found: dict[_Place, set[int]] = defaultdict(set)
    for row in rows:
        found[_place(row)].add(row.subject_version)
    return found


def _free_version(taken: set[int], version: int) -> int:
    """The version of the subject, or the next that no other message of the same place has."""
    while version in taken:
        version += 1
    return version


def call_off(row: Reminder, reason: str) -> None:
    """Let a message that waits not be sent."""
    row.status, row.reason = "cancelled", reason
    row.claimed_by = row.claimed_until = None


def _move(row: Reminder, found: Wanted, version: int) -> None:
    """Let a waiting message speak of its subject as it is now; it waits anew where it has moved."""
    if row.due_at != found.due_at:
        row.attempts = 0
        row.next_try_at = found.due_at
    row.subject_version = version
    row.due_at, row.expires_at = found.due_at, found.expires_at
    row.status, row.reason = found.status, found.reason
    row.facts = {**found.facts, "says": found.says}
    row.claimed_by = row.claimed_until = None


def _write_news(session: Session, course: Course, rows: Sequence[Reminder], now: datetime) -> None:
    """Tell each patient once what is not any more as they were told."""
    for news in changing.news_of(course, rows, now=now):
        for older in news.replaces:
            call_off(older, "a later change is told instead")
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
    rows: Sequence[Reminder],
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


def _next_version(rows: Sequence[Reminder], subject: Subject) -> Subject:
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

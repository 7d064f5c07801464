"""What went to each number lately, and what more important there is to come."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.changing import GONE_OUT
from scheduler.reminders.people import People
from scheduler.store.tables import ContactPoint, Reminder

_BACK, _AHEAD = timedelta(days=8), timedelta(days=7)


class Due(NamedTuple):
    """A message that waits and counts."""

    id: UUID
    patient_id: str | None
    rank: int
    due_at: datetime


class History:
    """Text messages by number; several patients may share one."""

    def __init__(
        self,
        sent: Iterable[tuple[str, datetime]],
        due: Iterable[Due],
        marks: Mapping[str, str],
    ) -> None:
        self._marks = marks
        self._sent: dict[str, list[datetime]] = defaultdict(list)
        self._due: dict[str, list[Due]] = defaultdict(list)
        for patient, at in sent:
            self._sent[marks.get(patient, patient)].append(at)
        for row in due:
            self._due[marks.get(row.patient_id or "", "")].append(row)

    def sent(self, mark: str) -> list[datetime]:
        """When messages went to a number, of those that count."""
        return self._sent[mark]

    def better(self, mark: str, than: Due | Reminder) -> list[datetime]:
        """When messages to a number are due that are more important than one."""
        return [row.due_at for row in self._due[mark] if row.rank < than.rank and row.id != than.id]

    def add(self, name: UUID, patient: str, at: datetime) -> None:
        """Count a message that is about to go, by its id and whom it is about; it waits no more."""
        self._sent[self._marks.get(patient, patient)].append(at)
        mark = self._marks.get(patient, "")
        self._due[mark] = [row for row in self._due[mark] if row.id != name]


def counts(row: Reminder) -> bool:
    """Whether a message counts to what a number gets."""
    return _counts(row.kind, row.subject_kind, safety=row.safety)


def _counts(name: str, subject_kind: str, *, safety: bool) -> bool:
    kind = catalogue().kinds[name]
    return not (safety or kind.uncapped or kind.answers or subject_kind == "inbound")


def sharing(session: Session, clinic_id: str, patient_ids: Iterable[str]) -> set[str]:
    """These patients and everybody who has one of their numbers."""
    names = set(patient_ids)
    own = select(ContactPoint.mark).where(
        ContactPoint.clinic_id == clinic_id,
        ContactPoint.kind == "phone",
        col(ContactPoint.patient_id).in_(names),
    )
    others = select(ContactPoint.patient_id).where(
        ContactPoint.clinic_id == clinic_id, col(ContactPoint.mark).in_(own)
    )
    return names | set(session.exec(others))


def load(session: Session, people: People, *, now: datetime) -> History:
    """What went to these people's numbers, and what is to come."""
    marks = {
        patient: contact.mark
        for patient in people.patients
        if not isinstance(contact := people.address(patient, "sms", now=now), str)
    }
    of_people = (
        col(Reminder.clinic_id) == people.clinic.id,
        col(Reminder.patient_id).in_(people.patients),
        col(Reminder.channel) == "sms",
        col(Reminder.recipient).startswith("patient:"),
    )
    what = (col(Reminder.kind), col(Reminder.subject_kind), col(Reminder.safety))
    went = session.execute(
        select_columns(*what, col(Reminder.patient_id), col(Reminder.sent_at)).where(
            *of_people, col(Reminder.status).in_(GONE_OUT), col(Reminder.sent_at) > now - _BACK
        )
    )
    sent = [
        (patient or "", at)
        for kind, subject, safety, patient, at in went
        if _counts(kind, subject, safety=safety) and at is not None
    ]
    due = session.execute(
        select_columns(
            *what,
            col(Reminder.id),
            col(Reminder.patient_id),
            col(Reminder.rank),
            col(Reminder.due_at),
        ).where(
            *of_people,
            col(Reminder.status) == "pending",
            col(Reminder.due_at) < now + _AHEAD,
        )
    )
    waiting = [
        Due(*row) for kind, subject, safety, *row in due if _counts(kind, subject, safety=safety)
    ]
    return History(sent, waiting, marks)

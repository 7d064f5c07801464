"""One patient's weeks as they were: what came, by which way, what they wrote back, where they went.

What stands in the portal is read at the moment at which it comes, as the patient would.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from benchmarks.diary.living import LINKS, Life
from pathways import timing
from scheduler.acting import Actor
from scheduler.reminders import inbox
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Clinic,
    ContactPoint,
    Patient,
    Reminder,
    RideContact,
)

_WAYS: Final = {"sms": "text", "e-mail": "e-mail"}


_VISITS: Final = (
    sql_select(
        col(Appointment.id),
        col(Appointment.status),
        col(Appointment.start),
        col(Appointment.zone),
        col(Appointment.activity),
        col(Appointment.occurrence),
    )
    .join(AppointmentPatient, col(AppointmentPatient.appointment_id) == col(Appointment.id))
    .where(
        col(Appointment.clinic_id) == bindparam("clinic"),
        col(AppointmentPatient.clinic_id) == bindparam("clinic"),
        col(AppointmentPatient.patient_id) == bindparam("patient"),
    )
    .order_by(col(Appointment.start))
)


@dataclass(frozen=True)
class Entry:
    """Something that happened: ``way`` says how it came, or that it was a visit or an answer."""

    at: datetime
    way: str
    words: str
    kind: str = ""


@dataclass
class Diary:
    """The diary of one patient, written as the weeks go by."""

    clinic_id: str
    patient_id: str
    entries: list[Entry] = field(default_factory=list)
    _seen: dict[UUID, tuple[str, datetime]] = field(default_factory=dict)
    _read: set[UUID] = field(default_factory=set)

    def look(self, life: Life) -> None:
        """Write down what has come to the portal, and what became of visits."""
        with life.store.reading() as session:
            self.entries += self._portal(session)
            self.entries += self._visits(session, life.now)

    def _portal(self, session: Session) -> Iterator[Entry]:
        asked = select(Reminder.id).where(
            *_of(Reminder, self), Reminder.channel == "portal", Reminder.status == "delivered"
        )
        there = set(session.exec(asked))
        if there <= self._read:
            return
        actor = Actor(self.clinic_id, roles=frozenset({"patient"}), patient_id=self.patient_id)
        for letter in inbox.inbox_of(session, actor, links=LINKS).letters:
            if letter.id not in self._read:
                self._read.add(letter.id)
                yield Entry(letter.at, "portal", letter.words, letter.kind)

    def _visits(self, session: Session, now: datetime) -> Iterator[Entry]:
        for row in session.execute(_VISITS.params(clinic=self.clinic_id, patient=self.patient_id)):
            was = self._seen.get(row.id)
            self._seen[row.id] = (row.status, row.start)
            if was is None or was == self._seen[row.id]:
                continue
            moved = f"moved to {_clock(row.start, row.zone)}" if was[1] != row.start else row.status
            if moved != "arrived":
                words = f"{row.activity} {row.occurrence} of {_clock(was[1], row.zone)}: {moved}"
                yield Entry(now, "visit", words)

    def whole(self, session: Session, life: Life) -> list[Entry]:
        """Every entry in order of time."""
        own = {
            row.value: ""
            for row in session.exec(select(ContactPoint).where(*_of(ContactPoint, self)))
        }
        own |= {
            row.phone: "driver's "
            for row in session.exec(select(RideContact).where(*_of(RideContact, self)))
        }
        kinds = {
            str(row.id): row.kind
            for row in session.exec(select(Reminder).where(*_of(Reminder, self)))
        }
        came = [
            Entry(m.at, own[m.to] + _WAYS[m.channel], m.body, kinds.get(m.key, ""))
            for m in life.carriers.delivered
            if m.to in own
        ]
        wrote = [
            Entry(r.at, own[r.phone] + "answer", r.body) for r in life.replies if r.phone in own
        ]
        return sorted([*self.entries, *came, *wrote], key=lambda entry: entry.at)

    def lines(self, session: Session, life: Life) -> Iterator[str]:
        """The diary, a line for each entry, by the patient's own clock."""
        patient = session.get_one(Patient, (self.clinic_id, self.patient_id))
        clinic = session.get_one(Clinic, self.clinic_id)
        zone = patient.timezone or clinic.timezone
        for entry in self.whole(session, life):
            words = entry.words + (f"  [{entry.kind}]" if entry.kind else "")
            yield f"{_clock(entry.at, zone)}  {entry.way:13} {words}"


def _of(table: Any, diary: Diary) -> tuple[Any, Any]:
    return (table.clinic_id == diary.clinic_id, table.patient_id == diary.patient_id)


def _clock(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(timing.zone(zone)):%a %d %b %H:%M}"

"""Visits as a calendar that telephones and programs subscribe to; nothing in it tells why.

Instants are in UTC, each visit has one UID for life and the SEQUENCE of its row, and the calendar
itself has no UID: clients have read other ways of writing the same thing wrongly.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Header
from fastapi.responses import Response
from icalendar import Calendar, Event
from sqlmodel import Session, col, select

from api.auth import feeds
from api.auth.entering import actor_of
from api.dependencies import Now, Reading
from api.web.texts import LANGUAGES, marked, said
from api.web.wording import place
from pathways import timing
from scheduler.appointments.listing import Wanted, listed
from scheduler.errors import NotThere
from scheduler.reminders.contents import PLACE_LENGTH, SENDER_LENGTH, neutral
from scheduler.reminders.people import rows_in
from scheduler.store.tables import Account, Appointment, AppointmentPatient, Clinic, Patient

router = APIRouter()

BEHIND, AHEAD = timedelta(days=14), timedelta(days=84)
"""How much a calendar of staff shows before and after today; a patient's shows the whole course."""

REFRESH: Final = timedelta(hours=1)
TITLE: Final = marked("Appointment at {sender}")
YOUR_CLINIC: Final = marked("your clinic")

_STATUS: Final = {"pending": "TENTATIVE", "cancelled": "CANCELLED", "entered-in-error": "CANCELLED"}


@dataclass(frozen=True)
class Entry:
    """A visit as a calendar shows it."""

    row: Appointment
    title: str
    where: str


@router.get("/feed/{token}.ics")
def calendar_feed(
    token: str,
    session: Reading,
    now: Now,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The visits of the account whose private address this is; no sign-in is asked for."""
    account = feeds.owner_of(session, token)
    body = calendar_of(_entries(session, account, now))
    mark = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": mark, "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    if if_none_match is not None and mark in if_none_match:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="visits.ics"'
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def calendar_of(entries: Iterable[Entry]) -> bytes:
    """The calendar: the same visits are the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//careweave//visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        calendar.add_component(_event(entry))
    found: bytes = calendar.to_ical()
    return found


def _event(entry: Entry) -> Event:
    row, event = entry.row, Event()
    event.add("uid", f"{row.id}@careweave")
    event.add("sequence", row.sequence)
    event.add("dtstamp", row.changed_at.astimezone(UTC))
    event.add("last-modified", row.changed_at.astimezone(UTC))
    event.add("dtstart", row.start.astimezone(UTC))
    event.add("dtend", row.end.astimezone(UTC))
    event.add("summary", entry.title)
    if entry.where:
        event.add("location", entry.where)
    event.add("status", _STATUS.get(row.status, "CONFIRMED"))
    event.add("class", "PRIVATE")
    return event


def _entries(session: Session, account: Account, now: datetime) -> list[Entry]:
    clinic = session.get(Clinic, account.clinic_id)
    if clinic is None:
        raise NotThere("there is no such calendar")
    patient = session.get(Patient, (account.clinic_id, account.patient_id or ""))
    title = _title(clinic, patient.language if patient else account.language)
    if patient is not None:
        usual = neutral(str(clinic.settings.get("place", "")), PLACE_LENGTH)
        rows = _of_patient(session, clinic.id, patient.id)
        return [Entry(row, title, usual if row.modality != "virtual" else "") for row in rows]
    rows = _of_practitioner(session, clinic, account, now)
    return [Entry(row, title, place(row.location_id)) for row in rows]


def _title(clinic: Clinic, language: str) -> str:
    spoken = language if language in LANGUAGES else "en"
    sender = neutral(str(clinic.settings.get("sender", "")), SENDER_LENGTH)
    return said(TITLE, spoken).format(sender=sender or said(YOUR_CLINIC, spoken))


def _of_patient(session: Session, clinic_id: str, patient_id: str) -> list[Appointment]:
    """Everything that was ever theirs to come to; a hold that ended was not."""
    rows = session.exec(
        select(Appointment)
        .join(
            AppointmentPatient,
            (col(Appointment.clinic_id) == AppointmentPatient.clinic_id)
            & (col(Appointment.id) == AppointmentPatient.appointment_id),
        )
        .where(
            AppointmentPatient.clinic_id == clinic_id, AppointmentPatient.patient_id == patient_id
        )
        .order_by(col(Appointment.start), col(Appointment.id))
    )
    return [row for row in rows if row.status not in ("proposed", "pending", "waitlist")]


def _of_practitioner(
    session: Session, clinic: Clinic, account: Account, now: datetime
) -> list[Appointment]:
    zone = timing.zone(clinic.timezone)
    if account.practitioner_id is None:
        raise NotThere("there is no such calendar")
    wanted = Wanted(
        timing.local_date(now - BEHIND, zone),
        timing.local_date(now + AHEAD, zone),
        practitioner=account.practitioner_id,
    )
    names = [one.row.id for one in listed(session, actor_of(account), wanted)]
    rows = rows_in(session, clinic.id, Appointment, "id", names)
    return sorted(rows, key=lambda row: (row.start, str(row.id)))

"""What says the same as another message: one of them is enough.

Of all visits of a date the first is told, with how many there are; who is asked to confirm a dose
is asked for the ride with it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from pathways import timing
from scheduler.reminders.catalogue import Kind, catalogue
from scheduler.reminders.changing import GONE_OUT
from scheduler.reminders.planning import WHOLE_DAY
from scheduler.store.tables import Appointment, AppointmentPatient, Reminder

VARIANT = "day"
"""The texts that tell of several visits."""

_TOLD_SINCE = timedelta(days=5)

Said = tuple[object, ...]
"""To whom, and what: all visits of a date, or one kind of thing of one visit."""


def said_by(row: Reminder, zone: ZoneInfo) -> set[Said]:
    """What a message says when it goes."""
    found: set[Said] = {(row.recipient, row.kind, row.subject_id)}
    if row.facts.get(WHOLE_DAY):
        day = timing.local_date(datetime.fromisoformat(row.facts["start"]), zone)
        found.add((row.recipient, _topic(row.kind), row.step, day))
    return found


def repeats(row: Reminder, kind: Kind, zone: ZoneInfo) -> set[Said]:
    """What need not be said by a message where something else has said it already."""
    found = {said for said in said_by(row, zone) if len(said) > 3}
    if kind.told_with and row.step == 0:
        found.add((row.recipient, kind.told_with, row.subject_id))
    return found


def _topic(kind: str) -> str:
    """Visits ahead are one thing, visits that were missed another."""
    return "missed" if (catalogue().kinds[kind].only_if or "").startswith("missed") else "ahead"


def said_lately(
    session: Session, row: Reminder, kind: Kind, zone: ZoneInfo, now: datetime
) -> set[Said]:
    """What the same person was told in the last days, also where it stands in the portal."""
    kinds = [name for name, other in catalogue().kinds.items() if other.whole_day]
    gone = session.exec(
        select(Reminder).where(
            Reminder.clinic_id == row.clinic_id,
            Reminder.patient_id == row.patient_id,
            Reminder.recipient == row.recipient,
            col(Reminder.channel).in_((row.channel, "portal")),
            col(Reminder.kind).in_([*kinds, kind.told_with]),
            col(Reminder.status).in_(GONE_OUT),
            col(Reminder.sent_at) > now - _TOLD_SINCE,
            col(Reminder.id) != row.id,
        )
    )
    return {said for other in gone for said in said_by(other, zone)}


def visits_of_day(session: Session, row: Appointment, patient_id: str) -> Sequence[Appointment]:
    """The patient's booked visits on the date of one, from that one on; it is the first of them."""
    zone = timing.zone(row.zone)
    ends = timing.instant(timing.local_date(row.start, zone) + timing.ONE_DAY, 0, zone)
    return session.exec(
        select(Appointment)
        .join(AppointmentPatient, col(AppointmentPatient.appointment_id) == Appointment.id)
        .where(
            AppointmentPatient.clinic_id == row.clinic_id,
            AppointmentPatient.patient_id == patient_id,
            Appointment.clinic_id == row.clinic_id,
            Appointment.status == "booked",
            Appointment.start >= row.start,
            Appointment.start < ends,
        )
        .order_by(col(Appointment.start))
    ).all()

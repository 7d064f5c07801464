"""The work-list of today, and the messages that went out and will go."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlmodel import col, delete, select

from api.demo.cast import Cast
from api.demo.visits import Session
from api.demo.writing import CLINIC
from pathways.safety.after_dose import form_due
from scheduler import work
from scheduler.care import sweeping
from scheduler.reminders import keeping
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.history import counts
from scheduler.reminders.planning import OUTWARD
from scheduler.sessions.following import FORM
from scheduler.store.tables import Appointment, Reminder
from scheduler.work import Wanted

REMEMBERED = keeping.LONG_OVER + timedelta(days=3)
"""So far back messages are kept here: all of every visit that is not long over."""


def open_work(cast: Cast, every: list[Session]) -> None:
    """Judge all gates, and put on the list what sweeping and sessions ask for."""
    sweeping.sweep(cast.session, CLINIC, cast.now)
    for one in every:
        for wanted in _asked(one):
            work.open_task(cast.session, CLINIC, wanted, now=cast.now)


def _asked(one: Session) -> Iterator[Wanted]:
    kinds = {kind for kind, _, _ in one.events()}
    subject, code = ("appointment", one.dose.id), one.dose.code
    certified = one.person.protocol.supply.certified_site
    if certified and "given" in kinds and "form filed" not in kinds:
        due = form_due(one.given, one.cast.zone)
        says = f"file the monitoring form of {code}"
        yield Wanted(FORM, "nurse", due, says, "", subject, one.person.id, "R-48")
    if one.manner.waits:
        says = f"{code}: blood pressure before the dose, prescriber decides"
        due = one.cast.now
        kind = "blood-pressure"
        yield Wanted(kind, "prescriber", due, says, "", subject, one.person.id, "R-24")


def write_messages(cast: Cast) -> None:
    """Plan as if some days ago, then let the time since then have passed.

    Of courses as a whole everything is kept; of visits what was about to be told then.
    """
    begin = cast.now - REMEMBERED
    keeping.refresh_all(cast.session, CLINIC, now=begin)
    cast.session.execute(
        delete(Reminder).where(
            col(Reminder.clinic_id) == CLINIC,
            col(Reminder.subject_kind) == "appointment",
            (col(Reminder.status) == "expired") | (col(Reminder.expires_at) < begin),
        )
    )
    booked = cast.session.exec(select(Appointment.id, Appointment.status)).all()
    told = {str(name): status for name, status in booked}
    _pass_time(cast, told)


def _pass_time(cast: Cast, told: dict[str, str]) -> None:
    rows = cast.session.exec(
        select(Reminder)
        .where(
            Reminder.clinic_id == CLINIC,
            col(Reminder.status).in_(("pending", "expired")),
            Reminder.due_at <= cast.now,
        )
        .order_by(col(Reminder.rank), col(Reminder.due_at), col(Reminder.id))
    ).all()
    went: dict[tuple[str, date], int] = defaultdict(int)
    for number, row in enumerate(rows):
        _settle(cast, row, told.get(row.subject_id, ""), number)
        day = (row.recipient, cast.day(row.due_at))
        if row.channel in OUTWARD and row.status == "delivered" and counts(row):
            went[day] += 1
            if went[day] > catalogue().caps.usual[0]:
                row.status, row.reason = "suppressed", "something more important goes today"
                row.sent_at = row.provider_id = None


def _settle(cast: Cast, row: Reminder, status: str, number: int) -> None:
    """What became of a message; its conditions are looked at as when it was sent."""
    only_if = catalogue().kinds[row.kind].only_if
    holds = {"present": status == "fulfilled", "missed": status == "noshow"}
    if only_if is not None and not holds.get(only_if, False):
        row.status, row.reason = "suppressed", f"not needed: it goes only if {only_if}"
        return
    if row.channel == "sms" and number % 97 == 31:
        row.status, row.reason = "failed", "the carrier refused it: no such number"
        row.attempts = 1
        return
    row.status, row.reason, row.attempts = "delivered", "", 1
    row.sent_at = _after(row.due_at, number, cast.now)
    row.provider_id = f"fiction-{number}" if row.channel in OUTWARD else None


def _after(due: datetime, number: int, now: datetime) -> datetime:
    return min(due + timedelta(seconds=3 + number % 40), now)

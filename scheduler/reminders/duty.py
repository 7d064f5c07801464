"""Who is called when: the list of those on duty, and the hours for which it has nobody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler import audit
from scheduler.acting import STAFF, Actor
from scheduler.care.contacts import marked, region_of
from scheduler.errors import NotThere, NotUnderstood, WrongMove
from scheduler.reminders.consent import CRISIS_SETTING, on_duty
from scheduler.store.tables import Clinic, OnDuty

LONGEST: Final = timedelta(days=31)  # house
"""Of one entry: nobody is on duty for longer without somebody looking at the list."""


@dataclass(frozen=True)
class Duty:
    """Who is to be called for a role in ``[start, end)``, and at which number."""

    role: str
    name: str
    phone: str
    start: datetime
    end: datetime


def enter(session: Session, actor: Actor, duty: Duty, *, now: datetime) -> OnDuty:
    """Write down who is on duty; NotUnderstood where times, role or number make no sense."""
    _refuse_odd(duty, now)
    number, _ = marked("phone", duty.phone, region_of(session, actor.clinic_id))
    row = OnDuty(
        clinic_id=actor.clinic_id,
        role=duty.role,
        name=duty.name,
        phone=number,
        start=duty.start,
        end=duty.end,
    )
    session.add(row)
    session.flush()
    _told(session, actor, "duty.enter", row, now)
    return row


def _refuse_odd(duty: Duty, now: datetime) -> None:
    if duty.role not in STAFF:
        fix = f"one of {', '.join(sorted(STAFF))}"
        raise NotUnderstood(f"there is no role {duty.role!r}", fix=fix, place="role")
    if duty.end <= duty.start or duty.end <= now:
        says = "a duty ends after it begins, and not in the past"
        raise NotUnderstood(says, fix="mend its times", place="end")
    if duty.end - duty.start > LONGEST:
        says = f"a duty lasts {LONGEST.days} days at most"
        raise NotUnderstood(says, fix="enter it in parts", place="end")


def leave(session: Session, actor: Actor, on_duty_id: UUID, *, now: datetime) -> OnDuty:
    """End a duty now; one that has not begun is taken off the list.

    WrongMove where it is over, or where crisis words would be answered with nobody to call.
    """
    row = session.get(OnDuty, (actor.clinic_id, on_duty_id))
    if row is None:
        raise NotThere("there is no such duty")
    # Of two who leave at once the second sees that nobody would be left.
    session.refresh(session.get_one(Clinic, actor.clinic_id), with_for_update={"key_share": True})
    if row.end <= now:
        raise WrongMove("this duty is over", fix="look at the list again")
    if row.start >= now:
        session.delete(row)
    else:
        row.end = now
    session.flush()
    _refuse_nobody(session, actor, now)
    _told(session, actor, "duty.leave", row, now)
    return row


def _refuse_nobody(session: Session, actor: Actor, now: datetime) -> None:
    clinic = session.get_one(Clinic, actor.clinic_id)
    if clinic.settings.get(CRISIS_SETTING) and on_duty(session, actor.clinic_id, now=now) is None:
        says = "words of crisis are answered by text, and nobody would be on duty"
        raise WrongMove(says, fix="enter first who takes over")


def _told(session: Session, actor: Actor, action: str, row: OnDuty, now: datetime) -> None:
    hours = {"role": row.role, "from": row.start.isoformat(), "to": row.end.isoformat()}
    audit.record(session, actor, action, at=now, subject=("on_duty", row.id), **hours)
    audit.tell(session, actor.clinic_id, "on_duty", row.id, at=now)


def duties(session: Session, clinic_id: str, *, since: datetime) -> list[OnDuty]:
    """Those who are on duty then or later, in order of time."""
    found = select(OnDuty).where(OnDuty.clinic_id == clinic_id, OnDuty.end > since)
    return list(session.exec(found.order_by(col(OnDuty.start), col(OnDuty.role), col(OnDuty.id))))


def unwatched(
    rows: Iterable[OnDuty], since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """The stretches of ``[since, until)`` in which nobody at all is on duty."""
    found, reached = [], since
    for row in sorted(rows, key=lambda row: row.start):
        if row.start > reached and reached < until:
            found.append((reached, min(row.start, until)))
        reached = max(reached, row.end)
    if reached < until:
        found.append((reached, until))
    return found

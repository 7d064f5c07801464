"""What a patient says of a visit themselves: that they come, or that they wish for another time.

A wish moves nothing. A dose brings its integration, its ride and its medicine along, and somebody
else may want the same hour: a coordinator sees all of it, and the visit stands until they decide.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from scheduler import audit, work
from scheduler.acting import Actor
from scheduler.appointments.finding import Asked, Found, find
from scheduler.appointments.holding import InHand, found, take_in_hand
from scheduler.errors import NotUnderstood, WrongMove
from scheduler.reminders.inbound import confirm_visit
from scheduler.store.tables import Appointment, Task

WISH: Final = "wish-to-move"
_A_DAY: Final = timedelta(days=1)


def will_come(session: Session, actor: Actor, appointment_id: UUID, *, now: datetime) -> None:
    """The patient says that they will come; WrongMove once the visit has begun or is off."""
    held = take_in_hand(session, actor, [appointment_id])[0]
    _refuse_past(held.row, now)
    confirm_visit(session, actor, held.row, now=now)
    _tell(session, actor, held, now)


def times_for(
    session: Session, actor: Actor, appointment_id: UUID, *, most: int, now: datetime
) -> Found:
    """Other times that the pathway allows for a visit, the earliest first; few, of many days.

    None are before now, and a group has none: it meets at its own times.
    """
    held = found(session, actor, appointment_id)
    _refuse_past(held.row, now)
    who = actor.patient_id or held.patients[0]
    asked = Asked(who, held.row.activity, held.row.occurrence, since=now, most=most + 1, a_day=1)
    got = find(session, actor, asked, now=now)
    others = [offer for offer in got.offers if offer.start != held.row.start][:most]
    return Found(tuple(sorted(others, key=lambda offer: offer.start)))


def wish(
    session: Session,
    actor: Actor,
    appointment_id: UUID,
    *,
    start: datetime | None,
    now: datetime,
) -> Task:
    """The patient asks for another time, or for a call where they name none: a task says so.

    The visit stays as it is. A later wish for the same visit takes the earlier one's place.
    NotUnderstood for a time that has passed.
    """
    held = take_in_hand(session, actor, [appointment_id])[0]
    _refuse_past(held.row, now)
    if start is not None and start <= now:
        raise NotUnderstood("this time has passed", fix="choose a later one", place="start")
    work.settle(session, actor.clinic_id, WISH, str(held.row.id), now=now)
    task = work.open_task(session, actor.clinic_id, _wanted(held, actor, start, now), now=now)
    subject = ("appointment", held.row.id)
    wished = start.isoformat() if start else ""
    audit.record(session, actor, "appointment.wish", at=now, subject=subject, start=wished)
    _tell(session, actor, held, now)
    return task


def wishes_of(session: Session, clinic_id: str, patient_id: str) -> set[str]:
    """The visits of a patient, by id, for which they wait to hear about another time."""
    found_tasks = session.exec(
        select(Task.subject_id).where(
            Task.clinic_id == clinic_id,
            Task.patient_id == patient_id,
            Task.kind == WISH,
            col(Task.status).in_(work.OPEN),
        )
    )
    return set(found_tasks)


def _wanted(held: InHand, actor: Actor, start: datetime | None, now: datetime) -> work.Wanted:
    row = held.row
    says = f"asks for another time for {row.activity} {row.occurrence}, {_told(row.start, row)}: "
    says += f"{_told(start, row)}, which was free then" if start else "please call"
    return work.Wanted(
        kind=WISH,
        owner="coordinator",
        due_at=max(now, min(now + _A_DAY, row.start - _A_DAY)),
        says=says,
        key=str(row.id),
        subject=("appointment", row.id),
        patient_id=actor.patient_id or held.patients[0],
    )


def _told(moment: datetime, row: Appointment) -> str:
    """``Thu 4 Mar, 08:15`` by the clinic's clock."""
    wall = moment.astimezone(ZoneInfo(row.zone))
    return f"{wall:%a} {wall.day} {wall:%b, %H:%M}"


def _refuse_past(row: Appointment, now: datetime) -> None:
    if row.status != "booked" or row.start <= now:
        raise WrongMove(
            f"a visit that is {row.status if row.status != 'booked' else 'past'} stays as it is",
            fix="call the clinic",
        )


def _tell(session: Session, actor: Actor, held: InHand, now: datetime) -> None:
    who = actor.patient_id or held.patients[0]
    audit.tell(session, actor.clinic_id, "appointment", held.row.id, at=now, patient_id=who)

"""A session runs over: its end is later from then on, and whose time that takes is said at once.

It keeps its place and people as far as they are free. A plan neither moves nor shortens it, and
finds other times for those whom it hits. Said again, with another time, the last word holds.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from pathways import timing
from scheduler import audit, following, work
from scheduler.acting import Actor
from scheduler.appointments import staying
from scheduler.appointments.attending import add_event
from scheduler.appointments.breaking import STANDS_AHEAD, Broken, record_fact, task_of
from scheduler.appointments.holding import InHand, found, take_in_hand
from scheduler.booking import Promise
from scheduler.errors import NotUnderstood
from scheduler.following import BROKEN
from scheduler.locking import days_of
from scheduler.reminders import announcing
from scheduler.scenarios.houses import house_of
from scheduler.store.tables import Appointment, Enrolment
from scheduler.tracking import TAKES_TIME

LONGEST: Final = timedelta(hours=12)
"""How much later than planned a session ends at most; more is a slip of the pen."""


def runs_over(
    session: Session, actor: Actor, appointment_id: UUID, until: datetime, *, now: datetime
) -> list[Broken]:
    """A session lasts until an instant after its end: who has been promised its place or people?

    A meeting of a group ends for everybody at its own time: of it only whom it hits is said.
    """
    seen = found(session, actor, appointment_id).row
    _refuse(session, seen, until)
    days = days_of(seen.start, until, timing.zone(seen.zone))
    (held,) = take_in_hand(session, actor, [appointment_id], days=days)
    planned = _refuse(session, held.row, until)
    add_event(session, actor, held.row, "running-over", at=until, now=now)
    missing = _stay(session, held.row, planned, staying.rounded(until), now)
    broken = hit_by(session, held.row, missing, now)
    record_fact(session, actor, "running over", ("appointment", held.row.id), len(broken), now)
    words = f"{held.row.code} runs over until {until.astimezone(timing.zone(held.row.zone)):%H:%M}"
    keys = {row.id: f"{held.row.id}:{row.id}" for row in broken}
    _settle_others(session, held.row, set(keys.values()), now)
    told = [task_of(session, actor, row, words, now, key=keys[row.id]) for row in broken]
    _tell(session, held, now)
    return told


def _refuse(session: Session, row: Appointment, until: datetime) -> datetime:
    """NotUnderstood where it does not last until then; else when it ends by its pathway."""
    planned = _planned_end(session, row)
    if row.status not in TAKES_TIME:
        raise NotUnderstood(f"an appointment that is {row.status} takes no time", place="visit")
    if until < planned or (until <= row.end and not row.runs_over):
        raise NotUnderstood("it ends by then anyway", place="until")
    if until > planned + LONGEST:
        hours = LONGEST // timedelta(hours=1)
        raise NotUnderstood(
            f"that is more than {hours} hours longer than planned",
            fix="look at the time again",
            place="until",
        )
    return planned


def _planned_end(session: Session, row: Appointment) -> datetime:
    enrolment = session.get(Enrolment, (row.clinic_id, row.enrolment_id))
    if enrolment is None or row.series_id is not None:
        return row.end
    pathway = house_of(session, row.clinic_id).empty.pathway(enrolment.pathway_id)
    return row.start + pathway.activity(row.activity).length


def _stay(
    session: Session, row: Appointment, planned: datetime, end: datetime, now: datetime
) -> list[Promise]:
    """Let it last until then; what it needs meanwhile and is promised to others."""
    staying.give_back(session, row, planned)
    missing = staying.keep(session, row, staying.longer(row, planned, end))
    row.runs_over = end > planned
    if row.series_id is None:
        staying.stretch(row, end, now)
    return missing


def hit_by(
    session: Session, row: Appointment, missing: list[Promise], now: datetime
) -> list[Appointment]:
    """What is to come, or has just begun, and has been promised something that is missing.

    Shares of one person are not summed: any overlap is worth a look.
    """
    if not missing:
        return []
    others = session.exec(
        select(Appointment)
        .where(
            Appointment.clinic_id == row.clinic_id,
            Appointment.id != row.id,
            col(Appointment.status).in_(STANDS_AHEAD),
            Appointment.start < max(promise.end for promise in missing),
            Appointment.end > now,
        )
        .order_by(col(Appointment.start), col(Appointment.id))
    ).all()
    return [other for other in others if _takes_any(other, missing)]


def _takes_any(row: Appointment, missing: Iterable[Promise]) -> bool:
    mine = [Promise.read(data) for data in row.taken]
    return any(one.meets(other) for one in mine for other in missing)


def _tell(session: Session, held: InHand, now: datetime) -> None:
    """Gates and messages follow the new end, who drives home is told, and pages show it."""
    row = held.row
    session.flush()
    following.follow(session, row.clinic_id, [row], now=now, patients=held.patients)
    if row.is_dose and row.status != "fulfilled" and row.end > now:
        announcing.lasts_longer(session, row, now=now)
    audit.tell(session, row.clinic_id, "appointment", row.id, at=now, patient_id=held.patients[0])


def _settle_others(session: Session, row: Appointment, hit: set[str], now: datetime) -> None:
    """Whom it hit as it was told before, and does not as it is told now, can stand again.

    What the session itself has found out, resource by resource, stays somebody's work.
    """
    prefix = f"{row.id}:"
    work.settle_begun(
        session,
        row.clinic_id,
        BROKEN,
        prefix,
        now=now,
        but=lambda rest: ":" in rest or f"{prefix}{rest}" in hit,
    )

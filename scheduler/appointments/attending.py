"""Who comes: arrived, checked in, attended. Lateness is computed from the arrival, never stored."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session, col, func, select

from scheduler import following, gates, tracking
from scheduler.acting import Actor
from scheduler.appointments.ending import no_show
from scheduler.appointments.holding import InHand, take_in_hand, with_partners
from scheduler.appointments.judging import Judged, contract_breaches, refuse_broken
from scheduler.appointments.scene import scene_of
from scheduler.errors import NotUnderstood
from scheduler.scenarios.around import Beside
from scheduler.sessions import happenings
from scheduler.sessions.happenings import Arrived
from scheduler.store.tables import Appointment, SessionEvent

Attendance = Literal["attended", "late", "absent"]


@dataclass(frozen=True)
class Presence:
    """Whether somebody was at a meeting; ``at`` is when somebody late came."""

    outcome: Attendance
    at: datetime | None = None


def arrive(
    session: Session,
    actor: Actor,
    appointment_id: UUID,
    *,
    now: datetime,
    at: datetime | None = None,
    expected: int | None = None,
) -> Appointment:
    """Write down that a patient is here, since ``at`` or now; to come late is no fault."""
    (held,) = take_in_hand(session, actor, [appointment_id], expected=expected)
    _arrived(session, actor, held, at or now, now)
    following.changed(session, actor, held.row, "arrive", now=now, patients=held.patients)
    return held.row


def _arrived(session: Session, actor: Actor, held: InHand, at: datetime, now: datetime) -> None:
    if at > now:
        raise NotUnderstood("nobody has arrived in the future", place="at")
    tracking.move(held.row, "arrived", at=now)
    event = add_event(session, actor, held.row, "arrived", at=at, now=now)
    event.data = happenings.written(Arrived(id=event.id, at=at))


def add_event(
    session: Session, actor: Actor, row: Appointment, kind: str, *, at: datetime, now: datetime
) -> SessionEvent:
    """Append something that happened to an appointment; its dates must be held."""
    last = session.exec(
        select(func.max(col(SessionEvent.number))).where(
            SessionEvent.clinic_id == row.clinic_id, SessionEvent.appointment_id == row.id
        )
    ).one()
    event = SessionEvent(
        clinic_id=row.clinic_id,
        appointment_id=row.id,
        number=(last or 0) + 1,
        kind=kind,
        at=at,
        recorded_at=now,
        recorded_by=actor.account_id,
    )
    session.add(event)
    return event


def check_in(
    session: Session,
    actor: Actor,
    appointment_id: UUID,
    *,
    now: datetime,
    expected: int | None = None,
) -> Appointment:
    """Let a session go ahead; GateOpen where a gate is open; what is on hold has one.

    A dose is judged once more as things stand now: a clearance may have ended since.
    """
    (held,) = take_in_hand(session, actor, [appointment_id], expected=expected)
    row = held.row
    gates.refuse_open(session, row, now=now)
    if row.is_dose:
        _refuse_uncleared(session, actor, held, now)
    tracking.move(row, "checked-in", at=now)
    following.changed(session, actor, row, "check-in", now=now, patients=held.patients)
    return row


_BEFORE_A_DOSE = frozenset({"clearance", "authorization", "prescriber", "partner"})
"""What must be in place on the day of a dose, whatever was true when it was booked."""


def _refuse_uncleared(session: Session, actor: Actor, held: InHand, now: datetime) -> None:
    people = with_partners(session, actor.clinic_id, held.patients)
    scene = scene_of(session, actor.clinic_id, people, Beside(), now)
    unlocked = scene.scenario.model_copy(update={"booked": (), "now": None})
    now_standing = replace(scene, scenario=unlocked)
    found = contract_breaches(now_standing, frozenset({held.identity}))
    broken = tuple(f for f in found if f.rule in _BEFORE_A_DOSE)
    refuse_broken(Judged(broken, ()), actor, {})


def attend(
    session: Session,
    actor: Actor,
    appointment_id: UUID,
    was: Presence,
    *,
    now: datetime,
    expected: int | None = None,
) -> list[Appointment]:
    """Write down who was at a meeting, in one step.

    An absence is a missed appointment with all that follows from it.
    """
    if was.outcome == "absent":
        return no_show(session, actor, appointment_id, now=now, expected=expected)
    (held,) = take_in_hand(session, actor, [appointment_id], expected=expected)
    row = held.row
    if row.is_dose:
        raise NotUnderstood("a dose session is run step by step", fix="use its own page")
    if now < row.start:
        raise NotUnderstood("it has not begun yet", place="outcome")
    gates.refuse_open(session, row, now=now)
    if row.status == "booked":
        arrived = row.start if was.outcome == "attended" else was.at or now
        _arrived(session, actor, held, arrived, now)
    if row.status == "arrived":
        tracking.move(row, "checked-in", at=now)
    tracking.move(row, "fulfilled", at=now)
    following.changed(session, actor, row, "attend", now=now, patients=held.patients)
    return [row]

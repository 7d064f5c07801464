"""A dose that is called off on its day: the visit ends, and what was to follow it."""

from datetime import date

from sqlmodel import Session

from scheduler import booking, tracking
from scheduler.acting import Actor
from scheduler.appointments.ending import let_go
from scheduler.appointments.following import Follower, followers_of
from scheduler.appointments.holding import days_of, found
from scheduler.booking import Promise
from scheduler.scenarios.houses import house_of
from scheduler.sessions.scene import Scene
from scheduler.store.tables import Appointment


def call_off(scene: Scene, reason: str) -> None:
    """Cancel a visit whose drug is not given, and what was to follow it (R-36).

    A prescriber decides on the dose; what follows it is asked for again with that. The dates of
    `touched` must be held.
    """
    visit, clinic_id = scene.appointment, scene.actor.clinic_id
    followers = _followers(scene.session, scene.actor, visit)
    tracking.move(visit, "cancelled", at=scene.now)
    booking.release(scene.session, clinic_id, map(Promise.read, visit.taken))
    visit.taken, visit.cancel_reason = [], reason
    clinic = house_of(scene.session, clinic_id).record
    why = "follows-a-cancellation"
    for one in followers:
        let_go(scene.session, scene.actor, one.held, clinic, reason=why, now=scene.now)


def touched(session: Session, actor: Actor, visit: Appointment) -> set[date]:
    """The dates on which calling a visit off changes something besides its own."""
    ahead = _followers(session, actor, visit)
    return {day for one in ahead for day in days_of(session, one.held.row)}


def _followers(session: Session, actor: Actor, visit: Appointment) -> list[Follower]:
    return followers_of(session, actor, found(session, actor, visit.id))

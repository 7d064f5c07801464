"""Moves: the same appointment at another time, and what follows it goes along."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from pathways import timing
from scheduler import following, locking, tracking
from scheduler.acting import Actor
from scheduler.appointments.ending import let_go
from scheduler.appointments.finding import Asked, found_in
from scheduler.appointments.following import Follower, broken_followers, followers_of
from scheduler.appointments.holding import (
    InHand,
    days_of,
    found,
    stale,
    take_in_hand,
    with_partners,
    zone_of,
)
from scheduler.appointments.making import taking_part
from scheduler.appointments.offering import Offer, planned_from
from scheduler.appointments.scene import Identity, Scene, scene_of
from scheduler.appointments.writing import Change, give_time, passed, write_findings
from scheduler.errors import NotUnderstood, WrongMove
from scheduler.scenarios.around import Beside
from scheduler.store.tables import Appointment


@dataclass(frozen=True)
class Choice:
    """A time that was chosen. ``reasons``: why soft rules are set aside, by the rule's id.

    ``expected``: the version of the appointment for which it was chosen; None for any.
    """

    offer: Offer
    reasons: Mapping[str, str] = field(default_factory=dict)
    expected: int | None = None


def move(
    session: Session,
    actor: Actor,
    appointment_id: UUID,
    choice: Choice,
    *,
    now: datetime,
) -> list[Appointment]:
    """Give an appointment another time: itself first, then what had to move or end with it.

    What must follow it (a dose's integration) stays where it still may, else it is moved inside
    its window, else ended with a task: never left behind. The refusals are those of booking.
    """
    offer = choice.offer
    seen = found(session, actor, appointment_id)
    ahead = followers_of(session, actor, seen)
    days = _days(session, actor, offer, seen, ahead)
    names = [appointment_id, *(follower.held.row.id for follower in ahead)]
    held, *_ = take_in_hand(session, actor, names, days=days)
    refuse_stale(held, choice.expected)
    refuse_unmovable(held, offer.identity)
    before = scene_beside(session, actor, [held], days | days_of(session, held.row), now)
    taking_part(before, offer)
    planned = planned_from(
        offer, before.clinic, before.activity(offer.patients[0], offer.activity), held.row.code
    )
    change = Change(before, (planned,), (held,), choice.reasons)
    broken = broken_followers(change, ahead)
    _refuse_locked(broken)
    apart = Change(
        before.without({f.identity for f in broken}), (planned,), (held,), choice.reasons
    )
    write_moved(session, actor, apart, [held], "move", now)
    after = apart.after
    others = [_bring_along(session, actor, after, follower, now) for follower in broken]
    return [held.row, *others]


def refuse_stale(held: InHand, expected: int | None) -> None:
    """Stale where an appointment is at another version than was looked at; None: any will do."""
    if expected not in (None, held.row.version):
        raise stale(held.row)


def _refuse_locked(broken: list[Follower]) -> None:
    for follower in broken:
        if follower.held.row.locked:
            raise WrongMove(
                f"{follower.held.row.code} would have to go along, and is locked",
                fix="unlock it first",
            )


def refuse_unmovable(held: InHand, identity: Identity) -> None:
    """WrongMove where it has begun, ended or is locked; NotUnderstood for another's time."""
    if held.row.status != "booked":
        raise WrongMove(
            f"an appointment that is {held.row.status} is not moved",
            fix="look at it again; somebody may have been faster",
        )
    if held.row.locked:
        raise WrongMove("it is locked where it is", fix="unlock it first")
    if identity != held.identity:
        raise NotUnderstood(
            "the offer is for another occurrence",
            fix=f"find times for {held.row.activity} {held.row.occurrence}",
            place="offer",
        )


def _days(
    session: Session, actor: Actor, offer: Offer, seen: InHand, ahead: list[Follower]
) -> set[date]:
    """All dates on which a move may change something: old and new, and the window after it."""
    zone = zone_of(session, actor.clinic_id)
    days = locking.days_of(offer.start, offer.end, zone) | days_of(session, seen.row)
    for follower in ahead:
        days |= days_of(session, follower.held.row)
        if follower.lag is not None:
            first, last = offer.end + follower.lag.min, offer.end + follower.lag.max
            days |= set(
                timing.dates_between(timing.local_date(first, zone), timing.local_date(last, zone))
            )
    return days


def scene_beside(
    session: Session, actor: Actor, held: list[InHand], days: set[date], now: datetime
) -> Scene:
    """The scene of some appointments' patients, with all that stands on some dates."""
    people = with_partners(session, actor.clinic_id, (p for one in held for p in one.patients))
    return scene_of(session, actor.clinic_id, people, Beside(frozenset(days)), now)


def write_moved(
    session: Session, actor: Actor, change: Change, held: list[InHand], action: str, now: datetime
) -> None:
    """Judge the change, and give each appointment its new time; the refusals are those of booking.

    ``held``: in the order of what is planned. ``action``: what the audit calls it.
    """
    findings = passed(session, actor, change, now=now)
    for one, planned in zip(held, change.planned, strict=True):
        tracking.move(one.row, "booked", at=now)
        give_time(change.before, one.row, planned, now)
    session.flush()
    for one in held:
        write_findings(session, actor, one.row, change, findings, now)
    for one in held:
        following.changed(session, actor, one.row, action, now=now, patients=one.patients)


def _bring_along(
    session: Session, actor: Actor, after: Scene, follower: Follower, now: datetime
) -> Appointment:
    """Move what follows to the best time in its window, or end it with a task."""
    held = follower.held
    asked = Asked(held.patients[0], held.row.activity, held.row.occurrence, most=1)
    standing = after.without({held.identity})
    offers = (
        found_in(standing, asked).offers if follower.lag and held.row.status == "booked" else ()
    )
    if not offers:
        let_go(session, actor, held, standing.clinic, reason="follows-a-move", now=now)
        return held.row
    activity = standing.activity(held.patients[0], held.row.activity)
    planned = planned_from(offers[0], standing.clinic, activity, held.row.code)
    change = Change(standing, (planned,), (held,))
    write_moved(session, actor, change, [held], "move", now)
    return held.row

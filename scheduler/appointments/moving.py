"""Moves and swaps: the same appointments at other times, and what follows them goes along."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from pathways import timing
from pathways.plan import Appointment as Planned
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
from scheduler.appointments.making import enrolment_of, taking_part
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


@dataclass(frozen=True)
class Pair:
    """Two appointments that are to change places, and the versions that were looked at."""

    ids: tuple[UUID, UUID]
    expected: tuple[int | None, int | None] = (None, None)
    reasons: Mapping[str, str] = field(default_factory=dict)


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
    _refuse_stale(held, choice.expected)
    _refuse_unmovable(held, offer.identity)
    before = _scene(session, actor, [held], days | days_of(session, held.row), now)
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
    _write(session, actor, apart, [held], "move", now)
    after = apart.after
    others = [_bring_along(session, actor, after, follower, now) for follower in broken]
    return [held.row, *others]


def _refuse_stale(held: InHand, expected: int | None) -> None:
    if expected not in (None, held.row.version):
        raise stale(held.row)


def _refuse_locked(broken: list[Follower]) -> None:
    for follower in broken:
        if follower.held.row.locked:
            raise WrongMove(
                f"{follower.held.row.code} would have to go along, and is locked",
                fix="unlock it first",
            )


def _refuse_unmovable(held: InHand, identity: Identity) -> None:
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


def _scene(
    session: Session, actor: Actor, held: list[InHand], days: set[date], now: datetime
) -> Scene:
    people = with_partners(session, actor.clinic_id, (p for one in held for p in one.patients))
    return scene_of(session, actor.clinic_id, people, Beside(frozenset(days)), now)


def _write(
    session: Session, actor: Actor, change: Change, held: list[InHand], action: str, now: datetime
) -> None:
    """Judge the change, and give each appointment its new time."""
    findings = passed(session, actor, change, now=now)
    for one, planned in zip(held, change.planned, strict=True):
        enrolment = enrolment_of(session, actor, planned.patients[0])
        tracking.move(one.row, "booked", at=now)
        give_time(change.before, one.row, planned, enrolment, now)
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
    _write(session, actor, change, [held], "move", now)
    return held.row


def swap(
    session: Session,
    actor: Actor,
    pair: Pair,
    *,
    now: datetime,
) -> list[Appointment]:
    """Let two appointments change places: each takes the other's time, place and people.

    It works for both, or nothing is changed. What follows either must still be in its window.
    """
    if pair.ids[0] == pair.ids[1]:
        raise NotUnderstood("an appointment is not swapped with itself", place="with")
    held = take_in_hand(session, actor, pair.ids)
    for one, version in zip(held, pair.expected, strict=True):
        _refuse_stale(one, version)
    days = {day for one in held for day in days_of(session, one.row)}
    before = _scene(session, actor, held, days, now)
    first, second = (_standing(before, one) for one in held)
    planned = (_in_place_of(before, first, second), _in_place_of(before, second, first))
    for one, new in zip(held, planned, strict=True):
        _refuse_unmovable(one, new.identity)
    change = Change(before, planned, tuple(held), pair.reasons)
    for one in held:
        broken = broken_followers(change, followers_of(session, actor, one))
        if broken:
            raise WrongMove(
                f"{broken[0].held.row.code} would be out of its window",
                fix="move them one by one: what follows goes along",
            )
    _write(session, actor, change, held, "swap", now)
    return [one.row for one in held]


def _standing(scene: Scene, held: InHand) -> Planned:
    for appointment in scene.standing:
        if appointment.identity == held.identity:
            return appointment
    raise WrongMove(
        f"an appointment that is {held.row.status} is not moved",
        fix="look at it again; somebody may have been faster",
    )


def _in_place_of(scene: Scene, mine: Planned, theirs: Planned) -> Planned:
    """Mine where theirs is: its time, place and people, in the stages that mine has."""
    by: timedelta = theirs.start - mine.start
    watching = [stage.practitioner for stage in theirs.stages]
    stages = tuple(
        stage.model_copy(
            update={
                "start": stage.start + by,
                "end": stage.end + by,
                "practitioner": watching[n] if n < len(watching) else stage.practitioner,
            }
        )
        for n, stage in enumerate(mine.stages)
    )
    offer = Offer(
        patients=mine.patients,
        activity=mine.activity,
        occurrence=mine.occurrence,
        start=theirs.start,
        end=theirs.start + (mine.end - mine.start),
        modality=mine.modality,
        location=theirs.location,
        practitioners=theirs.practitioners,
        stages=stages,
    )
    activity = scene.activity(mine.patients[0], mine.activity)
    return planned_from(offer, scene.clinic, activity, mine.id)

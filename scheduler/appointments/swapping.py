"""Two visits change places, if it works for both; and with which others one could."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from pathways import timing
from pathways.plan import Appointment as Planned
from pathways.safety import Strength
from scheduler.acting import Actor
from scheduler.appointments.following import broken_followers, followers_of
from scheduler.appointments.holding import InHand, days_of, found, take_in_hand, zone_of
from scheduler.appointments.judging import Judged, judged
from scheduler.appointments.moving import (
    refuse_stale,
    refuse_unmovable,
    scene_beside,
    write_moved,
)
from scheduler.appointments.offering import Offer, planned_from
from scheduler.appointments.scene import Scene
from scheduler.appointments.writing import Change
from scheduler.errors import NotUnderstood, Refusal, RuleBroken, WrongMove
from scheduler.store.tables import Appointment

MOST: Final = 12
"""Visits of a date that are tried at once, the nearest first: each is judged whole."""


@dataclass(frozen=True)
class Pair:
    """Two appointments that are to change places, and the versions that were looked at."""

    ids: tuple[UUID, UUID]
    expected: tuple[int | None, int | None] = (None, None)
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Partner:
    """A visit with which another could change places.

    ``sets_aside``: the soft rules for which it asks a reason. ``refusal``: why it does not work,
    None where it does.
    """

    held: InHand
    sets_aside: tuple[str, ...] = ()
    refusal: Refusal | None = None


def partners_of(
    session: Session, actor: Actor, appointment_id: UUID, *, on: date, now: datetime
) -> list[Partner]:
    """Booked visits of one date with which a visit could change places, and why not with others.

    The nearest `MOST` are tried, each as `swap` would judge it; those that work come first.
    Nothing is written and nothing is held: it may have changed when it is done. NotThere for what
    is not there, or is not the patient's own.
    """
    mine = found(session, actor, appointment_id)
    if mine.row.status != "booked" or mine.row.locked or mine.row.series_id is not None:
        return []
    others = (found(session, actor, name) for name in _beside(session, mine, on, now))
    tried = [_tried(session, actor, (mine, other), now) for other in others]
    return sorted(tried, key=lambda partner: (partner.refusal is not None, partner.held.row.start))


def _beside(session: Session, mine: InHand, on: date, now: datetime) -> list[UUID]:
    """The visits of a date that might change places with one: what is booked for somebody else."""
    zone = zone_of(session, mine.row.clinic_id)
    rows = session.exec(
        select(Appointment.id, Appointment.start, Appointment.is_dose).where(
            Appointment.clinic_id == mine.row.clinic_id,
            Appointment.id != mine.row.id,
            Appointment.status == "booked",
            col(Appointment.locked).is_(False),
            col(Appointment.series_id).is_(None),
            col(Appointment.start) >= max(now, timing.instant(on, 0, zone)),
            col(Appointment.start) < timing.next_day_at(on, 0, zone),
        )
    ).all()

    def rank(row: tuple[UUID, datetime, bool]) -> tuple[bool, timedelta, UUID]:
        name, start, is_dose = row
        return (is_dose != mine.row.is_dose, abs(start - mine.row.start), name)

    return [name for name, *_ in sorted(rows, key=rank)[:MOST]]


def _tried(session: Session, actor: Actor, held: tuple[InHand, InHand], now: datetime) -> Partner:
    try:
        change = _change(session, actor, held, {}, now)
        touched = frozenset(one.identity for one in held)
        found = judged(change.before, change.after, touched)
    except Refusal as refusal:
        return Partner(held[1], refusal=refusal)
    soft = tuple(sorted({breach.rule for breach in found.of_strength(Strength.SOFT)}))
    return Partner(held[1], soft, _refusal(found))


def _refusal(found: Judged) -> Refusal | None:
    """What keeps two from changing places, whoever asks."""
    for finding in found.contract:
        return RuleBroken(finding.words, rule=finding.rule, place=finding.place)
    for breach in found.of_strength(Strength.HARD):
        return RuleBroken(breach.says, fix=breach.fix, rule=breach.rule, place=breach.place)
    return None


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
        refuse_stale(one, version)
    change = _change(session, actor, (held[0], held[1]), pair.reasons, now)
    write_moved(session, actor, change, held, "swap", now)
    return [one.row for one in held]


def _change(
    session: Session,
    actor: Actor,
    held: tuple[InHand, InHand],
    reasons: Mapping[str, str],
    now: datetime,
) -> Change:
    """Two appointments in each other's place; WrongMove where either or what follows may not."""
    days = {day for one in held for day in days_of(session, one.row)}
    before = scene_beside(session, actor, list(held), days, now)
    first, second = (_standing(before, one) for one in held)
    planned = (_in_place_of(before, first, second), _in_place_of(before, second, first))
    for one, new in zip(held, planned, strict=True):
        refuse_unmovable(one, new.identity)
    change = Change(before, planned, held, reasons)
    for one in held:
        broken = broken_followers(change, followers_of(session, actor, one))
        if broken:
            raise WrongMove(
                f"{broken[0].held.row.code} would be out of its window",
                fix="move them one by one: what follows goes along",
            )
    return change


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

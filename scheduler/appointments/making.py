"""Holds and bookings: a time is held for a while, confirmed, or booked at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import Session, col, func, select

from pathways.plan import Appointment as Planned
from scheduler import following, locking, tracking
from scheduler.acting import Actor, machine
from scheduler.appointments.holding import (
    InHand,
    days_of,
    people_and_zone,
    take_in_hand,
    with_partners,
)
from scheduler.appointments.judging import judged, refuse_broken
from scheduler.appointments.offering import Offer, planned_from
from scheduler.appointments.scene import Scene, scene_of
from scheduler.appointments.writing import (
    Change,
    end_hold,
    new_row,
    passed,
    write_findings,
)
from scheduler.care.facts import Visit
from scheduler.errors import Clash, NotUnderstood, TooMany, WrongMove
from scheduler.scenarios.around import Beside
from scheduler.scenarios.taking import add_appointments
from scheduler.store.asking import among, ask_about
from scheduler.store.tables import Appointment, AppointmentPatient, Override

HOLD_LASTS = timedelta(minutes=10)
HOLDS_OF_A_PATIENT = 3


def book(
    session: Session,
    actor: Actor,
    offer: Offer,
    *,
    now: datetime,
    reasons: Mapping[str, str] | None = None,
) -> Appointment:
    """Book an offer. ``reasons``: why soft rules are set aside, by the rule's id.

    Clash where somebody was faster, RuleBroken where a rule forbids it.
    """
    return _put_in(session, actor, offer, "booked", now=now, reasons=reasons or {})


def hold(
    session: Session,
    actor: Actor,
    offer: Offer,
    *,
    now: datetime,
    reasons: Mapping[str, str] | None = None,
) -> Appointment:
    """Hold an offer for ten minutes; it then ends by itself. TooMany beyond three at once."""
    return _put_in(session, actor, offer, "pending", now=now, reasons=reasons or {})


def _put_in(
    session: Session,
    actor: Actor,
    offer: Offer,
    status: Literal["booked", "pending"],
    *,
    now: datetime,
    reasons: Mapping[str, str],
) -> Appointment:
    before = _held_scene(session, actor, offer, now)
    if before.has(offer.identity):
        raise Clash(
            f"{offer.code} stands already",
            fix="move it, or book another occurrence",
            conflicts=[{"resource": f"occurrence:{offer.code}"}],
        )
    if status == "pending":
        _refuse_many(session, actor, offer, now)
    activity = before.activity(offer.patients[0], offer.activity)
    planned = planned_from(offer, before.clinic, activity, offer.code)
    change = Change(before, (planned,), reasons=reasons)
    if status == "booked":
        _refuse_ahead_of_a_hold(session, before, planned, now)
    found = passed(session, actor, change, now=now)
    row = new_row(before, planned, now)
    row.status, row.made_by = status, actor.account_id
    row.held_until = _lasts_until(before, planned, session, now) if status == "pending" else None
    add_appointments(session, [(row, planned.patients)])
    write_findings(session, actor, row, change, found, now)
    action = "hold" if status == "pending" else "book"
    visits, whose = _with_new(before, row, planned.patients, now), planned.patients
    following.changed(session, actor, row, action, now=now, patients=whose, visits=visits)
    return row


def _with_new(
    before: Scene, row: Appointment, patients: tuple[str, ...], now: datetime
) -> list[Visit] | None:
    """What the patients have, with a new appointment, in order of time.

    None where a hold of theirs has run out, which was ended meanwhile: it is as it was no more.
    """
    if any(one.status == "pending" and one.held_until <= now for one, _ in before.visits):
        return None
    return sorted(((row, patients), *before.visits), key=lambda one: (one[0].start, one[0].code))


def _held_anchor(session: Session, scene: Scene, planned: Planned, now: datetime) -> Any:
    """What an appointment comes after, where that is only held yet: its code, when that ends."""
    activity = scene.activity(planned.patients[0], planned.activity)
    if activity.after is None:
        return None
    values = {
        "clinic": scene.clinic.id,
        "now": now,
        "activity": activity.after.activity,
        "occurrence": planned.occurrence,
    }
    found = ask_about(session, _held_for, "name", planned.patients, values)
    return min(found, key=lambda held: held.held_until, default=None)


@cache
def _held_for(patients: int) -> Any:
    """What is held of some occurrence, for one of some patients."""
    return (
        select(col(Appointment.code), col(Appointment.held_until))
        .join(
            AppointmentPatient,
            (col(AppointmentPatient.clinic_id) == Appointment.clinic_id)
            & (col(AppointmentPatient.appointment_id) == Appointment.id),
        )
        .where(
            Appointment.clinic_id == bindparam("clinic"),
            Appointment.status == "pending",
            col(Appointment.held_until) > bindparam("now"),
            Appointment.activity == bindparam("activity"),
            Appointment.occurrence == bindparam("occurrence"),
            among(col(AppointmentPatient.patient_id), "name", patients),
        )
    )


def _lasts_until(scene: Scene, planned: Planned, session: Session, now: datetime) -> datetime:
    """When a hold ends: never after the hold of what it comes after."""
    anchor = _held_anchor(session, scene, planned, now)
    ends = now + HOLD_LASTS
    return ends if anchor is None or anchor.held_until is None else min(ends, anchor.held_until)


def _refuse_ahead_of_a_hold(
    session: Session, scene: Scene, planned: Planned, now: datetime
) -> None:
    """An integration is not booked for a dose that may be gone in a few minutes."""
    anchor = _held_anchor(session, scene, planned, now)
    if anchor is not None:
        raise WrongMove(f"{anchor.code}, which it follows, is only held", fix="confirm that first")


def _held_scene(session: Session, actor: Actor, offer: Offer, now: datetime) -> Scene:
    """Hold the offer's dates and patients, and look at what stands there."""
    if offer.end <= offer.start or not offer.patients:
        raise NotUnderstood("an offer has patients, and ends after it begins", place="end")
    people, zone = people_and_zone(session, actor.clinic_id, offer.patients)
    days = locking.days_of(offer.start, offer.end, zone)
    locking.hold(session, actor.clinic_id, days=days, patients=people)
    beside = Beside(frozenset(days), offer.names)
    scene = scene_of(session, actor.clinic_id, people, beside, now)
    taking_part(scene, offer)
    return scene


def taking_part(scene: Scene, offer: Offer) -> None:
    """NotUnderstood where an offer is not for those who take part in its activity."""
    owner = offer.patients[0]
    activity = scene.activity(owner, offer.activity)
    partner = scene.scenario.patient(owner).partner
    wanted = {owner, partner} if activity.with_partner else {owner}
    if set(offer.patients) != wanted or len(offer.patients) != len(wanted):
        raise NotUnderstood(
            f"{offer.activity} is for {'both partners' if activity.with_partner else 'one'}",
            fix="post an offer as it was found",
            place="patients",
        )


def _refuse_many(session: Session, actor: Actor, offer: Offer, now: datetime) -> None:
    held = session.exec(
        select(func.count())
        .select_from(Appointment)
        .join(
            AppointmentPatient,
            (col(AppointmentPatient.clinic_id) == Appointment.clinic_id)
            & (col(AppointmentPatient.appointment_id) == Appointment.id),
        )
        .where(
            Appointment.clinic_id == actor.clinic_id,
            Appointment.status == "pending",
            col(Appointment.held_until) > now,
            AppointmentPatient.patient_id == offer.patients[0],
        )
    ).one()
    if held >= HOLDS_OF_A_PATIENT:
        raise TooMany(
            f"{held} times are held for this patient already",
            fix="confirm one of them or let it go",
        )


def confirm(
    session: Session,
    actor: Actor,
    appointment_id: UUID,
    *,
    now: datetime,
    expected: int | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Appointment:
    """Book what is held. It is judged again: rules may have come in between.

    WrongMove where the hold has ended.
    """
    (held,) = take_in_hand(session, actor, [appointment_id], expected=expected)
    row = held.row
    if row.status == "pending" and (row.held_until is None or row.held_until <= now):
        raise WrongMove("the hold has ended", fix="look for the free times again")
    scene = _scene_around(session, actor, held, now)
    change = Change(scene.without({held.identity}), (), reasons=dict(reasons or {}))
    found = judged(change.before, scene, frozenset({held.identity}))
    was_held = row.status == "pending"
    if was_held:
        refuse_broken(found, actor, change.reasons or _already_set_aside(session, row))
        _refuse_ahead_of_a_hold(session, scene, _planned(scene, held), now)
    tracking.move(row, "booked", at=now)
    row.held_until, row.confirmed_at = None, now
    if was_held and change.reasons:
        write_findings(session, actor, row, change, found, now)
    following.changed(session, actor, row, "confirm", now=now, patients=held.patients)
    return row


def _planned(scene: Scene, held: InHand) -> Planned:
    return next(one for one in scene.standing if one.identity == held.identity)


def _already_set_aside(session: Session, row: Appointment) -> dict[str, str]:
    rules = session.exec(
        select(Override.rule).where(
            Override.clinic_id == row.clinic_id, Override.appointment_id == row.id
        )
    )
    return dict.fromkeys(rules, "when it was held")


def _scene_around(session: Session, actor: Actor, held: InHand, now: datetime) -> Scene:
    people = with_partners(session, actor.clinic_id, held.patients)
    names = {held.row.location_id, *held.row.practitioners}
    names |= {stage["practitioner"] for stage in held.row.stages}
    beside = Beside(frozenset(days_of(session, held.row)), frozenset(names - {None}))
    return scene_of(session, actor.clinic_id, people, beside, now)


def expire_holds(session: Session, clinic_id: str, now: datetime) -> int:
    """End every hold of a clinic whose time has run out; how many. For the alarm clock."""
    actor = machine(clinic_id, "alarm clock")
    rows = session.exec(
        select(Appointment)
        .where(
            Appointment.clinic_id == clinic_id,
            Appointment.status == "pending",
            col(Appointment.held_until) <= now,
        )
        .order_by(col(Appointment.start), col(Appointment.id))
    ).all()
    days = {day for row in rows for day in days_of(session, row)}
    locking.hold(session, clinic_id, days=days)
    for row in rows:
        end_hold(session, actor, row, now=now)
    return len(rows)

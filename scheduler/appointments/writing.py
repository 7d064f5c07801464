"""How a change is written: judged first, then the ledger, then the rows, then told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from pathways.plan import Appointment as Planned
from pathways.safety import Breach, Strength
from scheduler import following, locking, tracking
from scheduler.acting import Actor
from scheduler.appointments.finding import Asked, found_in
from scheduler.appointments.holding import InHand, days_of, patients_of
from scheduler.appointments.judging import Judged, judged, refuse_broken
from scheduler.appointments.scene import Scene, scene_of
from scheduler.booking import Conflict, Promise, Taken, conflicts_of, release, take
from scheduler.errors import Clash, NotSignedIn, Refusal
from scheduler.promising import promises_of
from scheduler.scenarios.around import Beside
from scheduler.scenarios.taking import appointment_row
from scheduler.store.asking import ask
from scheduler.store.tables import Appointment, Gate, Override

OVERRIDE_LASTS = timedelta(days=1)  # house: beyond the appointment's end, for who writes it up
NEAREST = 3
"""Free times that are named to who was too late."""

_OF_TIME = (
    *("start", "end", "wall_time", "zone", "tzdata", "location_id", "series_id"),
    *("practitioners", "stages", "notes", "taken", "modality"),
)


@dataclass(frozen=True)
class Change:
    """Some appointments as they are to be; ``reasons``: why soft rules are set aside, by id."""

    before: Scene
    planned: tuple[Planned, ...]
    given_back: tuple[InHand, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def after(self) -> Scene:
        """The scene once it is written."""
        gone = {held.identity for held in self.given_back}
        return self.before.without(gone).with_these(self.planned)

    def promises(self) -> list[Promise]:
        """All that its appointments will have taken."""
        return [p for planned in self.planned for p in _promises(self.before, planned)]


def _promises(scene: Scene, planned: Planned) -> list[Promise]:
    activity = scene.activity(planned.patients[0], planned.activity)
    return promises_of(scene.clinic, planned, activity)


def passed(session: Session, actor: Actor, change: Change, *, now: datetime) -> Judged:
    """What the judge finds in a change that may be written; its times are in the ledger then.

    Clash, naming what is taken and the nearest free times, where somebody was faster; RuleBroken
    where a rule is in the way. Nothing is written then. The dates must be held.
    """
    free_expired(session, actor, _days(change), now=now)
    missing = _missing(session, change)
    if missing:
        raise _clash(session, change, now, "; ".join(map(str, missing)), missing)
    touched = frozenset(planned.identity for planned in change.planned)
    found = judged(change.before, change.after, touched)
    if found.is_about_what_is_taken:
        raise _clash(session, change, now, found.contract[0].words, ())
    refuse_broken(found, actor, change.reasons)
    try:
        _promise(session, change)
    except Taken as taken:
        raise _clash(session, change, now, str(taken), taken.conflicts) from None
    return found


def _promise(session: Session, change: Change) -> None:
    """Let the ledger give back and take; Taken, and it is as before, where there is too little."""
    clinic = change.before.clinic.id
    if not change.given_back:
        take(session, clinic, change.promises(), known_free=True)
        return
    with session.begin_nested():
        release(session, clinic, (p for held in change.given_back for p in held.promises))
        take(session, clinic, change.promises())


def _missing(session: Session, change: Change) -> tuple[Conflict, ...]:
    """What the ledger has too little of; not looked at where a change gives something back."""
    if change.given_back:
        return ()  # its own promises stand there still: the ledger decides once it has them back
    return conflicts_of(session, change.before.clinic.id, change.promises())


def _days(change: Change) -> set[date]:
    zone = change.before.clinic.zone
    return {
        day
        for planned in change.planned
        for day in locking.days_of(planned.start, planned.end, zone)
    }


def _clash(
    session: Session, change: Change, now: datetime, says: str, conflicts: Iterable[Conflict]
) -> Clash:
    """A refusal that names what is taken, and the free times nearest to the one asked for."""
    planned = change.planned[0]
    asked = Asked(
        planned.patients[0], planned.activity, planned.occurrence, at=planned.start, most=NEAREST
    )
    before = change.before
    beside = Beside(frozenset(_days(change)))
    whole = scene_of(session, before.clinic.id, before.patients, beside, now)
    try:
        nearest = found_in(whole, asked).offers
    except Refusal:
        nearest = ()
    return Clash(
        says,
        fix="choose one of the nearest free times" if nearest else "look for another day",
        conflicts=[{"resource": c.resource, "start": c.start.isoformat()} for c in conflicts],
        nearest=[offer.model_dump(mode="json") for offer in nearest],
    )


def free_expired(session: Session, actor: Actor, days: Iterable[date], *, now: datetime) -> None:
    """End the holds on some dates, which must be held, whose time has run out."""
    over = ask(session, _over(), {"clinic": actor.clinic_id, "now": now})
    wanted = set(days)
    for (name,) in over:
        row = session.get_one(Appointment, (actor.clinic_id, name))
        if days_of(session, row) <= wanted:
            end_hold(session, actor, row, now=now)


@cache
def _over() -> Any:
    """The holds whose time has run out."""
    return (
        select(col(Appointment.id))
        .where(
            Appointment.clinic_id == bindparam("clinic"),
            Appointment.status == "pending",
            col(Appointment.held_until) <= bindparam("now"),
        )
        .order_by(col(Appointment.id))
    )


def end_hold(session: Session, actor: Actor, row: Appointment, *, now: datetime) -> None:
    """End a hold that nobody has confirmed; its times are free again."""
    session.refresh(row)
    if row.status != "pending" or row.held_until is None or row.held_until > now:
        return
    release(session, actor.clinic_id, [Promise.read(data) for data in row.taken])
    tracking.move(row, "cancelled", at=now)
    row.cancel_reason = "hold-expired"
    patients = patients_of(session, actor.clinic_id, row.id)
    following.changed(session, actor, row, "expire", now=now, patients=patients)


def new_row(scene: Scene, planned: Planned, now: datetime) -> Appointment:
    """The row of an appointment, not yet added, for the enrolment of the first of its patients."""
    enrolment = scene.enrolments[planned.patients[0]]
    return appointment_row(scene.scenario, planned, enrolment, now)


def give_time(scene: Scene, row: Appointment, planned: Planned, now: datetime) -> None:
    """Let an appointment that stands have the time, place and people of a plan."""
    made = new_row(scene, planned, now)
    for name in _OF_TIME:
        setattr(row, name, getattr(made, name))
    row.runs_over = False


def write_findings(
    session: Session, actor: Actor, row: Appointment, change: Change, found: Judged, now: datetime
) -> None:
    """Open a gate for each breach of one, and write down which soft rules were set aside, why."""
    for breach in {b.rule: b for b in found.of_strength(Strength.GATE)}.values():
        _open_gate(session, row, breach, now)
    for breach in {b.rule: b for b in found.of_strength(Strength.SOFT)}.values():
        _set_aside(session, actor, row, breach, change.reasons[breach.rule], now)


def _open_gate(session: Session, row: Appointment, breach: Breach, now: datetime) -> None:
    gate = session.exec(
        select(Gate).where(
            Gate.clinic_id == row.clinic_id,
            Gate.appointment_id == row.id,
            Gate.rule == breach.rule,
        )
    ).first()
    if gate is None:
        gate = Gate(clinic_id=row.clinic_id, appointment_id=row.id, rule=breach.rule, opened_at=now)
        session.add(gate)
    gate.strength, gate.roles = str(breach.strength), list(breach.override)
    gate.says, gate.fix = breach.says, breach.fix
    gate.closed_at, gate.closed_how = None, None


def _set_aside(
    session: Session, actor: Actor, row: Appointment, breach: Breach, reason: str, now: datetime
) -> None:
    if actor.account_id is None:
        raise NotSignedIn("a rule is set aside by a person")
    role = sorted(actor.roles & set(breach.override))[0]
    session.add(
        Override(
            clinic_id=row.clinic_id,
            appointment_id=row.id,
            rule=breach.rule,
            strength=str(breach.strength),
            reason_code="by-hand",
            reason=reason,
            requested_by=actor.account_id,
            requested_role=role,
            requested_at=now,
            approved_by=actor.account_id,
            approved_role=role,
            approved_at=now,
            expires_at=max(row.end, now) + OVERRIDE_LASTS,
        )
    )

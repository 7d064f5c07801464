"""A draft becomes what is booked: all of it, or the rows that were accepted, or nothing.

One unit of work: dates and patients are held, what the draft rests on is compared with what
stands, the result is judged, and only then it is written. A publication can be undone while
nothing of it has happened.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from pathways.plan import Appointment as PlannedAppointment
from pathways.scenario import Scenario
from scheduler import audit, work
from scheduler.acting import Actor
from scheduler.booking import Promise, release, take
from scheduler.errors import NotThere, NotUnderstood, RuleBroken, Stale, WrongMove
from scheduler.following import asked_about_broken, follow, settle_broken
from scheduler.locking import days_of, hold
from scheduler.plans.asking import fingerprint
from scheduler.plans.drafting import read_plan
from scheduler.plans.standing import breaches
from scheduler.promising import series_of
from scheduler.reminders import announcing
from scheduler.scenarios.giving import data_of, scenario_of
from scheduler.scenarios.taking import add_appointments, appointment_row
from scheduler.store.tables import Appointment, AppointmentPatient, Enrolment, PlanVersion
from scheduler.tracking import move
from scheduler.work import Wanted, open_task

_UNPLACED_WITHIN = timedelta(days=2)
"""How soon a coordinator looks at what had no place."""


@dataclass(frozen=True)
class Published:
    """What a publication did: the version, and the appointments that it touched."""

    version: PlanVersion
    appointments: tuple[Appointment, ...]


def find(session: Session, actor: Actor, number: int) -> PlanVersion:
    """A plan version of the actor's clinic, held until the unit of work ends."""
    row = session.exec(
        select(PlanVersion)
        .where(PlanVersion.clinic_id == actor.clinic_id, PlanVersion.number == number)
        .with_for_update()
    ).first()
    if row is None:
        raise NotThere(f"there is no plan {number}")
    return row


def publish(
    session: Session,
    actor: Actor,
    number: int,
    *,
    rows: Iterable[int] | None = None,
    reason: str = "",
    now: datetime,
) -> Published:
    """Book what a draft says; ``rows``: only these of its changes.

    Stale where what it rests on has changed since, Taken where a place has gone, RuleBroken where
    the accepted rows together break a rule. Nothing is booked then.
    """
    row = find(session, actor, number)
    if row.status != "draft":
        raise WrongMove(f"plan {number} is {row.status} already")
    changes = _accepted(row, rows)
    scenario = scenario_of(session, actor.clinic_id, now=now)
    _hold(session, actor, scenario, row.patients, changes)
    _refuse_past(changes, now)
    as_asked = rows is None and _unchanged(session, row)
    touched = _Writer(session, actor, scenario, row.number, now).write(changes)
    if not as_asked:
        _refuse_broken(session, actor, changes, now)
    row.status, row.decided_at, row.decided_by = "published", now, actor.account_id
    row.reason, row.changes = reason, _marked(row.changes, {c["row"] for c in changes})
    # What the draft moves keeps no promise any more that could not stand.
    announcing.stays_after_all(session, actor.clinic_id, _kept(changes, touched), now=now)
    settle_broken(session, actor.clinic_id, [one.id for one in touched], now=now)
    follow(session, actor.clinic_id, touched, now=now)
    _after(session, actor, row, now)
    return Published(row, tuple(touched))


def reject(session: Session, actor: Actor, number: int, *, reason: str, now: datetime) -> None:
    """Put a draft aside; it is kept, and can no longer be published."""
    row = find(session, actor, number)
    if row.status != "draft":
        raise WrongMove(f"plan {number} is {row.status} already")
    row.status, row.decided_at, row.decided_by = "rejected", now, actor.account_id
    row.reason = reason
    audit.record(session, actor, "plan.reject", at=now, subject=("plan", number))
    audit.tell(session, actor.clinic_id, "plan", number, at=now)


def undo(session: Session, actor: Actor, number: int, *, now: datetime) -> Published:
    """Take the last publication back; WrongMove once anything of it has happened or changed."""
    row = find(session, actor, number)
    later = session.exec(
        select(PlanVersion.number).where(
            PlanVersion.clinic_id == actor.clinic_id,
            PlanVersion.number > number,
            PlanVersion.status == "published",
        )
    ).first()
    if row.status != "published" or later is not None:
        raise WrongMove(
            f"plan {number} is not the last that was published",
            fix="undo the later one first" if later else "",
        )
    changes = [change for change in row.changes if change.get("accepted")]
    scenario = scenario_of(session, actor.clinic_id, now=now)
    _hold(session, actor, scenario, row.patients, changes)
    published_at = row.decided_at
    touched = _Undoer(session, actor, scenario, number, now).undo(changes)
    row.status, row.decided_at, row.decided_by = "undone", now, actor.account_id
    follow(session, actor.clinic_id, touched, now=now)
    if published_at is not None:
        _reopen(session, actor, touched, published_at, now)
    audit.record(session, actor, "plan.undo", at=now, subject=("plan", number))
    audit.tell(session, actor.clinic_id, "plan", number, at=now)
    return Published(row, tuple(touched))


def _reopen(
    session: Session,
    actor: Actor,
    touched: Iterable[Appointment],
    published_at: datetime,
    now: datetime,
) -> None:
    """What could not stand before the publication, and cannot again, is somebody's work again."""
    codes = {row.code: row.id for row in touched}
    found = breaches(scenario_of(session, actor.clinic_id, now=now), codes)
    broken = [codes[one.place] for one in found if one.place in codes]
    for kind, about in asked_about_broken(broken):
        work.reopen_about(session, actor.clinic_id, kind, about, settled_at=published_at, now=now)


def _kept(changes: list[dict[str, Any]], touched: Iterable[Appointment]) -> list[Appointment]:
    """What keeps its time: another person or place lets it stand."""
    kept = {
        change["after"]["id"]
        for change in changes
        if change["before"]
        and change["after"]
        and _start_together(change["before"], change["after"])
    }
    return [row for row in touched if row.code in kept]


def _start_together(*sides: dict[str, Any]) -> bool:
    """Whether they start at one instant."""
    return len({_instants(side)[0] for side in sides}) == 1


def _accepted(row: PlanVersion, rows: Iterable[int] | None) -> list[dict[str, Any]]:
    if rows is None:
        return list(row.changes)
    wanted = set(rows)
    unknown = wanted - {change["row"] for change in row.changes}
    if unknown:
        raise NotUnderstood(f"the draft has no row {min(unknown)}", place="rows")
    return [change for change in row.changes if change["row"] in wanted]


def _marked(changes: list[dict[str, Any]], accepted: set[int]) -> list[dict[str, Any]]:
    return [{**change, "accepted": change["row"] in accepted} for change in changes]


def _hold(
    session: Session,
    actor: Actor,
    scenario: Scenario,
    patients: Iterable[str],
    changes: list[dict[str, Any]],
) -> None:
    """Hold every date and patient that is touched, partners included."""
    days: set[date] = set()
    names = set(patients) | {name for change in changes for name in change["patients"]}
    for change in changes:
        for side in (change["before"], change["after"]):
            if side is not None:
                start, end = _instants(side)
                days |= days_of(start, end, scenario.clinic.zone)
    partners = {p.partner for p in scenario.patients if p.id in names and p.partner}
    hold(session, actor.clinic_id, days=days, patients=names | partners)


def _instants(side: dict[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(side["start"]), datetime.fromisoformat(side["end"])


def _refuse_past(changes: list[dict[str, Any]], now: datetime) -> None:
    for change in changes:
        after = change["after"]
        if change["kind"] in ("new", "moved") and after and _instants(after)[0] < now:
            raise Stale(
                f"{after['id']} would have begun at {after['start']}",
                fix="plan again; time has passed",
            )


def _unchanged(session: Session, row: PlanVersion) -> bool:
    """Whether everything is as it was when the planner was asked, and its answer was judged."""
    return row.question == fingerprint(data_of(session, row.clinic_id, now=None))


def _refuse_broken(
    session: Session, actor: Actor, changes: list[dict[str, Any]], now: datetime
) -> None:
    """RuleBroken where what is booked now breaks a rule at one of the touched appointments."""
    names = {side["id"] for change in changes for side in (change["after"],) if side}
    found = breaches(scenario_of(session, actor.clinic_id, now=now), names)
    if found:
        raise RuleBroken(
            found[0].says,
            rule=found[0].rule,
            place=found[0].place,
            fix="accept other rows, or plan again",
            breaches=[breach.__dict__ for breach in found[:20]],
        )


class _Writer:
    """Writes the accepted changes of one plan."""

    def __init__(
        self, session: Session, actor: Actor, scenario: Scenario, number: int, now: datetime
    ) -> None:
        self.session, self.actor, self.scenario = session, actor, scenario
        self.number, self.now = number, now
        self.clinic_id = actor.clinic_id
        self.touched: list[Appointment] = []

    def write(self, changes: list[dict[str, Any]]) -> list[Appointment]:
        """Free what goes first, so that one may move where another was, then take what comes."""
        standing = {c["row"]: self._standing(c) for c in changes if c["appointment"]}
        for appointment in standing.values():
            release(self.session, self.clinic_id, map(Promise.read, appointment.taken))
        brought = [c for c in changes if c["after"] is not None]
        made = {c["row"]: self._row(c) for c in brought}
        take(
            self.session,
            self.clinic_id,
            (Promise.read(p) for row in made.values() for p in row.taken),
        )
        for change in changes:
            old, new = standing.get(change["row"]), made.get(change["row"])
            if old is not None and new is not None:
                self._move(old, new)
            elif old is not None:
                self._cancel(old, f"plan {self.number}")
        fresh = [(made[c["row"]], tuple(c["patients"])) for c in brought if not c["appointment"]]
        add_appointments(self.session, fresh)
        self.touched += [row for row, _ in fresh]
        return self.touched

    def _standing(self, change: dict[str, Any]) -> Appointment:
        row = self.session.get(
            Appointment, (self.clinic_id, UUID(change["appointment"])), with_for_update=True
        )
        if row is None or row.version != change["version"]:
            raise Stale(
                f"{change['before']['id']} has changed since this draft was made",
                fix="plan again",
                row=change["row"],
            )
        return row

    def _row(self, change: dict[str, Any]) -> Appointment:
        planned = PlannedAppointment.model_validate(change["after"])
        enrolment = self.session.exec(
            select(Enrolment).where(
                Enrolment.clinic_id == self.clinic_id,
                Enrolment.patient_id == planned.patients[0],
                Enrolment.status == "active",
            )
        ).one()
        row = appointment_row(self.scenario, planned, enrolment, self.now)
        row.plan_number, row.made_by = self.number, self.actor.account_id
        return row

    def _move(self, old: Appointment, new: Appointment) -> None:
        move(old, "booked", at=self.now)
        for name in _MOVABLE:
            setattr(old, name, getattr(new, name))
        old.sequence += 1
        old.confirmed_at = None
        for part in self.session.exec(
            select(AppointmentPatient).where(
                AppointmentPatient.clinic_id == self.clinic_id,
                AppointmentPatient.appointment_id == old.id,
            )
        ):
            part.start = old.start
        self.touched.append(old)

    def _cancel(self, row: Appointment, reason: str) -> None:
        move(row, "cancelled", at=self.now)
        row.sequence += 1
        row.cancel_reason, row.taken = reason, []
        self.touched.append(row)


_MOVABLE = (
    *("start", "end", "wall_time", "zone", "tzdata", "modality", "location_id", "series_id"),
    *("practitioners", "stages", "notes", "taken", "plan_number"),
)


class _Undoer(_Writer):
    """Takes the accepted changes of one plan back."""

    def undo(self, changes: list[dict[str, Any]]) -> list[Appointment]:
        """Turn every change around and write that."""
        return self.write([self._turned(change) for change in changes])

    def _turned(self, change: dict[str, Any]) -> dict[str, Any]:
        after = change["after"]
        row = self._by_code(after["id"]) if after else None
        if after and (row is None or not self._is_as_published(row)):
            raise WrongMove(f"{after['id']} has begun or has changed since it was published")
        if change["before"] and _instants(change["before"])[0] < self.now:
            raise WrongMove(f"{change['before']['id']} would lie in the past again")
        self._refuse_ended(change)
        return {
            **change,
            "before": after,
            "after": change["before"],
            "appointment": str(row.id) if row else None,
            "version": row.version if row else None,
        }

    def _refuse_ended(self, change: dict[str, Any]) -> None:
        """What was of a group that nobody joins any more would be in no group at all."""
        patient = self.scenario.patient(change["patients"][0])
        activity = self.scenario.pathway_of(patient).activity(change["activity"])
        before = change["before"] and PlannedAppointment.model_validate(change["before"])
        if (
            before
            and activity.kind == "group"
            and series_of(self.scenario.clinic, before, activity) is None
        ):
            raise WrongMove(
                f"{before.id} was of a group that has ended", fix="let the group go on first"
            )

    def _by_code(self, code: str) -> Appointment | None:
        return self.session.exec(
            select(Appointment).where(
                Appointment.clinic_id == self.clinic_id,
                Appointment.code == code,
                Appointment.plan_number == self.number,
                col(Appointment.status) == "booked",
            )
        ).first()

    def _is_as_published(self, row: Appointment) -> bool:
        return row.start > self.now and row.plan_number == self.number


def _after(session: Session, actor: Actor, row: PlanVersion, now: datetime) -> None:
    """What follows from a publication: who looks at what had no place, and the record."""
    plan = read_plan(row)
    for name in row.patients:
        left = [u for u in plan.unplaced if u.patient == name]
        if left:
            open_task(
                session,
                actor.clinic_id,
                Wanted(
                    kind="unplaced",
                    owner="coordinator",
                    due_at=now + _UNPLACED_WITHIN,
                    says=f"{len(left)} sessions of plan {row.number} have no time yet",
                    subject=("plan", row.number),
                    patient_id=name,
                    key=f"{row.number}:{name}",
                ),
                now=now,
            )
    audit.record(
        session,
        actor,
        "plan.publish",
        at=now,
        subject=("plan", row.number),
        patients=row.patients,
        rows=sum(bool(change.get("accepted")) for change in row.changes),
    )
    audit.tell(session, actor.clinic_id, "plan", row.number, at=now)

"""What a change of the house breaks: what stands on its dates, judged before it and after it.

Each promise that cannot stand becomes a task for a coordinator in the same unit of work, due before
the appointment; the task of one that can stand again is settled.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import ColumnElement
from sqlmodel import Session, SQLModel, col, func, select

from pathways import timing
from pathways.scenario import Booked
from scheduler import audit, locking, work
from scheduler.acting import Actor
from scheduler.appointments.due import before
from scheduler.appointments.holding import zone_of
from scheduler.appointments.judging import contract_breaches
from scheduler.appointments.scene import Identity, Scene
from scheduler.errors import NotThere, NotUnderstood
from scheduler.following import BROKEN
from scheduler.planning.verifying import Finding
from scheduler.reminders import announcing
from scheduler.scenarios.around import Beside, scenario_around
from scheduler.scenarios.houses import house_of
from scheduler.store.tables import Appointment, Task

AHEAD: Final = timedelta(weeks=8)
"""At least so far ahead nobody books by the old house while a change of it is made that lasts."""
STANDS_AHEAD = ("pending", "booked", "arrived")
TOLD_BY_THE_PATIENT = frozenset({"unavailability"})
"""Facts that no patient has to be told: they have said so themselves."""

_OF_OTHER_DATES = frozenset({"lag", "max_in_days", "min_days_between", "order", "preceded_by"})
"""Rules between dates, of which one alone is looked at here: it says nothing of them."""
_OF_GROUPS = frozenset({"occurrence", "group"})
"""Rules that something asks for an appointment, and that a place in a group is at its meeting."""

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class Broken:
    """A promise that a fact breaks, and the task that it became."""

    appointment: Appointment
    task: Task


class Fact:
    """A fact in the making: what stands on its dates is looked at before it and after it."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        days: Iterable[date],
        now: datetime,
        patients: tuple[str, ...] = (),
    ) -> None:
        self.session, self.actor, self.now = session, actor, now
        self.days = set(days)
        locking.hold(session, actor.clinic_id, days=self.days, patients=patients)
        self.before = self._scene()

    def _scene(self) -> Scene:
        beside = Beside(frozenset(self.days))
        scenario = scenario_around(self.session, self.actor.clinic_id, (), beside, now=None)
        names = frozenset(patient.id for patient in scenario.patients)
        standing = tuple(scenario.booked)
        unlocked = scenario.model_copy(update={"booked": ()})
        return Scene(unlocked, names, standing)

    def broken(self, kind: str, subject: tuple[str, object], *, says: str = "") -> list[Broken]:
        """Store the fact; each promise that it breaks is on the work-list, and its patient told.

        ``says``: why, instead of the judge's words.
        """
        self.session.flush()
        after = self._scene()
        touched = frozenset(held.identity for held in after.standing)
        known = set(_breaches(self.before, touched))
        words: dict[str, str] = {}
        for finding in _breaches(after, touched):
            if finding not in known:
                words.setdefault(finding.place, says or finding.words)
        rows = [
            (row, words[_place(identity)])
            for row, identity in self._rows()
            if _place(identity) in words
        ]
        record_fact(self.session, self.actor, kind, subject, len(rows), self.now)
        found = [task_of(self.session, self.actor, row, says, self.now) for row, says in rows]
        if kind not in TOLD_BY_THE_PATIENT:
            moving = [row for row, _ in rows]
            announcing.has_to_move(self.session, self.actor.clinic_id, moving, now=self.now)
        return found

    def mended(self, kind: str, subject: tuple[str, object]) -> list[Appointment]:
        """Take a fact back; what could not stand because of it, and can now, waits for nobody."""
        self.session.flush()
        after = self._scene()
        touched = frozenset(held.identity for held in after.standing)
        before, still = (
            {f.place for f in _breaches(scene, touched) if f.rule not in _OF_OTHER_DATES}
            for scene in (self.before, after)
        )
        rows = [row for row, identity in self._rows() if _place(identity) in before - still]
        record_fact(self.session, self.actor, kind, subject, 0, self.now)
        for row in rows:
            # By its key: a session that runs over still keeps it from standing.
            work.settle(self.session, self.actor.clinic_id, BROKEN, str(row.id), now=self.now)
        announcing.stands_after_all(self.session, self.actor.clinic_id, rows, now=self.now)
        return rows

    def _rows(self) -> list[tuple[Appointment, Identity]]:
        """What stands ahead on the dates, each with what it is the same as."""
        codes = {held.id: held.identity for held in self.before.standing}
        rows = self.session.exec(
            select(Appointment)
            .where(
                Appointment.clinic_id == self.actor.clinic_id,
                col(Appointment.code).in_(codes),
                col(Appointment.status).in_(STANDS_AHEAD),
                Appointment.end > self.now,
            )
            .order_by(col(Appointment.start), col(Appointment.id))
        ).all()
        return [(row, codes[row.code]) for row in rows]


def _breaches(scene: Scene, touched: frozenset[Identity]) -> list[Finding]:
    """What is broken; the last meetings of a group that ends are of no other group, and stand."""
    stays = {_place(h.identity) for h in scene.standing if isinstance(h, Booked) and h.locked}
    return [
        finding
        for finding in contract_breaches(scene, touched)
        if finding.rule not in _OF_GROUPS or finding.place not in stays
    ]


def must_exist(session: Session, kind: type[Row], actor: Actor, name: str) -> Row:
    """What of the house has this name; NotThere where nothing has."""
    row = session.get(kind, (actor.clinic_id, name))
    if row is None:
        raise NotThere(f"there is no {name} here")
    return row


def refuse_past(session: Session, actor: Actor, day: date, now: datetime) -> None:
    """NotUnderstood for a date that is over."""
    if day < timing.local_date(now, zone_of(session, actor.clinic_id)):
        raise NotUnderstood("that date is over", fix="what was stays as it was", place="day")


def dates_from(
    session: Session, actor: Actor, day: date, needing: ColumnElement[bool]
) -> set[date]:
    """A date, and all later ones on which something stands that needs what is missing then."""
    zone = zone_of(session, actor.clinic_id)
    starts = session.exec(
        select(Appointment.start).where(
            Appointment.clinic_id == actor.clinic_id,
            needing,
            col(Appointment.status).in_(STANDS_AHEAD),
            Appointment.start >= timing.instant(day, 0, zone),
        )
    )
    return {day, *(timing.local_date(start, zone) for start in starts)}


def dates_ahead(session: Session, clinic_id: str, now: datetime) -> list[date]:
    """The dates from today to the last on which anything stands: all that a lasting change hits."""
    zone = zone_of(session, clinic_id)
    today = timing.local_date(now, zone)
    last: datetime | None = session.exec(
        select(func.max(Appointment.start)).where(Appointment.clinic_id == clinic_id)
    ).one()
    known = timing.local_date(last, zone) if last is not None else today
    return timing.dates_between(today, max(known, today + AHEAD))


def _place(identity: Identity) -> str:
    """How the judge names an appointment."""
    people, activity, number = identity
    return f"({'+'.join(people)}/{activity}/{number})"


def task_of(
    session: Session, actor: Actor, row: Appointment, says: str, now: datetime, *, key: str = ""
) -> Broken:
    """The task that an appointment which cannot stand becomes; the same one, where it is open.

    ``key`` tells what keeps it from standing apart from the house's facts, which share one task.
    Of that the last word holds: a task that is open already says it, too.
    """
    clinic = house_of(session, actor.clinic_id).record
    wanted = work.Wanted(
        kind=BROKEN,
        owner="coordinator",
        due_at=before(row.start, clinic, now),
        says=f"{row.code} cannot stand: {says}",
        key=key,
        subject=("appointment", row.id),
    )
    task = work.open_task(session, row.clinic_id, wanted, now=now)
    if key and task.says != wanted.says:
        task.says = wanted.says
        task.version += 1
    return Broken(row, task)


def record_fact(
    session: Session,
    actor: Actor,
    kind: str,
    subject: tuple[str, object],
    broken: int,
    now: datetime,
) -> None:
    """Write down that a fact was told, and how many promises it breaks."""
    audit.record(session, actor, f"fact.{kind}", at=now, subject=subject, broken=broken)

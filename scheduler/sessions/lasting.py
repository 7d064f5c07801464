"""A session that lasts longer keeps its place and people, or says whom it hits (R-27)."""

from collections.abc import Iterator
from datetime import datetime

from sqlmodel import col, select

from pathways import timing
from scheduler import work
from scheduler.appointments import staying
from scheduler.appointments.running_over import hit_by
from scheduler.booking import Promise
from scheduler.following import BROKEN, settle_hit
from scheduler.sessions.scene import Scene
from scheduler.store.tables import Appointment
from scheduler.tracking import TAKES_TIME
from scheduler.work import Wanted


def hold_longer(scene: Scene) -> None:
    """Promise place and people until the new end; what is taken already becomes tasks."""
    visit, present = scene.appointment, scene.present
    if present.drug is None or present.stage.is_over:
        return
    end = staying.rounded(present.forecast.ends)
    if end <= visit.end:
        return
    wanted = staying.longer(visit, scene.visit.planned_end, end)
    for promise in staying.keep(scene.session, visit, wanted):
        _tell_who_is_hit(scene, promise)
    staying.stretch(visit, end, scene.now)


def end_sooner(scene: Scene) -> None:
    """Free what a session that is over kept beyond its end; whom it hit can stand, if they can."""
    visit, stage = scene.appointment, scene.present.stage
    if not stage.is_over:
        return
    planned, missing = scene.visit.planned_end, list[Promise]()
    end = max(planned, staying.rounded(stage.since or scene.now))
    if visit.status == "fulfilled" and end < visit.end:
        staying.give_back(scene.session, visit, planned)
        missing = staying.keep(scene.session, visit, staying.longer(visit, planned, end))
        visit.runs_over = visit.runs_over and end > planned
        staying.stretch(visit, end, scene.now)
    hit = hit_by(scene.session, visit, missing, scene.now)
    settle_hit(scene.session, visit, now=scene.now, but=[row.id for row in hit])


def _tell_who_is_hit(scene: Scene, promise: Promise) -> None:
    """One task for each booking that this promise would have broken; one at least."""
    hit: list[Appointment | None] = list(_hit(scene, promise))
    for other in hit or [None]:
        work.open_task(
            scene.session, scene.actor.clinic_id, _task(scene, promise, other), now=scene.now
        )


def _task(scene: Scene, promise: Promise, other: Appointment | None) -> Wanted:
    zone = scene.visit.zone
    until = timing.clock_text(_minutes(promise.end.astimezone(zone)))
    says = f"{promise.resource} is needed until {until} by {scene.visit.code}"
    if other is not None:
        start = timing.clock_text(_minutes(other.start.astimezone(zone)))
        says = f"{says}; {other.code} at {start} is hit: move it, or find another place or person"
    return Wanted(
        kind=BROKEN,
        owner="coordinator",
        due_at=max(scene.now, other.start if other else promise.start),
        says=says,
        key=f"{scene.appointment.id}:{promise.resource}:{other.id if other else ''}",
        subject=("appointment", other.id if other else scene.appointment.id),
        rule="R-27",
    )


def _minutes(wall: datetime) -> int:
    return wall.hour * 60 + wall.minute


def _hit(scene: Scene, promise: Promise) -> Iterator[Appointment]:
    """The other bookings to which the same was promised at the same time."""
    visit = scene.appointment
    day = timing.instant(scene.visit.day, 0, scene.visit.zone)
    standing = scene.session.exec(
        select(Appointment)
        .where(
            Appointment.clinic_id == visit.clinic_id,
            Appointment.start >= day,
            Appointment.start < promise.end,
            Appointment.id != visit.id,
            col(Appointment.status).in_(TAKES_TIME),
        )
        .order_by(col(Appointment.start), col(Appointment.id))
    )
    for other in standing:
        if any(Promise.read(data).meets(promise) for data in other.taken):
            yield other

"""What follows from an event: status, note, tasks, gates; all in its unit of work."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from sqlmodel import col, select

from scheduler import following, tracking, work
from scheduler.reminders import announcing
from scheduler.sessions import watching
from scheduler.sessions.calling_off import call_off
from scheduler.sessions.happenings import CheckIn, Correction
from scheduler.sessions.lasting import end_sooner, hold_longer
from scheduler.sessions.scene import Scene
from scheduler.store.tables import Appointment, AppointmentPatient, Gate, Task
from scheduler.work import Wanted

NOTE = "no-driving"
FORM = "monitoring-form"
LEFT_EARLY = "left-early"


def follow(scene: Scene) -> None:
    """See to everything that follows from what was just recorded."""
    after = _AFTER.get(scene.event.kind)
    if after is not None:
        after(scene)
    _keep_note(scene)
    _keep_form(scene)
    _keep_tasks(scene)
    hold_longer(scene)
    end_sooner(scene)
    if scene.event.kind == "extended":
        announcing.lasts_longer(scene.session, scene.appointment, now=scene.now)
    watching.look_after(scene.session, scene.one, scene.present, now=scene.now)
    following.follow(scene.session, scene.actor.clinic_id, [scene.appointment], now=scene.now)


def _arrived(scene: Scene) -> None:
    tracking.move(scene.appointment, "arrived", at=scene.now)


def _checked_in(scene: Scene) -> None:
    """A whole form checks in, unless a gate is open: nothing goes beyond arrival then."""
    whole = scene.present.check_in.is_whole and not scene.visit.gates
    if whole and scene.appointment.status == "arrived":
        tracking.move(scene.appointment, "checked-in", at=scene.now)


def _given(scene: Scene) -> None:
    if scene.appointment.status == "arrived":
        tracking.move(scene.appointment, "checked-in", at=scene.now)


def _discharged(scene: Scene) -> None:
    tracking.move(scene.appointment, "fulfilled", at=scene.now)


def _left_early(scene: Scene) -> None:
    says = f"{scene.visit.code} left before being discharged: call, review, decide on the next dose"
    wanted = scene.wanted(LEFT_EARLY, "prescriber", says, rule="R-26", due=scene.now)
    work.open_task(scene.session, scene.actor.clinic_id, wanted, now=scene.now)
    if scene.present.drug is None:
        call_off(scene, "left before the dose")
        return
    tracking.move(scene.appointment, "fulfilled", at=scene.now)
    _shut_next_dose(scene)


def _reviewed(scene: Scene) -> None:
    """A prescriber has looked: the task is done, and the next dose is shut no longer."""
    task = _open_task(scene, LEFT_EARLY)
    if task is not None:
        work.close_task(scene.session, scene.actor, task.id, outcome="reviewed", now=scene.now)
    following = _next_dose(scene)
    gate = _gate(scene, following) if following is not None else None
    if gate is not None and gate.closed_at is None:
        gate.closed_at, gate.closed_how = scene.now, "reviewed"
        scene.session.add(gate)


def _not_given(scene: Scene) -> None:
    says = f"{scene.visit.code} was not given: decide on the schedule"
    wanted = scene.wanted("dose-not-given", "prescriber", says, rule="R-17", due=scene.now)
    work.open_task(scene.session, scene.actor.clinic_id, wanted, now=scene.now)
    call_off(scene, "the drug was not given")


def _corrected(scene: Scene) -> None:
    event = scene.event
    if isinstance(event, Correction) and isinstance(event.event, CheckIn):
        _checked_in(scene)


_AFTER: Final[Mapping[str, Callable[[Scene], None]]] = {
    "arrived": _arrived,
    "check-in": _checked_in,
    "given": _given,
    "discharged": _discharged,
    "left early": _left_early,
    "not given": _not_given,
    "reviewed": _reviewed,
    "correction": _corrected,
}


def _shut_next_dose(scene: Scene) -> None:
    """The next dose waits until a prescriber has looked at why the patient left."""
    following = _next_dose(scene)
    if following is None:
        return
    gate = _gate(scene, following) or Gate(
        clinic_id=following.clinic_id,
        appointment_id=following.id,
        rule="R-26",
        opened_at=scene.now,
    )
    gate.roles, gate.closed_at, gate.closed_how = ["prescriber"], None, None
    gate.says = "the patient left the last session early"
    gate.fix = "a prescriber reviews it"
    scene.session.add(gate)


def _gate(scene: Scene, following: Appointment) -> Gate | None:
    return scene.session.exec(
        select(Gate).where(
            Gate.clinic_id == following.clinic_id,
            Gate.appointment_id == following.id,
            Gate.rule == "R-26",
        )
    ).first()


def _next_dose(scene: Scene) -> Appointment | None:
    return scene.session.exec(
        select(Appointment)
        .join(
            AppointmentPatient,
            (col(AppointmentPatient.appointment_id) == col(Appointment.id))
            & (col(AppointmentPatient.clinic_id) == col(Appointment.clinic_id)),
        )
        .where(
            Appointment.clinic_id == scene.actor.clinic_id,
            AppointmentPatient.patient_id == scene.visit.patient_id,
            Appointment.start > scene.appointment.start,
            col(Appointment.is_dose),
            col(Appointment.status).in_(("proposed", "pending", "booked")),
        )
        .order_by(col(Appointment.start))
    ).first()


def _keep_note(scene: Scene) -> None:
    """The note ends exactly where the drug that was given says; without one there is no note.

    Until that is known, the note stands as it was planned.
    """
    until, over = scene.present.drives_again, scene.present.stage.is_over
    if until is None and not over:
        return
    others = [note for note in scene.appointment.notes if note["kind"] != NOTE]
    notes = [*others, _note(scene, until)] if until is not None else others
    if notes != scene.appointment.notes:
        scene.appointment.notes = notes
        scene.appointment.version += 1
        scene.appointment.changed_at = scene.now


def _note(scene: Scene, until: datetime) -> dict[str, Any]:
    wall = until.astimezone(scene.visit.zone)
    clock = f"{wall:%A} {wall.day} {wall:%B} {wall.year}, {wall:%H:%M}"
    words = scene.one.protocol.no_driving.words.format(until=clock)
    return {"kind": NOTE, "text": words, "until": wall.isoformat()}


def _keep_form(scene: Scene) -> None:
    """The form's task is there from the drug on, with its exact time, until a person files it."""
    clinic_id, due = scene.actor.clinic_id, scene.present.form_due
    if due is None:
        work.settle(scene.session, clinic_id, FORM, str(scene.appointment.id), now=scene.now)
        return
    task = _open_task(scene, FORM)
    if scene.present.form_filed:
        about = ("appointment", [scene.appointment.id])
        work.settle_about(scene.session, clinic_id, "N-47", about, now=scene.now)
        if task is not None:
            work.close_task(
                scene.session, scene.actor, task.id, outcome="form filed", now=scene.now
            )
    elif task is not None:
        task.due_at = due
    else:
        says = f"file the monitoring form of {scene.visit.code}"
        wanted = scene.wanted(FORM, "nurse", says, rule="R-48", due=due)
        work.open_task(scene.session, clinic_id, wanted, now=scene.now)


def _open_task(scene: Scene, kind: str) -> Task | None:
    return scene.session.exec(
        select(Task).where(
            Task.clinic_id == scene.actor.clinic_id,
            Task.open_key == f"{kind}:{scene.appointment.id}",
        )
    ).first()


def _keep_tasks(scene: Scene) -> None:
    """Open what the session now asks of somebody, close what it no longer does."""
    clinic_id, key = scene.actor.clinic_id, str(scene.appointment.id)
    wanted = {task.kind: task for task in _asked(scene)}
    for kind in ("blood-pressure", "check-in", "suicide-risk", "alarm", "overrun", "early-end"):
        if kind in wanted:
            work.open_task(scene.session, clinic_id, wanted[kind], now=scene.now)
        elif kind != "early-end":
            work.settle(scene.session, clinic_id, kind, key, now=scene.now)


def _asked(scene: Scene) -> Iterator[Wanted]:
    present, code, due = scene.present, scene.visit.code, scene.now
    if present.stage.phase == "discharged" and not _lasted(scene):
        says = f"{code} was discharged before its time, as now corrected: review"
        yield scene.wanted("early-end", "prescriber", says, rule="R-22", due=due)
    if present.stage.is_over:
        return
    if present.drug is None:
        yield from _to_decide(scene)
    if any(alarm.urgency == "urgent" and not alarm.acknowledged for alarm in present.alarms):
        says = f"{code}: an urgent alarm; go there"
        yield scene.wanted("alarm", "prescriber", says, rule="R-25", due=due)
    if present.drug is not None and present.forecast.over_by:
        says = f"{code} lasts longer than planned: see whom it hits, tell the ride the time"
        yield scene.wanted("overrun", "coordinator", says, rule="R-27", due=due)


def _lasted(scene: Scene) -> bool:
    drug, left = scene.present.drug, scene.present.stage.since
    return drug is not None and left is not None and drug.over and left >= drug.leaves_from


def _to_decide(scene: Scene) -> Iterator[Wanted]:
    present, code, due = scene.present, scene.visit.code, scene.now
    pressure, form = present.pressure, present.check_in
    if pressure.found not in (None, "pass") and pressure.decided is None:
        says = f"{code}: blood pressure before the dose, {pressure.found}"
        yield scene.wanted("blood-pressure", "prescriber", says, rule="R-24", due=due)
    if form.adverse and form.decided is None:
        says = f"{code}: answers of the check-in need a decision"
        yield scene.wanted("check-in", "prescriber", says, rule="R-07", due=due)
    if form.suicide_risk and form.risk_decided is None:
        says = f"{code}: suicide risk was found; see the patient and decide"
        yield scene.wanted("suicide-risk", "prescriber", says, rule="R-43", due=due)

"""The coordinator's pages: patients, a patient's weeks, drafts, the work-list."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import func
from sqlmodel import Session, col, select

from api.auth.policy import POLICY
from api.dependencies import Here, Now, Reading, Writing, has_read
from api.linking import links_of
from api.routes.plans import plan_of, refuse_unenrolled
from api.web.curves import Picture, of_scores
from api.web.drawing import draw
from api.web.naming import names_of, pathway_title, titles_of
from pathways import timing
from scheduler import audit, gates, runs, work
from scheduler.acting import Actor
from scheduler.care import worklist
from scheduler.care.axis import axis_of
from scheduler.care.facts import facts_of
from scheduler.errors import NotThere, NotUnderstood, Refusal
from scheduler.plans import publishing
from scheduler.plans.rehearsing import rehearse
from scheduler.protocols import protocol_of
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Enrolment,
    Gate,
    Patient,
    PlanVersion,
)
from scheduler.tracking import TAKES_TIME

router = APIRouter(default_response_class=HTMLResponse)

_SECONDS = 10.0


@router.get("/patients")
def patients_page(request: Request, session: Reading, actor: Here, now: Now) -> Response:
    """Everybody in care: their pathway, how much is booked, what comes next."""
    rows = session.exec(
        select(Patient, Enrolment)
        .where(
            Patient.clinic_id == actor.clinic_id,
            Enrolment.clinic_id == actor.clinic_id,
            Enrolment.patient_id == Patient.id,
            Enrolment.status == "active",
        )
        .order_by(col(Enrolment.start), Patient.id)
    ).all()
    coming = _coming(session, actor, now)
    planned = _planned(session, actor)
    has_read(request, *(patient.id for patient, _ in rows))
    return draw(
        request,
        "patients.html",
        rows=sorted(rows, key=lambda row: row[0].id in planned),
        coming=coming,
        planned=planned,
        names=names_of(session, actor),
        pathway_title=pathway_title,
        today=timing.local_date(now, names_of(session, actor).zone),
        actor=actor,
    )


def _coming(session: Session, actor: Actor, now: datetime) -> dict[str, tuple[int, datetime]]:
    """How many appointments each patient still has, and when the next begins."""
    found = session.exec(
        select(
            AppointmentPatient.patient_id,
            func.count(),
            func.min(col(AppointmentPatient.start)),
        )
        .join(
            Appointment,
            (col(Appointment.clinic_id) == AppointmentPatient.clinic_id)
            & (col(Appointment.id) == AppointmentPatient.appointment_id),
        )
        .where(
            AppointmentPatient.clinic_id == actor.clinic_id,
            AppointmentPatient.start >= now,
            col(Appointment.status).in_(TAKES_TIME),
        )
        .group_by(col(AppointmentPatient.patient_id))
    )
    return {name: (count, first) for name, count, first in found}


def _planned(session: Session, actor: Actor) -> set[str]:
    """For whom anything was ever booked that stands."""
    found = session.exec(
        select(AppointmentPatient.patient_id)
        .join(
            Appointment,
            (col(Appointment.clinic_id) == AppointmentPatient.clinic_id)
            & (col(Appointment.id) == AppointmentPatient.appointment_id),
        )
        .where(
            AppointmentPatient.clinic_id == actor.clinic_id,
            col(Appointment.status).in_(TAKES_TIME),
        )
        .distinct()
    )
    return set(found)


@router.get("/patients/{patient_id}")
def patient_page(
    request: Request, patient_id: str, session: Reading, actor: Here, now: Now
) -> Response:
    """One patient's weeks, and what can be done about them."""
    patient = session.get(Patient, (actor.clinic_id, patient_id))
    if patient is None:
        raise NotThere("there is no such patient")
    enrolment = session.exec(
        select(Enrolment).where(
            Enrolment.clinic_id == actor.clinic_id,
            Enrolment.patient_id == patient_id,
            Enrolment.status == "active",
        )
    ).first()
    names = names_of(session, actor)
    appointments = appointments_of(session, actor, patient_id)
    drafts = session.exec(
        select(PlanVersion)
        .where(PlanVersion.clinic_id == actor.clinic_id)
        .order_by(col(PlanVersion.number).desc())
        .limit(50)
    ).all()
    has_read(request, patient_id)
    return draw(
        request,
        "patient.html",
        patient=patient,
        enrolment=enrolment,
        pathway=pathway_title(enrolment) if enrolment else "",
        weeks=_weeks(appointments, enrolment, names.zone),
        titles=titles_of(session, enrolment),
        names=names,
        now=now,
        drafts=[d for d in drafts if patient_id in d.patients],
        gates=_next_gates(session, appointments, now),
        curve=_curve(session, actor, patient_id, names.zone),
        actor=actor,
    )


def _next_gates(session: Session, appointments: Sequence[Appointment], now: datetime) -> list[Gate]:
    """What must still be done before the next dose."""
    coming = next((a for a in appointments if a.is_dose and a.start > now), None)
    if coming is None or coming.status not in TAKES_TIME:
        return []
    return gates.open_gates(session, coming, now=now)


def _curve(session: Session, actor: Actor, patient_id: str, zone: ZoneInfo) -> Picture | None:
    """The questionnaire that leads the pathway, beside the doses."""
    if not actor.roles & POLICY["read_axis"]:
        return None
    facts = facts_of(session, actor.clinic_id, [patient_id])[patient_id]
    protocol = protocol_of(facts.active) if facts.active else None
    if protocol is None or not protocol.measures:
        return None
    leading = protocol.measures[0]
    return of_scores(axis_of(facts), leading.id, leading.highest, zone)


def appointments_of(session: Session, actor: Actor, patient_id: str) -> Sequence[Appointment]:
    """What a patient has and had, in order of time."""
    return session.exec(
        select(Appointment)
        .join(
            AppointmentPatient,
            (col(Appointment.clinic_id) == AppointmentPatient.clinic_id)
            & (col(Appointment.id) == AppointmentPatient.appointment_id),
        )
        .where(
            AppointmentPatient.clinic_id == actor.clinic_id,
            AppointmentPatient.patient_id == patient_id,
            col(Appointment.status) != "entered-in-error",
        )
        .order_by(col(Appointment.start))
    ).all()


def _weeks(
    appointments: Sequence[Appointment], enrolment: Enrolment | None, zone: ZoneInfo
) -> list[tuple[int, list[Appointment]]]:
    """Appointments by week of the course; without one, by week from the first of them on."""
    if not appointments:
        return []
    first = enrolment.start if enrolment else timing.local_date(appointments[0].start, zone)

    def week(row: Appointment) -> int:
        return (timing.local_date(row.start, zone) - first).days // 7 + 1

    return [(number, list(rows)) for number, rows in groupby(appointments, key=week)]


@router.post("/patients/{patient_id}/plan")
def plan_patient(patient_id: str, session: Writing, actor: Here, now: Now) -> Response:
    """Ask for a plan for one patient."""
    refuse_unenrolled(session, actor, [patient_id])
    asked = {"seconds": _SECONDS, "alternatives": 1, "seed": 0}
    run = runs.ask(session, actor, "plan", asked, patients=[patient_id], now=now)
    return RedirectResponse(f"/runs/{run.id}", status_code=303)


@router.get("/runs/{run_id}")
def run_page(request: Request, run_id: UUID, session: Reading, actor: Here) -> Response:
    """How far a search is; leads on to its draft."""
    run = runs.find(session, actor, run_id)
    plans = (run.result or {}).get("plans", [])
    if run.state == "done" and len(plans) == 1:
        return _lead_on(request, f"/plans/{plans[0]}")
    names = names_of(session, actor)
    return draw(request, "run.html", run=run, plans=plans, names=names, actor=actor)


def _lead_on(request: Request, path: str) -> Response:
    """Another page: also where a script asks for a part of this one."""
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


@router.get("/plans/{number}")
def plan_page(request: Request, number: int, session: Reading, actor: Here) -> Response:
    """A draft as what it changes for whom, to be published, in part or whole, or put aside."""
    row = plan_of(session, actor, number)
    has_read(request, *row.patients)
    names = names_of(session, actor)
    changes = sorted(row.changes, key=_by_patient_and_time)
    people = [(who, list(some)) for who, some in groupby(changes, key=_whose)]
    mended = [part for part in people if row.kind != "repair" or _is_mended(part[1])]
    return draw(
        request,
        "plan.html",
        plan=row,
        changes=mended,
        further=[part for part in people if part not in mended],
        titles=_titles_for(session, actor, row.patients),
        names=names,
        decides=bool(actor.roles & POLICY["decide_plan"]),
    )


def _is_mended(changes: Sequence[dict[str, Any]]) -> bool:
    """Whether something that was booked changes, and not only what had no time yet gets one."""
    return any(change["before"] is not None for change in changes)


def _whose(change: dict[str, Any]) -> tuple[str, ...]:
    return tuple(change["patients"])


def _by_patient_and_time(change: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    return _whose(change), (change["after"] or change["before"])["start"]


@router.post("/plans/{number}/messages")
def plan_messages(
    request: Request,
    number: int,
    session: Writing,
    actor: Here,
    now: Now,
    rows: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """Who would be told what if these rows were published; nothing is changed or sent."""
    refusal, rehearsed = None, None
    try:
        rehearsed = rehearse(
            session,
            actor,
            number,
            rows=_ticked(session, actor, number, rows),
            links=links_of(request),
            now=now,
        )
    except NotThere:
        raise
    except Refusal as told:
        refusal = told
    names = names_of(session, actor)
    plan = plan_of(session, actor, number)
    audit.record(session, actor, "read", at=now, patients=plan.patients)
    return draw(
        request, "plan_messages.html", plan=plan, told=rehearsed, refusal=refusal, names=names
    )


def _titles_for(session: Session, actor: Actor, patients: Sequence[str]) -> dict[str, str]:
    enrolments = session.exec(
        select(Enrolment).where(
            Enrolment.clinic_id == actor.clinic_id, col(Enrolment.patient_id).in_(patients)
        )
    )
    return {name: title for e in enrolments for name, title in titles_of(session, e).items()}


def _ticked(
    session: Session, actor: Actor, number: int, rows: list[int] | None
) -> list[int] | None:
    """The rows of a form; None for all of them. A form in which none is ticked sends none."""
    if not rows:
        raise NotUnderstood("nothing is ticked", place="rows", fix="tick what shall be booked")
    everything = {change["row"] for change in plan_of(session, actor, number).changes}
    return None if everything == set(rows) else rows


@router.post("/plans/{number}/decide")
def decide_plan(
    number: int,
    session: Writing,
    actor: Here,
    now: Now,
    decision: Annotated[str, Form()],
    rows: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """Publish the ticked rows of a draft, put it aside, or take a publication back."""
    if decision == "publish":
        publishing.publish(
            session, actor, number, rows=_ticked(session, actor, number, rows), now=now
        )
    elif decision == "undo":
        publishing.undo(session, actor, number, now=now)
    else:
        publishing.reject(session, actor, number, reason="put aside", now=now)
    return RedirectResponse(f"/plans/{number}", status_code=303)


@router.get("/tasks")
def work_page(request: Request, session: Reading, actor: Here, now: Now) -> Response:
    """What is open for the roles of whoever looks."""
    tasks = work.open_tasks(session, actor.clinic_id, actor.roles)
    has_read(request, *(task.patient_id for task in tasks if task.patient_id))
    names = names_of(session, actor)
    return draw(request, "work.html", tasks=tasks, names=names, now=now, actor=actor)


@router.post("/tasks/{task_id}/done")
def finish_task(
    task_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    outcome: Annotated[str, Form(max_length=200)],
) -> Response:
    """Close a task with what came of it."""
    worklist.complete(session, actor, task_id, outcome=outcome, now=now)
    return RedirectResponse("/tasks", status_code=303)

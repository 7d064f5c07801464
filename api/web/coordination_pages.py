"""The coordinator's pages: patients, a patient's weeks, the work-list."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import func
from sqlmodel import Session, col, select

from api.auth.policy import POLICY
from api.dependencies import Here, Now, Reading, Writing, has_read
from api.web.curves import Picture, of_scores
from api.web.drawing import draw
from api.web.naming import names_of, pathway_title, titles_of
from pathways import timing
from scheduler import gates, work
from scheduler.acting import Actor
from scheduler.care import worklist
from scheduler.care.axis import axis_of
from scheduler.care.facts import facts_of
from scheduler.errors import NotThere
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

"""The coordinator's pages: everybody in care, and the work-list."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import func
from sqlalchemy.orm import load_only
from sqlmodel import Session, col, select

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.web.drawing import draw
from api.web.naming import names_of, pathway_title
from pathways import timing
from scheduler import work
from scheduler.acting import Actor
from scheduler.care import insurance, worklist
from scheduler.care.patients import Words
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Enrolment,
    Patient,
)
from scheduler.tracking import TAKES_TIME

router = APIRouter(default_response_class=HTMLResponse)

_OF_PATIENTS: Any = (Patient.name,)
_OF_ENROLMENTS: Any = (Enrolment.pathway_id, Enrolment.pathway_version, Enrolment.start)
"""What a list of everybody shows of each: their assessment and their weeks would take longer."""


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
        .options(load_only(*_OF_PATIENTS), load_only(*_OF_ENROLMENTS))
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


@router.get("/tasks")
def work_page(request: Request, session: Reading, actor: Here, now: Now) -> Response:
    """What is open for the roles of whoever looks."""
    tasks = work.open_tasks(session, actor.clinic_id, actor.roles)
    has_read(request, *(task.patient_id for task in tasks if task.patient_id))
    cover = [UUID(task.subject_id) for task in tasks if task.subject_kind == insurance.CHANGE]
    return draw(
        request,
        "work.html",
        tasks=tasks,
        cover=insurance.changes_told(session, actor.clinic_id, cover) if cover else {},
        names=names_of(session, actor),
        now=now,
        actor=actor,
    )


@router.post("/tasks/{task_id}/done")
def finish_task(
    task_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    outcome: Annotated[Words, Form(min_length=1, max_length=200)],
) -> Response:
    """Close a task with what came of it."""
    worklist.complete(session, actor, task_id, outcome=outcome, now=now)
    return RedirectResponse("/tasks", status_code=303)

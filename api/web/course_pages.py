"""A patient's weeks: one axis of time, what is off course, questionnaires, notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session, col, select

from api.auth.policy import POLICY
from api.dependencies import Here, Now, Reading, Writing, has_read
from api.web.course_picture import picture_of
from api.web.course_weeks import rows_of
from api.web.drawing import draw
from api.web.naming import accounts_named, names_of, pathway_title, titles_of
from pathways import timing
from pathways.protocol.care import Measure
from scheduler import gates
from scheduler.acting import Actor
from scheduler.care import answering, noting
from scheduler.care.axis import Point
from scheduler.care.course import Course, course_of
from scheduler.care.deviating import URGENT, deviations_of
from scheduler.care.facts import known_of
from scheduler.care.measuring import Due, measures_due
from scheduler.care.patients import Words
from scheduler.care.requirements.outcomes import SUICIDE_SCALE, undecided
from scheduler.errors import NotThere
from scheduler.plans import listing
from scheduler.store.tables import Appointment, AppointmentPatient, Enrolment, Gate
from scheduler.tracking import TAKES_TIME

router = APIRouter(default_response_class=HTMLResponse)

_PLANS = 50
"""Of so many newest plans those that are a patient's stand on their page."""

Text = Annotated[Words, Form(min_length=1)]


@router.get("/patients/{patient_id}")
def patient_page(
    request: Request, patient_id: str, session: Reading, actor: Here, now: Now
) -> Response:
    """One patient's weeks, and what can be done about them."""
    facts = known_of(session, actor.clinic_id, [patient_id]).get(patient_id)
    if facts is None:
        raise NotThere("there is no such patient")
    course = course_of(session, facts, now=now)
    enrolment = course.enrolment if course else None
    names = names_of(session, actor)
    appointments = appointments_of(session, actor, patient_id)
    drafts = listing.listed(session, actor.clinic_id, limit=_PLANS)
    notes = noting.notes_about(session, actor, patient_id) if _may(actor, "read_notes") else []
    has_read(request, patient_id)
    return draw(
        request,
        "patient.html",
        patient=facts.patient,
        enrolment=enrolment,
        pathway=pathway_title(enrolment) if enrolment else "",
        weeks=_weeks(appointments, enrolment, names.zone),
        titles=titles_of(session, enrolment),
        names=names,
        now=now,
        drafts=[d for d in drafts if patient_id in d.patients],
        gates=_next_gates(session, appointments, now),
        notes=notes,
        corrected={note.corrects for note in notes},
        writers=accounts_named(session, actor, {note.made_by for note in notes}),
        **_told(course, actor),
    )


def _may(actor: Actor, route: str) -> bool:
    return bool(actor.roles & POLICY[route])


def _told(course: Course | None, actor: Actor) -> dict[str, Any]:
    """What a page says of a course to whom: scores and risks only to who may read them."""
    if course is None:
        return {"course": None}
    sees_scores = _may(actor, "read_axis")
    measures = course.protocol.measures if course.protocol and sees_scores else ()
    found = [one for one in deviations_of(course) if sees_scores or one.kind not in URGENT]
    return {
        "course": course,
        "picture": picture_of(course, measures),
        "rows": rows_of(course, measures, found),
        "deviations": found,
        "measured": [_measured(course, measure) for measure in measures],
        "asks_risk": next((one.id for one in measures if one.id == SUICIDE_SCALE), ""),
        "undecided": undecided(course.facts.answers) if sees_scores else (),
    }


@dataclass(frozen=True)
class Measured:
    """A questionnaire and its totals, the first first. ``due``: when it is to be answered again."""

    measure: Measure
    points: list[Point]
    due: Due | None

    @property
    def means(self) -> list[str]:
        """What the last total means, as the pathway says it."""
        flags = self.points[-1].flags if self.points else ()
        return [score.meaning for score in self.measure.scores if score.id in flags]

    @property
    def change(self) -> int | None:
        """By how many percent of the first total the last one differs; None without a first."""
        first, last = (self.points[n].total or 0 for n in (0, -1)) if self.points else (0, 0)
        return round((last - first) * 100 / first) if len(self.points) > 1 and first else None


def _measured(course: Course, measure: Measure) -> Measured:
    due: list[Due] = []
    if course.protocol is not None and course.enrolment.status == "active":
        due = measures_due(course.protocol, course.facts, course.enrolment, now=course.now)
    return Measured(
        measure, course.scores(measure.id), next((d for d in due if d.measure == measure.id), None)
    )


def _next_gates(session: Session, appointments: Sequence[Appointment], now: datetime) -> list[Gate]:
    """What must still be done before the next dose."""
    coming = next((a for a in appointments if a.is_dose and a.start > now), None)
    if coming is None or coming.status not in TAKES_TIME:
        return []
    return gates.open_gates(session, coming, now=now)


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
    first: date = enrolment.start if enrolment else timing.local_date(appointments[0].start, zone)

    def week(row: Appointment) -> int:
        return (timing.local_date(row.start, zone) - first).days // 7 + 1

    return [(number, list(rows)) for number, rows in groupby(appointments, key=week)]


def _back(patient_id: str, place: str) -> Response:
    return RedirectResponse(f"/patients/{patient_id}#{place}", status_code=303)


@router.post("/patients/{patient_id}/notes")
def write_note_by_form(
    patient_id: str,
    session: Writing,
    actor: Here,
    now: Now,
    words: Text,
    corrects: Annotated[UUID | None, Form()] = None,
) -> Response:
    """Write a note, or one that corrects another."""
    noting.write(session, actor, patient_id, words, corrects=corrects, now=now)
    return _back(patient_id, "notes")


@router.post("/patients/{patient_id}/risk/{answer_id}")
def decide_on_risk_by_form(
    patient_id: str, answer_id: UUID, session: Writing, actor: Here, now: Now, words: Text
) -> Response:
    """Record what was decided about a risk of suicide; NotThere where it is another patient's."""
    if answering.answer_of(session, actor, answer_id).patient_id != patient_id:
        raise NotThere("there are no such answers")
    answering.dispose(session, actor, answer_id, words, now=now)
    return _back(patient_id, "off-course")

"""What each page of a patient's own needs: who they are, their language, whether they drive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session, col, select

from api.dependencies import has_read
from api.web.drawing import draw
from api.web.texts import LANGUAGES, marked, said
from pathways import timing
from pathways.protocol import LibraryPathway
from scheduler.acting import Actor
from scheduler.errors import NotThere
from scheduler.protocols import pathway_of, protocol_of
from scheduler.reminders.contents import SENDER_LENGTH, neutral
from scheduler.sessions.driving import Driving, driving_of
from scheduler.store.tables import Appointment, AppointmentPatient, Clinic, Enrolment, Patient

COMING = frozenset({"booked", "arrived", "checked-in"})
"""The status of a visit that a patient is to come to."""

YOUR_CLINIC = marked("Your clinic")


@dataclass(frozen=True)
class Own:
    """The patient who is signed in, at an instant, as their pages know them."""

    session: Session
    actor: Actor
    patient: Patient
    clinic: Clinic
    now: datetime

    @property
    def language(self) -> str:
        """The language in which everything is said to them."""
        return self.patient.language if self.patient.language in LANGUAGES else "en"

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which their visits are told: the clinic's."""
        return timing.zone(self.clinic.timezone)

    @property
    def today(self) -> date:
        """The clinic's date."""
        return timing.local_date(self.now, self.zone)

    @property
    def sender(self) -> str:
        """What the clinic calls itself where others may read it; neutral where it has no name."""
        given = neutral(str(self.clinic.settings.get("sender", "")), SENDER_LENGTH)
        return given or said(YOUR_CLINIC, self.language)

    @property
    def phone(self) -> str:
        """The clinic's number, empty where it has given none."""
        return str(self.clinic.settings.get("phone", ""))

    @cached_property
    def enrolment(self) -> Enrolment | None:
        """The enrolment that runs."""
        return self.session.exec(
            select(Enrolment).where(
                Enrolment.clinic_id == self.clinic.id,
                Enrolment.patient_id == self.patient.id,
                Enrolment.status == "active",
            )
        ).first()

    @cached_property
    def protocol(self) -> LibraryPathway | None:
        """The library's protocol of that enrolment."""
        return protocol_of(self.enrolment) if self.enrolment else None

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """What the activities of their pathway are called, in their language."""
        if self.enrolment is None:
            return {}
        activities = pathway_of(self.session, self.enrolment).activities
        return {a.id: said(a.title, self.language) for a in activities}

    @cached_property
    def driving(self) -> Driving:
        """Whether they may drive."""
        return driving_of(self.session, self.actor, self.patient.id, now=self.now)

    @cached_property
    def visits(self) -> Sequence[Appointment]:
        """What they have and had, in order of time; what was written by mistake left out."""
        return self.session.exec(
            select(Appointment)
            .join(
                AppointmentPatient,
                (col(Appointment.clinic_id) == AppointmentPatient.clinic_id)
                & (col(Appointment.id) == AppointmentPatient.appointment_id),
            )
            .where(
                AppointmentPatient.clinic_id == self.clinic.id,
                AppointmentPatient.patient_id == self.patient.id,
                col(Appointment.status).not_in(("entered-in-error", "proposed", "pending")),
            )
            .order_by(col(Appointment.start), col(Appointment.id))
        ).all()

    @property
    def coming(self) -> list[Appointment]:
        """Those that are not over and not off."""
        return [v for v in self.visits if v.end > self.now and v.status in COMING]

    def visit(self, appointment_id: UUID) -> Appointment:
        """One of theirs; NotThere where it is none."""
        found = next((v for v in self.visits if v.id == appointment_id), None)
        if found is None:
            raise NotThere("there is no such visit")
        return found


def own_of(session: Session, actor: Actor, now: datetime) -> Own:
    """The patient who is signed in; NotThere for whoever is none."""
    patient = session.get(Patient, (actor.clinic_id, actor.patient_id or ""))
    clinic = session.get(Clinic, actor.clinic_id)
    if patient is None or clinic is None:
        raise NotThere("this page is a patient's own")
    return Own(session, actor, patient, clinic, now)


def draw_own(
    request: Request, own: Own, template: str, *, status: int = 200, **shown: Any
) -> HTMLResponse:
    """A page of the patient's own, in their language, with the note on driving while it holds."""
    has_read(request, own.patient.id)
    shown.setdefault("alert", "")
    shown.setdefault("done", "")
    return draw(
        request, f"patient/{template}", status=status, language=own.language, own=own, **shown
    )

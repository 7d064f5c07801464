"""Patients: who they are, how they are reached, how they are found."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlmodel import Session, col, func, select

from pathways.record import ZoneName, plain
from scheduler.acting import Actor
from scheduler.care.contacts import marked
from scheduler.care.records import changed, hold_patient, patient_of, refuse_without_role
from scheduler.errors import NotUnderstood
from scheduler.store.tables import ContactPoint, Patient

Words = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Short = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, strip_whitespace=True),
    AfterValidator(plain),  # many are ids of a pathway, and judged as such when one plans
]


class Assessment(BaseModel):
    """What was found at admission, and what the patient wants.

    ``medicines``: ids of the pathway's list, such as ``stimulant``. ``address`` and ``sitter``
    are for sessions at home; ``sitter_born`` says whether the sitter is an adult.
    """

    model_config = ConfigDict(extra="forbid")

    diagnoses: list[Words] = Field(default_factory=list, max_length=50)
    goals: list[Words] = Field(default_factory=list, max_length=50)
    preferences: list[Words] = Field(default_factory=list, max_length=50)
    medicines: list[Short] = Field(default_factory=list, max_length=50)
    address: Words = ""
    sitter: Words = ""
    sitter_born: date | None = None


class PatientChange(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    birth_date: date | None = None
    language: Annotated[str, StringConstraints(pattern="^[a-z]{2}$")] | None = None
    timezone: ZoneName | None = None
    state: Annotated[str, StringConstraints(pattern="^([A-Z]{2})?$")] | None = None
    sud: bool | None = None
    substance_status: Literal["none", "stabilised", "active_unstabilised"] | None = None
    assessment: Assessment | None = None
    partner_id: Short | None = None


class NewPatient(PatientChange):
    """Somebody who comes into care."""

    name: Name


def create(session: Session, actor: Actor, new: NewPatient, *, now: datetime) -> Patient:
    """Take somebody into care; they have an id of their own from now on."""
    number = session.exec(
        select(func.count()).select_from(Patient).where(Patient.clinic_id == actor.clinic_id)
    ).one()
    row = Patient(
        clinic_id=actor.clinic_id,
        id=f"p-{uuid4().hex[:12]}",
        position=number,
    )
    session.add(row)
    session.flush()
    _apply(session, actor, row, new)
    changed(session, actor, "patient.create", row.id, now=now)
    return row


def change(
    session: Session,
    actor: Actor,
    patient_id: str,
    wanted: PatientChange,
    *,
    is_current: Callable[[int], None],
    now: datetime,
) -> Patient:
    """Change what is on record of a patient.

    ``is_current`` refuses the version that is stored, where somebody else was faster.
    Substance use is set as stabilised by an addiction clinician alone.
    """
    row = hold_patient(session, actor, patient_id)
    is_current(row.version)
    _refuse_stabilising(actor, row, wanted)
    _apply(session, actor, row, wanted)
    row.version += 1
    fields = sorted(wanted.model_fields_set)
    changed(session, actor, "patient.change", patient_id, now=now, fields=fields)
    return row


def speak(
    session: Session, actor: Actor, patient_id: str, language: str, *, now: datetime
) -> Patient:
    """Pages and messages speak another language to a patient from now on."""
    row = hold_patient(session, actor, patient_id)
    if row.language != language:
        row.language = language
        row.version += 1
        changed(session, actor, "patient.change", patient_id, now=now, fields=["language"])
    return row


def _refuse_stabilising(actor: Actor, row: Patient, wanted: PatientChange) -> None:
    unstabilised = row.substance_status == "active_unstabilised"
    if unstabilised and wanted.substance_status not in (None, "active_unstabilised"):
        refuse_without_role(actor, ["addiction clinician"], "saying that use is stabilised")


def _apply(session: Session, actor: Actor, row: Patient, wanted: PatientChange) -> None:
    fields = wanted.model_dump(exclude_unset=True, exclude={"assessment", "birth_date"})
    if "partner_id" in fields:
        _pair(session, actor, row, fields.pop("partner_id"))
    for name, value in fields.items():
        if value is not None:
            setattr(row, name, value)
    if wanted.birth_date is not None:
        row.birth_date = wanted.birth_date.isoformat()
    if wanted.assessment is not None:
        row.assessment = row.assessment | wanted.assessment.model_dump(
            mode="json", exclude_unset=True
        )


def _pair(session: Session, actor: Actor, row: Patient, partner_id: str | None) -> None:
    """Make two patients each other's partners, or part them again."""
    former = session.get(Patient, (actor.clinic_id, row.partner_id)) if row.partner_id else None
    if former is not None:
        former.partner_id = None
    row.partner_id = partner_id
    if partner_id is None:
        return
    partner = patient_of(session, actor, partner_id)
    if partner.id == row.id or partner.partner_id not in (None, row.id):
        raise NotUnderstood(
            "this person cannot be the partner", fix="part them first", place="partner_id"
        )
    partner.partner_id = row.id


def by_name(session: Session, actor: Actor, words: str) -> list[Patient]:
    """The clinic's patients whose name holds all of these words, in any order and case.

    Names are encrypted where they are stored: they are compared in memory, and nowhere else.
    """
    wanted = words.casefold().split()
    rows = session.exec(
        select(Patient).where(Patient.clinic_id == actor.clinic_id).order_by(Patient.id)
    )
    return [row for row in rows if wanted and all(w in row.name.casefold() for w in wanted)]


def by_contact(session: Session, actor: Actor, kind: str, value: str, region: str) -> list[Patient]:
    """The clinic's patients who are reached at exactly this number or address."""
    _, mark = marked(kind, value, region)
    found = select(ContactPoint.patient_id).where(
        ContactPoint.clinic_id == actor.clinic_id, ContactPoint.mark == mark
    )
    rows = session.exec(
        select(Patient)
        .where(Patient.clinic_id == actor.clinic_id, col(Patient.id).in_(found))
        .order_by(Patient.id)
    )
    return list(rows)

"""A patient's records: reaching them, changing them together with what rests on them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from pathways import library
from pathways.protocol import LibraryPathway
from scheduler import audit, gates, locking
from scheduler.acting import STAFF, Actor
from scheduler.care.facts import Facts, facts_of
from scheduler.errors import NotThere, NotYours, WrongMove
from scheduler.protocols import protocol_of
from scheduler.store.tables import Patient


def patient_of(session: Session, actor: Actor, patient_id: str) -> Patient:
    """A patient of the actor's clinic; NotThere where there is none, or none of theirs."""
    row = session.get(Patient, (actor.clinic_id, patient_id))
    if row is None or not actor.may_see(patient_id):
        raise NotThere("there is no such patient")
    return row


def hold_patient(session: Session, actor: Actor, patient_id: str) -> Patient:
    """The same, with them and their partner held until the unit of work ends."""
    row = patient_of(session, actor, patient_id)
    names = [patient_id, *([row.partner_id] if row.partner_id else [])]
    locking.hold(session, actor.clinic_id, patients=names)
    session.refresh(row)
    return row


def facts_about(session: Session, actor: Actor, patient_id: str) -> Facts:
    """What is on record of one patient; NotThere as for `patient_of`."""
    patient_of(session, actor, patient_id)
    return facts_of(session, actor.clinic_id, [patient_id])[patient_id]


def protocol_for(facts: Facts) -> LibraryPathway:
    """The protocol by which a patient is judged: of the enrolment that runs, or of the screening.

    WrongMove where they have neither on a pathway of the library.
    """
    enrolment, screening = facts.active, facts.screening
    found = protocol_of(enrolment) if enrolment else None
    if found is None and screening is not None:
        found = library.load(screening.pathway_id, screening.pathway_version)
    if found is None:
        raise WrongMove(
            "the patient is on no pathway of the library", fix="screen or enrol them for one"
        )
    return found


def refuse_without_role(actor: Actor, roles: Iterable[str], what: str) -> None:
    """NotYours, naming who may, where somebody has none of these roles."""
    named = sorted(set(roles) & STAFF)
    if not actor.roles & set(named):
        raise NotYours(f"{what} takes the role {' or '.join(named)}", fix="ask somebody of it")


def changed(
    session: Session,
    actor: Actor,
    action: str,
    patient_id: str,
    *,
    now: datetime,
    subject: tuple[str, object] | None = None,
    **detail: Any,
) -> None:
    """Write a change of a patient's records down, judge their gates anew, and tell: call it last.

    ``detail`` holds ids and plain values, never a name or free words.
    """
    gates.refresh_patients(session, actor.clinic_id, [patient_id], now=now)
    about = subject or ("patient", patient_id)
    audit.record(session, actor, action, at=now, subject=about, patients=[patient_id], **detail)
    audit.tell(session, actor.clinic_id, "patient", patient_id, at=now, patient_id=patient_id)

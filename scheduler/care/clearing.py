"""Clearances and checks: given by who may, for as long as the protocol says, and revocable."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from pathways.protocol import LibraryPathway
from pathways.service import service_rules
from scheduler import work
from scheduler.acting import Actor
from scheduler.care.facts import Facts
from scheduler.care.records import (
    changed,
    facts_about,
    hold_patient,
    protocol_for,
    refuse_without_role,
)
from scheduler.care.requirements.medicines import DRUG_ON_SITE
from scheduler.care.requirements.screening import signed
from scheduler.care.screening import DOUBT, clearance
from scheduler.errors import NotThere, NotUnderstood, RuleBroken, WrongMove
from scheduler.store.tables import Clearance


def give(
    session: Session, actor: Actor, patient_id: str, kind: str, *, reason: str = "", now: datetime
) -> Clearance:
    """Give a clearance of a kind of the patient's pathway, from today on.

    NotYours where the role may not give it; RuleBroken where the screening forbids the treatment
    (R-04), or has not been answered and signed on what the clearance speaks of (R-03).
    """
    hold_patient(session, actor, patient_id)
    facts = facts_about(session, actor, patient_id)
    protocol = protocol_for(facts)
    known = next((k for k in protocol.clearances if k.id == kind), None)
    if known is None:
        kinds = ", ".join(k.id for k in protocol.clearances)
        raise NotUnderstood(f"there is no clearance {kind!r}", fix=f"one of {kinds}", place="kind")
    refuse_without_role(actor, known.given_by, f"the clearance {kind!r}")
    _refuse_against_screening(actor, facts, protocol, kind)
    row = clearance(actor, facts, known, now=now, reason=reason)
    session.add(row)
    subject = ("clearance", row.id)
    session.flush()
    _settle_doubts(session, actor, protocol, patient_id, kind, now)
    work.settle(session, actor.clinic_id, "clearance-expiring", f"{patient_id}:{kind}", now=now)
    changed(session, actor, "clearance.give", patient_id, now=now, subject=subject, kind=kind)
    return row


def _refuse_against_screening(
    actor: Actor, facts: Facts, protocol: LibraryPathway, kind: str
) -> None:
    items = [item for item in protocol.screening if item.clearance == kind]
    screening = signed(facts)
    if items and screening is None:
        raise RuleBroken("no screening has been signed", fix="screen the patient", rule="R-03")
    for item in items:
        answered = screening.answers.get(item.id) if screening else None
        if item.strength == "advisory" or answered == "no":
            continue
        if item.strength == "absolute" and answered == "yes":
            says = f"{item.id} was answered with yes, and nobody clears that"
            raise RuleBroken(says, fix="decide on another treatment", rule="R-04")
        if answered != "yes":
            says = f"{item.id} is not known"
            raise RuleBroken(says, fix="answer it and sign the screening again", rule="R-03")
        refuse_without_role(actor, item.cleared_by, f"clearing {item.id}")


def _settle_doubts(
    session: Session,
    actor: Actor,
    protocol: LibraryPathway,
    patient_id: str,
    kind: str,
    now: datetime,
) -> None:
    for item in protocol.screening:
        if item.clearance == kind:
            work.settle(session, actor.clinic_id, DOUBT, f"{patient_id}:{item.id}", now=now)


def record_check(
    session: Session,
    actor: Actor,
    patient_id: str,
    check: str,
    *,
    for_day: date | None = None,
    now: datetime,
) -> Clearance:
    """Write down that something was done now: a look at the monitoring programme, a review.

    ``for_day``: the dose day for which it counts, where it counts for one alone. NotYours where
    the role may not do it, NotUnderstood where there is no such check.
    """
    hold_patient(session, actor, patient_id)
    known = service_rules().checks.get(check)
    if known is None:
        names = ", ".join(service_rules().checks)
        raise NotUnderstood(f"there is no check {check!r}", fix=f"one of {names}", place="check")
    refuse_without_role(actor, known.done_by, known.title)
    facts = facts_about(session, actor, patient_id)
    today = facts.house.day(now)
    row = Clearance(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        position=len(facts.clearances),
        kind=check,
        first=for_day or today,
        last=for_day or today,
        obtained_on=today,
        given_at=now,
        given_by=actor.account_id,
    )
    session.add(row)
    subject = ("clearance", row.id)
    if check == DRUG_ON_SITE:
        _drug_has_come(session, facts, row.first, now)
    changed(session, actor, "check.record", patient_id, now=now, subject=subject, kind=check)
    return row


def _drug_has_come(session: Session, facts: Facts, day: date, now: datetime) -> None:
    """Nobody has to chase it any more for the doses of a date."""
    for dose in facts.appointments:
        if dose.is_dose and facts.house.day(dose.start) == day:
            about = ("appointment", [dose.id])
            work.settle_about(session, facts.patient.clinic_id, "N-44", about, now=now)


def revoke(
    session: Session, actor: Actor, clearance_id: UUID, *, reason: str, now: datetime
) -> Clearance:
    """Take a clearance back: what rests on it is gated again in the same unit of work.

    NotYours where the role could not have given it; WrongMove where it was revoked before.
    """
    row = session.get(Clearance, (actor.clinic_id, clearance_id))
    if row is None or not actor.may_see(row.patient_id):
        raise NotThere("there is no such clearance")
    hold_patient(session, actor, row.patient_id)
    session.refresh(row)
    protocol = protocol_for(facts_about(session, actor, row.patient_id))
    roles = {role for k in protocol.clearances if k.id == row.kind for role in k.given_by}
    check = service_rules().checks.get(row.kind)
    refuse_without_role(actor, roles | set(check.done_by if check else ()), "revoking it")
    if row.revoked_at is not None:
        raise WrongMove("the clearance was revoked before", fix="look at it again")
    row.revoked_at, row.revoked_by = now, actor.account_id
    row.reason = f"{row.reason}\n{reason}".strip()
    subject = ("clearance", row.id)
    changed(
        session, actor, "clearance.revoke", row.patient_id, now=now, subject=subject, kind=row.kind
    )
    return row

"""Consents and releases: signed, standing until a date, revocable at any time."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from scheduler.acting import STAFF, Actor
from scheduler.care.facts import Facts
from scheduler.care.records import changed, facts_about, hold_patient, protocol_for
from scheduler.care.requirements.requirement import first_drug
from scheduler.care.screening import clearance
from scheduler.errors import NotThere, NotUnderstood, RuleBroken, WrongMove
from scheduler.protocols import protocol_of
from scheduler.store.tables import Consent

GIVEN = ("checked-in", "fulfilled")
"""A dose in one of these was given, or is being given."""


def sign(  # noqa: PLR0913  (each is a field of the record)
    session: Session,
    actor: Actor,
    patient_id: str,
    kind: str,
    *,
    form_version: str = "",
    expires_on: date | None = None,
    to_whom: str = "",
    scope: tuple[str, ...] = (),
    now: datetime,
) -> Consent:
    """Write down that a patient has signed a form of their pathway, now.

    RuleBroken within the time after a dose in which nothing is signed (R-31); NotUnderstood where
    the pathway has no such form. The clearance that rests on a form follows, where a role that
    gives it has recorded the signature.
    """
    hold_patient(session, actor, patient_id)
    facts = facts_about(session, actor, patient_id)
    protocol = protocol_for(facts)
    if kind not in {form.id for form in protocol.consents}:
        forms = ", ".join(form.id for form in protocol.consents)
        raise NotUnderstood(f"there is no form {kind!r}", fix=f"one of {forms}", place="kind")
    refuse_after_dose(facts, now)
    row = Consent(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        kind=kind,
        form_version=form_version,
        signed_at=now,
        expires_on=expires_on,
        to_whom=to_whom,
        scope=list(scope),
    )
    session.add(row)
    for known in protocol.clearances:
        if known.id == f"{kind}-consent" and actor.roles & set(known.given_by):
            session.add(clearance(actor, facts, known, now=now))
    subject = ("consent", row.id)
    changed(session, actor, "consent.sign", patient_id, now=now, subject=subject, kind=kind)
    return row


def refuse_after_dose(facts: Facts, now: datetime) -> None:
    """RuleBroken (R-31) so long after a dose as the protocol lets nobody sign anything."""
    for dose in facts.standing:
        enrolment = facts.enrolment_of(dose)
        protocol = protocol_of(enrolment) if enrolment else None
        if protocol is None or not dose.is_dose or dose.status not in GIVEN:
            continue
        until = first_drug(protocol, dose) + protocol.no_driving.no_decisions
        if now < until:
            clock = until.astimezone(facts.house.zone).strftime("%a %d %b %H:%M")
            says = "nothing is signed so soon after a dose"
            raise RuleBroken(says, fix=f"sign it from {clock} on", rule="R-31")


def revoke(session: Session, actor: Actor, consent_id: UUID, *, now: datetime) -> Consent:
    """Take a consent back, by the patient or somebody for them; what rests on it is gated again."""
    row = session.get(Consent, (actor.clinic_id, consent_id))
    if row is None or not actor.may_see(row.patient_id) or not actor.roles & (STAFF | {"patient"}):
        raise NotThere("there is no such consent")
    hold_patient(session, actor, row.patient_id)
    if row.revoked_at is not None:
        raise WrongMove("the consent was revoked before", fix="look at it again")
    row.revoked_at = now
    facts = facts_about(session, actor, row.patient_id)
    for resting in facts.given(f"{row.kind}-consent"):
        resting.revoked_at, resting.revoked_by = now, actor.account_id
    subject = ("consent", row.id)
    changed(
        session, actor, "consent.revoke", row.patient_id, now=now, subject=subject, kind=row.kind
    )
    return row

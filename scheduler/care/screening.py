"""The screening checklist: answered item by item, signed by a clinician, and what follows."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from pathways import library
from pathways.protocol import LibraryPathway
from pathways.protocol.care import ClearanceKind
from scheduler import work
from scheduler.acting import Actor
from scheduler.care.facts import Facts
from scheduler.care.records import changed, facts_about, hold_patient, refuse_without_role
from scheduler.care.requirements.screening import found, unanswered
from scheduler.errors import NotThere, NotUnderstood, WrongMove
from scheduler.store.tables import Clearance, Screening
from scheduler.work import Wanted

ANSWERS = ("yes", "no", "unknown")
FORBIDDEN = "contraindication"
DOUBT = "screening-doubt"


def loaded(pathway: str, version: str) -> LibraryPathway:
    """A pathway of the library; NotUnderstood where it has none such."""
    try:
        return library.load(pathway, version)
    except library.UnknownPathway as error:
        raise NotUnderstood(str(error), place="pathway") from None


def answer(
    session: Session,
    actor: Actor,
    patient_id: str,
    pathway: tuple[str, str],
    answers: Mapping[str, str],
    *,
    now: datetime,
) -> Screening:
    """Write a screening down for a pathway (id and version); it counts once it is signed.

    NotUnderstood for an item that the checklist does not have, or an answer that is none.
    """
    hold_patient(session, actor, patient_id)
    protocol = loaded(*pathway)
    items = {item.id for item in protocol.screening}
    wrong = sorted(k for k, v in answers.items() if k not in items or v not in ANSWERS)
    if wrong:
        raise NotUnderstood(
            f"the checklist does not take these: {', '.join(wrong)}",
            fix=f"answer its items with {', '.join(ANSWERS)}",
            place=f"answers.{wrong[0]}",
        )
    row = Screening(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        pathway_id=protocol.id,
        pathway_version=protocol.version,
        answers={item.id: answers.get(item.id, "unknown") for item in protocol.screening},
        made_at=now,
        made_by=actor.account_id,
    )
    session.add(row)
    changed(session, actor, "screening.answer", patient_id, now=now, subject=("screening", row.id))
    return row


def signers(protocol: LibraryPathway) -> frozenset[str]:
    """Who may sign: whoever gives the clearances of which an absolute item speaks."""
    kinds = {item.clearance for item in protocol.screening if item.strength == "absolute"}
    return frozenset(
        role for kind in protocol.clearances if kind.id in kinds for role in kind.given_by
    )


def sign(session: Session, actor: Actor, screening_id: UUID, *, now: datetime) -> Screening:
    """Sign a screening: what it rules out is cleared, what it finds is held or asked about.

    Clearances follow for each kind of which every item was answered with no (an advisory yes is
    written down and looked at), where the signer may give them.
    """
    row = session.get(Screening, (actor.clinic_id, screening_id))
    if row is None or not actor.may_see(row.patient_id):
        raise NotThere("there is no such screening")
    hold_patient(session, actor, row.patient_id)
    protocol = loaded(row.pathway_id, row.pathway_version)
    refuse_without_role(actor, signers(protocol), "signing a screening")
    facts = facts_about(session, actor, row.patient_id)
    if row.signed_at is not None or facts.screening is not row:
        raise WrongMove("it is signed, or a later one has taken its place", fix="look again")
    row.signed_at, row.signed_by = now, actor.account_id
    cleared = [kind for kind in protocol.clearances if _follows(protocol, row, kind, actor)]
    for kind in cleared:
        session.add(clearance(actor, facts, kind, now=now))
    session.flush()
    _ask_about(session, actor, facts, protocol, now)
    changed(
        session,
        actor,
        "screening.sign",
        row.patient_id,
        now=now,
        subject=("screening", row.id),
        cleared=[kind.id for kind in cleared],
    )
    return row


def _follows(protocol: LibraryPathway, row: Screening, kind: ClearanceKind, actor: Actor) -> bool:
    asked = [
        item
        for item in protocol.screening
        if item.clearance == kind.id and item.strength != "advisory"
    ]
    ruled_out = all(row.answers.get(item.id) == "no" for item in asked)
    return bool(asked) and ruled_out and bool(actor.roles & set(kind.given_by))


def clearance(
    actor: Actor, facts: Facts, kind: ClearanceKind, *, now: datetime, reason: str = ""
) -> Clearance:
    """A clearance of a kind, obtained today, for as long as the protocol lets it hold."""
    today = facts.house.day(now)
    return Clearance(
        clinic_id=actor.clinic_id,
        patient_id=facts.patient.id,
        position=len(facts.clearances),
        kind=kind.id,
        first=today,
        last=today + timedelta(days=kind.valid_days),
        obtained_on=today,
        given_at=now,
        given_by=actor.account_id,
        reason=reason,
    )


def _ask_about(
    session: Session, actor: Actor, facts: Facts, protocol: LibraryPathway, now: datetime
) -> None:
    row, patient = facts.screening, facts.patient.id
    assert row is not None, "the one that was just signed"  # noqa: S101  (says why mypy may rest)
    due = facts.house.end_of(facts.house.day(now))
    if found(protocol, row, "absolute"):
        says = "the screening found what forbids the treatment: every dose is held"
        wanted = Wanted(FORBIDDEN, "prescriber", due, says, patient_id=patient, rule="R-04")
        work.open_task(session, actor.clinic_id, wanted, now=now)
    else:
        work.settle(session, actor.clinic_id, FORBIDDEN, patient, now=now)
    for item in found(protocol, row, "relative"):
        wanted = Wanted(
            DOUBT,
            item.cleared_by[0],
            due,
            f"{item.id} was answered with yes: clear it, or not",
            key=f"{patient}:{item.id}",
            patient_id=patient,
            rule="R-04",
        )
        work.open_task(session, actor.clinic_id, wanted, now=now)
    if missing := unanswered(protocol, row):
        says = f"{len(missing)} items of the screening are not known"
        wanted = Wanted("screening-unknown", "nurse", due, says, patient_id=patient, rule="R-03")
        work.open_task(session, actor.clinic_id, wanted, now=now)

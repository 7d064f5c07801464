"""Enrolments: begun, paused, ended, and the level of care on which somebody is."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, get_args
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import Session, col, select

from pathways.faults import BadDocument, faults_of
from pathways.levels import levels
from pathways.protocol import LibraryPathway
from pathways.protocol.course import LevelId
from pathways.scenario import Patient as ScenarioPatient
from scheduler.acting import Actor
from scheduler.care.facts import Facts
from scheduler.care.records import changed, facts_about, hold_patient, refuse_without_role
from scheduler.care.requirements.requirement import level_in
from scheduler.care.requirements.screening import found, signed
from scheduler.care.screening import loaded
from scheduler.errors import NotThere, NotUnderstood, RuleBroken, WrongMove
from scheduler.reminders import keeping
from scheduler.store.tables import ClinicPathway, Enrolment

MOVES: Final[dict[str, frozenset[str]]] = {
    "active": frozenset({"onhold", "finished", "cancelled"}),
    "onhold": frozenset({"active", "finished", "cancelled"}),
    "finished": frozenset(),
    "cancelled": frozenset(),
}
"""From each status of an enrolment, a code of EpisodeOfCare, where it may go."""

RUNS = ("active", "onhold")
MAY_CHANGE_LEVEL = ("prescriber", "therapist", "clinical director", "programme director")


def enrol(
    session: Session,
    actor: Actor,
    patient_id: str,
    pathway: tuple[str, str],
    start: date,
    available: dict[str, Any],
    *,
    now: datetime,
    **more: Any,
) -> Enrolment:
    """Enrol a patient on a pathway of the library (id and version), from a start date on.

    ``available`` and ``more`` (``unavailable``, ``preferred``, ``rides``, ``groups``) are the
    contract's, as plain data: BadDocument names every fault. WrongMove where an enrolment runs
    already; RuleBroken (R-04) where the screening forbids the treatment, and NotYours where a
    pathway that a prescriber starts is started by somebody else.
    """
    hold_patient(session, actor, patient_id)
    protocol = loaded(*pathway)
    facts = facts_about(session, actor, patient_id)
    _refuse(actor, facts, protocol)
    document = {"id": patient_id, "pathway": protocol.id, "start": start.isoformat()}
    data = _whole({**document, "available": available, **more})
    row = Enrolment(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        pathway_id=protocol.id,
        pathway_version=protocol.version,
        start=start,
        created_by=actor.account_id,
        **{key: data[key] for key in _KEPT},
    )
    session.add(row)
    _offer(session, actor, protocol)
    subject = ("enrolment", row.id)
    keeping.refresh_enrolments(session, actor.clinic_id, [row.id], now=now)
    changed(
        session, actor, "enrolment.begin", patient_id, now=now, subject=subject, pathway=protocol.id
    )
    return row


_KEPT = ("available", "unavailable", "preferred", "rides", "groups", "settled", "history")


def _refuse(actor: Actor, facts: Facts, protocol: LibraryPathway) -> None:
    if any(e.status in RUNS for e in facts.enrolments):
        raise WrongMove("an enrolment of this patient runs already", fix="end it first")
    if protocol.started_by == "prescriber":
        refuse_without_role(actor, ["prescriber"], f"starting {protocol.title!r}")
    screening = signed(facts)
    forbidden = found(protocol, screening, "absolute") if screening else []
    if forbidden:
        says = f"the screening forbids the treatment: {', '.join(i.id for i in forbidden)}"
        raise RuleBroken(says, fix="decide on another treatment", rule="R-04")
    if protocol.couples is not None and facts.partner is None:
        says = "this pathway is for couples and the patient has no partner here"
        raise RuleBroken(says, fix="record the partner first", rule="R-38")


def _whole(document: dict[str, Any]) -> dict[str, Any]:
    """What the contract makes of a patient's document; BadDocument with every fault."""
    try:
        record = ScenarioPatient.model_validate(document)
    except ValidationError as error:
        raise BadDocument(
            [
                fault
                for entry in error.errors()
                for fault in faults_of(entry, ".".join(map(str, entry["loc"])))
            ]
        ) from None
    data: dict[str, Any] = record.model_dump(mode="json", by_alias=True)
    return data


def _offer(session: Session, actor: Actor, protocol: LibraryPathway) -> None:
    """See to it that the clinic's list of pathways has the one on which somebody now is."""
    if session.get(ClinicPathway, (actor.clinic_id, protocol.id)) is None:
        row = ClinicPathway(clinic_id=actor.clinic_id, id=protocol.id, version=protocol.version)
        session.add(row)


def enrolment_of(session: Session, actor: Actor, enrolment_id: UUID) -> Enrolment:
    """An enrolment, with its patient held; NotThere where there is none, or none of theirs."""
    row = session.get(Enrolment, (actor.clinic_id, enrolment_id))
    if row is None or not actor.may_see(row.patient_id):
        raise NotThere("there is no such enrolment")
    hold_patient(session, actor, row.patient_id)
    session.refresh(row)
    return row


def move(
    session: Session,
    actor: Actor,
    enrolment_id: UUID,
    to: str,
    *,
    is_current: Callable[[int], None],
    now: datetime,
) -> Enrolment:
    """Pause an enrolment, take it up again or end it; WrongMove where that cannot follow.

    ``is_current`` refuses the version that is stored, where somebody else was faster.
    """
    row = enrolment_of(session, actor, enrolment_id)
    is_current(row.version)
    if to not in MOVES[row.status]:
        may = " or ".join(sorted(MOVES[row.status])) or "nothing any more"
        raise WrongMove(f"an enrolment that is {row.status} becomes {may}, not {to}")
    row.status, row.version = to, row.version + 1
    row.ended_at = now if not MOVES[to] else None
    subject = ("enrolment", row.id)
    keeping.refresh_enrolments(session, actor.clinic_id, [row.id], now=now)
    changed(session, actor, "enrolment.move", row.patient_id, now=now, subject=subject, status=to)
    return row


def change_level(
    session: Session, actor: Actor, enrolment_id: UUID, to: str, *, today: date, now: datetime
) -> Enrolment:
    """Put somebody on another level of care, up or down the ladder by a clinician's decision.

    The same level again is a review that leaves it. NotUnderstood where there is no such level,
    WrongMove where the ladder does not lead there from the present one.
    """
    refuse_without_role(actor, MAY_CHANGE_LEVEL, "deciding on the level of care")
    row = enrolment_of(session, actor, enrolment_id)
    protocol = loaded(row.pathway_id, row.pathway_version)
    present = level_in(protocol, row.level, (today - row.start).days // 7 + 1)
    if to not in get_args(LevelId):
        known = ", ".join(get_args(LevelId))
        raise NotUnderstood(f"there is no level {to!r}", fix=f"one of {known}", place="level")
    level = levels()[present]
    if to != present and to not in (*level.down, *level.up):
        leads = ", ".join((*level.down, *level.up))
        raise WrongMove(f"{level.title} leads to {leads}", fix="choose one of them")
    row.level, row.level_reviewed_on = to, today
    row.version += 1
    subject = ("enrolment", row.id)
    keeping.refresh_enrolments(session, actor.clinic_id, [row.id], now=now)
    changed(
        session,
        actor,
        "enrolment.level",
        row.patient_id,
        now=now,
        subject=subject,
        old=present,
        new=to,
    )
    return row


def running(session: Session, clinic_id: str) -> list[Enrolment]:
    """The clinic's enrolments that are active, by patient."""
    return list(
        session.exec(
            select(Enrolment)
            .where(Enrolment.clinic_id == clinic_id, Enrolment.status == "active")
            .order_by(col(Enrolment.patient_id))
        )
    )

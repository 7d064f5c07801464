"""Setting a gate aside: by whom, why, until when; written down for ever, seen by everybody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session, col, select

from scheduler import audit, work
from scheduler.acting import STAFF, Actor
from scheduler.care.facts import patients_of
from scheduler.care.records import hold_patient
from scheduler.errors import NotThere, NotUnderstood, NotYours, RuleBroken, WrongMove
from scheduler.store.tables import Appointment, Gate, Override
from scheduler.work import Wanted

ReasonCode = Literal["clinical-need", "done-elsewhere", "payer-agreed", "patient-asked", "other"]
REQUESTED = "override-requested"


def request(
    session: Session,
    actor: Actor,
    gate_id: UUID,
    *,
    reason_code: ReasonCode,
    reason: str,
    expires_at: datetime,
    now: datetime,
) -> Override:
    """Ask for an open gate to be set aside, for one appointment and until an instant.

    A warning is set aside by one person of the role, at once. A gate waits for somebody else of
    the role. RuleBroken where nobody may set it aside; NotYours where the role is another's.
    """
    gate = session.get(Gate, (actor.clinic_id, gate_id))
    if gate is None or gate.closed_at is not None or actor.is_patient:
        raise NotThere("there is no such open gate")
    patients = _held(session, actor, gate.appointment_id)
    if not gate.roles:
        raise RuleBroken(f"nobody sets {gate.rule} aside", fix=gate.fix, rule=gate.rule)
    if expires_at <= now:
        raise NotUnderstood("it would have ended already", fix="a later time", place="expires_at")
    is_soft = gate.strength == "soft"
    mine = sorted(actor.roles & set(gate.roles))
    if actor.account_id is None or (is_soft and not mine):
        raise NotYours(f"this takes the role {' or '.join(gate.roles)}", fix="ask them")
    row = Override(
        clinic_id=actor.clinic_id,
        appointment_id=gate.appointment_id,
        rule=gate.rule,
        about=gate.about,
        strength=gate.strength,
        reason_code=reason_code,
        reason=reason,
        requested_by=actor.account_id,
        requested_role=(mine or sorted(actor.roles & STAFF))[0],
        requested_at=now,
        approved_by=actor.account_id if is_soft else None,
        approved_role=mine[0] if is_soft else None,
        approved_at=now if is_soft else None,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    _record(session, actor, row, "override.request", patients, now)
    if not is_soft:
        _ask(session, actor, gate, row, patients, now)
    _tell(session, row, patients, now)
    return row


def _ask(
    session: Session, actor: Actor, gate: Gate, row: Override, patients: list[str], now: datetime
) -> None:
    appointment = session.get_one(Appointment, (actor.clinic_id, gate.appointment_id))
    missing = [role for role in gate.roles if role != row.requested_role] or list(gate.roles)
    wanted = Wanted(
        REQUESTED,
        missing[0],
        max(now, min(appointment.start, row.expires_at)),
        f"somebody asks to set {gate.rule} aside: {gate.says}",
        subject=("override", row.id),
        patient_id=patients[0],
        rule=gate.rule,
    )
    work.open_task(session, actor.clinic_id, wanted, now=now)


def approve(session: Session, actor: Actor, override_id: UUID, *, now: datetime) -> Override:
    """Approve what somebody else has asked for.

    NotYours for the one who asked, and where the two of them lack a role that the rule names;
    WrongMove where it is decided or has ended.
    """
    row, patients = _override(session, actor, override_id)
    gate = _gate(session, row)
    if row.approved_at is not None or row.revoked_at is not None or row.expires_at <= now:
        raise WrongMove("this is decided, or its time is over", fix="ask again")
    if actor.account_id is None or actor.account_id == row.requested_by:
        raise NotYours("somebody else than the one who asked approves", fix="ask them")
    roles = list(gate.roles) if gate else []
    mine = sorted(actor.roles & set(roles))
    if not mine or (len(roles) > 1 and set(roles) - set(mine) - {row.requested_role}):
        raise NotYours(f"this takes the roles {' and '.join(roles)} together", fix="ask them")
    row.approved_by, row.approved_role, row.approved_at = actor.account_id, mine[0], now
    _record(session, actor, row, "override.approve", patients, now)
    work.settle(session, actor.clinic_id, REQUESTED, str(row.id), now=now)
    _tell(session, row, patients, now)
    return row


def revoke(session: Session, actor: Actor, override_id: UUID, *, now: datetime) -> Override:
    """Take an override back, or refuse what was asked for: by who asked, or the rule's role."""
    row, patients = _override(session, actor, override_id)
    gate = _gate(session, row)
    if row.revoked_at is not None:
        raise WrongMove("this was revoked before", fix="look at it again")
    if actor.account_id != row.requested_by and not actor.roles & set(gate.roles if gate else ()):
        raise NotYours("only who asked, or the role that approves, takes it back")
    row.revoked_at = now
    _record(session, actor, row, "override.revoke", patients, now)
    work.settle(session, actor.clinic_id, REQUESTED, str(row.id), now=now)
    _tell(session, row, patients, now)
    return row


def overrides_of(session: Session, clinic_id: str, appointment_id: UUID) -> Sequence[Override]:
    """Everything that was ever asked to be set aside for an appointment, the oldest first."""
    return session.exec(
        select(Override)
        .where(Override.clinic_id == clinic_id, Override.appointment_id == appointment_id)
        .order_by(col(Override.requested_at), col(Override.id))
    ).all()


def _override(session: Session, actor: Actor, override_id: UUID) -> tuple[Override, list[str]]:
    row = session.get(Override, (actor.clinic_id, override_id))
    if row is None or actor.is_patient:
        raise NotThere("there is no such override")
    patients = _held(session, actor, row.appointment_id)
    session.refresh(row)
    return row, patients


def _held(session: Session, actor: Actor, appointment_id: UUID) -> list[str]:
    patients = patients_of(session, actor.clinic_id, [appointment_id])[appointment_id]
    for name in sorted(patients):
        hold_patient(session, actor, name)
    return patients


def _gate(session: Session, row: Override) -> Gate | None:
    return session.exec(
        select(Gate).where(
            Gate.clinic_id == row.clinic_id,
            Gate.appointment_id == row.appointment_id,
            Gate.rule == row.rule,
            Gate.about == row.about,
        )
    ).first()


def _record(
    session: Session,
    actor: Actor,
    row: Override,
    action: str,
    patients: list[str],
    now: datetime,
) -> None:
    audit.record(
        session,
        actor,
        action,
        at=now,
        subject=("override", row.id),
        patients=patients,
        rule=row.rule,
        about=row.about,
        reason_code=row.reason_code,
        expires_at=row.expires_at.isoformat(),
    )


def _tell(session: Session, row: Override, patients: list[str], now: datetime) -> None:
    patient = patients[0] if patients else None
    audit.tell(
        session, row.clinic_id, "appointment", row.appointment_id, at=now, patient_id=patient
    )

"""Gates of an appointment, and setting them aside."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, Field
from sqlmodel import col, select

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.routes.documents import Sent, Shown
from scheduler import gates
from scheduler.care import facts, overriding
from scheduler.care.overriding import ReasonCode
from scheduler.care.patients import Words
from scheduler.errors import NotThere, NotYours
from scheduler.store.tables import Gate

router = APIRouter(tags=["gates"])


class GateShown(Sent):
    """A gate: what must be done, by whom it can be set aside, and until when it is."""

    id: UUID
    rule: str
    about: str
    strength: str
    roles: list[str]
    says: str
    fix: str
    opened_at: datetime
    closed_at: datetime | None
    set_aside_until: datetime | None


class OverrideAsked(Sent):
    """Why a gate is to be set aside, and until when."""

    reason_code: ReasonCode
    reason: Words = Field(min_length=1)
    expires_at: AwareDatetime


class OverrideShown(Shown):
    """A gate that somebody asked to set aside, and who approved."""

    id: UUID
    appointment_id: UUID
    rule: str
    about: str
    strength: str
    reason_code: str
    requested_by: UUID
    requested_role: str
    requested_at: datetime
    approved_by: UUID | None
    approved_role: str | None
    approved_at: datetime | None
    expires_at: datetime
    revoked_at: datetime | None


@router.get("/appointments/{appointment_id}/gates")
def read_gates(
    appointment_id: UUID, request: Request, session: Reading, actor: Here, now: Now
) -> list[GateShown]:
    """The gates of an appointment, open ones first, with what is set aside until when."""
    patients = facts.patients_of(session, actor.clinic_id, [appointment_id]).get(appointment_id)
    if not patients or (actor.is_patient and actor.patient_id not in patients):
        raise NotThere("there is no such appointment")
    has_read(request, *patients)
    rows = session.exec(
        select(Gate)
        .where(Gate.clinic_id == actor.clinic_id, Gate.appointment_id == appointment_id)
        .order_by(col(Gate.closed_at).is_not(None), Gate.rule, Gate.about)
    ).all()
    aside = gates.overrides_in_force(session, actor.clinic_id, [appointment_id], now=now)
    return [
        GateShown(
            **gate.model_dump(exclude={"clinic_id", "appointment_id", "closed_how"}),
            set_aside_until=max(
                (one.expires_at for one in aside if gates.sets_aside(one, gate)), default=None
            ),
        )
        for gate in rows
    ]


@router.get("/appointments/{appointment_id}/overrides")
def read_overrides(
    appointment_id: UUID, request: Request, session: Reading, actor: Here
) -> list[OverrideShown]:
    """Everything that was ever asked to be set aside for an appointment."""
    patients = facts.patients_of(session, actor.clinic_id, [appointment_id]).get(appointment_id)
    if not patients:
        raise NotThere("there is no such appointment")
    has_read(request, *patients)
    rows = overriding.overrides_of(session, actor.clinic_id, appointment_id)
    return [OverrideShown.model_validate(row) for row in rows]


@router.post("/gates/{gate_id}/overrides", status_code=201)
def request_override(
    gate_id: UUID, asked: OverrideAsked, request: Request, session: Writing, actor: Here, now: Now
) -> OverrideShown:
    """Ask for a gate to be set aside; a warning is at once, by one person of the role."""
    _by_a_person(request)
    row = overriding.request(session, actor, gate_id, **asked.model_dump(), now=now)
    return OverrideShown.model_validate(row)


@router.post("/overrides/{override_id}/approve")
def approve_override(
    override_id: UUID, request: Request, session: Writing, actor: Here, now: Now
) -> OverrideShown:
    """Approve what somebody else has asked for."""
    _by_a_person(request)
    return OverrideShown.model_validate(overriding.approve(session, actor, override_id, now=now))


@router.post("/overrides/{override_id}/revoke")
def revoke_override(
    override_id: UUID, request: Request, session: Writing, actor: Here, now: Now
) -> OverrideShown:
    """Take an override back, or refuse what was asked for."""
    _by_a_person(request)
    return OverrideShown.model_validate(overriding.revoke(session, actor, override_id, now=now))


def _by_a_person(request: Request) -> None:
    """NotYours for a machine's key: a rule is set aside by people who are signed in."""
    if request.state.sign_in is None:
        raise NotYours("a rule is set aside by a person, not by a machine's key", fix="sign in")

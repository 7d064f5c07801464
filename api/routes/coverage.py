"""Insurance: cover verified, units approved, used and planned, private agreements."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.routes.documents import Sent, Shown
from scheduler.care import insurance, records
from scheduler.care.insurance import Approved
from scheduler.care.patients import Name, Short
from scheduler.care.units import Usage

router = APIRouter(tags=["coverage"])


class Verified(Sent):
    """That cover was verified now."""

    payer: Name
    member_number: str = Field(default="", max_length=80)
    plan_year_ends: date | None = None


class VerifiedShown(Shown):
    """When cover was verified, with whom."""

    id: UUID
    payer: str
    verified_at: datetime
    plan_year_ends: date | None


class NewCoverage(Sent):
    """Which insurance a patient has from ``first`` on, as they say."""

    payer: Name
    member_number: str = Field(default="", max_length=80)
    group_number: str = Field(default="", max_length=80)
    first: date


class CoverageChangeShown(Shown):
    """What a patient has told of their insurance, and when."""

    id: UUID
    payer: str
    member_number: str
    group_number: str
    first: date
    told_at: datetime


class Agreed(Sent):
    """A signed agreement to pay privately; without services, for all of them."""

    services: list[Short] = Field(default_factory=list, max_length=50)
    ends_on: date | None = None


class AgreedShown(Shown):
    """A signed agreement to pay privately."""

    id: UUID
    services: list[str]
    signed_at: datetime
    ends_on: date | None


class NewAuthorization(Sent):
    """So many units of a service, on dates that are both included."""

    service: Short
    units: int = Field(ge=1, le=10_000)
    unit: Literal["sessions", "days", "hours", "devices"] = "sessions"
    first: date
    last: date
    payer: str = Field(default="", max_length=200)
    reference: str = Field(default="", max_length=200)
    review_on: date | None = None


class AuthorizationShown(Shown):
    """What a payer has approved."""

    id: UUID
    service: str
    units: int
    unit: str
    first: date
    last: date
    payer: str
    review_on: date | None


class UsageShown(Sent):
    """Units used by what took place, planned by what stands, and left of an authorization."""

    authorization: AuthorizationShown
    used: float
    planned: float
    left: float
    renew_from: date


class AtRisk(Sent):
    """An appointment for which no unit is left."""

    appointment: UUID
    activity: str
    start: datetime


class CoverageShown(Sent):
    """Who pays for a patient's care, and what nobody pays for yet."""

    verified: list[VerifiedShown]
    verified_until: date | None
    agreements: list[AgreedShown]
    usage: list[UsageShown]
    at_risk: list[AtRisk]


@router.get("/patients/{patient_id}/coverage")
def read_coverage(
    patient_id: str, request: Request, session: Reading, actor: Here, now: Now
) -> CoverageShown:
    """Cover, units and what is at risk."""
    facts = records.facts_about(session, actor, patient_id)
    has_read(request, patient_id)
    protocol = records.protocol_for(facts)
    today = facts.house.day(now)
    lost = insurance.not_covered(protocol, facts)
    return CoverageShown(
        verified=[VerifiedShown.model_validate(row) for row in facts.coverages],
        verified_until=insurance.verify_again_on(facts),
        agreements=[AgreedShown.model_validate(row) for row in facts.agreements],
        usage=[
            _usage(one, insurance.renew_from(protocol, one, today))
            for one in insurance.usages(protocol, facts)
        ],
        at_risk=[AtRisk(appointment=a.id, activity=a.activity, start=a.start) for a in lost],
    )


def _usage(usage: Usage, renew_from: date) -> UsageShown:
    return UsageShown(
        authorization=AuthorizationShown.model_validate(usage.authorization),
        used=float(usage.used),
        planned=float(usage.planned),
        left=float(usage.left),
        renew_from=renew_from,
    )


@router.post("/patients/{patient_id}/coverage", status_code=201)
def verify_coverage(
    patient_id: str, verified: Verified, session: Writing, actor: Here, now: Now
) -> VerifiedShown:
    """Write down that cover was verified now."""
    row = insurance.verify(session, actor, patient_id, **verified.model_dump(), now=now)
    return VerifiedShown.model_validate(row)


@router.get("/patients/{patient_id}/coverage/changes")
def read_coverage_changes(
    patient_id: str, request: Request, session: Reading, actor: Here
) -> list[CoverageChangeShown]:
    """What a patient has told of their insurance, the latest first; nobody has checked it."""
    has_read(request, patient_id)
    rows = insurance.changes_of(session, actor, patient_id)
    return [CoverageChangeShown.model_validate(row) for row in rows]


@router.post("/patients/{patient_id}/coverage/changes", status_code=201)
def tell_coverage_change(
    patient_id: str, new: NewCoverage, session: Writing, actor: Here, now: Now
) -> CoverageChangeShown:
    """Say which insurance a patient has from a date on: billing is asked to verify it."""
    told = insurance.Told(**new.model_dump())
    row = insurance.tell_change(session, actor, patient_id, told, now=now)
    return CoverageChangeShown.model_validate(row)


@router.post("/patients/{patient_id}/private-pay", status_code=201)
def agree_on_private_pay(
    patient_id: str, agreed: Agreed, session: Writing, actor: Here, now: Now
) -> AgreedShown:
    """Write down a signed agreement to pay privately."""
    row = insurance.agree_private(
        session, actor, patient_id, agreed.services, ends_on=agreed.ends_on, now=now
    )
    return AgreedShown.model_validate(row)


@router.post("/patients/{patient_id}/authorizations", status_code=201)
def add_authorization(
    patient_id: str, new: NewAuthorization, session: Writing, actor: Here, now: Now
) -> AuthorizationShown:
    """Write down what a payer has approved."""
    approved = Approved(**new.model_dump())
    row = insurance.authorize(session, actor, patient_id, approved, now=now)
    return AuthorizationShown.model_validate(row)

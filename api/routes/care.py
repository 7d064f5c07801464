"""Who may be treated: screening, clearances, checks and consents."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.routes.documents import Sent, Shown
from pathways.protocol.care import ScreeningItem
from scheduler.care import clearing, consenting, records, screening
from scheduler.care.patients import Short, Words

router = APIRouter(tags=["care"])


class Answered(Sent):
    """The checklist of a pathway of the library; an item that is left out is unknown."""

    pathway: Short
    version: Short
    answers: dict[Short, Literal["yes", "no", "unknown"]] = Field(max_length=200)


class ScreeningShown(Shown):
    """A screening; it counts once it is signed, and until a later one."""

    id: UUID
    pathway_id: str
    pathway_version: str
    answers: dict[str, str]
    made_at: datetime
    signed_at: datetime | None


class ItemShown(Shown):
    """A question of the checklist, and what a yes means."""

    id: str
    question: str
    strength: str
    clearance: str
    asked: str
    cleared_by: tuple[str, ...]


class Given(Sent):
    """A clearance that is given today."""

    kind: Short
    reason: Words = ""


class Checked(Sent):
    """Something that was done now; ``for_day``: the dose day for which alone it counts."""

    check: Short
    for_day: date | None = None


class Why(Sent):
    """Why it is taken back."""

    reason: Words = Field(min_length=1)


class ClearanceShown(Shown):
    """A clearance or check, on dates that are both included."""

    id: UUID
    kind: str
    first: date
    last: date
    given_at: datetime | None
    given_by: UUID | None
    reason: str
    revoked_at: datetime | None


class Signature(Sent):
    """A form that was signed now; ``to_whom`` and ``scope`` for a release to a third person."""

    kind: Short
    form_version: str = Field(default="", max_length=80)
    expires_on: date | None = None
    to_whom: str = Field(default="", max_length=200)
    scope: tuple[Short, ...] = Field(default=(), max_length=20)


class ConsentShown(Shown):
    """A consent or release."""

    id: UUID
    kind: str
    form_version: str
    signed_at: datetime
    expires_on: date | None
    revoked_at: datetime | None
    to_whom: str
    scope: list[str]


class CareShown(Sent):
    """What a patient's treatment rests on."""

    screenings: list[ScreeningShown]
    clearances: list[ClearanceShown]
    consents: list[ConsentShown]


@router.get("/library/{pathway}/{version}/screening")
def read_checklist(pathway: str, version: str, _actor: Here) -> list[ItemShown]:
    """The screening checklist of a pathway of the library."""
    items: tuple[ScreeningItem, ...] = screening.loaded(pathway, version).screening
    return [ItemShown.model_validate(item) for item in items]


@router.get("/patients/{patient_id}/care")
def read_care(patient_id: str, request: Request, session: Reading, actor: Here) -> CareShown:
    """Screenings, clearances, checks and consents of a patient, the first first."""
    facts = records.facts_about(session, actor, patient_id)
    has_read(request, patient_id)
    return CareShown(
        screenings=[ScreeningShown.model_validate(row) for row in facts.screenings],
        clearances=[ClearanceShown.model_validate(row) for row in facts.clearances],
        consents=[ConsentShown.model_validate(row) for row in facts.consents],
    )


@router.post("/patients/{patient_id}/screenings", status_code=201)
def answer_screening(
    patient_id: str, sent: Answered, session: Writing, actor: Here, now: Now
) -> ScreeningShown:
    """Write a screening down."""
    pathway = (sent.pathway, sent.version)
    row = screening.answer(session, actor, patient_id, pathway, sent.answers, now=now)
    return ScreeningShown.model_validate(row)


@router.post("/screenings/{screening_id}/sign")
def sign_screening(screening_id: UUID, session: Writing, actor: Here, now: Now) -> ScreeningShown:
    """Sign a screening: clearances follow from what it rules out."""
    return ScreeningShown.model_validate(screening.sign(session, actor, screening_id, now=now))


@router.post("/patients/{patient_id}/clearances", status_code=201)
def give_clearance(
    patient_id: str, given: Given, session: Writing, actor: Here, now: Now
) -> ClearanceShown:
    """Give a clearance, for as long as the pathway lets it hold."""
    row = clearing.give(session, actor, patient_id, given.kind, reason=given.reason, now=now)
    return ClearanceShown.model_validate(row)


@router.post("/clearances/{clearance_id}/revoke")
def revoke_clearance(
    clearance_id: UUID, why: Why, session: Writing, actor: Here, now: Now
) -> ClearanceShown:
    """Take a clearance back; doses that rest on it are gated at once."""
    row = clearing.revoke(session, actor, clearance_id, reason=why.reason, now=now)
    return ClearanceShown.model_validate(row)


@router.post("/patients/{patient_id}/checks", status_code=201)
def record_check(
    patient_id: str, checked: Checked, session: Writing, actor: Here, now: Now
) -> ClearanceShown:
    """Write down a look at the monitoring programme, a review of medicines, the drug's arrival."""
    row = clearing.record_check(
        session, actor, patient_id, checked.check, for_day=checked.for_day, now=now
    )
    return ClearanceShown.model_validate(row)


@router.post("/patients/{patient_id}/consents", status_code=201)
def sign_consent(
    patient_id: str, signature: Signature, session: Writing, actor: Here, now: Now
) -> ConsentShown:
    """Write down that the patient has signed a form."""
    row = consenting.sign(session, actor, patient_id, **signature.model_dump(), now=now)
    return ConsentShown.model_validate(row)


@router.post("/consents/{consent_id}/revoke")
def revoke_consent(consent_id: UUID, session: Writing, actor: Here, now: Now) -> ConsentShown:
    """Take a consent back."""
    return ConsentShown.model_validate(consenting.revoke(session, actor, consent_id, now=now))

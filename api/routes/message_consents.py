"""Which messages a patient takes: by which channel, what for, how many; given and taken back."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.routes.documents import Sent, Shown
from scheduler.reminders import consent
from scheduler.reminders.catalogue import Purpose
from scheduler.reminders.consent import Agreed, CapsAgreed, Channel

router = APIRouter(tags=["reminders"])


class NewMessageConsent(Sent):
    """What a patient agrees to. ``caps``: ``more`` where they take more messages than usual."""

    channel: Channel
    purpose: Purpose = consent.ALL
    caps: CapsAgreed = "usual"


class MessageConsentShown(Shown):
    """What a patient has agreed to; it holds where it is not taken back."""

    id: UUID
    channel: str
    purpose: str
    caps: str
    given_at: datetime | None
    revoked_at: datetime | None


@router.get("/patients/{patient_id}/message-consents")
def read_message_consents(
    patient_id: str, request: Request, session: Reading, actor: Here
) -> list[MessageConsentShown]:
    """What a patient has agreed to, and what they have taken back."""
    rows = consent.of_patient(session, actor, patient_id)
    has_read(request, patient_id)
    return [MessageConsentShown.model_validate(row) for row in rows]


@router.post("/patients/{patient_id}/message-consents", status_code=201)
def give_message_consent(
    patient_id: str, new: NewMessageConsent, session: Writing, actor: Here, now: Now
) -> MessageConsentShown:
    """Write down that a patient agrees; by text message they are told who writes, and how to stop.

    Agreeing anew to the same channel and purpose replaces how many messages they take.
    """
    agreed = Agreed(new.channel, new.purpose, new.caps)
    row = consent.give(session, actor, patient_id, agreed, now=now)
    return MessageConsentShown.model_validate(row)


@router.post("/patients/{patient_id}/message-consents/{message_consent_id}/revoke")
def revoke_message_consent(
    patient_id: str, message_consent_id: UUID, session: Writing, actor: Here, now: Now
) -> MessageConsentShown:
    """Take a consent back: nothing that waits goes out on it any more."""
    row = consent.revoke_one(session, actor, patient_id, message_consent_id, now=now)
    return MessageConsentShown.model_validate(row)

"""Messages: what is planned, went out or was held back and why; and what comes back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session, select

from api.dependencies import Here, Now, Reading, Writing, has_read, service_of
from api.linking import links_of
from scheduler.errors import NotSignedIn, NotThere, NotUnderstood
from scheduler.reminders import consent, controlling, inbound, outcomes
from scheduler.reminders.channels.choosing import CALLBACK
from scheduler.reminders.channels.sms import BAD_ADDRESS, SmsSettings, is_signed
from scheduler.reminders.controlling import Filter
from scheduler.reminders.inbound import Received
from scheduler.reminders.previewing import Previewed, preview
from scheduler.store.tables import Clinic, Reminder

router = APIRouter(tags=["reminders"])

LONGEST_PREVIEW = timedelta(days=93)
_INBOUND = "/api/v1/inbound/sms"
Status = Literal[
    "pending",
    "sending",
    "sent",
    "delivered",
    "failed",
    "expired",
    "cancelled",
    "suppressed",
    "unknown",
]


class ReminderRead(BaseModel):
    """A message, without its words and without any address."""

    id: UUID
    kind: str
    step: int
    recipient: str
    channel: str
    patient: str | None
    subject_kind: str
    subject_id: str
    safety: bool
    due_at: datetime
    expires_at: datetime
    status: str
    reason: str
    attempts: int
    sent_at: datetime | None

    @classmethod
    def of(cls, row: Reminder) -> "ReminderRead":
        """The row as it is shown."""
        shown = row.model_dump(include=set(cls.model_fields))
        return cls(patient=row.patient_id, **shown)


class Messages(BaseModel):
    """Messages, and whether the clinic has stopped all of them."""

    stopped: bool
    reminders: list[ReminderRead]


class PreviewedRead(BaseModel):
    """A message that the plan calls for; ``local``: on the recipient's own clock."""

    patient: str
    kind: str
    step: int
    recipient: str
    channel: str
    due_at: datetime
    local: datetime
    status: str
    reason: str
    words: str

    @classmethod
    def of(cls, one: Previewed) -> "PreviewedRead":
        """What was previewed, as it is shown."""
        return cls(patient=one.patient_id, local=one.local, words=one.words, **_shown(one))


def _shown(one: Previewed) -> dict[str, object]:
    names = ("kind", "step", "recipient", "channel", "due_at", "status", "reason")
    return {name: getattr(one.wanted, name) for name in names}


class Switch(BaseModel):
    """Whether messages go."""

    stopped: bool


class Asked(BaseModel):
    """Which messages are asked for; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    kind: str | None = Field(default=None, pattern=r"^N-[0-9]{2}$")
    patient: str | None = Field(default=None, max_length=80)
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    limit: int = Field(default=100, ge=1, le=200)


@router.get("/reminders")
def list_reminders(
    request: Request, actor: Here, session: Reading, asked: Annotated[Asked, Query()]
) -> Messages:
    """What is planned, went out, failed or was held back, and why."""
    chosen = Filter(asked.status, asked.kind, asked.patient, asked.since, asked.until, asked.limit)
    rows = controlling.listed(session, actor.clinic_id, chosen)
    has_read(request, *{row.patient_id for row in rows if row.patient_id})
    stopped = controlling.is_stopped(session, actor.clinic_id)
    return Messages(stopped=stopped, reminders=[ReminderRead.of(row) for row in rows])


class CrisisReplies(BaseModel):
    """Whether words of danger are answered by text."""

    on: bool


@router.get("/reminders/preview")
def preview_reminders(
    request: Request,
    actor: Here,
    session: Reading,
    now: Now,
    since: Annotated[AwareDatetime, Query(alias="from")],
    until: Annotated[AwareDatetime, Query(alias="to")],
    patient: Annotated[str | None, Query(max_length=80)] = None,
) -> list[PreviewedRead]:
    """What the plans call for in a span of time, with local times and words."""
    if not timedelta() < until - since <= LONGEST_PREVIEW:
        raise NotUnderstood(
            f"a preview is of a span up to {LONGEST_PREVIEW.days} days", place="query.to"
        )
    found = preview(session, actor.clinic_id, links=links_of(request), now=now, patient_id=patient)
    shown = [one for one in found if since <= one.wanted.due_at < until]
    has_read(request, *{one.patient_id for one in shown})
    return [PreviewedRead.of(one) for one in shown]


@router.post("/reminders/stop-all")
def stop_all_reminders(actor: Here, session: Writing, now: Now) -> Switch:
    """Send nothing more for the clinic, from now on."""
    controlling.stop_all(session, actor, now=now)
    return Switch(stopped=True)


@router.post("/reminders/resume")
def resume_reminders(actor: Here, session: Writing, now: Now) -> Switch:
    """Send again."""
    controlling.resume(session, actor, now=now)
    return Switch(stopped=False)


@router.post("/reminders/crisis-replies")
def switch_on_crisis_replies(actor: Here, session: Writing, now: Now) -> CrisisReplies:
    """Answer words of danger by text, and page whoever is on duty."""
    consent.switch_on_crisis_replies(session, actor, now=now)
    return CrisisReplies(on=True)


@router.post("/reminders/{reminder_id}/resend")
def resend_reminder(reminder_id: UUID, actor: Here, session: Writing, now: Now) -> ReminderRead:
    """Send a message once more; consent and what ends it still hold."""
    return ReminderRead.of(controlling.resend(session, actor, reminder_id, now=now))


@router.post("/reminders/{reminder_id}/stop")
def stop_reminder(reminder_id: UUID, actor: Here, session: Writing, now: Now) -> ReminderRead:
    """Do not send a message that waits."""
    return ReminderRead.of(controlling.stop(session, actor, reminder_id, now=now))


async def _form(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Form = Annotated[Mapping[str, str], Depends(_form)]


@router.post("/inbound/sms")
def receive_sms(request: Request, form: Form, session: Writing, now: Now) -> Response:
    """A text message that somebody has written to us, from the provider."""
    _refuse_unsigned(request, _INBOUND, form)
    received = Received(_of(form, "MessageSid"), _of(form, "From"), _of(form, "Body"))
    clinic = _clinic_of(session, form.get("To", ""))
    understood = inbound.receive(session, clinic.id, received, now=now)
    says = inbound.answer_to_stranger(session, clinic, received, understood)
    return _answer(says)


@router.post("/inbound/sms/status")
def receive_sms_status(
    request: Request, reminder: UUID, form: Form, session: Writing, now: Now
) -> Response:
    """What became of a text message, from the provider: first, twice, in any order."""
    _refuse_unsigned(request, f"{CALLBACK}?{request.url.query}", form)
    code = form.get("ErrorCode", "")
    outcomes.report(
        session,
        reminder,
        status=_of(form, "MessageStatus"),
        provider_id=form.get("MessageSid", ""),
        bad_address=code.isdecimal() and int(code) in BAD_ADDRESS,
        now=now,
    )
    return _answer("")


def _refuse_unsigned(request: Request, path: str, form: Mapping[str, str]) -> None:
    url = service_of(request).settings.own_url + path
    given = request.headers.get("x-twilio-signature", "")
    if not is_signed(SmsSettings().token, url, form, given):
        raise NotSignedIn("this call is not signed by the provider of text messages")


def _of(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise NotUnderstood(f"the call has no {name}", place=f"form.{name}")
    return form[name]


def _clinic_of(session: Session, number: str) -> Clinic:
    """The clinic that has a number; the only one, where there is but one."""
    clinics = session.exec(select(Clinic)).all()
    own = [clinic for clinic in clinics if clinic.settings.get("sms_number") == number]
    found = own or (clinics if len(clinics) == 1 else [])
    if not found:
        raise NotThere("no clinic has this number", fix="set sms_number in its settings")
    return found[0]


def _answer(says: str) -> Response:
    message = f"<Message>{escape(says)}</Message>" if says else ""
    return Response(f"<Response>{message}</Response>", media_type="text/xml")

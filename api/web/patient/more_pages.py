"""More of a patient's own: language and messages, what to expect and whom to call."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import select

from api.dependencies import Here, Now, Reading, Writing
from api.routes.messages import OwnInbox
from api.web.patient.next_pages import DONE
from api.web.patient.own import Own, draw_own, own_of
from api.web.texts import LANGUAGES
from pathways import timing
from scheduler.care import patients
from scheduler.errors import NotUnderstood
from scheduler.reminders import consent
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.consent import Agreed, CapsAgreed, Channel
from scheduler.store.tables import Account, ContactPoint, MessageConsent

router = APIRouter(default_response_class=HTMLResponse)

CHANNELS: Final[tuple[Channel, ...]] = ("sms", "e-mail")
KIND: Final = {"sms": "phone", "e-mail": "email"}


@router.get("/me/messages")
def my_messages_page(
    request: Request, inbox: OwnInbox, actor: Here, session: Reading, now: Now
) -> Response:
    """The messages of the patient who is signed in, the newest first."""
    own = own_of(session, actor, now)
    return draw_own(request, own, "messages.html", letters=inbox.letters)


@router.get("/me/knowing")
def what_to_expect(request: Request, actor: Here, session: Reading, now: Now) -> Response:
    """What to expect, what it cannot do, whom to call."""
    own = own_of(session, actor, now)
    notes = own.protocol.education if own.protocol else ()
    return draw_own(request, own, "knowing.html", notes=notes)


@router.get("/me/more")
def my_settings(
    request: Request,
    actor: Here,
    session: Reading,
    now: Now,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Language, messages, how one is reached, and the way out."""
    own = own_of(session, actor, now)
    return draw_own(
        request,
        own,
        "more.html",
        contacts=_contacts(own),
        agreed=_agreed(own),
        kinds=KIND,
        caps=catalogue().caps,
        waking=_waking(own),
        done=DONE.get(done, ""),
    )


def _waking(own: Own) -> tuple[datetime, datetime]:
    """Between which hours of today messages may come, as the clock says where the patient is."""
    zone = timing.zone(own.patient.timezone or own.clinic.timezone)
    hours = catalogue().hours.of(own.patient.state)
    begin, end = (timing.instant(own.today, minutes, zone) for minutes in hours)
    return begin.astimezone(zone), end.astimezone(zone)


def _contacts(own: Own) -> list[ContactPoint]:
    return list(
        own.session.exec(
            select(ContactPoint)
            .where(
                ContactPoint.clinic_id == own.clinic.id, ContactPoint.patient_id == own.patient.id
            )
            .order_by(ContactPoint.kind, ContactPoint.mark)
        )
    )


def _agreed(own: Own) -> dict[str, MessageConsent | None]:
    """The consent to all messages of each channel, where it stands."""
    rows = consent.of_patient(own.session, own.actor, own.patient.id)
    standing = [row for row in rows if row.given_at is not None and row.revoked_at is None]
    return {c: next((row for row in standing if row.channel == c), None) for c in CHANNELS}


@router.post("/me/language")
def speak_my_language(
    actor: Here,
    session: Writing,
    now: Now,
    language: Annotated[str, Form(max_length=8)],
) -> Response:
    """Pages and messages speak another language from now on."""
    own = own_of(session, actor, now)
    if language not in LANGUAGES:
        raise NotUnderstood(
            "this language is not spoken here", fix=" or ".join(LANGUAGES), place="language"
        )
    patients.speak(session, actor, own.patient.id, language, now=now)
    account = session.get(Account, (actor.clinic_id, actor.account_id))
    if account is not None:
        account.language = language
    return RedirectResponse("/me/more?done=saved", status_code=303)


@router.post("/me/channels")
def take_messages(
    actor: Here,
    session: Writing,
    now: Now,
    channel: Annotated[Channel, Form()],
    caps: Annotated[CapsAgreed, Form()] = "usual",
) -> Response:
    """Agree to messages by a channel, and to how many."""
    own = own_of(session, actor, now)
    consent.give(session, actor, own.patient.id, Agreed(channel, caps=caps), now=now)
    return RedirectResponse("/me/more?done=saved", status_code=303)


@router.post("/me/channels/{message_consent_id}/revoke")
def take_no_messages(message_consent_id: UUID, actor: Here, session: Writing, now: Now) -> Response:
    """Take a consent back: nothing goes out on it any more."""
    own = own_of(session, actor, now)
    consent.revoke_one(session, actor, own.patient.id, message_consent_id, now=now)
    return RedirectResponse("/me/more?done=saved", status_code=303)

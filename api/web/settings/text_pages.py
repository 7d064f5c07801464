"""Settings: the texts of messages, approved or in the clinic's own words."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session

from api.dependencies import Here, Now, Reading, Writing
from api.routes.texts import Language, Name
from api.web.drawing import draw
from api.web.naming import names_of
from api.web.sent_forms import Sent
from api.web.settings.forms import NOTHING, Outcome, Stored, answered
from scheduler.acting import Actor
from scheduler.errors import Refusal, Stale
from scheduler.reminders import fitting, rewording
from scheduler.reminders.catalogue import gist_of
from scheduler.reminders.texts import LANGUAGES
from scheduler.store.tables import Clinic

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/settings/texts"


@dataclass(frozen=True)
class Tried:
    """How words read: as a patient would get them, and their characters at the most.

    ``refusal``: why they cannot be used; they have no example where they cannot be filled in.
    """

    example: str = ""
    length: int | None = None
    refusal: Refusal | None = None


@router.get("/settings/texts")
def texts_page(request: Request, session: Reading, actor: Here, stored: Stored) -> Response:
    """Every text that a message may have, in each language that somebody has approved."""
    rows: dict[str, list[rewording.Text]] = {}
    for text in rewording.texts_of(rewording.clinic_of(session, actor)):
        rows.setdefault(text.name, []).append(text)
    return draw(
        request,
        "settings/texts.html",
        spoken=LANGUAGES,
        rows=rows,
        gist_of=gist_of,
        outcome=NOTHING,
        stored=stored,
        names=names_of(session, actor),
    )


@router.get("/settings/texts/{language}/{name}")
def text_page(
    request: Request, language: Language, name: Name, session: Reading, actor: Here
) -> Response:
    """One text, and the form with which its words are changed."""
    return _page(request, session, actor, language, name)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    language: str,
    name: str,
    *,
    outcome: Outcome = NOTHING,
    typed: str | None = None,
) -> Response:
    clinic = rewording.clinic_of(session, actor)
    text = rewording.text_of(clinic, language, name)
    words = text.words if typed is None else typed
    return draw(
        request,
        "settings/text.html",
        status=outcome.status,
        text=text,
        gist=gist_of(name),
        typed=words,
        tried=_tried(clinic, language, name, words),
        outcome=outcome,
        names=names_of(session, actor),
    )


def _tried(clinic: Clinic, language: str, name: str, words: str) -> Tried:
    try:
        longest = fitting.judge(clinic, language, name, words)
    except Refusal as refusal:
        return Tried(refusal=refusal)
    return Tried(fitting.example(clinic, language, name, words), len(longest))


@router.post("/settings/texts/{language}/{name}/try")
def try_text_by_form(
    request: Request, language: Language, name: Name, session: Reading, actor: Here, sent: Sent
) -> Response:
    """See how words would read, and whether they may be used; nothing is stored."""
    return _page(request, session, actor, language, name, typed=_typed(sent))


@router.post("/settings/texts/{language}/{name}")
def change_text_by_form(
    request: Request,
    language: Language,
    name: Name,
    session: Writing,
    actor: Here,
    now: Now,
    sent: Sent,
) -> Response:
    """Say a text in the clinic's own words from now on; refused words stay in the form."""
    page = partial(_page, request, session, actor, language, name, typed=_typed(sent))

    def change() -> None:
        current = partial(_refuse_old, sent)
        rewording.reword(
            session, actor, (language, name), _typed(sent), is_current=current, now=now
        )

    return answered(session, sent, change, PATH, page)


@router.post("/settings/texts/{language}/{name}/approved")
def approve_text_by_form(
    request: Request,
    language: Language,
    name: Name,
    session: Writing,
    actor: Here,
    now: Now,
    sent: Sent,
) -> Response:
    """Say a text in the approved words again."""
    page = partial(_page, request, session, actor, language, name)

    def change() -> None:
        current = partial(_refuse_old, sent)
        rewording.take_back(session, actor, (language, name), is_current=current, now=now)

    return answered(session, sent, change, PATH, page)


def _typed(sent: Mapping[str, str]) -> str:
    """What was typed; some keyboards send an accent as a sign of its own."""
    return unicodedata.normalize("NFC", sent.get("words", "").strip())


def _refuse_old(sent: Mapping[str, str], version: str) -> None:
    if sent.get("version") != version:
        raise Stale("somebody has changed these words meanwhile", fix="look at them again")

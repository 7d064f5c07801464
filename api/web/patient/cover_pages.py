"""A patient's own: they say that their insurance is another, and billing verifies it."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.dependencies import Here, Now, Reading, Writing
from api.web.patient.own import Own, draw_own, own_of
from api.web.sent_forms import Sent
from api.web.texts import marked
from scheduler.care import insurance
from scheduler.errors import NotUnderstood

router = APIRouter(default_response_class=HTMLResponse)

_NOT_SO: Final = marked("Please write the insurance's name, and from which day it counts.")


@router.get("/me/cover")
def my_cover(request: Request, actor: Here, session: Reading, now: Now) -> Response:
    """A form for a patient whose insurance is another."""
    return _page(request, own_of(session, actor, now), {})


def _page(request: Request, own: Own, said: Mapping[str, str], *, status: int = 200) -> Response:
    alert = _NOT_SO if said else ""
    return draw_own(request, own, "cover.html", status=status, said=said, alert=alert)


@router.post("/me/cover")
def my_cover_changes(
    request: Request, actor: Here, session: Writing, now: Now, sent: Sent
) -> Response:
    """The patient says which insurance they have from a day on; nothing of theirs moves by it."""
    own = own_of(session, actor, now)
    try:
        numbers = sent.get("member_number", ""), sent.get("group_number", "")
        told = insurance.Told(sent.get("payer", ""), _day(sent.get("first", "")), *numbers)
        insurance.tell_change(session, actor, own.patient.id, told, now=now)
    except NotUnderstood as refusal:
        return _page(request, own, sent, status=refusal.status)
    return RedirectResponse("/me/more?done=cover", status_code=303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotUnderstood("this is no date", fix="choose one", place="first") from None

"""The nurse's pages: the day's sessions, and one session with large keys for what happens."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from sqlmodel import Session

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.routes.sessions import brief
from api.web.curves import of_session
from api.web.drawing import draw
from api.web.naming import Names, names_of
from api.web.session_forms import event_of
from scheduler import audit
from scheduler.acting import Actor
from scheduler.errors import NotThere, NotUnderstood, Refusal
from scheduler.sessions.discharge import confirmable
from scheduler.sessions.keys import keys_of
from scheduler.sessions.loading import DoseSession, on_day, session_of
from scheduler.sessions.recording import record

router = APIRouter(default_response_class=HTMLResponse)


async def _sent(request: Request) -> dict[str, list[str]]:
    """What a form has sent, every value of each field."""
    form = await request.form()
    return {name: [str(value) for value in form.getlist(name)] for name in form}


@router.get("/today")
def day_page(request: Request, actor: Here, session: Reading, now: Now) -> Response:
    """The dose sessions of today."""
    found = on_day(session, actor.clinic_id, None, now=now)
    has_read(request, *(one.visit.patient_id for one in found))
    lines = [(one, brief(one, now)) for one in found]
    names = names_of(session, actor)
    counts = Counter(line.stage.phase for _, line in lines)
    return draw(request, "day.html", lines=lines, clock=_clock, names=names, counts=counts, now=now)


@router.get("/today/{appointment_id}")
def session_page(
    request: Request, actor: Here, session: Reading, now: Now, appointment_id: UUID
) -> Response:
    """One session: where it stands, what is due, and keys for what can happen next."""
    one = session_of(session, actor, appointment_id, now=now)
    has_read(request, one.visit.patient_id)
    return _page(request, actor, one, names_of(session, actor), now)


@router.post("/today/{appointment_id}")
def record_by_form(
    request: Request,
    actor: Here,
    session: Writing,
    now: Now,
    appointment_id: UUID,
    sent: Annotated[dict[str, list[str]], Depends(_sent)],
) -> Response:
    """Record what a form says happened now; a refusal is told on the page, and nothing is done."""
    try:
        with session.begin_nested():
            record(session, actor, appointment_id, _event(sent, now), now=now)
    except NotThere:
        raise
    except Refusal as refusal:
        return _told(request, actor, session, (appointment_id, now), refusal)
    return RedirectResponse(f"/today/{appointment_id}", status_code=303)


def _event(sent: dict[str, list[str]], now: datetime) -> Any:
    try:
        return event_of(sent, now)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise NotUnderstood(f"{place}: {first['msg']}", place=place, fix="fill it in") from None


def _told(
    request: Request,
    actor: Actor,
    session: Session,
    which: tuple[UUID, datetime],
    refusal: Refusal,
) -> Response:
    appointment_id, now = which
    one = session_of(session, actor, appointment_id, now=now)
    audit.record(session, actor, "read", at=now, patients=[one.visit.patient_id])
    names = names_of(session, actor)
    return _page(request, actor, one, names, now, refusal=refusal)


def _page(
    request: Request,
    actor: Actor,
    one: DoseSession,
    names: Names,
    now: datetime,
    *,
    refusal: Refusal | None = None,
) -> Response:
    present = one.at(now)
    return draw(
        request,
        "session.html",
        status=refusal.status if refusal else 200,
        one=one,
        present=present,
        keys=keys_of(actor, present),
        confirmable=confirmable(one.protocol),
        refusal=refusal,
        names=names,
        curve=of_session(one, now),
        now=now,
        new_id=uuid4,
        clock=_clock,
    )


def _clock(one: DoseSession, moment: datetime | None) -> str:
    """A time of the clinic's clock; with its date where it is of another day."""
    if moment is None:
        return ""
    wall = moment.astimezone(one.visit.zone)
    if one.visit.on_its_day(moment):
        return f"{wall:%H:%M}"
    return f"{wall:%a} {wall.day} {wall:%b %H:%M}"

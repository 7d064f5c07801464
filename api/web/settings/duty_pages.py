"""Settings: who is called when."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session

from api.dependencies import Here, Now, Reading, Writing
from api.web.drawing import draw
from api.web.naming import names_of
from api.web.sent_forms import Sent
from api.web.settings.forms import NOTHING, Outcome, answered, moment_of
from pathways import timing
from scheduler.acting import STAFF, Actor
from scheduler.reminders import addressing, duty
from scheduler.reminders.consent import CRISIS_SETTING

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/settings/duty"
WATCHED: Final = timedelta(days=7)
"""So far ahead it is told when nobody is on duty."""


@router.get("/settings/duty")
def duty_page(request: Request, session: Reading, actor: Here, now: Now) -> Response:
    """Who is on duty now and later, and when nobody is."""
    return _page(request, session, actor, now)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    outcome: Outcome = NOTHING,
) -> Response:
    names = names_of(session, actor)
    rows = duty.duties(session, actor.clinic_id, since=now)
    return draw(
        request,
        "settings/duty.html",
        status=outcome.status,
        rows=rows,
        unwatched=duty.unwatched(rows, now, now + WATCHED),
        crisis=bool(names.clinic.settings.get(CRISIS_SETTING)),
        address=addressing.addressing_of(names.clinic),
        roles=sorted(STAFF),
        outcome=outcome,
        names=names,
        today=timing.local_date(now, names.zone),
        now=now,
    )


@router.post("/settings/duty")
def enter_duty_by_form(
    request: Request, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Write down who is on duty when."""
    zone = names_of(session, actor).zone

    def change() -> None:
        start, end = (moment_of(sent, edge, zone) for edge in ("start", "end"))
        role, name, phone = (sent.get(what, "").strip()[:120] for what in ("role", "name", "phone"))
        duty.enter(session, actor, duty.Duty(role, name, phone, start, end), now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.post("/settings/duty/{on_duty_id}/end")
def end_duty_by_form(
    request: Request, on_duty_id: UUID, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """End a duty now, or take one that has not begun off the list."""

    def change() -> None:
        duty.leave(session, actor, on_duty_id, now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))

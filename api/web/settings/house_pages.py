"""Settings: when the clinic is open and closed, and how it is reached."""

from datetime import date, datetime
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, col, select

from api.dependencies import Here, Now, Reading, Writing
from api.web.drawing import draw
from api.web.naming import names_of
from api.web.sent_forms import Sent
from api.web.settings.forms import (
    NOTHING,
    Outcome,
    Stored,
    answered,
    day_of,
    fields_of,
    hours_of,
)
from pathways import timing
from scheduler.acting import Actor
from scheduler.appointments import facts, opening_hours
from scheduler.appointments.breaking import Broken
from scheduler.reminders import addressing
from scheduler.store.tables import Appointment, Closure

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/settings"


@router.get("/settings")
def settings_page(
    request: Request, session: Reading, actor: Here, now: Now, stored: Stored
) -> Response:
    """Hours, closed days and addresses, as forms."""
    return _page(request, session, actor, now, stored=stored)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    outcome: Outcome = NOTHING,
    stored: tuple[int | None, int | None] = (None, None),
) -> Response:
    names = names_of(session, actor)
    today = timing.local_date(now, names.zone)
    closures = session.exec(
        select(Closure)
        .where(Closure.clinic_id == actor.clinic_id, Closure.day >= today)
        .order_by(col(Closure.day))
    ).all()
    return draw(
        request,
        "settings/house.html",
        status=outcome.status,
        clinic=names.clinic,
        hours=fields_of(names.clinic.hours, outcome.said),
        closures=closures,
        address=addressing.addressing_of(names.clinic) | dict(outcome.said),
        outcome=outcome,
        stored=stored,
        names=names,
        today=today,
    )


@router.post("/settings/hours")
def change_hours_by_form(
    request: Request, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Change the hours, or see first what that would break."""

    def change() -> list[Broken]:
        hours = hours_of(sent, names_of(session, actor).clinic.hours)
        return opening_hours.opens(session, actor, hours, now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.post("/settings/closures")
def close_by_form(
    request: Request, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Close the clinic on some dates, or see first what that would break."""

    def change() -> list[Broken]:
        first = day_of(sent, "first")
        dates = facts.Dates(first, day_of(sent, "last", instead=first)).all
        reason = sent.get("reason", "")[:500]
        return [
            one
            for day in dates
            for one in facts.is_closed(session, actor, day, now=now, reason=reason)
        ]

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.post("/settings/closures/{day}/end")
def open_by_form(
    request: Request, day: date, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Open the clinic after all on a date."""

    def change() -> list[Appointment]:
        return facts.is_open(session, actor, day, now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.post("/settings/address")
def change_address_by_form(
    request: Request, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Change what messages call the clinic, and where it is reached."""
    said = {name: sent[name][:80] for name in addressing.ADDRESSING if name in sent}

    def change() -> None:
        addressing.address(session, actor, said, now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))

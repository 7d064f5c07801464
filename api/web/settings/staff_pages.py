"""Settings: who works when, and who is away."""

from datetime import date, datetime
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, col, select

from api.dependencies import Here, Now, Reading, Writing
from api.web.drawing import draw
from api.web.naming import names_of
from api.web.settings.forms import (
    NOTHING,
    Outcome,
    Sent,
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
from scheduler.errors import NotThere
from scheduler.store.tables import Absence, Appointment, Practitioner

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/settings/people"


@router.get("/settings/people")
def people_page(
    request: Request, session: Reading, actor: Here, now: Now, stored: Stored
) -> Response:
    """Everybody who treats, their hours, and who is away when."""
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
    people = session.exec(
        select(Practitioner)
        .where(Practitioner.clinic_id == actor.clinic_id)
        .order_by(col(Practitioner.position), col(Practitioner.id))
    ).all()
    return draw(
        request,
        "settings/people.html",
        status=outcome.status,
        people=people,
        hours={one.id: fields_of(one.hours, {}) for one in people},
        absences=_absences(session, actor, today),
        outcome=outcome,
        stored=stored,
        names=names,
        today=today,
    )


def _absences(session: Session, actor: Actor, today: date) -> list[Absence]:
    found = select(Absence).where(Absence.clinic_id == actor.clinic_id, Absence.last >= today)
    return list(session.exec(found.order_by(col(Absence.first), col(Absence.id))))


@router.get("/settings/people/{practitioner_id}")
def hours_of_page(
    request: Request, practitioner_id: str, session: Reading, actor: Here
) -> Response:
    """One person's hours, as a form."""
    row = _practitioner(session, actor, practitioner_id)
    return _person(request, session, actor, row)


def _practitioner(session: Session, actor: Actor, name: str) -> Practitioner:
    row = session.get(Practitioner, (actor.clinic_id, name))
    if row is None:
        raise NotThere("there is no such practitioner")
    return row


def _person(
    request: Request,
    session: Session,
    actor: Actor,
    row: Practitioner,
    *,
    outcome: Outcome = NOTHING,
) -> Response:
    return draw(
        request,
        "settings/person.html",
        status=outcome.status,
        one=row,
        hours=fields_of(row.hours, outcome.said),
        outcome=outcome,
        names=names_of(session, actor),
    )


@router.post("/settings/people/{practitioner_id}/hours")
def change_hours_of_by_form(
    request: Request, practitioner_id: str, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Change somebody's hours, or see first what that would break."""

    row = _practitioner(session, actor, practitioner_id)

    def change() -> list[Broken]:
        hours = hours_of(sent, row.hours)
        return opening_hours.works(session, actor, practitioner_id, hours, now=now)

    return answered(session, sent, change, PATH, partial(_person, request, session, actor, row))


@router.post("/settings/absences")
def be_away_by_form(
    request: Request, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Write down that somebody is away, or see first what that would break."""

    def change() -> list[Broken]:
        first = day_of(sent, "first")
        dates = facts.Dates(first, day_of(sent, "last", instead=first))
        who, reason = sent.get("practitioner", ""), sent.get("reason", "")[:500]
        return facts.is_away(session, actor, who, dates, now=now, reason=reason)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.post("/settings/absences/{absence_id}/end")
def be_back_by_form(
    request: Request, absence_id: UUID, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Write down from which date on somebody is back."""
    if session.get(Absence, (actor.clinic_id, absence_id)) is None:
        raise NotThere("there is no such absence")

    def change() -> list[Appointment]:
        return facts.is_back(session, actor, absence_id, day_of(sent, "day"), now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))

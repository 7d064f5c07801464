"""Settings: who treats here, who works when, and who is away."""

from collections.abc import Collection
from datetime import date, datetime
from functools import partial
from typing import Annotated, get_args
from uuid import UUID

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
    chosen,
    day_of,
    fields_of,
    hours_of,
)
from pathways import timing
from pathways.model import Role
from scheduler.acting import Actor
from scheduler.appointments import enlarging, facts, opening_hours
from scheduler.appointments.breaking import Broken
from scheduler.appointments.enlarging import NewPerson
from scheduler.errors import NotThere
from scheduler.scenarios.houses import house_of
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
    ticked: Collection[str] = (),
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
        roles=get_args(Role),
        skills=enlarging.skills_asked_for(house_of(session, actor.clinic_id)),
        usual=fields_of(names.clinic.hours, outcome.said),
        outcome=outcome,
        stored=stored,
        ticked=ticked,
        names=names,
        today=today,
    )


def _absences(session: Session, actor: Actor, today: date) -> list[Absence]:
    found = select(Absence).where(Absence.clinic_id == actor.clinic_id, Absence.last >= today)
    return list(session.exec(found.order_by(col(Absence.first), col(Absence.id))))


@router.post("/settings/people")
def add_person_by_form(
    request: Request,
    session: Writing,
    actor: Here,
    now: Now,
    sent: Sent,
    roles: Annotated[list[str], chosen("roles")],
    skills: Annotated[list[str], chosen("skills")],
) -> Response:
    """Let somebody treat here from now on."""

    def change() -> None:
        new = NewPerson(sent.get("name", "")[:120], roles, skills, hours_of(sent, {}))
        enlarging.add_person(session, actor, new, now=now)

    page = partial(_page, request, session, actor, now, ticked={*roles, *skills})
    return answered(session, sent, change, PATH, page)


@router.get("/settings/people/{practitioner_id}")
def hours_of_page(
    request: Request, practitioner_id: str, session: Reading, actor: Here, now: Now
) -> Response:
    """One person's hours, as a form; and from when on they work here no more."""
    row = _practitioner(session, actor, practitioner_id)
    return _person(request, session, actor, now, row)


def _practitioner(session: Session, actor: Actor, name: str) -> Practitioner:
    row = session.get(Practitioner, (actor.clinic_id, name))
    if row is None:
        raise NotThere("there is no such practitioner")
    return row


def _person(
    request: Request,
    session: Session,
    actor: Actor,
    now: datetime,
    row: Practitioner,
    *,
    outcome: Outcome = NOTHING,
) -> Response:
    names = names_of(session, actor)
    return draw(
        request,
        "settings/person.html",
        status=outcome.status,
        one=row,
        hours=fields_of(row.hours, outcome.said),
        outcome=outcome,
        names=names,
        today=timing.local_date(now, names.zone),
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

    page = partial(_person, request, session, actor, now, row)
    return answered(session, sent, change, PATH, page)


@router.post("/settings/people/{practitioner_id}/leave")
def leave_by_form(
    request: Request, practitioner_id: str, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Let somebody work here no more from a date on, or see first what that would break."""
    row = _practitioner(session, actor, practitioner_id)

    def change() -> list[Broken]:
        return facts.leaves(session, actor, practitioner_id, day_of(sent, "day"), now=now)

    page = partial(_person, request, session, actor, now, row)
    return answered(session, sent, change, PATH, page)


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

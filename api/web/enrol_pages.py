"""From a name to a plan: who comes, on which pathway, from when, and when they can come."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError
from sqlmodel import Session

from api.dependencies import Here, Now, Reading, Writing
from api.web.drawing import draw
from api.web.languages import language_of
from api.web.naming import names_of
from api.web.pathway_pages import newest
from api.web.sent_forms import SentLists
from pathways import timing
from pathways.faults import BadDocument
from scheduler import runs
from scheduler.acting import Actor
from scheduler.care import contacts, enrolling, patients, reaching
from scheduler.care.patients import NewPatient
from scheduler.errors import NotUnderstood, Refusal

router = APIRouter(default_response_class=HTMLResponse)

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS: Final = range(7, 21)
"""The hours that are painted: from the first until the end of the last."""

PLANS: Final = 3
"""So many plans that a person would call different are made at once."""

_SECONDS: Final = 20.0
_DATE: Final = TypeAdapter(date)


@router.get("/enrol")
def enrol_page(request: Request, session: Reading, actor: Here, now: Now) -> Response:
    """A form for somebody new: who, pathway, start, and a week to paint."""
    today = timing.local_date(now, names_of(session, actor).zone)
    monday = today + timedelta(days=7 - today.weekday())
    painted = [f"{day}-{hour}" for day in DAYS[:5] for hour in range(9, 17)]
    return _page(request, {"start": [str(monday)], "available": painted})


def _page(
    request: Request,
    sent: SentLists,
    refusals: Iterable[tuple[str, str]] = (),
    status: int = 200,
) -> Response:
    """``refusals``: what is in the way, and what would help."""
    return draw(
        request,
        "enrol.html",
        status=status,
        sent=sent,
        refusals=list(refusals),
        pathways=newest(language_of(request)),
        days=DAYS,
        hours=HOURS,
    )


@router.post("/enrol")
def enrol_by_form(
    request: Request,
    session: Writing,
    actor: Here,
    now: Now,
    sent: SentLists,
) -> Response:
    """Take somebody into care, enrol them, and look for plans; all of it or nothing."""
    try:
        with session.begin_nested():
            patient = _taken_in(session, actor, sent, now)
            asked = {"seconds": _SECONDS, "seed": 0, "alternatives": PLANS}
            run = runs.ask(session, actor, "plan", asked, patients=[patient], now=now)
    except Refusal as refusal:
        return _page(request, sent, [(refusal.says, refusal.fix)], refusal.status)
    except BadDocument as faults:
        found = [(f"{place}: {says}", "") for place, says in faults.faults]
        return _page(request, sent, found, 422)
    return RedirectResponse(f"/runs/{run.id}", status_code=303)


def _taken_in(session: Session, actor: Actor, sent: SentLists, now: Any) -> str:
    """The id of the patient, who is new, reachable as said, and enrolled."""
    new = _new_patient(sent)
    name, _, version = _one(sent, "pathway").partition("@")
    if not name:
        raise NotUnderstood("choose a pathway", place="pathway")
    start = _start(sent)
    patient = patients.create(session, actor, new, now=now)
    rides = {"rides": painted(sent.get("rides", []))} if sent.get("rides") else {}
    enrolling.enrol(
        session,
        actor,
        patient.id,
        (name, version),
        start,
        painted(sent.get("available", [])),
        now=now,
        **rides,
    )
    phone = _one(sent, "phone")
    if phone and "texts" in sent:
        agreed = reaching.TextMessages(phone, "usual")
        reaching.take_text_messages(session, actor, patient.id, agreed, now=now)
    elif phone:
        contacts.add_contact(session, actor, patient.id, "phone", phone, now=now)
    return patient.id


def _new_patient(sent: SentLists) -> NewPatient:
    fields = {name: _one(sent, name) for name in ("name", "birth_date", "language")}
    try:
        return NewPatient.model_validate({name: text for name, text in fields.items() if text})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise NotUnderstood(f"{place}: {first['msg']}", place=place, fix="fill it in") from None


def _start(sent: SentLists) -> date:
    try:
        return _DATE.validate_python(_one(sent, "start"))
    except ValidationError:
        raise NotUnderstood("choose the first day", place="start") from None


def _one(sent: SentLists, name: str) -> str:
    return next(iter(sent.get(name, [])), "").strip()


def painted(cells: Iterable[str]) -> dict[str, list[str]]:
    """The week table of painted cells such as ``mon-9``, hours in a row joined to one window."""
    sent = set(cells)
    found = {day: [hour for hour in HOURS if f"{day}-{hour}" in sent] for day in DAYS}
    return {day: _windows(hours) for day, hours in found.items() if hours}


def _windows(hours: list[int]) -> list[str]:
    windows: list[list[int]] = []
    for hour in hours:
        if windows and windows[-1][1] == hour:
            windows[-1][1] = hour + 1
        else:
            windows.append([hour, hour + 1])
    return [f"{first:02d}:00-{last:02d}:00" for first, last in windows]

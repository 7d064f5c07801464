"""Repair: somebody is ill, a session runs over; what that breaks, what mends it with least."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, ValidationError
from sqlmodel import Session, col, or_, select

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.web.bars import activity_titles
from api.web.drawing import draw
from api.web.naming import names_of
from api.web.sent_forms import Sent
from pathways import timing
from scheduler import audit, runs
from scheduler.acting import Actor
from scheduler.appointments import facts, listing, running_over
from scheduler.appointments.breaking import STANDS_AHEAD
from scheduler.appointments.holding import found, patients_of
from scheduler.appointments.listing import Listed
from scheduler.errors import NotThere, NotUnderstood, Refusal
from scheduler.following import BROKEN
from scheduler.store.tables import Appointment, GroupSeries, Practitioner, Task

router = APIRouter(default_response_class=HTMLResponse)

_SECONDS: Final = 10.0
_UNENDED: Final = frozenset({*STANDS_AHEAD, "checked-in"})

What = Literal["away", "unavailable", "closed", "meeting", "overrun"]


class Happened(BaseModel):
    """What the form says has happened, to whom, and on which dates, both included.

    ``until``: how long a session lasts, by the clinic's clock; it may be past midnight.
    """

    what: What
    practitioner: str = Field(default="", max_length=80)
    patient: str = Field(default="", max_length=80)
    series: str = Field(default="", max_length=80)
    visit: UUID | None = None
    until: time | None = None
    first: date
    last: date | None = None
    reason: str = Field(default="", max_length=500)


@router.get("/repair")
def repair_page(
    request: Request, session: Reading, actor: Here, now: Now, *, over: bool = False
) -> Response:
    """What has happened, as a form; and the visits that cannot stand as they are.

    ``over``: what was just stored is of dates that are over.
    """
    return _page(request, session, actor, now, over=over)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    refusal: Refusal | None = None,
    said: dict[str, str] | None = None,
    over: bool = False,
) -> Response:
    names = names_of(session, actor)
    broken = _broken(session, actor, now)
    today = timing.local_date(now, names.zone)
    sessions = _sessions(session, actor, today)
    patients = {name for one in broken for name in one.patients}
    patients |= {name for one in sessions for name in one.patients}
    if refusal:
        audit.record(session, actor, "read", at=now, patients=patients)
    else:
        has_read(request, *patients)
    return draw(
        request,
        "repair.html",
        status=refusal.status if refusal else 200,
        staff=_staff(session, actor),
        series=_series(session, actor, today),
        sessions=sessions,
        broken=broken,
        titles=activity_titles(session, actor),
        names=names,
        today=today,
        refusal=refusal,
        over=over,
        said=said or {},
        now=now,
    )


def _staff(session: Session, actor: Actor) -> list[Practitioner]:
    found = select(Practitioner).where(Practitioner.clinic_id == actor.clinic_id)
    return list(session.exec(found.order_by(col(Practitioner.position))))


def _series(session: Session, actor: Actor, today: date) -> list[GroupSeries]:
    """Those that have not ended."""
    every = select(GroupSeries).where(GroupSeries.clinic_id == actor.clinic_id)
    meets = or_(col(GroupSeries.ends_on).is_(None), col(GroupSeries.ends_on) > today)
    return list(session.exec(every.where(meets).order_by(col(GroupSeries.position))))


def _sessions(session: Session, actor: Actor, today: date) -> list[Listed]:
    """The dose sessions of a date that have not ended: one of them may last longer."""
    visits = listing.listed(session, actor, listing.Wanted(today, today))
    return [one for one in visits if one.row.is_dose and one.row.status in _UNENDED]


@dataclass(frozen=True)
class Broken:
    """A visit to come that cannot stand as it is, whose it is, and why."""

    row: Appointment
    patients: tuple[str, ...]
    says: str


def _broken(session: Session, actor: Actor, now: datetime) -> list[Broken]:
    """What cannot stand and has no other time yet, in order of time."""
    why = {
        UUID(task.subject_id): task.says.partition(": ")[2] or task.says
        for task in session.exec(
            select(Task).where(
                Task.clinic_id == actor.clinic_id,
                Task.kind == BROKEN,
                col(Task.open_key).is_not(None),
            )
        )
    }
    rows = session.exec(
        select(Appointment)
        .where(
            Appointment.clinic_id == actor.clinic_id,
            col(Appointment.id).in_(why),
            col(Appointment.status).in_(STANDS_AHEAD),
            Appointment.end > now,
        )
        .order_by(col(Appointment.start))
    )
    return [Broken(row, patients_of(session, actor.clinic_id, row.id), why[row.id]) for row in rows]


@router.post("/repair")
def repair_by_form(
    request: Request,
    session: Writing,
    actor: Here,
    now: Now,
    sent: Sent,
) -> Response:
    """Store what has happened, and ask for the fewest changes that mend what it breaks.

    A refusal is told on the page, and nothing is stored. For dates that are over there is nothing
    to look for.
    """
    try:
        happened = _happened(sent)
        with session.begin_nested():
            _store(session, actor, happened, now)
    except NotThere:
        raise
    except Refusal as refusal:
        return _page(request, session, actor, now, refusal=refusal, said=sent)
    if _is_over(happened, timing.local_date(now, names_of(session, actor).zone)):
        return RedirectResponse("/repair?over=true", status_code=303)
    return ask_for_repair_by_form(session, actor, now)


def _is_over(said: Happened, today: date) -> bool:
    """Whether nothing of it is of today or later; a session that runs over is of today."""
    last = said.first if said.what == "meeting" else said.last or said.first
    return said.what != "overrun" and last < today


@router.post("/repair/search")
def ask_for_repair_by_form(session: Writing, actor: Here, now: Now) -> Response:
    """Look for the fewest changes by which everything that is booked can stand."""
    asked = {"seconds": _SECONDS, "seed": 0}
    run = runs.ask(session, actor, "repair", asked, now=now)
    return RedirectResponse(f"/runs/{run.id}", status_code=303)


def _happened(sent: dict[str, str]) -> Happened:
    try:
        return Happened.model_validate({name: text for name, text in sent.items() if text})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise NotUnderstood(f"{place}: {first['msg']}", place=place, fix="fill it in") from None


def _store(session: Session, actor: Actor, said: Happened, now: datetime) -> None:
    dates = facts.Dates(said.first, said.last or said.first)
    if said.what == "overrun":
        _runs_over(session, actor, said, now)
    elif said.what == "away":
        facts.is_away(session, actor, said.practitioner, dates, now=now, reason=said.reason)
    elif said.what == "unavailable":
        facts.is_unavailable(session, actor, said.patient, dates, now=now)
    elif said.what == "meeting":
        facts.does_not_meet(session, actor, said.series, said.first, now=now)
    else:
        for day in dates.all:
            facts.is_closed(session, actor, day, now=now, reason=said.reason)


def _runs_over(session: Session, actor: Actor, said: Happened, now: datetime) -> None:
    if said.visit is None:
        raise NotUnderstood("no session is chosen", fix="choose one", place="visit")
    if said.until is None:
        raise NotUnderstood("a time is missing", fix="say until when", place="until")
    row = found(session, actor, said.visit).row
    zone = names_of(session, actor).zone
    minutes = said.until.hour * 60 + said.until.minute
    day = timing.local_date(row.start, zone)
    until = timing.instant(day, minutes, zone)
    if until <= row.start:
        until = timing.instant(day + timing.ONE_DAY, minutes, zone)
    running_over.runs_over(session, actor, row.id, until, now=now)

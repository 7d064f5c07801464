"""The nurse's pages: one's own day and everybody's sessions, and one session as it goes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from sqlmodel import Session

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.routes.sessions import brief
from api.web.drawing import draw
from api.web.languages import language_of
from api.web.my_day import mine_of
from api.web.naming import accounts_named, names_of
from api.web.script_words import for_session
from api.web.sent_forms import SentLists
from api.web.session_forms import SURE, event_of, is_sure
from api.web.session_view import (
    PHASES,
    changes_at,
    doing_of,
    due_check,
    next_of,
    parts_of,
)
from api.web.vitals_curves import curves_of
from api.web.vitals_form import NAMES, fields_of
from scheduler import audit
from scheduler.acting import Actor
from scheduler.errors import NotThere, NotUnderstood, Refusal
from scheduler.sessions.discharge import confirmable
from scheduler.sessions.driving import told_of_note
from scheduler.sessions.happenings import Vitals
from scheduler.sessions.keys import keys_of, may_correct
from scheduler.sessions.limits import doubted
from scheduler.sessions.loading import DoseSession, on_day, session_of
from scheduler.sessions.recording import record
from scheduler.sessions.rippling import ripple_of

router = APIRouter(default_response_class=HTMLResponse)

MOST_STEPS = 4
"""So many steps are offered at once when a patient stays longer."""

MOST_MINUTES = 24 * 60
"""So far a bar of the calendar can be drawn out."""


class NotSure(Refusal):
    """What was read would ring an alarm, or cannot be so: it is asked back once."""

    status = 422
    kind = "not-sure"
    title = "Is this right?"


@router.get("/today")
def day_page(request: Request, actor: Here, session: Reading, now: Now) -> Response:
    """One's own day, and the dose sessions of today."""
    found = on_day(session, actor.clinic_id, None, now=now)
    lines = [(one, brief(one, now), next_of(one, one.at(now), now)) for one in found]
    mine = mine_of(session, actor, lines, now=now)
    has_read(request, *(one.visit.patient_id for one in found), *mine.patients)
    return draw(
        request,
        "day.html",
        lines=lines,
        mine=mine,
        clock=_clock,
        phases=PHASES,
        names=names_of(session, actor),
        counts=Counter(line.stage.phase for _, line, _ in lines),
        now=now,
    )


@router.get("/today/{appointment_id}")
def session_page(
    request: Request, actor: Here, session: Reading, now: Now, appointment_id: UUID
) -> Response:
    """One session: where it stands, what is due, and keys for what can happen next."""
    one = session_of(session, actor, appointment_id, now=now)
    has_read(request, one.visit.patient_id)
    return _page(request, _Shown(session, actor, one, now))


@router.get("/today/{appointment_id}/longer")
def longer_page(
    request: Request,
    actor: Here,
    session: Writing,
    now: Now,
    appointment_id: UUID,
    steps: Annotated[int, Query(ge=1, le=MOST_STEPS)] = 1,
    minutes: Annotated[int | None, Query(ge=1, le=MOST_MINUTES)] = None,
) -> Response:
    """Whom it would hit if the patient stayed longer, before anybody says so.

    ``minutes``: in place of ``steps``, so many that they hold them.
    """
    one = session_of(session, actor, appointment_id, now=now)
    if minutes is not None:
        whole = -(-timedelta(minutes=minutes) // one.protocol.chair.extension_step)
        steps = min(whole, MOST_STEPS)
    was = one.at(now)
    ripple = ripple_of(session, actor, appointment_id, steps=steps, now=now)
    shown = [one.visit.patient_id, *(hit.patient for hit in ripple.hit if hit.patient)]
    audit.record(session, actor, "read", at=now, patients=shown)
    step = one.protocol.chair.extension_step
    return draw(
        request,
        "longer.html",
        one=one,
        was=was.forecast.ends,
        ripple=ripple,
        ride=was.check_in.ride,
        steps=steps,
        choices=[(number, int(number * step.total_seconds() // 60)) for number in _ONE_TO_MOST],
        names=names_of(session, actor),
        clock=_clock,
        new_id=uuid4,
    )


_ONE_TO_MOST = range(1, MOST_STEPS + 1)


@router.post("/today/{appointment_id}")
def record_by_form(
    request: Request,
    actor: Here,
    session: Writing,
    now: Now,
    appointment_id: UUID,
    sent: SentLists,
) -> Response:
    """Record what a form says happened now; a refusal is told on the page, and nothing is done."""
    try:
        with session.begin_nested():
            event = _event(sent, now)
            if isinstance(event, Vitals) and not is_sure(sent):
                _ask_back(session_of(session, actor, appointment_id, now=now), event, now)
            record(session, actor, appointment_id, event, now=now)
    except NotThere:
        raise
    except Refusal as refusal:
        one = session_of(session, actor, appointment_id, now=now)
        audit.record(session, actor, "read", at=now, patients=[one.visit.patient_id])
        typed = {name: values[-1] for name, values in sent.items()}
        return _page(request, _Shown(session, actor, one, now, refusal, typed))
    return RedirectResponse(f"/today/{appointment_id}", status_code=303)


def _event(sent: dict[str, list[str]], now: datetime) -> Any:
    try:
        return event_of(sent, now)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise NotUnderstood(f"{place}: {first['msg']}", place=place, fix="fill it in") from None


def _ask_back(one: DoseSession, event: Vitals, now: datetime) -> None:
    """NotSure, naming the fields, where something should be looked at once more."""
    signs = doubted(one, event, now)
    if signs:
        said = "; ".join(f"{sign} {event.signs[sign]}" for sign in signs)
        fields = [NAMES[sign] for sign in signs]
        raise NotSure(said, fix="look once more, then record it", place=SURE, fields=fields)


@dataclass(frozen=True)
class _Shown:
    """A session that is to be drawn. ``typed``: what was refused, to be mended."""

    session: Session
    actor: Actor
    one: DoseSession
    now: datetime
    refusal: Refusal | None = None
    typed: Mapping[str, str] | None = None


def _page(request: Request, shown: _Shown) -> Response:
    one, now, refusal = shown.one, shown.now, shown.refusal
    present, writers = one.at(now), (row.recorded_by for row in one.rows)
    return draw(
        request,
        "session.html",
        status=refusal.status if refusal else 200,
        one=one,
        present=present,
        parts=parts_of(one, present, now),
        next=next_of(one, present, now),
        doing=doing_of(shown.actor, one, present, now),
        fields=fields_of(one, due_check(present), now),
        keys=keys_of(shown.actor, present),
        may_correct=lambda row: may_correct(shown.actor, row),
        confirmable=confirmable(one.protocol),
        refusal=refusal,
        typed=shown.typed or {},
        names=names_of(shown.session, shown.actor),
        writers=accounts_named(shown.session, shown.actor, writers),
        curves=curves_of(one, now),
        told=told_of_note(shown.session, one.appointment) if present.drug else [],
        changes=changes_at(present, now),
        phases=PHASES,
        now=now,
        new_id=uuid4,
        clock=_clock,
        words=for_session(language_of(request)),
    )


def _clock(one: DoseSession, moment: datetime | None) -> str:
    """A time of the clinic's clock; with its date where it is of another day."""
    if moment is None:
        return ""
    wall = moment.astimezone(one.visit.zone)
    if one.visit.on_its_day(moment):
        return f"{wall:%H:%M}"
    return f"{wall:%a} {wall.day} {wall:%b %H:%M}"

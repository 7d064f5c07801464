"""Settings: places, groups, and the texts of messages."""

from datetime import datetime
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, col, select

from api.dependencies import Here, Now, Reading, Writing
from api.web.bars import activity_titles
from api.web.drawing import draw
from api.web.naming import names_of
from api.web.settings.forms import NOTHING, Outcome, Sent, Stored, answered, day_of
from pathways import timing
from scheduler.acting import Actor
from scheduler.appointments import facts
from scheduler.appointments.breaking import Broken
from scheduler.errors import NotThere
from scheduler.reminders import texts
from scheduler.store.tables import GroupSeries, Location

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/settings/places"


@router.get("/settings/places")
def places_page(
    request: Request, session: Reading, actor: Here, now: Now, stored: Stored
) -> Response:
    """Every place and every group, and how one of them ends."""
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
    places = select(Location).where(Location.clinic_id == actor.clinic_id)
    groups = select(GroupSeries).where(GroupSeries.clinic_id == actor.clinic_id)
    return draw(
        request,
        "settings/places.html",
        status=outcome.status,
        locations=session.exec(places.order_by(col(Location.position), col(Location.id))).all(),
        groups=session.exec(groups.order_by(col(GroupSeries.position), col(GroupSeries.id))).all(),
        titles=activity_titles(session, actor),
        outcome=outcome,
        stored=stored,
        names=names,
        today=timing.local_date(now, names.zone),
    )


@router.post("/settings/places/{location_id}/retire")
def retire_by_form(
    request: Request, location_id: str, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Use a place no more from a date on, or see first what that would break."""
    if session.get(Location, (actor.clinic_id, location_id)) is None:
        raise NotThere("there is no such place")

    def change() -> list[Broken]:
        return facts.is_retired(session, actor, location_id, day_of(sent, "day"), now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.post("/settings/groups/{group_series_id}/cancel")
def cancel_meeting_by_form(
    request: Request, group_series_id: str, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Let a group not meet on a date, or see first what that would break."""
    if session.get(GroupSeries, (actor.clinic_id, group_series_id)) is None:
        raise NotThere("there is no such group")

    def change() -> list[Broken]:
        return facts.does_not_meet(session, actor, group_series_id, day_of(sent, "day"), now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.get("/settings/texts")
def texts_page(request: Request, session: Reading, actor: Here) -> Response:
    """Every text that a message may have, in each language that somebody has approved."""
    spoken = {language: texts.texts_in(language) for language in texts.LANGUAGES}
    return draw(
        request,
        "settings/texts.html",
        spoken=spoken,
        ids=sorted({name for known in spoken.values() for name in known}),
        outcome=NOTHING,
        names=names_of(session, actor),
    )

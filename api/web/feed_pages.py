"""Where people of the clinic make private addresses at which their calendars read their visits."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import feeds
from api.dependencies import Here, Now, Reading, Writing
from api.web.drawing import draw
from api.web.naming import names_of
from api.web.patient.week_pages import address_of
from scheduler.acting import Actor

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/feeds")
def own_feeds(request: Request, actor: Here, session: Reading) -> Response:
    """One's addresses, and how to make another."""
    return _page(request, actor, session)


def _page(request: Request, actor: Actor, session: Reading, address: str = "") -> Response:
    return draw(
        request,
        "feeds.html",
        feeds=feeds.of_account(session, actor),
        names=names_of(session, actor),
        has_visits=actor.practitioner_id is not None,
        address=address,
    )


@router.post("/feeds")
def make_own_feed(
    request: Request,
    actor: Here,
    session: Writing,
    now: Now,
    title: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """A private address for a calendar; the page shows it this once."""
    token, _ = feeds.make(session, actor, title.strip(), now=now)
    return _page(request, actor, session, address_of(request, token))


@router.post("/feeds/{feed_id}/revoke")
def revoke_own_feed(feed_id: UUID, actor: Here, session: Writing, now: Now) -> Response:
    """Take an address back: what reads it finds nothing any more."""
    feeds.revoke(session, actor, feed_id, now=now)
    return RedirectResponse("/feeds", status_code=303)

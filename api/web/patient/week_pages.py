"""A patient's weeks as a list, and the addresses at which their calendars read them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import feeds
from api.dependencies import Here, Now, Reading, Writing, service_of
from api.web.patient.next_pages import DONE
from api.web.patient.own import Own, draw_own, own_of
from pathways import timing
from scheduler.store.tables import Appointment

router = APIRouter(default_response_class=HTMLResponse)


@dataclass(frozen=True)
class Week:
    """A week of the course by the calendar: its Monday, and the days on which there are visits.

    ``number``: the week of the programme, None before and after it.
    """

    monday: date
    number: int | None
    days: tuple[tuple[date, tuple[Appointment, ...]], ...]

    @property
    def dates(self) -> list[date]:
        """Its seven dates."""
        return [self.monday + timedelta(days=n) for n in range(7)]

    @property
    def marks(self) -> dict[date, str]:
        """What a picture of the week shows on a date: that there is a visit, or a session."""
        return {
            day: "dose" if any(visit.is_dose for visit in visits) else "visit"
            for day, visits in self.days
            if any(visit.status != "cancelled" for visit in visits)
        }

    @property
    def is_over(self) -> date:
        """The first date after it."""
        return self.monday + timedelta(days=7)


def weeks_of(own: Own, visits: Sequence[Appointment]) -> list[Week]:
    """Visits by calendar week, in order."""
    days = [
        (day, tuple(of_day))
        for day, of_day in groupby(visits, key=lambda v: timing.local_date(v.start, own.zone))
    ]
    return list(_weeks(own, days))


def _weeks(own: Own, days: list[tuple[date, tuple[Appointment, ...]]]) -> Iterator[Week]:
    for monday, of_week in groupby(days, key=lambda pair: _monday(pair[0])):
        yield Week(monday, _number(own, monday), tuple(of_week))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _number(own: Own, monday: date) -> int | None:
    """The week of the programme in which most of a calendar week lies."""
    if own.enrolment is None:
        return None
    number = (monday + timedelta(days=3) - own.enrolment.start).days // 7 + 1
    longest = own.protocol.weeks if own.protocol else number
    return number if 1 <= number <= longest else None


@router.get("/me/weeks")
def my_weeks(
    request: Request,
    actor: Here,
    session: Reading,
    now: Now,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """All weeks: this one and what is to come, what lies behind folded away; and calendars."""
    return _page(request, own_of(session, actor, now), done=DONE.get(done, ""))


def _page(request: Request, own: Own, *, done: str = "", address: str = "") -> Response:
    weeks = weeks_of(own, own.visits)
    return draw_own(
        request,
        own,
        "weeks.html",
        weeks=[week for week in weeks if week.is_over > own.today],
        past=[week for week in reversed(weeks) if week.is_over <= own.today],
        feeds=feeds.of_account(own.session, own.actor),
        done=done,
        address=address,
    )


@router.post("/me/feeds")
def make_feed(
    request: Request,
    actor: Here,
    session: Writing,
    now: Now,
    title: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """A private address for a calendar; the page shows it this once."""
    own = own_of(session, actor, now)
    token, _ = feeds.make(session, actor, title.strip(), now=now)
    return _page(request, own, address=address_of(request, token))


def address_of(request: Request, token: str) -> str:
    """The whole address of a feed."""
    return f"{service_of(request).settings.own_url}/feed/{token}.ics"


@router.post("/me/feeds/{feed_id}/revoke")
def revoke_feed(feed_id: UUID, actor: Here, session: Writing, now: Now) -> Response:
    """Take an address back: what reads it finds nothing any more."""
    feeds.revoke(session, actor, feed_id, now=now)
    return RedirectResponse("/me/weeks?done=revoked", status_code=303)

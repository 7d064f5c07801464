"""The calendar: rooms or people by day or week, and one visit with what can be done about it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError
from sqlmodel import Session

from api.auth.policy import POLICY
from api.dependencies import Here, Now, Reading, Writing, has_read
from api.web.bars import Rows, activity_titles, bars_of, beside, drafts_of, shut
from api.web.drawing import draw
from api.web.languages import language_of
from api.web.naming import names_of, titles_of
from api.web.script_words import for_calendar
from pathways import timing
from scheduler import audit, gates
from scheduler.acting import Actor
from scheduler.appointments import attending, ending, finding, listing, moving, swapping
from scheduler.appointments.holding import InHand, found, zone_of
from scheduler.appointments.offering import Offer
from scheduler.errors import NotThere, NotUnderstood, Refusal
from scheduler.store.tables import Enrolment

router = APIRouter(default_response_class=HTMLResponse)

By = Literal["places", "people"]
Span = Literal["day", "week"]

_AWARE: Final = TypeAdapter(AwareDatetime)
_DAYS: Final = {"day": 1, "week": 7}
_OFFERED: Final = 50
"""Times of one day that are shown: with a start every quarter of an hour, all of them."""

REASONS: Final = {
    "pat": "the patient asked for it",
    "pat-cpp": "the patient is ill",
    "prov": "we cannot keep it",
    "oth-err": "booked by mistake",
}
"""FHIR's codes for why somebody cancels, in words."""


@router.get("/calendar")
def calendar_page(
    request: Request,
    session: Reading,
    actor: Here,
    now: Now,
    day: Annotated[date | None, Query(alias="date")] = None,
    by: By = "places",
    span: Span = "day",
) -> Response:
    """Who is where and when: rows of rooms or of people, and the same as a list."""
    names = names_of(session, actor)
    first = _first(day or timing.local_date(now, names.zone), span)
    last = first + timedelta(days=_DAYS[span] - 1)
    visits = listing.listed(session, actor, listing.Wanted(first, last))
    has_read(request, *(name for visit in visits for name in visit.patients))
    rows, titles = Rows(by), activity_titles(session, actor)
    bars = bars_of(visits, rows, names, titles, now)
    behind = [
        *drafts_of(session, actor, (first, last), rows, names),
        *shut(session, actor, (first, last), rows),
    ]
    return draw(
        request,
        "calendar.html",
        first=first,
        last=last,
        step=timedelta(days=_DAYS[span]),
        by=by,
        span=span,
        today=timing.local_date(now, names.zone),
        names=names,
        bars=sorted(bars, key=lambda bar: (bar["start"], bar["title"])),
        beside=beside,
        behind=behind,
        heads=rows.heads(session, actor, first),
        hours=_hours(bars),
        offset=now.astimezone(names.zone).isoformat()[-6:],
        moves=bool(actor.roles & POLICY["move_appointment"]),
        lengthens=bool(actor.roles & POLICY["longer_page"]),
        words=for_calendar(language_of(request)),
    )


def _first(day: date, span: Span) -> date:
    """The date with which a span begins; a week begins on its Monday."""
    return day if span == "day" else day - timedelta(days=day.weekday())


def _hours(bars: list[dict[str, Any]]) -> tuple[int, int]:
    """The hours that are drawn: a working day, and more where something lies outside it."""
    begins = [int(bar["start"][11:13]) for bar in bars]
    ends = [int(bar["end"][11:13]) + 1 for bar in bars]
    return min([8, *begins]), max([18, *ends])


@router.get("/calendar/bars", response_class=JSONResponse)
def calendar_bars(
    request: Request,
    session: Reading,
    actor: Here,
    now: Now,
    first: Annotated[date, Query()],
    last: Annotated[date, Query()],
    by: By = "places",
) -> list[dict[str, Any]]:
    """What is drawn from one date to another: visits, drafts, and what is shut."""
    visits = listing.listed(session, actor, listing.Wanted(first, last))
    has_read(request, *(name for visit in visits for name in visit.patients))
    names, rows, dates = names_of(session, actor), Rows(by), (first, last)
    bars = bars_of(visits, rows, names, activity_titles(session, actor), now)
    drafts = drafts_of(session, actor, dates, rows, names)
    return [*bars, *drafts, *shut(session, actor, dates, rows)]


@dataclass(frozen=True)
class Looked:
    """What a visit's page shows beside the visit.

    ``on``: the date whose times are offered; ``refusal``: of what was just tried; ``partners``:
    with whom it could change places, None while nobody has asked.
    """

    on: date | None = None
    refusal: Refusal | None = None
    partners: list[swapping.Partner] | None = None


@router.get("/visits/{appointment_id}")
def visit_page(
    request: Request,
    appointment_id: UUID,
    session: Reading,
    actor: Here,
    now: Now,
    on: date | None = None,
    swaps: bool = False,
) -> Response:
    """One visit: who, where, what is open, and the times of a date to which it can be moved.

    ``swaps``: also with whom of that date it could change places, which takes longer to judge.
    """
    held = found(session, actor, appointment_id)
    partners = None
    if swaps:
        partners = swapping.partners_of(
            session, actor, appointment_id, on=on or _day_of(session, actor, held, now), now=now
        )
    seen = (name for one in partners or () for name in one.held.patients)
    has_read(request, *held.patients, *seen)
    return _page(request, session, actor, held, now, Looked(on, partners=partners))


def _day_of(session: Session, actor: Actor, held: InHand, now: datetime) -> date:
    """The date that a visit's page looks at: its own, or today where that has passed."""
    zone = zone_of(session, actor.clinic_id)
    return max(timing.local_date(held.row.start, zone), timing.local_date(now, zone))


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    held: InHand,
    now: datetime,
    looked: Looked,
) -> Response:
    names = names_of(session, actor)
    row, refusal = held.row, looked.refusal
    day = looked.on or _day_of(session, actor, held, now)
    movable = row.status == "booked" and bool(actor.roles & POLICY["move_appointment"])
    return draw(
        request,
        "visit.html",
        status=refusal.status if refusal else 200,
        row=row,
        patients=held.patients,
        titles=titles_of(session, session.get(Enrolment, (actor.clinic_id, row.enrolment_id))),
        gates=gates.open_gates(session, row, now=now),
        names=names,
        day=day,
        one_day=timedelta(days=1),
        offers=_offers(session, actor, held, day, now) if movable else (),
        movable=movable,
        partners=looked.partners,
        reasons=REASONS,
        refusal=refusal,
        now=now,
    )


def _refused(
    request: Request,
    session: Session,
    actor: Actor,
    held: InHand,
    now: datetime,
    looked: Looked,
) -> Response:
    """The page that says why something was not done; whoever was refused has read it, too."""
    audit.record(session, actor, "read", at=now, patients=held.patients)
    return _page(request, session, actor, held, now, looked)


def _offers(
    session: Session, actor: Actor, held: InHand, day: date, now: datetime
) -> tuple[Offer, ...]:
    """The times of a date to which a visit can be moved, in order; its own is not one of them."""
    zone = names_of(session, actor).zone
    row = held.row
    asked = finding.Asked(
        held.patients[0],
        row.activity,
        row.occurrence,
        since=max(now, timing.instant(day, 0, zone)),
        until=timing.next_day_at(day, 0, zone),
        most=_OFFERED,
    )
    offers = finding.find(session, actor, asked, now=now).offers
    others = (o for o in offers if (o.start, o.location) != (row.start, row.location_id))
    return tuple(sorted(others, key=lambda offer: (offer.start, offer.location or "")))


class Wish(BaseModel):
    """What the form for a move sends.

    ``choice``: start and place of an offer, with a stroke between them. ``version``: of the visit
    that was looked at. ``reason``: why soft rules are set aside.
    """

    choice: str = Field(max_length=120)
    version: int
    reason: str = Field(default="", max_length=200)


@router.post("/visits/{appointment_id}/move")
def move_by_form(
    request: Request,
    appointment_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    sent: Annotated[Wish, Form()],
) -> Response:
    """Move a visit to a time that its page offered; a refusal is told there, nothing is done."""
    held = found(session, actor, appointment_id)
    text, _, location = sent.choice.partition("|")
    start = _instant(text)
    day = timing.local_date(start, names_of(session, actor).zone)
    try:
        with session.begin_nested():
            offer = _chosen(_offers(session, actor, held, day, now), start, location)
            reasons = dict.fromkeys(offer.sets_aside, sent.reason)
            chosen = moving.Choice(offer, reasons, sent.version)
            moving.move(session, actor, appointment_id, chosen, now=now)
    except NotThere:
        raise
    except Refusal as refusal:
        return _refused(request, session, actor, held, now, Looked(day, refusal))
    return RedirectResponse(f"/visits/{appointment_id}", status_code=303)


class Exchange(BaseModel):
    """What the form for a change of places sends.

    ``other``: id and version of the other visit, and the soft rules that the page said it sets
    aside, with strokes between them. ``version``: of this one as it was looked at. ``reason``: why
    the rules are set aside.
    """

    other: str = Field(
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\|[0-9]{1,9}\|[A-Z0-9,-]{0,200}$"
    )
    version: int
    reason: str = Field(default="", max_length=200)


@router.post("/visits/{appointment_id}/swap")
def swap_by_form(
    request: Request,
    appointment_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    sent: Annotated[Exchange, Form()],
) -> Response:
    """Let a visit change places with another; a refusal is told on its page, nothing is done."""
    name, version, soft = sent.other.split("|")
    other = found(session, actor, UUID(name))
    day = timing.local_date(other.row.start, zone_of(session, actor.clinic_id))
    try:
        with session.begin_nested():
            pair = swapping.Pair(
                (appointment_id, other.row.id),
                (sent.version, int(version)),
                dict.fromkeys(soft.split(","), sent.reason),
            )
            swapping.swap(session, actor, pair, now=now)
    except NotThere:
        raise
    except Refusal as refusal:
        held = found(session, actor, appointment_id)
        return _refused(request, session, actor, held, now, Looked(day, refusal))
    return RedirectResponse(f"/visits/{appointment_id}", status_code=303)


def _instant(text: str) -> datetime:
    try:
        return _AWARE.validate_python(text)
    except ValidationError:
        raise NotUnderstood("choose a time", place="choice") from None


def _chosen(offers: tuple[Offer, ...], start: datetime, location: str) -> Offer:
    for offer in offers:
        if offer.start == start and (offer.location or "") == location:
            return offer
    raise NotUnderstood("this time has been taken meanwhile", fix="choose another", place="start")


@router.post("/visits/{appointment_id}/end")
def end_by_form(
    request: Request,
    appointment_id: UUID,
    session: Writing,
    actor: Here,
    now: Now,
    outcome: Annotated[str, Form(max_length=40)],
    version: Annotated[int, Form()],
) -> Response:
    """Write down that a visit is cancelled, with the reason, or that nobody came, or that they did.

    ``outcome``: one of REASONS, ``noshow`` or ``arrived``.
    """
    try:
        with session.begin_nested():
            _end(session, actor, appointment_id, outcome, (version, now))
    except NotThere:
        raise
    except Refusal as refusal:
        held = found(session, actor, appointment_id)
        return _refused(request, session, actor, held, now, Looked(refusal=refusal))
    return RedirectResponse(f"/visits/{appointment_id}", status_code=303)


def _end(
    session: Session, actor: Actor, appointment_id: UUID, outcome: str, seen: tuple[int, datetime]
) -> None:
    version, now = seen
    if outcome == "noshow":
        ending.no_show(session, actor, appointment_id, now=now, expected=version)
    elif outcome == "arrived":
        attending.arrive(session, actor, appointment_id, now=now, expected=version)
    elif outcome in REASONS:
        ending.cancel(session, actor, appointment_id, reason=outcome, now=now, expected=version)
    else:
        raise NotUnderstood("there is no such outcome", place="outcome", fix="choose one")

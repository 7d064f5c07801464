"""Settings: places and groups."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session, col, select

from api.dependencies import Here, Now, Reading, Writing
from api.web.bars import activity_titles
from api.web.drawing import draw
from api.web.naming import names_of
from api.web.sent_forms import Sent
from api.web.settings.forms import (
    NOTHING,
    Outcome,
    Stored,
    answered,
    day_of,
    meetings_of,
    number_of,
)
from pathways import timing
from pathways.model import LocationKind
from scheduler.acting import Actor
from scheduler.appointments import ending_groups, enlarging, facts, new_groups
from scheduler.appointments.breaking import Broken, must_exist
from scheduler.appointments.enlarging import NewPlace
from scheduler.appointments.new_groups import NewGroup
from scheduler.scenarios.houses import house_of
from scheduler.store.tables import Appointment, GroupSeries, Location, Practitioner

router = APIRouter(default_response_class=HTMLResponse)

PATH = "/settings/places"


@router.get("/settings/places")
def places_page(
    request: Request, session: Reading, actor: Here, now: Now, stored: Stored
) -> Response:
    """Every place and every group, and how one of them begins or ends."""
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
    people = select(Practitioner).where(
        Practitioner.clinic_id == actor.clinic_id, col(Practitioner.leaves_on).is_(None)
    )
    groups = select(GroupSeries).where(GroupSeries.clinic_id == actor.clinic_id)
    return draw(
        request,
        "settings/places.html",
        status=outcome.status,
        locations=session.exec(places.order_by(col(Location.position), col(Location.id))).all(),
        groups=session.exec(groups.order_by(col(GroupSeries.position), col(GroupSeries.id))).all(),
        kinds=get_args(LocationKind),
        activities=_activities(session, actor),
        people=session.exec(people.order_by(col(Practitioner.position))).all(),
        titles=activity_titles(session, actor),
        meets=_meets,
        falls_out=_falls_out,
        outcome=outcome,
        stored=stored,
        names=names,
        today=timing.local_date(now, names.zone),
    )


def _meets(weekly: Iterable[Mapping[str, str]]) -> list[tuple[str, list[str]]]:
    """At which times a group meets, and on which weekdays at each."""
    found: dict[str, list[str]] = {}
    for meeting in weekly:
        found.setdefault(f"{meeting['start']}–{meeting['end']}", []).append(meeting["day"])  # noqa: RUF001  (a dash between two times)
    return list(found.items())


def _falls_out(group: GroupSeries, today: date) -> list[date]:
    """The dates from today on at which a group does not meet."""
    return sorted(day for day in map(date.fromisoformat, group.cancelled) if day >= today)


def _activities(session: Session, actor: Actor) -> dict[str, tuple[str, list[int]]]:
    """The groups for which pathways ask, by id: what they are called, how often they meet."""
    found: dict[str, tuple[str, list[int]]] = {}
    for activity in new_groups.groups_asked_for(house_of(session, actor.clinic_id)):
        _, often = found.setdefault(activity.id, (activity.title, []))
        if activity.schedule[0].per_week not in often:
            often.append(activity.schedule[0].per_week)
    return found


@router.post("/settings/places")
def add_place_by_form(
    request: Request, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Use another place from now on."""

    def change() -> None:
        new = NewPlace(
            enlarging.id_of(sent.get("name", "")),
            sent.get("kind", ""),
            number_of(sent, "capacity") if sent.get("capacity") else None,
            number_of(sent, "turnover") if sent.get("turnover") else 0,
            sent.get("site", "")[:80],
        )
        enlarging.add_place(session, actor, new, now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.post("/settings/groups")
def add_group_by_form(
    request: Request, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Let another group meet from now on, or see first what that would break."""

    def change() -> list[Broken]:
        new = NewGroup(
            enlarging.id_of(sent.get("name", "")),
            sent.get("activity", ""),
            number_of(sent, "capacity"),
            sent.get("location", ""),
            sent.get("facilitator", ""),
            meetings_of(sent),
        )
        _, broken = new_groups.add_group(session, actor, new, now=now)
        return broken

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.post("/settings/places/{location_id}/retire")
def retire_by_form(
    request: Request, location_id: str, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Use a place no more from a date on, or see first what that would break."""
    must_exist(session, Location, actor, location_id)

    def change() -> list[Broken]:
        return facts.is_retired(session, actor, location_id, day_of(sent, "day"), now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


def _known_group(group_series_id: str, session: Writing, actor: Here) -> str:
    """The group that a path names, before anything is read of the form."""
    return must_exist(session, GroupSeries, actor, group_series_id).id


Group = Annotated[str, Depends(_known_group)]


@router.post("/settings/groups/{group_series_id}/cancel")
def cancel_meeting_by_form(
    request: Request, group: Group, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Let a group not meet on a date, or see first what that would break."""

    def change() -> list[Broken]:
        return facts.does_not_meet(session, actor, group, day_of(sent, "day"), now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.post("/settings/groups/{group_series_id}/end")
def end_group_by_form(
    request: Request, group: Group, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Let a group meet no more from a date on, or see first what that would break."""

    def change() -> list[Broken]:
        return ending_groups.ends(session, actor, group, day_of(sent, "day"), now=now)

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))


@router.post("/settings/groups/{group_series_id}/continue")
def continue_group_by_form(
    request: Request, group: Group, session: Writing, actor: Here, now: Now, sent: Sent
) -> Response:
    """Let a group go on after all."""

    def change() -> list[Broken | Appointment]:
        broken, mended = ending_groups.goes_on(session, actor, group, now=now)
        return [*broken, *mended]

    return answered(session, sent, change, PATH, partial(_page, request, session, actor, now))

"""Lists of visits: of some dates, of a patient's eight weeks, of the clinic's day.

They are asked all day, and a day has hundreds of visits: each list goes through one query, one
thread and one text, and what is stored as JSON goes out as it stands, unread. A test holds every
list to its model.
"""

from collections.abc import Iterable
from datetime import date, datetime
from json.encoder import encode_basestring
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.dependencies import Here, Now, has_read, looking
from api.routes.appointments import Visit
from api.routes.documents import Sent
from scheduler.appointments import listing
from scheduler.appointments.listing import Listed

router = APIRouter(tags=["appointments"])


class Listing(Sent):
    """Which appointments are listed: ``from`` and ``to`` are dates, both included."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    patient: str | None = None
    practitioner: str | None = None
    location: str | None = None


@router.get("/day", response_model=list[Visit])
def day_board(
    request: Request,
    actor: Here,
    now: Now,
    day: Annotated[date | None, Query(alias="date")] = None,
) -> Response:
    """All that happens in the clinic on a date, today unless it is said."""
    with looking(request, actor, now) as session:
        return _list(request, listing.day_of(session, actor, day, now=now))


@router.get("/patients/{patient_id}/weeks", response_model=list[Visit])
def weeks_of_patient(
    patient_id: str, request: Request, actor: Here, now: Now, start: date | None = None
) -> Response:
    """A patient's eight weeks, from the start of their enrolment or another date on."""
    with looking(request, actor, now) as session:
        return _list(request, listing.weeks_of(session, actor, patient_id, start))


@router.get("/appointments", response_model=list[Visit])
def list_appointments(
    request: Request, actor: Here, now: Now, wanted: Annotated[Listing, Query()]
) -> Response:
    """The appointments that begin on some dates, both included, in order of time."""
    choice = listing.Wanted(
        wanted.first, wanted.last, wanted.patient, wanted.practitioner, wanted.location
    )
    with looking(request, actor, now) as session:
        return _list(request, listing.listed(session, actor, choice, as_text=True))


def _list(request: Request, entries: list[Listed]) -> Response:
    has_read(request, *(name for entry in entries for name in entry.patients))
    return Response(as_json(entries), media_type="application/json")


def as_json(entries: Iterable[Listed]) -> bytes:
    """The list, as the model of a visit has it."""
    return f"[{','.join(map(_visit, entries))}]".encode()


def _visit(entry: Listed) -> str:
    row, text = entry.row, encode_basestring
    people = ",".join(map(text, entry.patients))
    name, code, activity, occurrence, status, held_until, cancel_reason, start = row[:8]
    end, wall_time, zone, modality, sequence, version, hold_reason = row[8:15]
    location, series, practitioners, stages, notes = row[15:20]
    return (
        f'{{"id":"{_hyphened(name)}","code":{text(code)},"patients":[{people}],'
        f'"activity":{text(activity)},"occurrence":{occurrence},"status":{text(status)},'
        f'"tentative":{_truth(entry.tentative)},"held":{_truth(hold_reason is not None)},'
        f'"held_until":{_instant(held_until)},"cancel_reason":{_or_null(cancel_reason)},'
        f'"start":{_instant(start)},"end":{_instant(end)},"wall_time":{text(wall_time)},'
        f'"zone":{text(zone)},"modality":{text(modality)},"location":{_or_null(location)},'
        f'"series":{_or_null(series)},"practitioners":{practitioners},"stages":{stages},'
        f'"notes":{notes},"sequence":{sequence},"version":{version}}}'
    )


def _hyphened(name: str) -> str:
    """An id as PostgreSQL writes it; SQLite writes its digits alone."""
    if "-" in name:
        return name
    return f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"


def _or_null(value: str | None) -> str:
    return "null" if value is None else encode_basestring(value)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _instant(moment: datetime | None) -> str:
    """An instant of the store, which is in UTC."""
    return "null" if moment is None else f'"{moment.isoformat()[:-6]}Z"'

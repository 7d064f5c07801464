"""The page behind a signed link: when and where a ride is needed, and a button to say yes."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import Session

from api.dependencies import Now, Reading, Writing
from api.linking import links_of
from api.web.drawing import draw_outside
from api.web.languages import language_of_browser
from pathways import timing
from scheduler import acting
from scheduler.reminders import contents, rides
from scheduler.reminders.contents import Told
from scheduler.store.tables import Appointment, Clinic, Location

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/ride/{token}")
def ride_page(request: Request, token: str, session: Reading, now: Now) -> Response:
    """Time and place of a pick-up, and nothing else."""
    row = links_of(request).visit(session, token, now=now)
    return _drawn(request, session, row)


@router.post("/ride/{token}")
def ride_is_certain(request: Request, token: str, session: Writing, now: Now) -> Response:
    """Say that the ride is certain."""
    row = links_of(request).visit(session, token, now=now)
    rides.confirm(session, acting.machine(row.clinic_id, "ride link"), row, by="link", now=now)
    return _drawn(request, session, row)


def _drawn(request: Request, session: Session, row: Appointment) -> Response:
    clinic = session.get(Clinic, row.clinic_id)
    assert clinic is not None, "its rows name it"  # noqa: S101  (a foreign key holds)
    place = session.get(Location, (row.clinic_id, row.location_id or ""))
    told = Told(
        clinic,
        language_of_browser(request),
        timing.zone(clinic.timezone),
        row,
        place=(place.site if place else "") or str(clinic.settings.get("place", "")),
    )
    answer = draw_outside(
        request,
        "ride.html",
        when=contents.moment_text(row.end, told),
        where=contents.Values(told)["place"],
        phone=str(clinic.settings.get("phone", "")),
        confirmed=row.ride_confirmed_at is not None,
        named=row.ride_contact_id is not None,
    )
    answer.headers.update(
        {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        }
    )
    return answer

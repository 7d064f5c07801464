"""What a patient's telephone needs to keep these pages: a manifest, a worker, what to show offline.

None of it says what anybody is treated for, and what is kept of a patient is only times, the hour
from which they may drive, and neutral words.
"""

from datetime import timedelta
from importlib import resources
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from api.dependencies import Here, Now, Reading, has_read
from api.web.calendar_feed import TITLE
from api.web.dates import Dates
from api.web.drawing import draw
from api.web.languages import language_of_browser
from api.web.patient.own import Own, own_of
from api.web.texts import marked, said
from pathways import timing
from scheduler.store.tables import Appointment

router = APIRouter()

NAME: Final = marked("My visits")
KEPT_FOR: Final = timedelta(days=14)

WORDS: Final = {
    "offline": marked("You are offline"),
    "asOf": marked("As of"),
    "changed": marked("It may have changed since."),
    "again": marked("Try again"),
    "doNotDrive": marked("Do not drive"),
    "drivesAgain": marked("You may drive again from"),
    "questions": marked("Questions:"),
}
"""What the page says around what was kept."""


@router.get("/manifest.webmanifest")
def manifest(request: Request) -> Response:
    """By which a telephone puts these pages on its home screen, under a neutral name."""
    name = said(NAME, language_of_browser(request))
    content = {
        "name": name,
        "short_name": name,
        "id": "/me",
        "start_url": "/me",
        "scope": "/",
        "display": "standalone",
        "background_color": "#faf9f5",
        "theme_color": "#faf9f5",
        "icons": [_icon("icon", "any"), _icon("icon-maskable", "maskable")],
    }
    return JSONResponse(content, media_type="application/manifest+json")


def _icon(name: str, purpose: str) -> dict[str, str]:
    source = f"/static/{name}.svg"
    return {"src": source, "sizes": "any", "type": "image/svg+xml", "purpose": purpose}


@router.get("/service-worker.js")
def service_worker() -> Response:
    """The worker, at the root: there it may stand before the pages under ``/me``."""
    script = resources.files("api.web").joinpath("static/service-worker.js").read_bytes()
    return Response(script, media_type="text/javascript")


@router.get("/offline", response_class=HTMLResponse)
def offline_page(request: Request) -> Response:
    """The page without anything of anybody's, which shows what the device keeps."""
    return draw(request, "offline.html", language="en")


@router.get("/me/kept.json")
def kept_on_the_device(request: Request, actor: Here, session: Reading, now: Now) -> Response:
    """What the patient's own device keeps, encrypted, for when it is offline."""
    own = own_of(session, actor, now)
    has_read(request, own.patient.id)
    return JSONResponse(kept_of(own))


def kept_of(own: Own) -> dict[str, Any]:
    """Times, the hour from which they may drive, and words that tell nobody why."""
    dates, again = Dates(own.language), own.driving.drives_again
    coming = [visit for visit in own.coming if visit.start < own.now + KEPT_FOR]
    return {
        "language": own.language,
        "words": {name: said(text, own.language) for name, text in WORDS.items()},
        "made": {"at": own.now.isoformat(), "text": dates.moment(own.now, own.zone)},
        "driving": again and {"at": again.isoformat(), "text": dates.moment(again, own.zone)},
        "visits": [_visit(own, dates, visit) for visit in coming],
        "phone": own.phone,
        "sender": own.sender,
    }


def _visit(own: Own, dates: Dates, visit: Appointment) -> dict[str, str]:
    return {
        "end": visit.end.isoformat(),
        "day": dates.brief_day(timing.local_date(visit.start, own.zone)),
        "time": dates.time(visit.start, own.zone),
        "title": said(TITLE, own.language).format(sender=own.sender),
    }

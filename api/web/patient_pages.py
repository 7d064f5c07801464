"""The patient's own page: from when they may drive again."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.dependencies import Here, Now, Reading, has_read
from api.web.drawing import draw
from scheduler.errors import NotThere
from scheduler.sessions.driving import driving_of

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/me")
def my_page(request: Request, actor: Here, session: Reading, now: Now) -> Response:
    """From when the patient who is signed in may drive again."""
    if actor.patient_id is None:
        raise NotThere("this page is a patient's own")
    driving = driving_of(session, actor, actor.patient_id, now=now)
    has_read(request, actor.patient_id)
    return draw(request, "my_page.html", driving=driving)

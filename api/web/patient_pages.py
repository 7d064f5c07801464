"""The patient's own page: from when they may drive again, and what comes next."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlmodel import select

from api.dependencies import Here, Now, Reading, has_read
from api.web.coordination_pages import appointments_of
from api.web.drawing import draw
from api.web.naming import names_of, titles_of
from scheduler.errors import NotThere
from scheduler.sessions.driving import driving_of
from scheduler.store.tables import Enrolment
from scheduler.tracking import TAKES_TIME

router = APIRouter(default_response_class=HTMLResponse)

_SHOWN = 6


@router.get("/me")
def my_page(request: Request, actor: Here, session: Reading, now: Now) -> Response:
    """From when the patient who is signed in may drive again, and when they come next."""
    if actor.patient_id is None:
        raise NotThere("this page is a patient's own")
    driving = driving_of(session, actor, actor.patient_id, now=now)
    names = names_of(session, actor)
    enrolment = session.exec(
        select(Enrolment).where(
            Enrolment.clinic_id == actor.clinic_id,
            Enrolment.patient_id == actor.patient_id,
            Enrolment.status == "active",
        )
    ).first()
    visits = appointments_of(session, actor, actor.patient_id)
    coming = [visit for visit in visits if visit.end > now and visit.status in TAKES_TIME]
    has_read(request, actor.patient_id)
    return draw(
        request,
        "my_page.html",
        driving=driving,
        coming=coming[:_SHOWN],
        titles=titles_of(session, enrolment),
        names=names,
    )

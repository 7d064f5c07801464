"""Papers: a patient's next two weeks, and the sheet that goes home with them after a session."""

from datetime import timedelta
from itertools import groupby
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.dependencies import Here, Now, Reading, has_read
from api.web.drawing import text_of
from api.web.patient.own import Own, own_of
from pathways import timing
from scheduler.acting import Actor
from scheduler.care import preparing
from scheduler.care.records import patient_of
from scheduler.errors import Refusal
from scheduler.sessions.driving import driving_of
from scheduler.store.tables import Clinic

router = APIRouter()

_SHOWN: Final = timedelta(days=14)
_AFTERWARDS: Final = ("driving-and-machinery", "integration", "when-to-call")
"""What the protocol says for the time after a session, of all that it says."""


@router.get("/me/papers/week.pdf")
def my_weeks_on_paper(request: Request, actor: Here, session: Reading, now: Now) -> Response:
    """The patient's own next two weeks."""
    return _week(request, own_of(session, actor, now))


@router.get("/me/papers/after.pdf")
def my_sheet_for_afterwards(request: Request, actor: Here, session: Reading, now: Now) -> Response:
    """The patient's own sheet for the time after a session."""
    return _after(request, own_of(session, actor, now))


@router.get("/patients/{patient_id}/papers/week.pdf")
def weeks_on_paper(
    request: Request, patient_id: str, actor: Here, session: Reading, now: Now
) -> Response:
    """A patient's next two weeks, to be handed to them, in their language."""
    return _week(request, _theirs(session, actor, patient_id, now))


@router.get("/patients/{patient_id}/papers/after.pdf")
def sheet_for_afterwards(
    request: Request, patient_id: str, actor: Here, session: Reading, now: Now
) -> Response:
    """A patient's sheet for the time after a session, to be handed to them, in their language."""
    return _after(request, _theirs(session, actor, patient_id, now))


def _theirs(session: Reading, actor: Actor, patient_id: str, now: Now) -> Own:
    """A patient, for staff who print something for them; NotThere where there is none."""
    patient = patient_of(session, actor, patient_id)
    return Own(session, actor, patient, session.get_one(Clinic, actor.clinic_id), now)


def _week(request: Request, own: Own) -> Response:
    visits = [visit for visit in own.coming if visit.start < own.now + _SHOWN]
    days = groupby(visits, key=lambda visit: timing.local_date(visit.start, own.zone))
    return _paper(
        request,
        own,
        "week",
        days=[(day, list(of_day)) for day, of_day in days],
        steps={visit.id: preparing.steps_before(visit, own.protocol) for visit in visits},
    )


def _after(request: Request, own: Own) -> Response:
    notes = own.protocol.education if own.protocol else ()
    driving = driving_of(own.session, own.actor, own.patient.id, now=own.now)
    return _paper(
        request,
        own,
        "after",
        drives_again=driving.drives_again,
        notes=[note for note in notes if note.id in _AFTERWARDS],
        next=next((visit for visit in own.coming if visit.start > own.now), None),
    )


def _paper(request: Request, own: Own, name: str, **shown: Any) -> Response:
    has_read(request, own.patient.id)
    text = text_of(f"papers/{name}.html", own.language, own=own, **shown)
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(pdf_of(text), media_type="application/pdf", headers=headers)


class NothingToDrawWith(Refusal):
    """The machine lacks the libraries with which papers are drawn."""

    status = 503
    kind = "no-paper"
    title = "This machine cannot make papers."


def pdf_of(text: str) -> bytes:
    """A page as a tagged PDF that a screen reader can read; nothing is fetched for it."""
    # Loaded when it is first asked for: it takes a second, and few requests need it.
    try:
        from weasyprint import HTML  # type: ignore[import-untyped]  # noqa: PLC0415  (see above)
    except OSError as error:
        raise NothingToDrawWith(str(error).splitlines()[0], fix="run setup/paper.sh") from None
    html = HTML(string=text, url_fetcher=_nothing)
    found: bytes = html.write_pdf(pdf_variant="pdf/ua-1")
    return found


def _nothing(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a paper fetches nothing: {url}")

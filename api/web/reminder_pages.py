"""The list of messages: what is planned, what went out, what failed or was held back, and why."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.dependencies import Here, Now, Reading, has_read
from api.web.drawing import draw
from api.web.naming import names_of
from api.web.texts import marked
from api.web.wording import OF_MESSAGES
from pathways import timing
from scheduler.errors import NotThere
from scheduler.reminders import controlling
from scheduler.reminders.controlling import Filter
from scheduler.store.tables import Patient, Reminder

router = APIRouter(default_response_class=HTMLResponse)

_BACK = timedelta(hours=3)
_LONG_BACK = timedelta(days=7)
_MOST = 200
_TO_WHOM: Final = {"patient": marked("the patient"), "ride": marked("the ride")}


@router.get("/reminders")
def reminders_page(
    request: Request,
    actor: Here,
    session: Reading,
    now: Now,
    patient: Annotated[str, Query(max_length=80)] = "",
    status: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Messages by day: all of a patient, else those of these days."""
    if patient and session.get(Patient, (actor.clinic_id, patient)) is None:
        raise NotThere("there is no such patient")
    names = names_of(session, actor)
    since = None if patient else _beginning(status, now)
    asked = Filter(status or None, None, patient or None, since, None, _MOST)
    rows = controlling.listed(session, actor.clinic_id, asked)
    has_read(request, *{row.patient_id for row in rows if row.patient_id})
    days = groupby(rows, key=lambda row: timing.local_date(row.due_at, names.zone))
    return draw(
        request,
        "reminders.html",
        days=[(day, list(of_day)) for day, of_day in days],
        names=names,
        to_whom=_recipient,
        patient=patient,
        chosen=status,
        statuses=OF_MESSAGES,
        full=len(rows) == _MOST,
        stopped=controlling.is_stopped(session, actor.clinic_id),
    )


def _beginning(status: str, now: datetime) -> datetime:
    """What is planned lies ahead; all together from a little ago on; what is over, all of it."""
    return now - _BACK if status in ("", "pending") else now - _LONG_BACK


def _recipient(row: Reminder) -> str:
    kind, _, name = row.recipient.partition(":")
    if kind == "role":
        return name
    return _TO_WHOM.get(kind, name.replace("-", " "))

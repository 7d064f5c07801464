"""One questionnaire of a patient: every answer beside those before it, and a form for a new one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.web.drawing import draw
from api.web.naming import accounts_named, names_of
from api.web.sent_forms import Sent, answers_of
from pathways.protocol.care import Measure
from scheduler import audit
from scheduler.acting import Actor
from scheduler.care import answering, records
from scheduler.care.facts import Facts
from scheduler.care.questionnaires import lines_of, questionnaire, unanswered
from scheduler.care.requirements.outcomes import finished
from scheduler.errors import NotThere

router = APIRouter(default_response_class=HTMLResponse)

_TWICE: Final = timedelta(minutes=1)
"""The same answers by the same hand within that time are a second click."""


@router.get("/patients/{patient_id}/measures/{measure}")
def measure_page(
    request: Request, patient_id: str, measure: str, session: Reading, actor: Here
) -> Response:
    """Every answer to a questionnaire, the latest first, item by item; and a form."""
    facts = records.facts_about(session, actor, patient_id)
    has_read(request, patient_id)
    return _page(request, session, actor, facts, measure)


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    facts: Facts,
    name: str,
    *,
    said: Mapping[str, int] | None = None,
    missing: Sequence[str] = (),
) -> Response:
    measure = _measure(facts, name)
    answers = finished(list(facts.answers), name)
    people = {row.answered_by for row in answers} | {row.disposed_by for row in answers}
    return draw(
        request,
        "measure.html",
        status=422 if missing else 200,
        facts=facts,
        measure=measure,
        asked=questionnaire(name),
        answers=answers[::-1],
        lines=lines_of(measure, answers[0].total if answers else None),
        scores={score.id: score for score in measure.scores},
        writers=accounts_named(session, actor, people),
        names=names_of(session, actor),
        said=said or {},
        missing=missing,
    )


def _measure(facts: Facts, name: str) -> Measure:
    protocol = records.protocol_for(facts)
    found = next((measure for measure in protocol.measures if measure.id == name), None)
    if found is None:
        raise NotThere("the pathway has no such questionnaire")
    return found


@router.post("/patients/{patient_id}/measures/{measure}")
def answer_by_form(
    request: Request,
    patient_id: str,
    measure: str,
    session: Writing,
    actor: Here,
    now: Now,
    sent: Sent,
) -> Response:
    """Answer a questionnaire with a patient: kept and scored once every item has its answer.

    A second click keeps nothing more.
    """
    answers = answers_of(questionnaire(measure), sent)
    records.hold_patient(session, actor, patient_id)
    facts = records.facts_about(session, actor, patient_id)
    missing = unanswered(questionnaire(measure), answers)
    if missing:
        audit.record(session, actor, "read", at=now, patients=[patient_id])
        return _page(request, session, actor, facts, measure, said=answers, missing=missing)
    if not _is_kept(facts, actor, measure, answers, now):
        row = answering.begin(session, actor, patient_id, measure, answers, now=now)
        answering.finish(session, actor, row.id, now=now)
    return RedirectResponse(f"/patients/{patient_id}/measures/{measure}", status_code=303)


def _is_kept(
    facts: Facts, actor: Actor, measure: str, answers: Mapping[str, int], now: datetime
) -> bool:
    last = next(reversed(finished(list(facts.answers), measure)), None)
    return (
        last is not None
        and (last.answers, last.answered_by) == (answers, actor.account_id)
        and now - last.taken_at < _TWICE
    )

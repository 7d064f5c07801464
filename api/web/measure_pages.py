"""One questionnaire of a patient: every answer beside those before it, and a form for a new one."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session

from api.dependencies import Here, Now, Reading, Writing, has_read
from api.web.drawing import draw
from api.web.naming import accounts_named, names_of
from pathways.protocol.care import Measure
from scheduler import audit
from scheduler.acting import Actor
from scheduler.care import answering, records
from scheduler.care.facts import Facts
from scheduler.care.questionnaires import lines_of, questionnaire, unanswered
from scheduler.care.requirements.outcomes import finished
from scheduler.errors import NotThere, NotUnderstood

router = APIRouter(default_response_class=HTMLResponse)

_ITEM: Final = "item-"


async def _sent(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


Sent = Annotated[dict[str, str], Depends(_sent)]


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
    """Answer a questionnaire with a patient: kept and scored once every item has its answer."""
    answers = _answers(sent)
    missing = unanswered(questionnaire(measure), answers)
    if missing:
        facts = records.facts_about(session, actor, patient_id)
        audit.record(session, actor, "read", at=now, patients=[patient_id])
        return _page(request, session, actor, facts, measure, said=answers, missing=missing)
    row = answering.begin(session, actor, patient_id, measure, answers, now=now)
    answering.finish(session, actor, row.id, now=now)
    return RedirectResponse(f"/patients/{patient_id}/measures/{measure}", status_code=303)


def _answers(sent: Mapping[str, str]) -> dict[str, int]:
    given = {name: value for name, value in sent.items() if name.startswith(_ITEM)}
    if wrong := next((name for name, value in given.items() if not value.isdecimal()), None):
        raise NotUnderstood("an answer is a number", place=wrong, fix="choose one of those shown")
    return {name.removeprefix(_ITEM): int(value) for name, value in given.items()}

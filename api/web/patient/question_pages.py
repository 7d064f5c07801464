"""A patient's questionnaires: what is due, and a form that is saved as it goes.

Where scripts run, each answer is posted by itself; without them the whole form is, once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from api.dependencies import Here, Now, Reading, Writing
from api.web.patient.next_pages import DONE
from api.web.patient.own import Own, draw_own, own_of
from api.web.sent_forms import Sent, answers_of
from api.web.texts import marked
from pathways.protocol.care import Measure
from scheduler.care import answering, measuring, records
from scheduler.care.facts import Facts
from scheduler.care.measuring import Due
from scheduler.care.questionnaires import questionnaire, unanswered
from scheduler.errors import NotThere
from scheduler.store.tables import Answer

router = APIRouter(default_response_class=HTMLResponse)

_MISSING: Final = marked("Some questions have no answer yet. They are marked.")
_FORGETS: Final = timedelta(days=2)
"""A draft older than that is begun anew: what was felt then is not what is asked now."""


@router.get("/me/questions")
def my_questions(
    request: Request,
    actor: Here,
    session: Reading,
    now: Now,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The questionnaires that are due, and those that were answered."""
    own = own_of(session, actor, now)
    facts = records.facts_about(session, actor, own.patient.id)
    answered = [row for row in facts.answers if row.finished_at is not None]
    return draw_own(
        request,
        own,
        "questions.html",
        due=_due(own, facts),
        started={row.measure for row in facts.answers if _goes_on(row, now)},
        answered=[row for row in reversed(answered) if row.measure in _measures(own)],
        measures=_measures(own),
        done=DONE.get(done, ""),
    )


def _due(own: Own, facts: Facts) -> list[Due]:
    if own.enrolment is None or own.protocol is None:
        return []
    found = measuring.measures_due(own.protocol, facts, own.enrolment, now=own.now)
    return [due for due in found if due.by == "patient"]


def _measures(own: Own) -> dict[str, Measure]:
    """What patients answer on their pathway, by its id."""
    measures = own.protocol.measures if own.protocol else ()
    return {m.id: m for m in measures if m.answered_by == "patient"}


def _goes_on(row: Answer, now: datetime) -> bool:
    return row.finished_at is None and now - row.taken_at < _FORGETS


@router.get("/me/questions/{measure}")
def my_questionnaire(
    request: Request, measure: str, actor: Here, session: Reading, now: Now
) -> Response:
    """One questionnaire, with what was answered already."""
    own = own_of(session, actor, now)
    draft = _draft(own, measure)
    return _form(request, own, measure, dict(draft.answers) if draft else {})


def _draft(own: Own, measure: str) -> Answer | None:
    """What was begun and not finished; NotThere for a measure that is none of theirs."""
    if measure not in _measures(own):
        raise NotThere("there is no such questionnaire")
    facts = records.facts_about(own.session, own.actor, own.patient.id)
    going = [row for row in facts.answers if row.measure == measure and _goes_on(row, own.now)]
    return going[-1] if going else None


def _form(
    request: Request,
    own: Own,
    measure: str,
    answers: Mapping[str, int],
    *,
    status: int = 200,
    missing: tuple[str, ...] = (),
) -> Response:
    asked = questionnaire(measure)
    return draw_own(
        request,
        own,
        "question.html",
        status=status,
        measure=_measures(own)[measure],
        asked=asked,
        answers=answers,
        missing=missing,
        crisis=answering.alarms_early(_measures(own)[measure], answers),
        alert=_MISSING if missing else "",
    )


@router.post("/me/questions/{measure}")
def answer_questionnaire(
    request: Request, measure: str, actor: Here, session: Writing, now: Now, sent: Sent
) -> Response:
    """Keep answers; with ``part``, one of them while the rest is still being filled in."""
    own = own_of(session, actor, now)
    draft, answers = _draft(own, measure), answers_of(questionnaire(measure), sent)
    if draft is None:
        draft = answering.begin(session, actor, own.patient.id, measure, answers, now=now)
    else:
        draft = answering.save(session, actor, draft.id, answers, now=now)
    crisis = answering.alarms_early(_measures(own)[measure], draft.answers)
    if "part" in sent:
        return JSONResponse({"crisis": crisis})
    if missing := unanswered(questionnaire(measure), draft.answers):
        return _form(request, own, measure, draft.answers, status=422, missing=tuple(missing))
    answering.finish(session, actor, draft.id, now=now)
    if crisis:
        return draw_own(request, own, "crisis.html")
    return RedirectResponse("/me/questions?done=finished", status_code=303)

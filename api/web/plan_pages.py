"""From a search to what is booked: how far it is, its plans side by side, a draft row by row."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlmodel import Session, col, select

from api.auth.policy import POLICY
from api.dependencies import Here, Now, Reading, Writing, has_read
from api.linking import links_of
from api.routes.plans import plan_of, refuse_unenrolled
from api.web.drawing import draw
from api.web.naming import names_of, titles_of
from api.web.week_pictures import Picture as WeekPicture
from api.web.week_pictures import of_plan
from api.web.wording import OF_COSTS, OF_OBSTACLES, word
from pathways import timing
from scheduler import audit, runs
from scheduler.acting import Actor
from scheduler.errors import NotThere, NotUnderstood, Refusal
from scheduler.following import BROKEN
from scheduler.plans import publishing
from scheduler.plans.rehearsing import rehearse
from scheduler.protocols import protocol_of
from scheduler.store.tables import Enrolment, PlanVersion, Task

router = APIRouter(default_response_class=HTMLResponse)

_SECONDS = 10.0


@router.post("/patients/{patient_id}/plan")
def plan_patient(patient_id: str, session: Writing, actor: Here, now: Now) -> Response:
    """Ask for a plan for one patient."""
    refuse_unenrolled(session, actor, [patient_id])
    asked = {"seconds": _SECONDS, "alternatives": 1, "seed": 0}
    run = runs.ask(session, actor, "plan", asked, patients=[patient_id], now=now)
    return RedirectResponse(f"/runs/{run.id}", status_code=303)


@router.get("/runs/{run_id}")
def run_page(request: Request, run_id: UUID, session: Reading, actor: Here) -> Response:
    """How far a search is; leads on to its draft."""
    run = runs.find(session, actor, run_id)
    plans = (run.result or {}).get("plans", [])
    if run.state == "done" and len(plans) == 1:
        return _lead_on(request, f"/plans/{plans[0]}")
    names = names_of(session, actor)
    drafts = [_as_picture(session, actor, number, names.zone) for number in plans]
    return draw(request, "run.html", run=run, plans=plans, drafts=drafts, names=names)


@dataclass(frozen=True)
class Pictured:
    """One of several plans for a patient, its weeks as a picture, and what it costs, in words."""

    plan: PlanVersion
    picture: WeekPicture
    obstacles: tuple[tuple[str, int], ...]

    def dearer_than(self, best: "Pictured") -> list[tuple[str, int]]:
        """What it pays for more, or less, than the best: in words, and by how much."""
        mine, others = (Counter(one.plan.document["cost"]["terms"]) for one in (self, best))
        apart = {name: mine[name] - others[name] for name in mine | others}
        return [(OF_COSTS.get(name, word(name)), by) for name, by in apart.items() if by]


def _as_picture(session: Session, actor: Actor, number: int, zone: ZoneInfo) -> Pictured:
    plan = plan_of(session, actor, number)
    enrolment = session.exec(
        select(Enrolment).where(
            Enrolment.clinic_id == actor.clinic_id,
            col(Enrolment.patient_id).in_(plan.patients),
            Enrolment.status == "active",
        )
    ).first()
    mine = set(plan.patients)
    booked = [a for a in plan.document["appointments"] if mine & set(a["patients"])]
    doses: set[str] = set()
    if enrolment is not None:
        protocol = protocol_of(enrolment)
        doses = {a.id for a in protocol.activities if a.purpose == "dose"} if protocol else set()
    start = enrolment.start if enrolment else timing.local_date(plan.made_at, zone)
    picture = of_plan(booked, start, zone, frozenset(doses), actor.language)
    return Pictured(plan, picture, _obstacles(plan))


def _obstacles(plan: PlanVersion) -> tuple[tuple[str, int], ...]:
    """What keeps things from every time, the most frequent first, and how many things."""
    found: Counter[str] = Counter()
    for left in plan.document["unplaced"]:
        found.update({OF_OBSTACLES.get(r["rule"], word(r["rule"])) for r in left["reasons"]})
    return tuple(found.most_common(3))


def _lead_on(request: Request, path: str) -> Response:
    """Another page: also where a script asks for a part of this one."""
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


@router.get("/plans/{number}")
def plan_page(request: Request, number: int, session: Reading, actor: Here) -> Response:
    """A draft as what it changes for whom, to be published, in part or whole, or put aside."""
    row = plan_of(session, actor, number)
    has_read(request, *row.patients)
    names = names_of(session, actor)
    changes = sorted(row.changes, key=_by_patient_and_time)
    people = [(who, list(some)) for who, some in groupby(changes, key=_whose)]
    mended = [part for part in people if row.kind != "repair" or _is_mended(part[1])]
    return draw(
        request,
        "plan.html",
        plan=row,
        changes=mended,
        further=[part for part in people if part not in mended],
        spared=_spared(session, row) if row.kind == "repair" else frozenset(),
        titles=_titles_for(session, actor, row.patients),
        names=names,
        obstacles=OF_OBSTACLES,
        decides=bool(actor.roles & POLICY["decide_plan"]),
    )


def _is_mended(changes: Sequence[dict[str, Any]]) -> bool:
    """Whether something that was booked changes, and not only what had no time yet gets one."""
    return any(change["before"] is not None for change in changes)


def _spared(session: Session, plan: PlanVersion) -> frozenset[int]:
    """The rows that take a visit away, though nothing that has happened is known to break it."""
    taken = {c["appointment"]: c["row"] for c in plan.changes if c["after"] is None}
    broken = session.exec(
        select(Task.subject_id).where(
            Task.clinic_id == plan.clinic_id,
            Task.kind == BROKEN,
            col(Task.open_key).is_not(None),
            col(Task.subject_id).in_(taken),
        )
    ).all()
    return frozenset(row for name, row in taken.items() if name not in broken)


def _whose(change: dict[str, Any]) -> tuple[str, ...]:
    return tuple(change["patients"])


def _by_patient_and_time(change: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    return _whose(change), (change["after"] or change["before"])["start"]


@router.post("/plans/{number}/messages")
def plan_messages(
    request: Request,
    number: int,
    session: Writing,
    actor: Here,
    now: Now,
    rows: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """Who would be told what if these rows were published; nothing is changed or sent."""
    refusal, rehearsed = None, None
    try:
        rehearsed = rehearse(
            session,
            actor,
            number,
            rows=_ticked(session, actor, number, rows),
            links=links_of(request),
            now=now,
        )
    except NotThere:
        raise
    except Refusal as told:
        refusal = told
    names = names_of(session, actor)
    plan = plan_of(session, actor, number)
    audit.record(session, actor, "read", at=now, patients=plan.patients)
    return draw(
        request, "plan_messages.html", plan=plan, told=rehearsed, refusal=refusal, names=names
    )


def _titles_for(session: Session, actor: Actor, patients: Sequence[str]) -> dict[str, str]:
    enrolments = session.exec(
        select(Enrolment).where(
            Enrolment.clinic_id == actor.clinic_id, col(Enrolment.patient_id).in_(patients)
        )
    )
    return {name: title for e in enrolments for name, title in titles_of(session, e).items()}


def _ticked(
    session: Session, actor: Actor, number: int, rows: list[int] | None
) -> list[int] | None:
    """The rows of a form; None for all of them. A form in which none is ticked sends none."""
    if not rows:
        raise NotUnderstood("nothing is ticked", place="rows", fix="tick what shall be booked")
    everything = {change["row"] for change in plan_of(session, actor, number).changes}
    return None if everything == set(rows) else rows


@router.post("/plans/{number}/decide")
def decide_plan(
    number: int,
    session: Writing,
    actor: Here,
    now: Now,
    decision: Annotated[str, Form()],
    rows: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """Publish the ticked rows of a draft, put it aside, or take a publication back."""
    if decision == "publish":
        publishing.publish(
            session, actor, number, rows=_ticked(session, actor, number, rows), now=now
        )
    elif decision == "undo":
        publishing.undo(session, actor, number, now=now)
    else:
        publishing.reject(session, actor, number, reason="put aside", now=now)
    return RedirectResponse(f"/plans/{number}", status_code=303)

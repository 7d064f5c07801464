"""Asking for plans, watching runs, deciding on drafts."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from api.dependencies import Here, Now, Reading, Service, Writing, has_read, service_of
from api.routes.documents import STREAM, Number
from scheduler import runs
from scheduler.acting import Actor
from scheduler.appointments.offering import Offer
from scheduler.errors import NotThere, NotUnderstood
from scheduler.plans import adjusting, listing, publishing
from scheduler.store.tables import Enrolment, PlanVersion, Run

router = APIRouter(tags=["plans"])

_LOOK_EVERY = 0.5
_OVER = ("done", "failed", "stopped")


class PlanRequest(BaseModel):
    """For whom a plan is asked, and how long to search.

    ``alternatives``: up to so many plans that a person would call different, for one patient.
    ``work``: units of search instead of seconds; the same work and seed give the same plan.
    """

    model_config = ConfigDict(extra="forbid")

    patients: Annotated[list[str], Field(min_length=1, max_length=50)]
    seconds: Annotated[float, Field(gt=0, le=300)] | None = 10
    work: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    alternatives: Annotated[int, Field(ge=1, le=5)] = 1


class RepairRequest(BaseModel):
    """How long to look for the fewest changes."""

    model_config = ConfigDict(extra="forbid")

    seconds: Annotated[float, Field(gt=0, le=300)] | None = 10
    work: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0


class RunView(BaseModel):
    """A run as it stands. ``result.plans``: the numbers of the drafts that came out."""

    id: UUID
    kind: str
    state: str
    progress: dict[str, Any]
    result: dict[str, Any] | None
    problem: str | None
    asked_at: datetime
    ended_at: datetime | None


class PlanView(BaseModel):
    """A plan version without its document."""

    number: int
    status: str
    kind: str
    patients: list[str]
    cost: int
    bound: int
    optimal: bool
    changes: int
    unplaced: int
    seed: int
    work: int
    planner: str
    made_at: datetime
    decided_at: datetime | None


class WholePlan(PlanView):
    """A plan version with its document and what it changes, row by row."""

    document: dict[str, Any]
    rows: list[dict[str, Any]]


class Decision(BaseModel):
    """What is accepted of a draft: these rows, or all of it; and why."""

    model_config = ConfigDict(extra="forbid")

    rows: list[int] | None = None
    reason: Annotated[str, Field(max_length=500)] = ""


def run_view(run: Run) -> RunView:
    """A run as the API shows it."""
    return RunView.model_validate(run, from_attributes=True)


def plan_view(row: PlanVersion) -> PlanView:
    """A plan version as the API lists it."""
    return PlanView(**_seen(row))


def _seen(row: PlanVersion) -> dict[str, Any]:
    names = set(PlanView.model_fields) - {"optimal", "changes", "unplaced"}
    return {name: getattr(row, name) for name in names} | {
        "optimal": row.document["status"] == "optimal",
        "changes": len(row.changes),
        "unplaced": len(row.document["unplaced"]),
    }


def refuse_unenrolled(session: Session, actor: Actor, patients: list[str]) -> None:
    """NotUnderstood, naming the first, where somebody is on no pathway here."""
    found = session.exec(
        select(Enrolment.patient_id).where(
            Enrolment.clinic_id == actor.clinic_id,
            Enrolment.status == "active",
            col(Enrolment.patient_id).in_(patients),
        )
    )
    missing = sorted(set(patients) - set(found))
    if missing:
        raise NotUnderstood(
            f"{missing[0]} is not enrolled here", place="patients", fix="enrol them first"
        )


@router.post("/plans", status_code=202)
def ask_for_plan(asked: PlanRequest, session: Writing, actor: Here, now: Now) -> RunView:
    """Ask for a plan for some patients, everybody else's bookings standing."""
    refuse_unenrolled(session, actor, asked.patients)
    if asked.alternatives > 1 and len(asked.patients) > 1:
        raise NotUnderstood("alternatives are for one patient", place="alternatives")
    what = asked.model_dump(exclude={"patients"})
    return run_view(runs.ask(session, actor, "plan", what, patients=asked.patients, now=now))


@router.post("/repairs", status_code=202)
def ask_for_repair(asked: RepairRequest, session: Writing, actor: Here, now: Now) -> RunView:
    """Ask how what is booked is mended with the fewest changes."""
    return run_view(runs.ask(session, actor, "repair", asked.model_dump(), now=now))


@router.get("/runs/{run_id}")
def see_run(run_id: UUID, session: Reading, actor: Here) -> RunView:
    """How far a run is."""
    return run_view(runs.find(session, actor, run_id))


@router.post("/runs/{run_id}/stop")
def stop_run(run_id: UUID, session: Writing, actor: Here, now: Now) -> RunView:
    """Ask a run to end with the best that it has."""
    return run_view(runs.stop(session, actor, run_id, now=now))


@router.get("/runs/{run_id}/stream", responses=STREAM, response_class=EventSourceResponse)
async def follow_run(request: Request, run_id: UUID, actor: Here) -> EventSourceResponse:
    """How far a run is, as it goes; ends with the run."""
    service = service_of(request)
    await run_in_threadpool(_look, service, actor, run_id)
    return EventSourceResponse(_follow(service, actor, run_id))


def _look(service: Service, actor: Actor, run_id: UUID) -> RunView:
    with service.store.reading() as session:
        return run_view(runs.find(session, actor, run_id))


async def _follow(service: Service, actor: Actor, run_id: UUID) -> AsyncIterator[dict[str, str]]:
    """Each state of a run that differs from the one before; no session is held in between."""
    told = ""
    while True:
        view = await run_in_threadpool(_look, service, actor, run_id)
        text = view.model_dump_json()
        if text != told:
            told = text
            yield {"event": "run", "data": text}
        if view.state in _OVER:
            return
        await asyncio.sleep(_LOOK_EVERY)


@router.get("/plans")
def list_plans(
    session: Reading,
    actor: Here,
    status: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[PlanView]:
    """The clinic's plan versions, the newest first."""
    rows = listing.listed(session, actor.clinic_id, status=status, limit=limit)
    return [PlanView.model_validate(row, from_attributes=True) for row in rows]


@router.get("/plans/{number}")
def see_plan(request: Request, number: Number, session: Reading, actor: Here) -> WholePlan:
    """A plan version, with its document and its changes."""
    row = plan_of(session, actor, number)
    has_read(request, *row.patients)
    return WholePlan(**_seen(row), document=row.document, rows=row.changes)


def plan_of(session: Session, actor: Actor, number: int) -> PlanVersion:
    """A plan version of the actor's clinic; NotThere otherwise."""
    row = session.exec(
        select(PlanVersion).where(
            PlanVersion.clinic_id == actor.clinic_id, PlanVersion.number == number
        )
    ).first()
    if row is None:
        raise NotThere(f"there is no plan {number}")
    return row


@router.post("/plans/{number}/publish")
def publish_plan(
    number: Number,
    session: Writing,
    actor: Here,
    now: Now,
    decision: Annotated[Decision | None, Body()] = None,
) -> PlanView:
    """Book what a draft says, all of it or the accepted rows."""
    what = decision or Decision()
    done = publishing.publish(session, actor, number, rows=what.rows, reason=what.reason, now=now)
    return plan_view(done.version)


@router.post("/plans/{number}/reject")
def reject_plan(
    number: Number,
    session: Writing,
    actor: Here,
    now: Now,
    decision: Annotated[Decision | None, Body()] = None,
) -> PlanView:
    """Put a draft aside."""
    publishing.reject(session, actor, number, reason=decision.reason if decision else "", now=now)
    return plan_view(plan_of(session, actor, number))


class BreachView(BaseModel):
    """A rule that an adjusted row would break, where and how."""

    rule: str
    place: str
    says: str


class RowJudgement(BaseModel):
    """Whether a row of a draft may be as offered."""

    passes: bool
    breaches: list[BreachView]


@router.post("/plans/{number}/rows/{row}/judge")
def judge_row(
    number: Number, row: Number, offer: Offer, session: Writing, actor: Here, now: Now
) -> RowJudgement:
    """Whether a row of a draft may be at another time, place or with other people."""
    found = adjusting.judge(session, actor, number, row, offer, now=now).breaches
    views = [BreachView(rule=b.rule, place=b.place, says=b.says) for b in found]
    return RowJudgement(passes=not views, breaches=views)


@router.put("/plans/{number}/rows/{row}")
def adjust_row(
    number: Number, row: Number, offer: Offer, session: Writing, actor: Here, now: Now
) -> PlanView:
    """Change a row of a draft; refused with the rule where one forbids it."""
    return plan_view(adjusting.adjust(session, actor, number, row, offer, now=now))


@router.post("/plans/{number}/undo")
def undo_plan(number: Number, session: Writing, actor: Here, now: Now) -> PlanView:
    """Take the last publication back while nothing of it has happened."""
    return plan_view(publishing.undo(session, actor, number, now=now).version)

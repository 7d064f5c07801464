"""For machines that watch the service: whether it lives, whether it is ready, how it is doing.

Nothing of a patient stands in any of it: counts by route, status and kind.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from pydantic import BaseModel
from sqlalchemy import func, text
from sqlmodel import Session, col, select

from api.dependencies import service_of
from api.guarding.counting import REGISTRY
from scheduler.store import migrating
from scheduler.store.tables import Reminder, Run, Task
from scheduler.work import OPEN

router = APIRouter(tags=["service"])


class State(BaseModel):
    """How the service is."""

    state: str


@router.get("/livez")
def livez() -> State:
    """Whether the process answers."""
    return State(state="alive")


def _ready(request: Request) -> str:
    store = service_of(request).store
    with store.reading() as session:
        session.execute(text("SELECT 1"))
    migrating.refuse_unmigrated(store)
    return "ready"


@router.get("/readyz")
def readyz(state: Annotated[str, Depends(_ready)]) -> State:
    """Whether the database answers and is at this release's step."""
    return State(state=state)


@router.get("/metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Counts and times in the text format of Prometheus."""
    with service_of(request).store.reading() as session:
        waiting = _waiting(session)
    return Response(
        generate_latest(REGISTRY) + generate_latest(waiting), media_type=CONTENT_TYPE_LATEST
    )


def _waiting(session: Session) -> CollectorRegistry:
    """What waits in the database, over all clinics."""
    registry = CollectorRegistry()
    tasks = Gauge("careweave_open_tasks", "Open tasks by role", ["role"], registry=registry)
    for role, count in session.exec(
        select(Task.owner_role, func.count())
        .where(col(Task.status).in_(OPEN))
        .group_by(col(Task.owner_role))
    ):
        tasks.labels(role).set(count)
    runs = Gauge("careweave_runs", "Runs by state", ["state"], registry=registry)
    for state, count in session.exec(select(Run.state, func.count()).group_by(col(Run.state))):
        runs.labels(state).set(count)
    messages = Gauge("careweave_messages_pending", "Messages not yet sent", registry=registry)
    messages.set(
        session.exec(
            select(func.count()).select_from(Reminder).where(Reminder.status == "pending")
        ).one()
    )
    return registry

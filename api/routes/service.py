"""Whether the service lives and is ready, and who is asking."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy import text

from api.dependencies import Here, service_of
from scheduler.store import migrating

router = APIRouter(tags=["service"])


class State(BaseModel):
    """How the service is."""

    state: str


class Me(BaseModel):
    """Who is signed in."""

    clinic: str
    roles: list[str]
    patient: str | None
    csrf: str | None


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


@router.get("/me")
def who_am_i(request: Request, actor: Here) -> Me:
    """Who is signed in, and what forms of this sign-in send back."""
    row = request.state.sign_in
    return Me(
        clinic=actor.clinic_id,
        roles=sorted(actor.roles),
        patient=actor.patient_id,
        csrf=row.csrf if row else None,
    )

"""What changes in the clinic, as it happens: server-sent events that any process can serve."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from sse_starlette import EventSourceResponse

from api.dependencies import Here, Now, Reading, service_of, still_there
from api.following import Listener, changes_after
from api.routes.documents import STREAM
from scheduler.sessions.loading import session_of

router = APIRouter(tags=["dose sessions"])
LastEvent = Annotated[
    int | None, Header(alias="Last-Event-ID", ge=0, description="go on after this change")
]


def _exists(actor: Here, session: Reading, now: Now, appointment_id: UUID) -> UUID:
    """The session of a stream; NotThere where there is none, before the stream begins."""
    return session_of(session, actor, appointment_id, now=now).visit.appointment_id


@router.get("/changes", responses=STREAM, response_class=EventSourceResponse)
async def clinic_changes(
    request: Request, actor: Here, last_event_id: LastEvent = None
) -> EventSourceResponse:
    """Every change of the clinic, by number; a patient hears of their own alone."""
    return _stream(request, Listener(actor, after=last_event_id))


@router.get(
    "/sessions/{appointment_id}/stream", responses=STREAM, response_class=EventSourceResponse
)
async def session_stream(
    request: Request,
    actor: Here,
    appointment_id: Annotated[UUID, Depends(_exists)],
    last_event_id: LastEvent = None,
) -> EventSourceResponse:
    """The changes of one session; each says that it is worth looking at again."""
    about = ("session", str(appointment_id))
    return _stream(request, Listener(actor, after=last_event_id, about=about))


def _stream(request: Request, listener: Listener) -> EventSourceResponse:
    service = service_of(request)

    def here() -> bool:
        return still_there(request)

    async def events() -> AsyncIterator[dict[str, str]]:
        async for change in changes_after(service.store, listener, here):
            yield change

    return EventSourceResponse(events())

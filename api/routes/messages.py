"""The messages of the patient who is signed in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from api.dependencies import Here, Reading, has_read
from api.linking import links_of
from api.routes.documents import Shown
from scheduler.reminders.inbox import Inbox, inbox_of

router = APIRouter(tags=["reminders"])


class MessageShown(Shown):
    """A message in the portal. ``overtaken``: its visit has moved or does not take place."""

    id: UUID
    kind: str
    at: datetime
    words: str
    overtaken: bool


def _own_inbox(request: Request, actor: Here, session: Reading) -> Inbox:
    found = inbox_of(session, actor, links=links_of(request))
    has_read(request, actor.patient_id or "")
    return found


OwnInbox = Annotated[Inbox, Depends(_own_inbox)]
"""The inbox of the patient who asks; NotThere for anybody else."""


@router.get("/me/messages")
def my_messages(inbox: OwnInbox) -> list[MessageShown]:
    """What stands in the patient's portal, the newest first, in their language."""
    return [MessageShown.model_validate(letter) for letter in inbox.letters]

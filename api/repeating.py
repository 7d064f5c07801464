"""A request that is sent again has its effect once, and gets its answer again.

The key's row is written first, in the unit of work of the effect; the answer is added to it before
that is committed. Of two at once the second waits for the first. What was refused had no effect,
is not kept, and may be tried again under its key.
"""

import hashlib
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from sqlmodel import Session, select

from scheduler.acting import Actor
from scheduler.errors import KeyReused, WrongMove
from scheduler.store.session import insert_new
from scheduler.store.tables import IdempotentAnswer

KEPT_FOR: Final = timedelta(days=1)
SHOWN_ONCE: Final = frozenset({"create_account", "invite_account", "make_token", "make_token_for"})
"""Routes whose answer holds a secret that is stored as a hash alone, and so is not kept."""

_KEPT_HEADERS = ("content-type", "etag", "location")


class Answered(Exception):
    """A request with this key was answered already, with this status, these headers, this body.

    ``said`` is empty where the answer held a secret.
    """

    def __init__(self, row: IdempotentAnswer) -> None:
        super().__init__(row.key)
        # Copied: the row is gone with the unit of work that this ends.
        self.status, self.headers, self.said = row.status, dict(row.headers), dict(row.body)


async def fingerprint_of(request: Request) -> str:
    """What tells a request from another: where it goes and what it says."""
    kind = request.headers.get("content-type", "")
    if kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        said = repr([(k, str(v)) for k, v in (await request.form()).multi_items()]).encode()
    else:
        said = await request.body()
    target = f"{request.method} {request.url.path}?{request.url.query}\n"
    return hashlib.sha256(target.encode() + said).hexdigest()


def claim(session: Session, row: IdempotentAnswer, *, now: datetime) -> IdempotentAnswer:
    """Take a key for a request; Answered where it was answered, KeyReused where it is another's."""
    if insert_new(session, row):
        return _kept(session, row)
    found = _kept(session, row)
    if found.made_at <= now - KEPT_FOR:
        found.fingerprint, found.made_at = row.fingerprint, now
        return found
    if found.fingerprint != row.fingerprint:
        raise KeyReused(
            "this idempotency key was sent before with another request",
            fix="take a new key for each thing that is to be done",
            place="header.Idempotency-Key",
        )
    raise Answered(found)


def _kept(session: Session, row: IdempotentAnswer) -> IdempotentAnswer:
    key = (row.clinic_id, row.account_id, row.key)
    columns = (IdempotentAnswer.clinic_id, IdempotentAnswer.account_id, IdempotentAnswer.key)
    same = [column == value for column, value in zip(columns, key, strict=True)]
    return session.exec(select(IdempotentAnswer).where(*same).with_for_update()).one()


def keyed(actor: Actor, key: str, fingerprint: str, *, now: datetime) -> IdempotentAnswer:
    """The row of a key before its request is answered."""
    assert actor.account_id is not None  # noqa: S101  (nobody's requests have no key)
    return IdempotentAnswer(
        clinic_id=actor.clinic_id,
        account_id=actor.account_id,
        key=key,
        fingerprint=fingerprint,
        status=0,
        body={},
        made_at=now,
    )


def given_again(answered: Answered) -> Response:
    """The answer of the first time; WrongMove where it held a secret that is shown once."""
    if not answered.said:
        raise WrongMove(
            "this was done already, and what it made is shown once",
            fix="make another one, and end the first",
        )
    headers = {**answered.headers, "Idempotent-Replayed": "true"}
    return Response(answered.said["text"], answered.status, headers=headers)


class OnceRoute(APIRoute):
    """A route that adds its answer to the key's row, while the unit of work is still open."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the framework, and after it the keeping."""
        answer = super().get_route_handler()
        name = self.name

        async def answered(request: Request) -> Response:
            response = await answer(request)
            claimed = getattr(request.state, "claimed", None)
            if claimed is not None:
                await run_in_threadpool(keep, claimed, response, shown_once=name in SHOWN_ONCE)
            return response

        return answered


def keep(
    claimed: tuple[Session, IdempotentAnswer], response: Response, *, shown_once: bool = False
) -> None:
    """Add an answer to its key's row, in the unit of work of its effect."""
    session, row = claimed
    row.status = response.status_code
    row.headers = {k: response.headers[k] for k in _KEPT_HEADERS if k in response.headers}
    row.body = {} if shown_once else {"text": bytes(response.body).decode()}
    session.flush()


def keep_answers(router: APIRouter) -> APIRouter:
    """Let every route of a router keep its answers: none has to think of it by itself."""
    for route in router.routes:
        if type(route) is APIRoute:
            route.__class__ = OnceRoute
    return router

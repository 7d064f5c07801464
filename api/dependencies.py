"""What a route asks for: the time, the store, who is there, a unit of work.

A unit of work is committed before the answer leaves: a commit that fails is told as a failure.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlmodel import Session

from api.auth import entering
from api.auth.policy import ANYBODY, POLICY
from scheduler import audit
from scheduler.acting import Actor
from scheduler.clock import Clock
from scheduler.errors import NotSignedIn, NotYours, Stale, VersionNeeded
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.store.tables import SignIn

COOKIE = "careweave"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass
class Service:
    """What one process serves with."""

    store: Store
    settings: Settings
    clock: Clock


def service_of(request: Request) -> Service:
    """The service that answers a request."""
    found: Service = request.app.state.service
    return found


def _now(request: Request) -> datetime:
    return service_of(request).clock()


Now = Annotated[datetime, Depends(_now)]


def _route_name(request: Request) -> str:
    name: str = request.scope["route"].name
    return name


def cookie_name(settings: Settings) -> str:
    """The cookie's name; browsers hold one of this prefix to its own host and to TLS."""
    return f"__Host-{COOKIE}" if settings.own_url.startswith("https:") else COOKIE


def _somebody(request: Request, now: Now) -> tuple[Actor, SignIn | None] | None:
    """Who is there by cookie or token, and by which sign-in; None for nobody."""
    service = service_of(request)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    with service.store.reading() as session:
        if scheme.lower() == "bearer":
            account, key = entering.holder_of_token(session, bearer.strip(), now=now)
            actor = entering.actor_of(account)
            return replace(actor, roles=actor.roles & frozenset(key.scopes)), None
        token = request.cookies.get(cookie_name(service.settings))
        found = entering.recognised(session, token, now=now) if token else None
    if found is None:
        return None
    account, row = found
    if now >= row.seen_at + entering.SEEN_EVERY:
        with service.store.writing() as session:
            entering.seen(session, row, now=now)
    return entering.actor_of(account), row


def still_there(request: Request) -> bool:
    """Whether the sign-in or token of a request that lasts is still good; being there is no use."""
    service = service_of(request)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    now = service.clock()
    with service.store.reading() as session:
        if scheme.lower() == "bearer":
            return entering.token_is_good(session, bearer.strip(), now=now)
        token = request.cookies.get(cookie_name(service.settings), "")
        return entering.recognised(session, token, now=now) is not None


async def _form_csrf(request: Request) -> str | None:
    """What a page's form sends back, where the request is one."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return None
    sent = (await request.form()).get("csrf")
    return sent if isinstance(sent, str) else None


def allowed(
    request: Request, now: Now, form_csrf: Annotated[str | None, Depends(_form_csrf)]
) -> Actor:
    """Who acts, where the table of roles lets them; NotSignedIn or NotYours otherwise.

    A browser's request that changes something must send back what its sign-in was given.
    """
    name = _route_name(request)
    roles = POLICY[name]
    request.state.sign_in = None
    found = _somebody(request, now)
    if found is None:
        if roles == ANYBODY:
            return Actor(clinic_id="", name="nobody")
        raise NotSignedIn("nobody is signed in here, or not any more")
    actor, row = found
    if roles != ANYBODY and not actor.roles & roles:
        raise NotYours(f"none of your roles may do this ({', '.join(sorted(actor.roles))})")
    request.state.sign_in = row
    if row is not None and request.method not in SAFE_METHODS:
        _refuse_forgery(request, row, form_csrf)
    request.state.actor = replace(
        actor, route=name, request_id=str(getattr(request.state, "request_id", ""))
    )
    found_actor: Actor = request.state.actor
    return found_actor


def _refuse_forgery(request: Request, row: SignIn, form_csrf: str | None) -> None:
    sent = request.headers.get("x-csrf-token") or form_csrf or ""
    if not secrets.compare_digest(sent.encode(), row.csrf.encode()):
        raise NotYours("this request did not come from a page of ours", fix="load the page again")


Here = Annotated[Actor, Depends(allowed)]


def _writing(request: Request, _actor: Here) -> Iterator[Session]:
    with service_of(request).store.writing() as session:
        yield session


def _reading(request: Request, actor: Here, now: Now) -> Iterator[Session]:
    service = service_of(request)
    with service.store.reading() as session:
        yield session
    patients = getattr(request.state, "patients_read", None)
    if patients and actor.clinic_id:
        with service.store.writing() as session:
            audit.record(session, actor, "read", at=now, patients=patients)


Writing = Annotated[Session, Depends(_writing, scope="function")]
"""A unit of work: everything the route does is stored, or nothing."""

Reading = Annotated[Session, Depends(_reading, scope="function")]
"""A look at the store; which patients were shown is written down before the answer leaves."""


def has_read(request: Request, *patients: str) -> None:
    """Say whose data the answer shows, for the record."""
    known: set[str] = getattr(request.state, "patients_read", set())
    request.state.patients_read = known | set(patients)


def etag(response: Response, version: int) -> None:
    """Say which version of a record the answer shows."""
    response.headers["ETag"] = f'"{version}"'


def if_match(request: Request, version: int) -> None:
    """VersionNeeded where a change does not say what it changes, Stale where that is outdated."""
    said = request.headers.get("if-match", "").strip()
    if said in ("", "*"):
        raise VersionNeeded(
            "a change says which version of the record it changes",
            fix="send back the ETag that you were given, as If-Match",
            place="header.If-Match",
        )
    if said.removeprefix("W/").strip('"') != str(version):
        raise Stale("it is another version by now", fix="read it again, then change that")

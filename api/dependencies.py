"""What a route asks for: the time, the store, who is there, a unit of work.

A unit of work is committed before the answer leaves: a commit that fails is told as a failure.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from sqlmodel import Session

from api import repeating
from api.auth import entering, signing_in, tokens
from api.auth.delivering import DeliverCode, channel_of
from api.auth.entering import SignedIn
from api.auth.limiting import RateLimits
from api.auth.policy import ANYBODY, COMING_IN, HALFWAY, POLICY
from api.guarding.masking import is_token
from scheduler import audit
from scheduler.acting import Actor
from scheduler.clock import Clock
from scheduler.errors import NotSignedIn, NotYours, OldPage, Stale, VersionNeeded
from scheduler.reminders.channels.choosing import channels_of
from scheduler.settings import Settings
from scheduler.store.session import Store

COOKIE = "careweave"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass
class Service:
    """What one process serves with."""

    store: Store
    settings: Settings
    clock: Clock
    limits: RateLimits = field(init=False)
    deliver_code: DeliverCode = field(init=False)

    def __post_init__(self) -> None:
        self.limits = RateLimits(self.settings, self.clock)
        channels = channels_of(self.settings, self.clock)
        self.deliver_code = channel_of(self.settings, channels)


def service_of(request: Request) -> Service:
    """The service that answers a request."""
    found: Service = request.app.state.service
    return found


async def _now(request: Request) -> datetime:
    """The time; no thread is taken for it."""
    return service_of(request).clock()


Now = Annotated[datetime, Depends(_now)]


def _route_name(request: Request) -> str:
    name: str = request.scope["route"].name
    return name


def cookie_name(settings: Settings) -> str:
    """The cookie's name; browsers hold one of this prefix to its own host and to TLS."""
    return f"__Host-{COOKIE}" if settings.own_url.startswith("https:") else COOKIE


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _by_token(request: Request, token: str, now: datetime) -> Actor:
    """Whose API token it is, with the roles that it carries; NotSignedIn, NotYours."""
    with service_of(request).store.reading() as session:
        account, key = entering.holder_of_token(session, token, now=now)
    if tokens.only_reads(key) and request.method not in SAFE_METHODS:
        raise NotYours("this token only reads", fix="use a token without the scope read")
    return replace(entering.actor_of(account), roles=tokens.roles_of(account, key))


def _by_cookie(request: Request, now: datetime) -> SignedIn | None:
    """Who is signed in in this browser, and by which sign-in; None for nobody."""
    service = service_of(request)
    token = request.cookies.get(cookie_name(service.settings))
    if not token:
        return None
    with service.store.asking() as connection:
        found = entering.recognised(connection, token, now=now)
    attended = not _asks_by_itself(request)
    if found is not None and attended and now >= found.seen_at + entering.SEEN_EVERY:
        with service.store.writing() as session:
            entering.seen(session, found, now=now)
    return found


def _asks_by_itself(request: Request) -> bool:
    """Whether a page asks, and nobody: one that renews itself would keep signed in who has left."""
    streams = "text/event-stream" in request.headers.get("accept", "")
    return streams or "x-by-itself" in request.headers


def _somebody(request: Request, now: datetime) -> Actor | None:
    """Who is there, by token or by cookie; None for nobody."""
    token = _bearer(request)
    if token is not None:
        return _by_token(request, token, now)
    found = request.state.sign_in = _by_cookie(request, now)
    return None if found is None else found.actor


def still_there(request: Request) -> bool:
    """Whether the sign-in or token of a request that lasts is still good; being there is no use."""
    service = service_of(request)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    now = service.clock()
    if scheme.lower() == "bearer":
        with service.store.reading() as session:
            return entering.token_is_good(session, bearer.strip(), now=now)
    token = request.cookies.get(cookie_name(service.settings), "")
    with service.store.asking() as connection:
        return entering.recognised(connection, token, now=now) is not None


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
    limits = service_of(request).limits
    request.state.sign_in = None
    if name in COMING_IN:
        limits.count_sign_in(request.client.host if request.client else "")
    if POLICY[name] == ANYBODY:
        return Actor(clinic_id="", name="nobody")
    actor = _somebody(request, now)
    if actor is None:
        raise NotSignedIn("nobody is signed in here, or not any more")
    limits.count_request(actor.account_id)
    _refuse_halfway(name, request.state.sign_in)
    if not actor.roles & POLICY[name]:
        raise NotYours(f"none of your roles may do this ({', '.join(sorted(actor.roles))})")
    if request.state.sign_in is not None and request.method not in SAFE_METHODS:
        _refuse_forgery(request, request.state.sign_in, form_csrf)
    found: Actor = replace(actor, route=name, request_id=request.state.request_id)
    request.state.actor = found
    return found


def _refuse_halfway(name: str, row: SignedIn | None) -> None:
    """NotSignedIn where a second step is missing, and for its pages where none is."""
    if row is not None and name != "sign_out" and row.strong == (name in HALFWAY):
        step = "your second step is missing" if not row.strong else "your second step is done"
        raise NotSignedIn(step, fix="sign in again")


def _refuse_forgery(request: Request, row: SignedIn, form_csrf: str | None) -> None:
    sent = request.headers.get("x-csrf-token") or form_csrf or ""
    if not is_token(sent, row.csrf):
        raise OldPage("this request did not come from a page of ours", fix="load the page again")


Here = Annotated[Actor, Depends(allowed)]


IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern="^[!-~]+$",
        description="The same key with the same request has one effect, and one answer.",
    ),
]


def _writing(
    request: Request,
    actor: Here,
    now: Now,
    sent: Annotated[str, Depends(repeating.fingerprint_of)],
    idempotency_key: IdempotencyKey = None,
) -> Iterator[Session]:
    with service_of(request).store.writing() as session:
        if idempotency_key is not None and actor.account_id is not None:
            row = repeating.keyed(actor, idempotency_key, sent, now=now)
            request.state.claimed = (session, repeating.claim(session, row, now=now))
        yield session


@dataclass(frozen=True)
class Change:
    """What a request changes, all of it in one thread: `Writing` is the same in three.

    ``sent``: what tells the request from another; ``key``: its idempotency key, if it has one.
    """

    store: Store
    actor: Actor
    now: datetime
    sent: str
    key: str | None

    def answered(self, do: Callable[[Session], Response]) -> Response:
        """Do it as one unit of work, and give its answer: a second time where it was done before.

        For the routes that are waited for; none of them answers with a secret.
        """
        with self.store.writing() as session:
            claimed = None
            if self.key is not None and self.actor.account_id is not None:
                row = repeating.keyed(self.actor, self.key, self.sent, now=self.now)
                claimed = repeating.claim(session, row, now=self.now)
            response = do(session)
            if claimed is not None:
                repeating.keep((session, claimed), response)
        return response


async def _changing(request: Request, now: Now, idempotency_key: IdempotencyKey = None) -> Change:
    # Who acts was found before any route's own wishes (`api.app`); to ask again, if only for what
    # is remembered, goes through all that it depends on once more.
    actor: Actor = request.state.actor
    sent = await repeating.fingerprint_of(request)
    return Change(service_of(request).store, actor, now, sent, idempotency_key)


Changing = Annotated[Change, Depends(_changing)]
"""A change that its route does itself; no thread is taken for asking."""


@contextmanager
def looking(request: Request, actor: Actor, now: datetime) -> Iterator[Session]:
    """A look at the store; when it has ended well, whose data it has shown is written down.

    For the routes that are asked all day, which do everything in one thread: `Reading` is the same
    in three.
    """
    store = service_of(request).store
    with store.reading() as session:
        yield session
    patients = getattr(request.state, "patients_read", None)
    if patients and actor.clinic_id:
        with store.noting() as connection:
            audit.record_read(connection, actor, at=now, patients=patients)


def _reading(request: Request, actor: Here, now: Now) -> Iterator[Session]:
    with looking(request, actor, now) as session:
        yield session


Writing = Annotated[Session, Depends(_writing, scope="function")]
"""A unit of work: everything the route does is stored, or nothing."""

Reading = Annotated[Session, Depends(_reading, scope="function")]
"""A look at the store; which patients were shown is written down before the answer leaves."""


def has_read(request: Request, *patients: str) -> None:
    """Say whose data the answer shows, for the record."""
    known: set[str] = getattr(request.state, "patients_read", set())
    request.state.patients_read = known | set(patients)


def etag(response: Response, version: int | str) -> None:
    """Say which version of a record the answer shows."""
    response.headers["ETag"] = f'"{version}"'


def if_match(request: Request, version: int | str) -> None:
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


def _proven(request: Request, now: Now, _actor: Here) -> None:
    signing_in.refuse_unproven(request.state.sign_in, now=now)


Proven = Depends(_proven)
"""For a change of where messages go: the person has just shown once more who they are."""

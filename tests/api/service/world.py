"""A small clinic that is served: signed-in clients of each role, and a clock that tests set."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, BaseTransport, ByteStream, Client, Request, Response

from api.app import create_app
from api.auth import accounts, entering
from api.dependencies import Service
from pathways import reading
from scheduler.scenarios.taking import bring_in
from scheduler.settings import Settings
from scheduler.store import vault
from scheduler.store.session import Store
from scheduler.store.tables import Account
from scheduler.store.vault import new_key
from tests import factories

MONDAY = datetime(2027, 1, 4, 13, tzinfo=UTC)
"""Eight in the morning in New York, on the first day of the factories' clinic."""


class OneVisit(BaseTransport):
    """Asks an application in one visit to its event loop; a test client makes a dozen.

    An answer is there when it is whole: a stream that goes on is for a real server.
    """

    def __init__(self, app: FastAPI, portal: BlockingPortal) -> None:
        self._portal = portal
        self._within = ASGITransport(app, raise_app_exceptions=False)

    def handle_request(self, request: Request) -> Response:
        """The whole answer."""
        return self._portal.call(self._answer, request)

    async def _answer(self, request: Request) -> Response:
        answer = await self._within.handle_async_request(request)
        body = b"".join([part async for part in answer.aiter_raw()])
        return Response(answer.status_code, headers=answer.headers, stream=ByteStream(body))


@dataclass
class World:
    """A served clinic. ``now`` may be set; every request sees it."""

    store: Store
    settings: Settings
    clinic_id: str = "harbor"
    now: datetime = MONDAY
    accounts: dict[str, Account] = field(default_factory=dict)
    spare: list[FastAPI] = field(default_factory=list)
    portal: BlockingPortal | None = None
    """The event loop that answers every client; without one, each request makes its own."""
    is_spoilt: bool = False
    """Whether its application is no more as it was made, and nobody else may have it."""

    def __post_init__(self) -> None:
        clock = lambda: self.now  # noqa: E731  (short, and needed twice)
        if not self.spare:
            self.app = create_app(self.settings, store=self.store, clock=clock)
            return
        self.app = self.spare.pop()
        vault.install(vault.Vault(self.settings.secrets.field_key))
        self.app.state.service = Service(self.store, self.settings, clock)

    def account(self, role: str, *, patient: str | None = None, **more: Any) -> Account:
        """The account of a role, made when it is first asked for; a patient's names them."""
        key = f"{role}:{patient}"
        if key not in self.accounts:
            address = f"{key.replace(':', '.').replace(' ', '-')}@example.org"
            row = Account(
                clinic_id=self.clinic_id,
                name=f"{role.title()} Fictional",
                email=address,
                email_mark=accounts.mark_of(address),
                roles=[role],
                patient_id=patient,
                created_at=self.now,
                **more,
            )
            with self.store.writing() as session:
                session.add(row)
            self.accounts[key] = row
        return self.accounts[key]

    def client(self, role: str | None, *, patient: str | None = None) -> Client:
        """A browser in which somebody of a role is signed in; None for nobody."""
        client = self._browser()
        if role is not None:
            account = self.account(role, patient=patient)
            with self.store.writing() as session:
                token, row = entering.begin(session, account, strong=True, now=self.now)
                csrf = row.csrf
            client.cookies.set("careweave", token)
            client.headers["x-csrf-token"] = csrf
        return client

    def _browser(self) -> Client:
        if self.portal is None:
            return TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        return Client(transport=OneVisit(self.app, self.portal), base_url="http://testserver")


_SPARE: list[FastAPI] = []
"""Applications that served a world before: to make one takes longer than most tests."""


@contextmanager
def served(store: Store, folder: Path, **scenario: Any) -> Iterator[World]:
    """The factories' clinic, changed as asked, brought in and served."""
    settings = Settings(
        data=folder,
        database=store.url,
        field_key=new_key(),
        signing_key="signing-key-of-tests",
        requests_a_minute=1_000_000,
        sign_ins_a_minute=1_000_000,
    )
    with start_blocking_portal() as portal:
        world = World(store, settings, spare=_SPARE, portal=portal)
        with store.writing() as session:
            bring_in(session, reading.read_scenario(factories.scenario(**scenario)), now=MONDAY)
        yield world
    if not world.is_spoilt:
        _SPARE.append(world.app)

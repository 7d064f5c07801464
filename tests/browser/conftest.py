"""A Chromium, and pages of a served clinic in it."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from api.auth import entering
from scheduler.store import vault
from scheduler.store.session import Store
from tests.api.service.world import World, served
from tests.databases import Databases

ROOT = Path(__file__).parents[2]
SIZE = {"width": 1200, "height": 900}
STARTS_WITHIN = 30.0


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser, installed first where there is none, never skipped."""
    found = subprocess.run(
        [ROOT / "setup/chromium.sh"], check=True, stdout=subprocess.PIPE, text=True
    )
    with sync_playwright() as playwright:
        program = found.stdout.strip()
        # Without a sandbox of its own: root may not have one, and the pages are ours.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Face:
    """A served clinic and a browser. ``complaints``: what went wrong in any of its pages."""

    world: World
    browser: Browser
    address: str
    complaints: list[str]
    left: ExitStack

    def page(self, role: str | None, *, patient: str | None = None, **context: Any) -> Page:
        """A tab in which somebody of a role is signed in; None for nobody."""
        shown: dict[str, Any] = {"viewport": SIZE, "base_url": self.address, **context}
        made = self.browser.new_context(**shown)
        self.left.callback(made.close)
        if role is not None:
            account = self.world.account(role, patient=patient)
            with self.world.store.writing() as session:
                token, _ = entering.begin(session, account, strong=True, now=self.world.now)
            made.add_cookies([{"name": "careweave", "value": token, "url": self.address}])
        page = made.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)
        page.on("request", lambda asked: self._note(asked.url))
        return page

    def link(self, role: str) -> str:
        """The address that lets somebody of a role in, once."""
        account = self.world.account(role)
        with self.world.store.writing() as session:
            hour = timedelta(hours=1)
            token = entering.make_link(session, account, now=self.world.now, good_for=hour)
        return f"/enter/{token}"

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def _note(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"asked another host: {url}")


@contextmanager
def reached(world: World) -> Iterator[str]:
    """The clinic behind a real server on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(world.app, port=0, log_level="error"))
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # no main thread
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + STARTS_WITHIN
    while not server.started:
        assert time.monotonic() < deadline, "the service does not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def face(
    chromium: Browser, databases: Databases, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Face]:
    """The factories' clinic in a browser; nothing may have gone wrong in it when a test ends.

    A parameter, if there is one, changes the clinic's scenario.
    """
    vault.install(vault.Vault(vault.new_key()))
    store = Store(databases.sqlite())
    changes = getattr(request, "param", {})
    with (
        served(store, tmp_path, **changes) as world,
        reached(world) as address,
        ExitStack() as left,
    ):
        found = Face(world, chromium, address, [], left)
        yield found
        assert found.complaints == []
    store.close()

"""The served clinic in a process of its own, as many of them as a test wants."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import httpx
import uvicorn

from api.app import create_app
from api.auth import accounts, tokens
from api.cli.serve import IDLE_SECONDS
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.store.tables import Account
from tests.api.test_serving import READY_WITHIN
from tests.scheduler.appointments.bookings import BEFORE, COORDINATOR

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])

_BEGAN = time.monotonic()
"""When the first of them could be started: they come from one, and their clocks are one."""

_LONGEST = timedelta(days=2)
"""How far a hurried clock goes: the clinic's first date is not reached."""


def _serve(settings: Settings, port: int, hurry: float) -> None:
    def clock() -> datetime:
        return BEFORE + min(timedelta(seconds=(time.monotonic() - _BEGAN) * hurry), _LONGEST)

    app = create_app(settings, clock=clock)
    uvicorn.run(
        app,
        port=port,
        log_level="critical",
        access_log=False,
        timeout_keep_alive=IDLE_SECONDS,
    )


@contextmanager
def serving(settings: Settings, port: int, *, hurry: float = 0) -> Iterator[int]:
    """The service in a process of its own, ready; its id.

    ``hurry``: seconds of its clock in a second of the wall's; without it, its clock stands still.
    """
    process = _PROCESSES.Process(target=_serve, args=(settings, port, hurry))
    process.start()
    assert process.pid is not None
    try:
        _until_ready(port)
        yield process.pid
    finally:
        process.kill()
        process.join()


def coordinators_key(store: Store) -> dict[str, str]:
    """What requests of a machine carry that acts as a coordinator of the factories' clinic."""
    account = Account(
        clinic_id="harbor",
        name="Casey Fictional",
        email="casey@example.org",
        email_mark=accounts.mark_of("casey@example.org"),
        roles=["coordinator"],
        created_at=BEFORE,
    )
    with store.writing() as session:
        session.add(account)
        session.flush()
        wish = tokens.Wish("crowd", ["coordinator"], good_for=timedelta(days=30))
        token, _ = tokens.make(session, COORDINATOR, account, wish, now=BEFORE)
    return {"authorization": f"Bearer {token}"}


def _until_ready(port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise AssertionError("it is not ready")

"""Applications behind a real server on this machine, and one caller with one open connection."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http.client import HTTPConnection
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from api.bench.stopwatch import wait_until

_KEPT_OPEN: Final = 3600

Ask = Callable[..., Any]
"""Sends a method, a path and perhaps a body; the answer's data."""


class NotAnswered(Exception):
    """The service refused what the measurement asked of it; its answer is the text."""


@contextmanager
def reached(application: ASGIApp) -> Iterator[int]:
    """Serve an application on a free port, as ``careweave serve`` does; the port."""
    config = uvicorn.Config(
        application,
        port=0,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEPT_OPEN,
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]  # no main thread
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def asked(application: ASGIApp, headers: dict[str, str] | None = None) -> Iterator[Ask]:
    """Serve an application, and ask it over one open connection."""
    with reached(application) as port:
        connection = HTTPConnection("127.0.0.1", port)

        def ask(method: str, path: str, body: Any = None) -> Any:
            sent = None if body is None else json.dumps(body)
            content = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, sent, {**content, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status not in (200, 201):
                raise NotAnswered(f"{method} {path}: {answer.status} {text.decode()}")
            return text

        try:
            yield ask
        finally:
            connection.close()

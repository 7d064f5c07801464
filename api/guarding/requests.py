"""Each request has a number, which its answer, its log line and its audit entry carry."""

import secrets
import traceback
from pathlib import Path

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors
from api.guarding import counting

_log = structlog.get_logger()
_ROOT = Path(__file__).parents[2]


class NumberedRequests:
    """Numbers requests and logs them by the name of their route: a path may hold a secret.

    A fault of ours ends here: what an exception says may speak of a patient, so only its kind and
    the lines of code that it came through are logged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and log it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = number
        status: list[int] = []

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
                MutableHeaders(scope=message)["X-Request-ID"] = number
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001  (whatever it is, nobody is told its words)
            _log.error("unexpected", request=number, error=type(error).__name__, at=_places(error))
            if not status:
                await errors.unexpected(number)(scope, receive, sending)
        route = getattr(scope.get("route"), "name", "none")
        ended = status[0] if status else 0
        counting.answered(route, ended)
        _log.info("request", request=number, method=scope["method"], route=route, status=ended)


def _places(error: Exception) -> list[str]:
    """Through which lines of ours an exception came, the last one last."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    return [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in ours[-8:]]

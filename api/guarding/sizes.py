"""A request that is too large is refused, by what it says of itself or by what arrives."""

from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors

LARGEST: Final = 1 << 20
LARGER: Final = {"/api/v1/import": 32 << 20}
"""Bytes that a request may have, and more of them for paths that begin so: whole clinics."""


def most_bytes(path: str) -> int:
    """How many bytes a request to a path may have."""
    return next((most for start, most in LARGER.items() if path.startswith(start)), LARGEST)


def _says(most: int) -> str:
    return f"A request here has {most:,} bytes at most."


class LimitedSizes:
    """Refuses a request that says it is too large unread, any other when too much has come."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most, came = most_bytes(scope["path"]), 0
        said = Headers(scope=scope).get("content-length", "0")
        if said.isdigit() and int(said) > most:
            await errors.problem(413, "too-large", _says(most))(scope, receive, send)
            return

        async def receiving() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > most:
                raise HTTPException(413, _says(most))
            return message

        await self.app(scope, receiving, send)

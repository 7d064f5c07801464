"""Headers that every answer carries: what a browser may do with it, and that it is kept nowhere."""

import secrets
from collections.abc import Iterator
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATIC: Final = "/static/"
A_YEAR: Final = "max-age=31536000; includeSubDomains"


def content_policy(nonce: str) -> str:
    """What a page may load and run: our own, and scripts that carry its nonce."""
    own = f"'self' 'nonce-{nonce}'"
    return "; ".join(
        [
            *("default-src 'none'", f"script-src {own}", f"style-src {own}"),
            *("img-src 'self' data:", "font-src 'self'", "connect-src 'self'"),
            *("manifest-src 'self'", "form-action 'self'", "base-uri 'none'", "object-src 'none'"),
            "frame-ancestors 'none'",
        ]
    )


def guarding_headers(nonce: str, *, kept: bool, encrypted: bool) -> Iterator[tuple[str, str]]:
    """The headers of an answer; ``kept``: browsers may keep it, as nobody's data are in it."""
    yield "Content-Security-Policy", content_policy(nonce)
    yield "X-Content-Type-Options", "nosniff"
    yield "X-Frame-Options", "DENY"
    yield "Referrer-Policy", "same-origin"
    yield "Cross-Origin-Opener-Policy", "same-origin"
    yield "Cross-Origin-Resource-Policy", "same-origin"
    yield "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
    yield "Cache-Control", "public, max-age=3600" if kept else "no-store"
    if encrypted:
        yield "Strict-Transport-Security", A_YEAR


class GuardingHeaders:
    """Adds the headers; ``encrypted``: pages are reached by https. The page's nonce: in the state.

    A header that a route has set itself stands.
    """

    def __init__(self, app: ASGIApp, *, encrypted: bool) -> None:
        self.app = app
        self.encrypted = encrypted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        kept = scope["path"].startswith(STATIC)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                added = guarding_headers(nonce, kept=kept, encrypted=self.encrypted)
                for name, value in added:
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, sending)

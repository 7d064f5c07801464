"""A change that another site's page asks for is refused, before anybody looks who is signed in."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api import errors

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def is_ours(headers: Headers, own_url: str) -> bool:
    """Whether a request comes from a page of ours, or from no page at all.

    Browsers say the origin of every change, but ``null`` from a page that tells nobody its address,
    as that behind a signed link; of that they say beside it whose it is. A program that is no
    browser says none, and holds no cookie that it did not ask for.
    """
    whose = headers.get("sec-fetch-site")
    if whose in ("cross-site", "same-origin"):
        return whose == "same-origin"
    origin = headers.get("origin")
    if origin is None:
        return True
    return origin == _origin_of(own_url) or urlsplit(origin).netloc == headers.get("host")


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class OwnOrigin:
    """Refuses changes of other origins than ``own_url``'s and the host that was asked."""

    def __init__(self, app: ASGIApp, *, own_url: str) -> None:
        self.app = app
        self.own_url = own_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        changes = scope["type"] == "http" and scope["method"] not in SAFE_METHODS
        if changes and not is_ours(Headers(scope=scope), self.own_url):
            refused = errors.problem(
                403,
                "not-allowed",
                "This did not come from a page of ours.",
                detail="A page of another site has sent it.",
            )
            await refused(scope, receive, send)
            return
        await self.app(scope, receive, send)

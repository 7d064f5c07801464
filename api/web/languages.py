"""In which language a page speaks to whom."""

from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.web.drawing import draw
from api.web.texts import LANGUAGES

COOKIE = "language"
"""Where a browser in which nobody is signed in remembers its language."""


def draw_outside(request: Request, template: str, **shown: Any) -> HTMLResponse:
    """A page for whom we do not know yet, in the language of their browser; a choice is kept."""
    language = language_of_browser(request)
    answer = draw(request, template, language=language, **shown)
    if request.query_params.get("language") == language:
        answer.set_cookie(COOKIE, language, httponly=True, samesite="lax", path="/")
    return answer


def language_of_browser(request: Request) -> str:
    """What somebody has chosen in this browser, else what it asks for first of what we speak."""
    chosen = request.query_params.get("language") or request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return next((name for name in _asked_for(request) if name in LANGUAGES), "en")


def _asked_for(request: Request) -> Iterator[str]:
    """The languages that a browser asks for, the best first, without their countries."""
    wishes = []
    for wish in request.headers.get("accept-language", "").split(",")[:20]:
        name, _, quality = wish.strip().partition(";q=")
        wishes.append((-_number(quality), name.partition("-")[0].lower()))
    for _, name in sorted(wishes, key=lambda wish: wish[0]):
        yield name


def _number(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0

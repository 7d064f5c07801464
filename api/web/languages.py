"""In which language a page speaks to whom."""

from collections.abc import Iterator

from fastapi import Request, Response

from api.web.texts import LANGUAGES

COOKIE = "language"
"""Where a browser in which nobody is signed in remembers its language."""


def language_of(request: Request) -> str:
    """What whoever is signed in has chosen; until they are wholly in, what their browser speaks."""
    sign_in = getattr(request.state, "sign_in", None)
    if sign_in is None or not sign_in.strong:
        return language_of_browser(request)
    chosen: str = sign_in.actor.language
    return chosen if chosen in LANGUAGES else "en"


def keep_language(answer: Response, language: str) -> None:
    """Let the browser remember a language for when nobody is signed in in it."""
    answer.set_cookie(COOKIE, language, httponly=True, samesite="lax", path="/")


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

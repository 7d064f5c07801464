"""A refusal as a page, or in the words of whoever reads it: what is wrong, and the way out."""

import json
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from api.web.drawing import draw
from api.web.sentences import spoken
from api.web.texts import LANGUAGES, said
from api.web.wording import OF_OBSTACLES, REASONS

_KEPT: Final = frozenset({"retry-after", "allow"})
"""Headers that go along; the others are those of the text."""


def page_of(request: Request, refused: JSONResponse) -> Response:
    """The page that says what a problem document says, with the same status and headers.

    To patients it says what they can do, in their language, and none of our words.
    """
    sign_in, status = getattr(request.state, "sign_in", None), refused.status_code
    if sign_in is not None and sign_in.actor.is_patient:
        page = draw(request, "patient/problem.html", status=status, language=reader_of(request))
    else:
        problem = json.loads(bytes(refused.body))
        page = draw(request, "problem.html", status=status, problem=problem)
    if "retry-after" in refused.headers:
        page.headers["Retry-After"] = refused.headers["retry-after"]
    return page


def reader_of(request: Request) -> str:
    """The language of whoever reads an answer in a browser; programs are told in English."""
    sign_in = getattr(request.state, "sign_in", None)
    language: str = sign_in.actor.language if sign_in is not None else "en"
    return language if language in LANGUAGES else "en"


def in_their_words(request: Request, refused: JSONResponse) -> JSONResponse:
    """The problem document as scripts of our pages show it: in the language of its reader."""
    language = reader_of(request)
    if language == "en":
        return refused
    problem: dict[str, Any] = json.loads(bytes(refused.body))
    place = problem.get("place", "")
    plain = ("title", "fix")
    told: dict[str, str] = {n: spoken(problem[n], language) for n in plain if n in problem}
    if "detail" in problem:
        detail = problem["detail"].removeprefix(f"{place}: ")
        told["detail"] = why(detail, problem.get("rule"), language)
    headers = {name: value for name, value in refused.headers.items() if name in _KEPT}
    return JSONResponse(
        problem | told, refused.status_code, headers=headers, media_type=refused.media_type
    )


def why(says: str, rule: str | None, language: str) -> str:
    """What is in the way, in a language: by the contract's rule, which has words of its own."""
    reason = REASONS.get(rule or "")
    if language == "en" or reason is None:
        return spoken(says, language)
    return said(OF_OBSTACLES[reason], language)

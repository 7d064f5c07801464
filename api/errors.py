"""Refusals as problem documents (RFC 9457), whoever refuses."""

from collections.abc import Callable
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException

from api.repeating import Answered, given_again
from api.web.refusing import in_their_words, page_of
from pathways.faults import BadDocument
from pathways.library import UnknownPathway
from scheduler.booking import Taken
from scheduler.errors import NotSignedIn, Refusal
from scheduler.store.migrating import NotMigrated

Handler = Callable[[Request, Exception], Response]

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger()


def problem(status: int, kind: str, title: str, **members: Any) -> JSONResponse:
    """A problem document; members that are empty are left out."""
    body = {"type": f"urn:careweave:problem:{kind}", "title": title, "status": status}
    body |= {key: value for key, value in members.items() if value not in (None, "", [], {})}
    headers = {"Retry-After": "2"} if status in (429, 503) else {}
    return JSONResponse(jsonable_encoder(body), status, media_type=MEDIA_TYPE, headers=headers)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101  (registered for it alone)
    if isinstance(error, NotSignedIn) and _wants_a_page(request):
        return RedirectResponse("/sign-in", status_code=303)
    return problem(
        error.status,
        error.kind,
        error.title,
        detail=error.says,
        fix=error.fix,
        rule=error.rule,
        place=error.place,
        **error.more,
    )


def _wants_a_page(request: Request) -> bool:
    """Whether a person looks at the answer, in a browser."""
    is_page = not request.url.path.startswith("/api/")
    return is_page and "text/html" in request.headers.get("accept", "")


def _told(handler: Handler) -> Handler:
    """The same refusal; as a page where a person looks at it, else in the words of its reader."""

    def answer(request: Request, error: Exception) -> Response:
        refused = handler(request, error)
        if not isinstance(refused, JSONResponse):
            return refused
        if _wants_a_page(request):
            return page_of(request, refused)
        return in_their_words(request, refused)

    return answer


def _taken(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Taken)  # noqa: S101  (registered for it alone)
    conflicts = [{"resource": c.resource, "start": c.start} for c in error.conflicts]
    return problem(
        409,
        "conflict",
        "Something is taken already.",
        detail=str(error),
        fix="choose one of the nearest free times",
        conflicts=conflicts,
    )


def _bad_document(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BadDocument)  # noqa: S101  (registered for it alone)
    faults = [{"place": place, "says": says} for place, says in error.faults[:100]]
    return problem(
        422,
        "not-understood",
        "What was sent cannot be used.",
        detail=f"{len(error.faults)} faults; each names its place and what would be right",
        faults=faults,
    )


def _unknown_pathway(_request: Request, error: Exception) -> JSONResponse:
    return problem(
        422,
        "not-understood",
        "What was sent cannot be used.",
        detail=str(error),
        fix="name a pathway of the library in a version that it has",
    )


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for it alone)
    faults = [
        {"place": ".".join(str(part) for part in entry["loc"]), "says": entry["msg"]}
        for entry in error.errors()[:100]
    ]
    return problem(422, "not-understood", "What was sent cannot be used.", faults=faults)


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for it alone)
    kinds = {400: "not-understood", 404: "not-found", 405: "method", 413: "too-large"}
    answer = problem(error.status_code, kinds.get(error.status_code, "http"), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _busy(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OperationalError)  # noqa: S101  (registered for it alone)
    # The driver tells a wait that was too long from a deadlock; its words may name rows.
    _log.warning("database", error=type(error.orig).__name__)
    return problem(
        503,
        "database",
        "The database does not answer.",
        detail="Nothing was stored. Try again in a moment.",
    )


def _cannot_be_stored(_request: Request, error: Exception) -> JSONResponse:
    """A zero byte in a text, a number too large, a date beside the first or last that there is."""
    _log.warning("unstorable", error=type(error).__name__)
    return problem(
        422,
        "not-understood",
        "What was sent cannot be used.",
        detail="a text, a number or a date in it is none that can be stored",
        fix="leave out control characters such as zero bytes, and come nearer to our time",
    )


def _not_ready(_request: Request, error: Exception) -> JSONResponse:
    return problem(503, "database", "The database is not ready.", detail=str(error))


def unexpected(reference: str) -> JSONResponse:
    """The answer to a fault of ours, which the log tells under this reference."""
    return problem(
        500,
        "unexpected",
        "Something went wrong here.",
        detail=f"Nothing was stored. Tell your administrator this number: {reference}.",
    )


def _answered(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Answered)  # noqa: S101  (registered for it alone)
    try:
        return given_again(error)
    except Refusal as refusal:
        return _refused(_request, refusal)


HANDLERS: Final[dict[type[Exception], Handler]] = {
    Refusal: _refused,
    Taken: _taken,
    BadDocument: _bad_document,
    UnknownPathway: _unknown_pathway,
    RequestValidationError: _invalid,
    HTTPException: _http,
    OperationalError: _busy,
    DataError: _cannot_be_stored,
    OverflowError: _cannot_be_stored,
    NotMigrated: _not_ready,
    Answered: _answered,
}
"""Who puts which error into a problem document."""


def install(app: FastAPI) -> None:
    """Let every refusal leave as a problem document, or as a page that says the same."""
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, _told(handler))

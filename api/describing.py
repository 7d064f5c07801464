"""The description of the API (OpenAPI): what every operation can be refused with, said once.

Any operation may meet any of these refusals at the door or in the store, so no route repeats them.
"""

from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from api.errors import MEDIA_TYPE

ALWAYS: Final = {
    400: ("NotReadable", "The request could not be read.", "not-understood"),
    401: ("NotSignedIn", "Nobody is signed in, or not any more.", "not-signed-in"),
    403: ("NotAllowed", "Your role may not do this.", "not-allowed"),
    404: ("NotThere", "There is no such thing here, or it is not yours.", "not-found"),
    409: ("Refused", "Something is taken, or a rule or its state forbids it.", "rule"),
    413: ("TooLarge", "What was sent is too large.", "too-large"),
    422: ("NotUnderstood", "What was sent cannot be used.", "not-understood"),
    429: ("TooMany", "Please wait a little.", "too-many"),
    503: ("Unavailable", "The database does not answer; nothing was stored.", "database"),
}
"""What any request can be refused with: name, meaning, and the problem's kind in the example."""

OF_A_CHANGE: Final = {
    412: ("Stale", "Somebody has changed it since you read it.", "stale"),
    428: ("VersionNeeded", "A change says which version it changes.", "version-needed"),
}
"""What a request that changes something can be refused with besides."""

_WAITS: Final = (429, 503)


class Fault(BaseModel):
    """One thing that is wrong in what was sent: where, and what would be right."""

    place: str
    says: str


class Problem(BaseModel):
    """Why something was refused (RFC 9457): ``rule`` and ``place`` of it, and a way out, ``fix``.

    Nothing was changed. Members that would be empty are left out; a kind may have more of its own.
    """

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str = ""
    fix: str = ""
    rule: str = ""
    place: str = ""
    faults: list[Fault] = []


def describe(app: FastAPI) -> None:
    """Let the API's description name every refusal of every operation."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_refusals(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the framework's own way to extend it


def _with_refusals(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    told = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= told.pop("$defs") | {"Problem": told}
    components["responses"] = {
        name: _response(status, says, kind)
        for status, (name, says, kind) in (ALWAYS | OF_A_CHANGE).items()
    }
    for path in document["paths"].values():
        for method, operation in path.items():
            _add(operation, ALWAYS if method == "get" else ALWAYS | OF_A_CHANGE)
    return document


def _add(operation: dict[str, Any], refusals: dict[int, tuple[str, str, str]]) -> None:
    for status, (name, _, _) in refusals.items():
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{name}"}


def _response(status: int, says: str, kind: str) -> dict[str, Any]:
    example = {"type": f"urn:careweave:problem:{kind}", "title": says, "status": status}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    found: dict[str, Any] = {"description": says, "content": {MEDIA_TYPE: content}}
    if status in _WAITS:
        says_when = {"description": "After how many seconds to try again."}
        found["headers"] = {"Retry-After": {**says_when, "schema": {"type": "integer"}}}
    return found

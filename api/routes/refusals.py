"""What routes of care have in common: how a request is written, how refusals are told."""

from typing import Any

from pydantic import BaseModel, ConfigDict

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": says, "content": {"application/problem+json": {}}}
    for status, says in {
        401: "Nobody is signed in.",
        403: "Your role may not do this.",
        404: "There is no such thing here, or it is not yours.",
        409: "A rule forbids it, or it is in another state by now.",
        412: "Somebody has changed it since you read it.",
        422: "What was sent cannot be used; each fault is named by its place.",
        428: "A change says which version it changes.",
    }.items()
}


class Sent(BaseModel):
    """What is sent: no unknown keys."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """What is answered, read from a record."""

    model_config = ConfigDict(from_attributes=True)

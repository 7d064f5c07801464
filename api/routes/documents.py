"""How requests and answers of the routes are written."""

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""A number in a path, such as a plan's: whole, from 1, and not more than a database can hold."""

Week = Annotated[int, Path(ge=1, le=520)]
"""A programme week, counted from 1; no course lasts ten years."""

STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "Events, as they happen."}
}


class Sent(BaseModel):
    """What is sent: no unknown keys."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """What is answered, read from a record."""

    model_config = ConfigDict(from_attributes=True)

"""How requests and answers of the routes are written."""

from pydantic import BaseModel, ConfigDict


class Sent(BaseModel):
    """What is sent: no unknown keys."""

    model_config = ConfigDict(extra="forbid")


class Shown(BaseModel):
    """What is answered, read from a record."""

    model_config = ConfigDict(from_attributes=True)

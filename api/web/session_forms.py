"""What a form of the nurse's page has sent, as an event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from scheduler.sessions import happenings
from scheduler.sessions.happenings import Correction, Occurred

SURE: Final = "sure"
"""The field by which somebody says that they have looked once more."""

_RIDE = ("ride_kind", "ride_name")
_MANY = ("confirmed",)
_NOT_OURS = ("csrf", SURE, *_RIDE)


def event_of(sent: Mapping[str, list[str]], now: datetime) -> Occurred | Correction:
    """The event; a field that was left empty was not answered. ValidationError for nonsense."""
    data: dict[str, Any] = {
        name: values if name in _MANY else values[-1]
        for name, values in sent.items()
        if name not in _NOT_OURS and values[-1] != ""
    }
    if sent.get("kind", [""])[-1] == "ready":
        data.setdefault("confirmed", [])
    kind, name = (sent.get(field, [""])[-1] for field in _RIDE)
    if kind:
        data["ride"] = {"kind": kind, "name": name}
    return happenings.read({**data, "at": now})


def is_sure(sent: Mapping[str, list[str]]) -> bool:
    """Whether somebody was asked back already, and has said that it is right."""
    return sent.get(SURE, [""])[-1] == "yes"

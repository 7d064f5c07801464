"""The form for vital signs: which are asked for now, in which order, and what is asked back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api.web.texts import marked
from pathways.protocol.visiting import Sign
from scheduler.sessions.checks import Check
from scheduler.sessions.happenings import Vitals
from scheduler.sessions.limits import Limit, latest_of, limits_of
from scheduler.sessions.loading import DoseSession

NAMES: Final[dict[Sign, str]] = {
    "systolic pressure": "systolic",
    "diastolic pressure": "diastolic",
    "heart rate": "heart_rate",
    "oxygen saturation": "oxygen_saturation",
    "sedation": "sedation",
    "dissociation": "dissociation",
    "vomiting": "vomiting",
    "panic": "panic",
}
"""The field of an event for each sign, in the order in which they are taken."""

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "systolic": (marked("Systolic"), "mmHg"),
    "diastolic": (marked("Diastolic"), "mmHg"),
    "heart_rate": (marked("Pulse"), marked("per minute")),
    "oxygen_saturation": (marked("Oxygen"), "%"),
    "sedation": (marked("Alertness"), marked("{high}: awake")),
    "dissociation": (marked("Dissociation?"), ""),
    "vomiting": (marked("Vomiting?"), ""),
    "panic": (marked("Panic?"), ""),
}


@dataclass(frozen=True)
class Field:
    """One sign in the form. ``low``, ``high``: what can be written down at all; None for yes or no.

    ``asks_low``, ``asks_high``: at or beyond these it is asked back whether it is right. ``last``:
    what was read before. ``wanted``: whether the check that is due asks for it.
    """

    name: str
    words: str
    unit: str
    low: int | None
    high: int | None
    asks_low: int | None
    asks_high: int | None
    last: int | bool | None
    wanted: bool

    @property
    def is_number(self) -> bool:
        """Whether it is typed, not chosen."""
        return self.low is not None


def fields_of(one: DoseSession, due: Check | None, now: datetime) -> tuple[Field, ...]:
    """Every sign, those that are asked for now first; without a check that is due, the usual."""
    asked = due.signs if due else _usual(one)
    limits, last = limits_of(one, now), latest_of(one, now)
    ordered = sorted(NAMES, key=lambda sign: sign not in asked)
    return tuple(_field(sign, limits, last, wanted=sign in asked) for sign in ordered)


def _usual(one: DoseSession) -> set[Sign]:
    return {sign for check in one.protocol.vitals.checks for sign in check.signs}


def _field(
    sign: Sign, limits: Iterable[Limit], last: Mapping[Sign, int | bool], *, wanted: bool
) -> Field:
    name, before = NAMES[sign], last.get(sign)
    words, unit = _WORDS[name]
    low, high = _bounds(name)
    quiet = [o for o in limits if o.sign == sign and (before is None or not o.is_beyond(before))]
    return Field(
        name=name,
        words=words,
        unit=unit,
        low=low,
        high=high,
        asks_low=max((limit.at for limit in quiet if limit.side == "to"), default=None),
        asks_high=min((limit.at for limit in quiet if limit.side == "from"), default=None),
        last=before,
        wanted=wanted,
    )


def _bounds(name: str) -> tuple[int | None, int | None]:
    """What an event takes of a sign, from its own record; None for what is no number."""
    ways: Sequence[dict[str, Any]] = _SCHEMA[name]["anyOf"]
    return ways[0].get("minimum"), ways[0].get("maximum")


_SCHEMA: Final[dict[str, dict[str, Any]]] = Vitals.model_json_schema()["properties"]

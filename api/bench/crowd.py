"""A clinic of two hundred patients: the demo clinic's people, houses and plans, several times."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

from api.demo.loading import document_of_demo

CLINIC: Final = "crowded"
PATIENTS: Final = 200
NOW: Final = datetime(2027, 3, 2, 14, tzinfo=UTC)
"""A Tuesday morning in the clinic's busiest weeks; the bench's clock stands."""

_NAMES: Final = frozenset({"id", "location", "facilitator", "partner", "practitioner"})
_LISTS_OF_NAMES: Final = frozenset({"patients", "practitioners"})
SET_ASIDE: Final = ("R-02", "R-32")
"""Soft rules that some visits of the plans do not keep, and for which a booking gives a reason."""

_NOT_OFFERED: Final = frozenset({"id", "locked", "notes"})
_SOON, _LATE = timedelta(days=1), timedelta(days=21)
_PARTS: Final = ("locations", "practitioners", "groups")


def crowded() -> dict[str, Any]:
    """The document of one clinic in which the demo clinic stands as often as it takes."""
    one = document_of_demo()
    copies = [_renamed(one, number) for number in range(-(-PATIENTS // len(one["patients"])))]
    patients = [patient for copy in copies for patient in copy["patients"]]
    kept = _kept(patients)
    houses = {part: [e for copy in copies for e in copy[part]] for part in _PARTS}
    return one | {
        "clinic": one["clinic"] | houses | {"id": CLINIC},
        "patients": [patient for patient in patients if patient["id"] in kept],
        "booked": [b for copy in copies for b in copy["booked"] if kept.issuperset(b["patients"])],
    }


def _kept(patients: list[dict[str, Any]]) -> set[str]:
    """As many as are wanted; couples stay together."""
    couples = [patient["id"] for patient in patients if "partner" in patient]
    alone = [patient["id"] for patient in patients if "partner" not in patient]
    return {*couples, *alone[: PATIENTS - len(couples)]}


def _renamed(document: dict[str, Any], number: int) -> dict[str, Any]:
    """The people, places and bookings of one copy, each with a name of its own."""
    parts = {name: document[name] for name in ("patients", "booked")}
    parts |= {name: document["clinic"][name] for name in _PARTS}
    made: dict[str, Any] = _ending_in(parts, f"-{number}", "")
    for booked in made["booked"]:
        booked["id"] = "/".join((booked["patients"][0], *booked["id"].split("/")[1:]))
    return made


def _ending_in(value: Any, ending: str, key: str) -> Any:
    if isinstance(value, dict):
        return {
            name: inner if (key, name) == ("stages", "id") else _ending_in(inner, ending, name)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_ending_in(inner, ending, key) for inner in value]
    named = isinstance(value, str) and key in _NAMES | _LISTS_OF_NAMES
    return value + ending if named else value


def set_free(document: dict[str, Any], wanted: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The document without one coming visit of each of some patients, and those visits as offers.

    Doses, groups and talks, as they come.
    """
    free = list(islice(_visits_in_turn(document["booked"]), wanted))
    gone = {booked["id"] for booked in free}
    booked = [entry for entry in document["booked"] if entry["id"] not in gone]
    return document | {"booked": booked}, [_offer(entry) for entry in free]


def _visits_in_turn(booked: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Of each patient who is no partner, a visit of the next three weeks: another kind each."""
    own: dict[str, list[dict[str, Any]]] = {}
    for entry in booked:
        ahead = datetime.fromisoformat(entry["start"]) - NOW
        if len(entry["patients"]) == 1 and _SOON <= ahead < _LATE:
            own.setdefault(entry["patients"][0], []).append(entry)
    for turn, visits in enumerate(own.values()):
        yield visits[turn % len(visits)]


def _offer(booked: dict[str, Any]) -> dict[str, Any]:
    offer = {name: value for name, value in booked.items() if name not in _NOT_OFFERED}
    return offer | {"reasons": dict.fromkeys(SET_ASIDE, "the plan has it so")}

"""What is wrong with a document: faults by their places, told in the order of reading."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from pathways.record import Fault, Faults
from pathways.remainder import Location, place_text


class BadDocument(Exception):
    """A document cannot be read; each fault names its place and what would be right."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(f"{place}: {says}" if place else says for place, says in faults))
        self.faults = faults


def faults_in(error: ValidationError) -> list[Fault]:
    """Everything that a record found wrong with the data it was made from, by place."""
    return [
        fault
        for entry in error.errors()
        for fault in faults_of(entry, place_text(without_tags(entry["loc"])))
    ]


def without_tags(location: Location) -> Location:
    """A place without what only the reader sees: chosen alternatives, "[key]"."""
    hidden = ("[key]",)
    return tuple(
        part
        for part in location
        if isinstance(part, int) or not (part.startswith("<") or part in hidden)
    )


def faults_of(entry: Any, place: str) -> list[Fault]:
    """What an entry of a validation error says, at its place: one fault, or a record's own."""
    problem = entry.get("ctx", {}).get("error")
    if isinstance(problem, Faults):
        return [(_joined(place, inner), says) for inner, says in problem.faults]
    if isinstance(problem, ValueError):
        return [(place, str(problem))]
    says = _SAYS.get(entry["type"], _as_is)(entry)
    return [(place, says if place else f"the document {says}")]


def _joined(place: str, inner: str) -> str:
    return f"{place}.{inner}" if place and inner else place or inner


def _as_is(entry: Any) -> str:
    message = str(entry["msg"])
    given = entry.get("input")
    shown = f" (it is {given!r})" if isinstance(given, str | int | float) else ""
    return message[:1].lower() + message[1:] + shown


def _must_be(what: str) -> Callable[[Any], str]:
    def say(entry: Any) -> str:
        given = entry.get("input")
        if given is None:
            return f"must be {what}; nothing stands there"
        kinds: dict[type, str] = {dict: "a mapping", list: "a list"}
        return f"must be {what}, not {kinds.get(type(given), repr(given))}"

    return say


_SAYS: Mapping[str, Callable[[Any], str]] = {
    "extra_forbidden": lambda _: "unknown key; leave it out or mend its spelling",
    "model_type": _must_be("a mapping of keys"),
    "dict_type": _must_be("a mapping of keys"),
    "tuple_type": _must_be("a list"),
    "string_type": _must_be("a text"),
    "int_type": _must_be("a whole number"),
    "missing": lambda _: "is missing; this key is needed",
    "literal_error": lambda entry: (
        f"{entry['input']!r} is not known; write {entry['ctx']['expected']}"
    ),
}


def in_reading_order(faults: list[Fault]) -> list[Fault]:
    """Each fault once, those of one place together, numbers in order of size."""

    def parts(fault: Fault) -> list[tuple[int, str]]:
        return [(int(t), "") if t.isdigit() else (-1, t) for t in re.split(r"[\[\].]+", fault[0])]

    return sorted(dict.fromkeys(faults), key=parts)

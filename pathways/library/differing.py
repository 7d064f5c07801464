"""What differs between two pathways, place by place."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pathways.library.merging import Document

_NOTHING = object()


class Difference(NamedTuple):
    """A place that two documents fill differently; None where one of them has no such place."""

    place: str
    one: str | None
    other: str | None


def differences(one: Document, other: Document) -> list[Difference]:
    """Every place in which two documents differ, in the order of the first, then of the second.

    Listed records are compared by their ids, wherever they stand; records without one by number.
    """
    return list(_differ("", one, other))


def _differ(place: str, one: Any, other: Any) -> Iterator[Difference]:
    if one == other:
        return
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in dict.fromkeys([*one, *other]):
            inner = f"{place}.{key}" if place else str(key)
            yield from _differ(inner, one.get(key, _NOTHING), other.get(key, _NOTHING))
    elif _are_records(one) and _are_records(other):
        yield from _differ(place, _by_id(one), _by_id(other))
    else:
        yield Difference(place, _text(one), _text(other))


def _are_records(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _by_id(records: list[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(record.get("id", number)): record for number, record in enumerate(records)}


def _text(value: object) -> str | None:
    if value is _NOTHING:
        return None
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items() if key != "source")
    if isinstance(value, list):
        return "; ".join(str(_text(item)) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)

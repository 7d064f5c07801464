"""What is left of a document once its faulty places are taken out.

A fault in one place must not hide one in another: the rest is read again without it, and places
are told by their numbers in the document as it was written.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

Location = tuple[int | str, ...]
"""The keys and numbers that lead to a place, such as ``("patients", 3, "rides", "mon", 0)``."""

# Keys that a record needs, and what may stand there while the rest of it is read; no rule finds
# a fault with these. Number 0 is any number.
_STAND_INS: Mapping[Location, Any] = {
    ("format",): "care-scenario/1",
    ("clinic", "id"): "clinic",
    ("clinic", "timezone"): "UTC",
    ("clinic", "hours"): {},
    ("clinic", "groups", 0, "activity"): "group",
    ("clinic", "groups", 0, "modality"): "virtual",
    ("clinic", "groups", 0, "capacity"): 1,
    ("clinic", "groups", 0, "weekly"): [],
    ("patients", 0, "start"): "2200-12-31",
    ("patients", 0, "available"): {},
    ("booked", 0, "locked"): True,
    ("booked", 0, "modality"): "virtual",
}


def place_text(location: Location) -> str:
    """``patients[3].rides.mon[0]``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")


def location_of(place: str) -> Location:
    """The keys and numbers of a place written by `place_text`."""
    parts = re.findall(r"\[([0-9]+)\]|([^.\[\]]+)", place)
    return tuple(int(number) if number else key for number, key in parts)


def _entry(whole: Any, key: str) -> Any:
    """What stands under a key, or in the field of a part that was read before; None for nothing."""
    if isinstance(whole, BaseModel):
        return getattr(whole, key, None)
    return whole.get(key) if isinstance(whole, Mapping) else None


class Remainder:
    """Plain data from a copy of which places are taken, and the numbers its items had.

    ``data`` is what was written until something is taken out.
    """

    def __init__(self, data: Any) -> None:
        self.written = data
        self.data = data
        self._taken: set[Location] = set()
        self._numbers: dict[Location, list[int]] = {}

    def original(self, location: Location) -> Location:
        """A place of the remainder as it is numbered in the document."""
        told: Location = ()
        for part in location:
            numbers = self._numbers.get(told)
            told += (numbers[part] if numbers and isinstance(part, int) else part,)
        return told

    def took(self, location: Location) -> bool:
        """Whether this place was taken out, so that its absence is no fault of its own."""
        return location in self._taken

    def without(self, faulty: Iterable[Location]) -> bool:
        """Take these places out; False where that leaves no document."""
        self._copy_once()
        # All places first: taking one out numbers the others anew.
        told = [self.original(location) for location in faulty]
        taken = [self._take(location) for location in told]
        return all(taken)

    def written_ids(self, *keys: str) -> set[str]:
        """The ids of the records in a list of the document, readable or not."""
        records = self.written
        for key in keys:
            records = _entry(records, key)
        listed = records if isinstance(records, list | tuple) else ()
        return {str(_entry(r, "id")) for r in listed if isinstance(r, Mapping | BaseModel)}

    def _take(self, location: Location) -> bool:
        """Take out the nearest key, or the whole record where it would be needed.

        What a record needs, to be read at all, gets a stand-in. A pathway hangs together: it
        goes whole, unless the key was a foreign one.
        """
        keys = location
        while keys and isinstance(keys[-1], int):
            keys = keys[:-1]
        above = self._found(keys[:-1])
        is_record = _depth(location) in (None, len(location) - 1)
        whole = is_record and isinstance(self._found(location), dict)
        if whole or "pathways" in location[:1] or keys in self._taken:
            return self._drop(location)
        if not isinstance(above, dict):
            return self._drop(location)
        self._taken.add(keys)
        above.pop(keys[-1], None)
        pattern = tuple(0 if isinstance(part, int) else part for part in keys)
        if pattern in _STAND_INS:
            above[keys[-1]] = _STAND_INS[pattern]
        return True

    def without_key(self, location: Location) -> None:
        """Take out a key that does not belong where it stands."""
        self._copy_once()
        told = self.original(location)
        above = self._found(told[:-1])
        if isinstance(above, dict):
            above.pop(told[-1], None)

    def _copy_once(self) -> None:
        """What was written stays as it is; without a fault there is nothing to copy."""
        if self.data is self.written:
            self.data = _copied(self.written)

    def _drop(self, location: Location) -> bool:
        """Take out the record of the document's own lists that holds a place."""
        depth = _depth(location)
        if depth is None:
            return False
        above, number = location[:depth], int(location[depth])
        items = self._found(above)
        numbers = self._numbers.setdefault(above, list(range(len(items or ()))))
        if number in numbers:
            items.pop(numbers.index(number))
            numbers.remove(number)
        return True

    def _found(self, location: Location) -> Any:
        """What stands at a place of the document, or None where it is gone."""
        here = self.data
        for depth, part in enumerate(location):
            numbers = self._numbers.get(location[:depth])
            try:
                here = here[part if numbers is None else numbers.index(int(part))]
            except (LookupError, TypeError, ValueError):
                return None
        return here


def _depth(location: Location) -> int | None:
    """Where the first number of a place stands: that of a record in one of the lists."""
    return next((n for n, part in enumerate(location) if isinstance(part, int)), None)


def _copied(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _copied(value) for key, value in data.items()}
    return [_copied(item) for item in data] if isinstance(data, list | tuple) else data

"""What differs between two pathways: line by line as it is told, field by field as it stands."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final

from api.cli.protocol_view import sections
from pathways.library.differing import differences
from pathways.protocol import LibraryPathway

_UNITS: Final = {"D": "day", "H": "hour", "M": "minute"}
_ELAPSED: Final = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


@dataclass(frozen=True)
class Apart:
    """One thing that is told differently; empty where one of them does not have it."""

    one: str
    other: str


@dataclass(frozen=True)
class FieldApart:
    """One field that differs, by its place in words. ``is_source``: where a number comes from."""

    place: str
    one: str
    other: str
    is_source: bool


def told_apart(one: LibraryPathway, other: LibraryPathway) -> list[tuple[str, list[Apart]]]:
    """Under each heading the lines that differ, those that speak of the same beside each other."""
    of_other = dict(sections(other))
    found = [(title, list(_lines(lines, of_other[title]))) for title, lines in sections(one)]
    return [(title, apart) for title, apart in found if apart]


def _lines(one: Sequence[str], other: Sequence[str]) -> Iterator[Apart]:
    matcher = SequenceMatcher(a=[*one], b=[*other], autojunk=False)
    for what, begin, end, start, stop in matcher.get_opcodes():
        if what != "equal":
            yield from _paired(one[begin:end], other[start:stop])


def _paired(one: Sequence[str], other: Sequence[str]) -> Iterator[Apart]:
    """Lines of the same name beside each other, then what only one of them has."""
    waiting: dict[str, list[str]] = defaultdict(list)
    for line in other:
        waiting[_name(line)].append(line)
    alone = []
    for line in one:
        if waiting[_name(line)]:
            yield Apart(line, waiting[_name(line)].pop(0))
        else:
            alone.append(line)
    left = [line for lines in waiting.values() for line in lines]
    yield from (Apart(a, b) for a, b in zip_longest(alone, left, fillvalue=""))


def _name(line: str) -> str:
    """What a line speaks of: its first words, before any number or source."""
    return re.split(r"[:\n\[]|\d", line, maxsplit=1)[0].strip()


def fields_apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[FieldApart]:
    """Every field in which two documents differ."""
    return [
        FieldApart(
            _place(found.place),
            _value(found.one),
            _value(found.other),
            "source" in found.place.split("."),
        )
        for found in differences(dict(one), dict(other))
    ]


def _place(place: str) -> str:
    """``activities.dose.schedule.0.per_week`` as ``activities / dose / schedule 1 / per week``."""
    words: list[str] = []
    for part in place.split("."):
        if part.isdigit() and words:
            words[-1] += f" {int(part) + 1}"
        else:
            words.append(part.replace("_", " "))
    return " / ".join(words)


def _value(text: str | None) -> str:
    if text is None:
        return ""
    found = _ELAPSED.fullmatch(text)
    return _elapsed(found) if found is not None and any(found.groups()[1:]) else text


def _elapsed(found: re.Match[str]) -> str:
    numbers = zip(_UNITS.values(), found.groups()[1:], strict=True)
    told = " ".join(f"{n} {unit}{'' if n == '1' else 's'}" for unit, n in numbers if n)
    return f"{told} before" if found[1] else told

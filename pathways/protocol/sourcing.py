"""Where a number comes from: every table that holds one names its source beside it.

``source = "ONA"`` speaks for all numbers of its table and of the tables inside it;
``source = { schedule = ["LIOBM", "ONA"], gap_before = "house" }`` speaks for the fields it names.
The keys are those of ``sources.toml``; ``house`` marks a default without a source, which a clinic
must be able to change.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pathways.record import Fault, Record

WHOLE_TABLE = "*"
HOUSE = "house"

_NUMBER_TEXTS = re.compile(
    r"-?P(?=.)[0-9WDTHMS]+"  # elapsed time
    r"|[0-2][0-9]:[0-5][0-9]"  # time of day
    r"|[1-9][0-9]*(?:-[1-9][0-9]*)?"  # weeks, or a number in quotes
)
_NAMES = frozenset({"id", "version", "part"})


def _by_field(value: object) -> object:
    """The keys of sources by field; one or several for all fields stand under ``*``."""
    if isinstance(value, Mapping):
        return {field: _as_tuple(keys) for field, keys in value.items()}
    return {WHOLE_TABLE: _as_tuple(value)}


def _as_tuple(keys: object) -> tuple[object, ...]:
    return tuple(keys) if isinstance(keys, list | tuple) else (keys,)


Sources = Annotated[dict[str, tuple[str, ...]], BeforeValidator(_by_field)]


class Sourced(Record):
    """A record whose numbers name their sources, by field (``*`` for all of them)."""

    source: Sources = Field(default_factory=dict)


def numbers_without_source(table: Mapping[str, Any], place: str = "") -> Iterator[Fault]:
    """Every number of a pathway's document for which no table around it names a source.

    A source of the whole document speaks only for the numbers that stand in it directly:
    otherwise one line on top would cover everything.
    """
    own = _sources_of(table)
    for field, value in table.items():
        if field in _NAMES or field == "source":
            continue
        here = f"{place}.{field}" if place else field
        direct = not isinstance(value, Mapping | list)
        covered = field in own or WHOLE_TABLE in own
        yield from _unsourced(value, here, covered and (bool(place) or direct))


def _unsourced(value: object, place: str, covered: bool) -> Iterator[Fault]:
    if isinstance(value, Mapping):
        if not covered:
            yield from numbers_without_source(value, place)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unsourced(item, f"{place}[{number}]", covered)
    elif not covered and _is_number(value):
        yield place, f"{value} stands without a source; name its key of sources.toml in source"


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return _NUMBER_TEXTS.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def sources_cited(table: object, place: str = "") -> Iterator[tuple[str, str]]:
    """The place and the key of every source that a document names."""
    if isinstance(table, Mapping):
        for field, keys in _sources_of(table).items():
            at = f"{place}.source" if place else "source"
            yield from ((at if field == WHOLE_TABLE else f"{at}.{field}", key) for key in keys)
        for field, value in table.items():
            if field != "source":
                yield from sources_cited(value, f"{place}.{field}" if place else field)
    elif isinstance(table, list):
        for number, item in enumerate(table):
            yield from sources_cited(item, f"{place}[{number}]")


def _sources_of(table: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    if "source" not in table:
        return {}
    named = _by_field(table["source"])
    return named if isinstance(named, dict) else {}

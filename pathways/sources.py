"""The sources that numbers, rules and words are taken from, by the keys that cite them."""

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import TypeAdapter

from pathways.record import Record, Text


class Source(Record):
    """One source. ``seen``: how much of it was read; ``weak``: not for numbers that gate care.

    ``read`` is the date on which it was looked at, ``unknown`` where nobody recorded it; the same
    word stands for a year or an address that is not known.
    """

    title: Text
    publisher: Text
    year: int | Literal["unknown"]
    address: Text
    read: date | Literal["unknown"]
    seen: Literal["page", "excerpt", "named", "house"]
    weak: bool = False
    note: Text = ""


@cache
def sources() -> dict[str, Source]:
    """All sources by key, in the order of the file."""
    text = resources.files("pathways").joinpath("sources.toml").read_text("utf-8")
    return TypeAdapter(dict[str, Source]).validate_python(tomllib.loads(text))

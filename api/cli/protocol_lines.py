"""How a pathway's records are told: a line or a few, each number with its source beside it."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Protocol

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.terminal import printable
from pathways.protocol.sourcing import WHOLE_TABLE


class Citing(Protocol):
    """A record that names the sources of its numbers."""

    @property
    def source(self) -> Mapping[str, tuple[str, ...]]:
        """Keys of sources by field, ``*`` for all that are not named."""


def cited(record: Citing, *fields: str) -> str:
    """``[LIOBM, ONA]`` after a space: the sources of some fields; nothing where none is named."""
    everything = record.source.get(WHOLE_TABLE, ())
    found = [key for field in fields for key in record.source.get(field, everything)]
    keys = dict.fromkeys(found if fields else everything)
    return f" [{', '.join(keys)}]" if keys else ""


def elapsed_text(elapsed: timedelta) -> str:
    """``40 min``, ``69 h 45 min``, and days from a week on: ``23.5 days``."""
    if elapsed >= timedelta(days=7):
        return f"{elapsed / timedelta(days=1):g} days"
    hours, minutes = divmod(int(elapsed / timedelta(minutes=1)), 60)
    parts = ((hours, "h"), (minutes, "min"))
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount) or "0 min"


def together(title: str, details: Iterable[str]) -> str:
    """A title, and its details on lines of their own."""
    return "\n".join([title, *details])


def listed(lines: Iterable[str]) -> RenderableType:
    """Lines with a dot before each; the details of one stand under it, further in."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        title, *details = (Text(printable(part.strip())) for part in line.split("\n"))
        table.add_row("·", Group(title, *(Padding(detail, (0, 0, 0, 2)) for detail in details)))
    return table

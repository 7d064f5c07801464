"""The tables as a picture for the pages."""

import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.terminal_theme import DIMMED_MONOKAI

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "bench.svg"

FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""Where a picture would load its font from somebody else's server."""


def draw(tables: Iterable[Table], width: int) -> Path:
    """Draw the tables, so many characters wide; the file."""
    console = Console(record=True, width=width, file=StringIO(), force_terminal=True)
    for table in tables:
        console.print(table)
    picture = console.export_svg(title="make bench", theme=DIMMED_MONOKAI, unique_id="bench")
    PICTURE.write_text(FONTS.sub("", picture), encoding="utf-8")
    return PICTURE

"""What all tables share: a title, and numbers to the right."""

from rich.table import Table

from benchmarks.measuring import Measured

Found = list[Measured]


def titled(title: str, *headings: str) -> Table:
    """An empty table; what its rows are about stands to the left."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    return table

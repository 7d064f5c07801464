"""What the commands say, and where: answers on standard output, everything else on error."""

import shutil
import sys
from collections.abc import Iterable
from textwrap import TextWrapper
from typing import NoReturn, TextIO

import typer
from rich.console import Console

BAD_INPUT = 2
"""Exit code: a document or an option cannot be used; nothing was written."""
BROKEN_PLAN = 3
"""Exit code: the planner answered a plan that its judge refuses; it was written nowhere."""


def answers() -> Console:
    """The console of standard output as it is now (a test may have replaced it)."""
    return Console(highlight=False, soft_wrap=False)


def messages() -> Console:
    """The console of standard error as it is now."""
    return Console(stderr=True, highlight=False)


def say(line: str) -> None:
    """A line on standard error: folded for a terminal, elsewhere as long as it is."""
    typer.echo(_folded(printable(line), sys.stderr), err=True)


def answer(line: str) -> None:
    """A line on standard output: folded for a terminal, elsewhere as long as it is."""
    typer.echo(_folded(printable(line), sys.stdout))


def _folded(line: str, stream: TextIO) -> str:
    """The line between words, its rest two columns further in; whole for whoever reads by line."""
    if not stream.isatty():
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    folding = TextWrapper(shutil.get_terminal_size().columns, subsequent_indent=indent)
    folding.break_on_hyphens = folding.break_long_words = False  # a path stays whole
    return folding.fill(line) or line


def refuse(lines: Iterable[str], *, code: int = BAD_INPUT) -> NoReturn:
    """Say what is wrong on standard error and end with an exit code."""
    for line in lines:
        say(line)
    raise typer.Exit(code)


def printable(text: str) -> str:
    """The text without control characters: a document's words must not steer a terminal."""
    return "".join(c if c.isprintable() or c == " " else "\N{REPLACEMENT CHARACTER}" for c in text)


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 fault``, ``2 faults``; thousands are kept apart."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"

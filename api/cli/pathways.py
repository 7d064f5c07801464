"""``careweave pathways``: what the library holds, and whether a file could stand in it."""

import tomllib
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from api.cli.protocol_view import list_view, whole_view
from api.cli.terminal import BAD_INPUT, answers, counted, printable, refuse, say
from pathways import library, reading
from pathways.library.differing import Difference, differences
from pathways.library.loading import document_of, joined_document
from pathways.library.merging import Document
from pathways.protocol import LibraryPathway

app = typer.Typer(
    name="pathways",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The library of pathways: list, show, check, compare.",
)

_AT_FAULT = 1
"""Exit code: a pathway of the library itself is at fault."""

Name = Annotated[
    str, typer.Argument(metavar="ID[@VERSION]", help="A pathway of the library; newest version.")
]


@app.command("list")
def list_pathways() -> None:
    """List the pathways of the library."""
    answers().print(list_view(library.load(name, version) for name, version in library.names()))


@app.command(short_help="Show all that a pathway holds.")
def show(pathway: Name) -> None:
    """Show a pathway: weeks, sessions, screening, measures, words for patients, sources."""
    name, version = _name_and_version(pathway)
    answers().print(whole_view(library.load(name, version)))


@app.command(short_help="Check the library, or files; every fault is named.")
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Library pathways in TOML; pathways of the contract in YAML or JSON. "
            "Without one: the whole library.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check pathways: every fault by its place, broken safety rules, numbers without a source.

    Ends with 2 if a file could not stand in the library; without a FILE, all of the library is
    checked, and it ends with 1 if a pathway of it is at fault.
    """
    if not files:
        _check_library()
        return
    passed = [_passes(path) for path in files]
    if not all(passed):
        raise typer.Exit(BAD_INPUT)


def _check_library() -> None:
    names = library.names()
    good = [_holds(f"{name}@{version}", document_of(name, version)) for name, version in names]
    parts = {
        (part["part"], part["version"])
        for name, version in names
        for part in document_of(name, version).get("parts", [])
    }
    shared = counted(len(parts), "part")
    say(f"Checked the library: {counted(len(names), 'pathway')} with {shared}.")
    if not all(good):
        raise typer.Exit(_AT_FAULT)


@app.command()
def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="ID[@VERSION], or a TOML file.")],
    other: Annotated[str, typer.Argument(metavar="B", help="ID[@VERSION], or a TOML file.")],
) -> None:
    """Show where two pathways differ, place by place."""
    found = differences(_document(one), _document(other))
    console = answers()
    if found:
        console.print(_difference_table(one, other, found))
    console.print(Text(f"{counted(len(found), 'difference')}.", "dim"))


def _name_and_version(words: str) -> tuple[str, str]:
    name, _, version = words.partition("@")
    known = library.versions(name)
    if not known or (version and version not in known):
        try:
            document_of(name, version)
        except library.UnknownPathway as unknown:
            refuse([str(unknown)])
    return name, version or known[-1]


def _passes(path: Path) -> bool:
    text = _text(path)
    try:
        if path.suffix == ".toml":
            return _holds(str(path), tomllib.loads(text))
        reading.read_pathway(reading.parse(text))
    except tomllib.TOMLDecodeError as error:
        return _blame(str(path), [f"is not TOML: {error}"])
    except reading.BadDocument as bad:
        return _blame(str(path), str(bad).splitlines())
    answers().print(Text(printable(f"{path}: keeps the planning contract")))
    return True


def _holds(name: str, document: Document) -> bool:
    """Whether a document could stand in the library; said, with all that is wrong."""
    try:
        pathway, soft = library.judged(document, name)
    except library.PathwayRefused as refused:
        return _blame(name, str(refused).splitlines()[1:])
    _praise(name, pathway)
    for breach in soft:
        say(f"  warning: {breach}, or say why not in departures")
    return True


def _praise(name: str, pathway: LibraryPathway) -> None:
    doses = counted(len(pathway.dose_weeks), "dose")
    itself = f"{pathway.id}@{pathway.version}"
    told = name if name == itself else f"{name}: {itself}"
    says = f"{told}, {doses}, keeps every hard rule and gate"
    answers().print(Text(printable(says)))


def _blame(name: str, faults: list[str]) -> bool:
    say(f"{name}: {counted(len(faults), 'fault')}")
    for fault in faults:
        say(f"  {fault}")
    return False


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        refuse([f"there is no file {path}"])
    except (OSError, UnicodeDecodeError) as error:
        refuse([f"{path} cannot be read: {error}"])


def _document(words: str) -> Document:
    """The whole document of a library pathway or of a file, parts joined in."""
    if words.endswith(".toml"):
        try:
            return joined_document(tomllib.loads(_text(Path(words))))
        except tomllib.TOMLDecodeError as error:
            refuse([f"{words} is not TOML: {error}"])
    name, version = _name_and_version(words)
    return joined_document(document_of(name, version))


def _difference_table(one: str, other: str, found: list[Difference]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("place", overflow="fold")
    for name, style in ((one, "red"), (other, "green")):
        table.add_column(printable(name), style=style, overflow="fold")
    for place, mine, theirs in found:
        table.add_row(*(Text(printable(text or "(nothing)")) for text in (place, mine, theirs)))
    return table

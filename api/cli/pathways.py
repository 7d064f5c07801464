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


@app.command(short_help="Check files of pathways; every fault is named.")
def check(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="Library pathways in TOML; pathways of the contract in YAML or JSON.",
        ),
    ],
) -> None:
    """Check pathways: every fault by its place, broken safety rules, numbers without a source.

    Ends with 2 if a file could not stand in the library.
    """
    bad = [path for path in files if not _passes(path)]
    if bad:
        raise typer.Exit(BAD_INPUT)


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
            pathway, soft = library.judged(tomllib.loads(text), str(path))
            _praise(path, pathway)
            for breach in soft:
                say(f"  warning: {breach}, or say why not in departures")
        else:
            reading.read_pathway(reading.parse(text))
            answers().print(Text(printable(f"{path}: keeps the planning contract")))
    except tomllib.TOMLDecodeError as error:
        return _blame(path, [f"is not TOML: {error}"])
    except library.PathwayRefused as refused:
        return _blame(path, str(refused).splitlines()[1:])
    except reading.BadDocument as bad:
        return _blame(path, str(bad).splitlines())
    return True


def _praise(path: Path, pathway: LibraryPathway) -> None:
    doses = counted(len(pathway.dose_weeks), "dose")
    says = f"{path}: {pathway.id}@{pathway.version}, {doses}, keeps every hard rule and gate"
    answers().print(Text(printable(says)))


def _blame(path: Path, faults: list[str]) -> bool:
    say(f"{path}: {counted(len(faults), 'fault')}")
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

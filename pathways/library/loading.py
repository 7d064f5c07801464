"""Finding, reading and judging the pathways of the library."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from pydantic import ValidationError

from pathways.faults import faults_in, in_reading_order
from pathways.library.merging import Document, Joined
from pathways.protocol import LibraryPathway
from pathways.protocol.sourcing import numbers_without_source, sources_cited
from pathways.record import Fault
from pathways.safety import Breach, Strength, judge_pathway
from pathways.scenario import Scenario
from pathways.sources import sources

_PARTS = "parts"


class UnknownPathway(Exception):
    """The library has no such pathway, or not in that version; the message names what it has."""


class PathwayRefused(Exception):
    """A pathway is not whole or breaks a safety rule; each fault names its place and the remedy."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        lines = [f"{place}: {says}" if place else says for place, says in faults]
        super().__init__("\n".join([f"{name} is refused:", *lines]))
        self.faults = faults


def names() -> list[tuple[str, str]]:
    """Every pathway of the library and its versions, in order."""
    return [(folder, version) for folder in _folders() for version in versions(folder)]


def versions(name: str) -> list[str]:
    """The versions of a pathway, the newest last; none where the library has no such pathway."""
    if name not in _folders():
        return []
    files = (file.name for file in _root().joinpath(name).iterdir())
    return sorted((f.removesuffix(".toml") for f in files if f.endswith(".toml")), key=_age)


@cache
def load(name: str, version: str) -> LibraryPathway:
    """A pathway of the library; UnknownPathway where there is none, PathwayRefused if it is unsafe.

    It is read and judged once in a process: published files do not change.
    """
    pathway, _ = judged(document_of(name, version), f"{name}@{version}")
    if (pathway.id, pathway.version) != (name, version):
        says = f"the file is that of {name} {version}"
        raise PathwayRefused(f"{name}@{version}", [("id", f"{says}: write id and version so")])
    return pathway


def document_of(name: str, version: str) -> Document:
    """The file of a pathway as it is written, without its parts; UnknownPathway without one."""
    if version not in versions(name):
        raise UnknownPathway(_what_there_is(name, version))
    return _read(_root().joinpath(name, f"{version}.toml"))


def part_of(name: str, version: str) -> Document:
    """A part that pathways share, as it is written; LookupError where there is none."""
    file = _root().joinpath(_PARTS, name, f"{version}.toml")
    if not file.is_file():
        known = ", ".join(sorted(part.name for part in _root().joinpath(_PARTS).iterdir()))
        raise LookupError(f"there is no part {name!r} in version {version!r}; parts: {known}")
    return _read(file)


def joined_document(document: Mapping[str, Any]) -> Document:
    """A pathway's document with its parts joined in, as it stands, right or wrong."""
    return Joined(document, part_of).data


def judged(document: Mapping[str, Any], name: str) -> tuple[LibraryPathway, list[Breach]]:
    """The pathway of a document with its parts, and the soft rules it breaks without a reason.

    PathwayRefused names every fault: numbers without a source, sources that do not exist, what
    the records refuse; and, once it is whole, every hard rule and gate that it breaks.
    """
    joined = Joined(document, part_of)
    faults = [*joined.faults, *_source_faults(joined)]
    try:
        pathway = LibraryPathway.model_validate(joined.data)
    except ValidationError as error:
        faults += [(joined.place(place), says) for place, says in _told_once(error, joined.data)]
        raise PathwayRefused(name, in_reading_order(faults)) from None
    breaches = judge_pathway(pathway)
    faults += [_as_fault(breach, joined) for breach in breaches if breach.strength != Strength.SOFT]
    if faults:
        raise PathwayRefused(name, in_reading_order(faults))
    departures = {departure.rule for departure in pathway.departures}
    return pathway, [breach for breach in breaches if breach.rule not in departures]


def protocols_of(scenario: Scenario) -> dict[str, LibraryPathway]:
    """The pathways that a scenario took from the library, by id: what the safety rules judge.

    One that it carries itself is not among them, also where it says the same.
    """
    return {
        name: load(reference.library, reference.version)
        for name, reference in scenario.references.items()
    }


def _root() -> Traversable:
    return resources.files("pathways").joinpath("library")


@cache
def _folders() -> tuple[str, ...]:
    return tuple(sorted(folder.name for folder in _root().iterdir() if _holds_versions(folder)))


def _holds_versions(folder: Traversable) -> bool:
    is_pathway = folder.is_dir() and folder.name != _PARTS
    return is_pathway and any(file.name.endswith(".toml") for file in folder.iterdir())


def _age(version: str) -> tuple[tuple[int, str], ...]:
    """A key that puts 2026.10 after 2026.9."""
    return tuple((int(p), "") if p.isdigit() else (-1, p) for p in version.split("."))


def _what_there_is(name: str, version: str) -> str:
    if versions(name):
        known = ", ".join(versions(name))
        return f"the library has no version {version!r} of {name!r}; it has {known}"
    return f"the library has no pathway {name!r}; it has {', '.join(_folders())}"


def _read(file: Traversable) -> Document:
    return tomllib.loads(file.read_text("utf-8"))


def _source_faults(joined: Joined) -> Iterator[Fault]:
    for file, document in joined.files.items():
        found = [*numbers_without_source(document)]
        for place, key in sources_cited(document):
            if key not in sources():
                found.append((place, f"there is no source {key!r} in sources.toml"))
        yield from ((f"{file}: {place}" if file else place, says) for place, says in found)


def _told_once(error: ValidationError, data: Document) -> Iterator[Fault]:
    """A record's faults; those of stages that came from a visit are told at the visit alone."""
    activities = data.get("activities", [])
    borrowed = {
        f"activities[{number}].stages["
        for number, activity in enumerate(activities if isinstance(activities, list) else [])
        if isinstance(activity, Mapping) and "visit" in activity
    }
    for place, says in faults_in(error):
        if not any(place.startswith(stages) for stages in borrowed):
            yield place, says


def _as_fault(breach: Breach, joined: Joined) -> Fault:
    says = f"{breach.rule} ({breach.strength}): {breach.says}; {breach.fix}"
    return joined.place(breach.place), says

"""Reading documents: YAML or JSON in, a record that is whole out, or every fault by its place."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from pathways import library
from pathways.model import Pathway
from pathways.plan import Plan
from pathways.record import Fault, Faults, Record
from pathways.references import reference_faults
from pathways.remainder import Location, Remainder, location_of, place_text
from pathways.scenario import LibraryReference, Scenario, ScenarioDocument

R = TypeVar("R", bound=Record)


class BadDocument(Exception):
    """A document cannot be read; each fault names its place and what would be right."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(f"{place}: {says}" if place else says for place, says in faults))
        self.faults = faults


class _PlainLoader(yaml.SafeLoader):
    """YAML in which times, dates and words such as "no" stay texts, and no key stands twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


_PLAIN_TYPES = (
    ("tag:yaml.org,2002:null", re.compile(r"~|null|"), ["~", "n", ""]),
    ("tag:yaml.org,2002:bool", re.compile(r"true|false"), list("tf")),
    ("tag:yaml.org,2002:int", re.compile(r"-?(0|[1-9][0-9]*)"), list("-0123456789")),
    ("tag:yaml.org,2002:float", re.compile(r"-?[0-9]+\.[0-9]+"), list("-0123456789")),
)
for _tag, _pattern, _first in _PLAIN_TYPES:
    _PlainLoader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern.pattern})$"), _first)


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    pairs = [(loader.construct_object(key, deep=True), value) for key, value in node.value]
    return _no_key_twice(
        [(str(key), loader.construct_object(value, deep=True)) for key, value in pairs]
    )


_PlainLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise BadDocument([(key, "this key stands twice; keep one")])
        result[key] = value
    return result


def parse(text: str) -> Any:
    """The plain data of a YAML or JSON text; BadDocument with line and column otherwise."""
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text, object_pairs_hook=_no_key_twice)
    except json.JSONDecodeError:
        pass  # YAML's flow style begins like JSON, and its error names the place as well
    except RecursionError:
        raise BadDocument([("", "is nested too deeply")]) from None
    try:
        return yaml.load(text, _PlainLoader)  # noqa: S506  (a SafeLoader of our own)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadDocument([(place, f"is not YAML or JSON: {error.problem}")]) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadDocument([("", f"is not YAML or JSON: {error}")]) from None


def read_scenario(data: Any) -> Scenario:
    """The whole scenario of plain data; BadDocument names every fault."""
    faults: list[Fault] = []
    rest = Remainder(data)
    document = _read(ScenarioDocument, rest, faults)
    if document is None:
        raise BadDocument(_in_reading_order(faults))
    pathways = _resolved(document, rest, faults)
    for place, says in reference_faults(document, pathways, rest):
        faults.append((place_text(rest.original(location_of(place))), says))
    if faults:
        raise BadDocument(_in_reading_order(faults))
    return Scenario.model_construct(**{**dict(document), "pathways": tuple(pathways.values())})


def read_plan(data: Any) -> Plan:
    """The plan of plain data; BadDocument names every fault."""
    return _whole(Plan, data)


def read_pathway(data: Any) -> Pathway:
    """The pathway of plain data; BadDocument names every fault."""
    return _whole(Pathway, data)


def _whole(kind: type[R], data: Any) -> R:
    faults: list[Fault] = []
    record = _read(kind, Remainder(data), faults)
    if record is None or faults:
        raise BadDocument(_in_reading_order(faults))
    return record


def _resolved(
    document: ScenarioDocument, rest: Remainder, faults: list[Fault]
) -> dict[str, Pathway]:
    """The scenario's pathways by id, those of the library fetched."""
    result: dict[str, Pathway] = {}
    for number, entry in enumerate(document.pathways):
        try:
            found = entry if isinstance(entry, Pathway) else _from_library(entry)
        except library.UnknownPathway as error:
            place = place_text(rest.original(("pathways", number, "library")))
            faults.append((place, str(error)))
            continue
        if found.id in result:
            place = place_text(rest.original(("pathways", number, "id")))
            faults.append((place, f"{found.id!r} stands twice"))
        result[found.id] = found
    return result


def _from_library(entry: LibraryReference) -> Pathway:
    pathway: Pathway = library.load(entry.library, entry.version).pathway
    return pathway


def _read(kind: type[R], rest: Remainder, faults: list[Fault]) -> R | None:
    """The record; where something is wrong, the faults, and the record without those places.

    Going on without them lets the ids that other places name be checked in the same reading.
    None where what is left is no record.
    """
    while True:
        try:
            record = kind.model_validate(rest.data)
        except ValidationError as error:
            entries = error.errors()
            for entry in entries:
                location = rest.original(_without_tags(entry["loc"]))
                if entry["type"] != "missing" or not rest.took(location):
                    faults += _faults_of(entry, place_text(location))
            foreign = [e for e in entries if e["type"] == "extra_forbidden"]
            for entry in foreign:
                rest.without_key(_without_tags(entry["loc"]))
            if not rest.without(_without_tags(e["loc"]) for e in entries if e not in foreign):
                return None
        else:
            return record


def _without_tags(location: Location) -> Location:
    """A place without what only the reader sees: chosen alternatives, "[key]"."""
    hidden = ("[key]",)
    return tuple(
        part
        for part in location
        if isinstance(part, int) or not (part.startswith("<") or part in hidden)
    )


def _faults_of(entry: Any, place: str) -> list[Fault]:
    problem = entry.get("ctx", {}).get("error")
    if isinstance(problem, Faults):
        return [(_joined(place, inner), says) for inner, says in problem.faults]
    if isinstance(problem, ValueError):
        return [(place, str(problem))]
    return [(place, _SAYS.get(entry["type"], _as_is)(entry))]


def _joined(place: str, inner: str) -> str:
    return f"{place}.{inner}" if place and inner else place or inner


def _as_is(entry: Any) -> str:
    message = str(entry["msg"])
    given = entry.get("input")
    shown = f" (it is {given!r})" if isinstance(given, str | int | float) else ""
    return message[:1].lower() + message[1:] + shown


_SAYS: Mapping[str, Callable[[Any], str]] = {
    "extra_forbidden": lambda entry: "unknown key; leave it out or mend its spelling",
    "missing": lambda entry: "is missing; this key is needed",
    "literal_error": lambda entry: (
        f"{entry['input']!r} is not known; write {entry['ctx']['expected']}"
    ),
}


def _in_reading_order(faults: list[Fault]) -> list[Fault]:
    """Each fault once, those of one place together, numbers in order of size."""

    def parts(fault: Fault) -> list[tuple[int, str]]:
        return [(int(t), "") if t.isdigit() else (-1, t) for t in re.split(r"[\[\].]+", fault[0])]

    return sorted(dict.fromkeys(faults), key=parts)

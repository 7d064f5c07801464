"""Reading documents: YAML or JSON in, a record that is whole out, or every fault by its place."""

import json
import re
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from pathways import library
from pathways.faults import BadDocument, faults_of, in_reading_order, without_tags
from pathways.model import Pathway
from pathways.plan import Plan
from pathways.record import Fault, Record
from pathways.references import reference_faults
from pathways.remainder import Remainder, location_of, place_text
from pathways.scenario import LibraryReference, Scenario, ScenarioDocument
from pathways.sizes import size_faults

__all__ = ["BadDocument", "parse", "read_pathway", "read_plan", "read_scenario"]

R = TypeVar("R", bound=Record)


MOST_REPEATED = 1_000_000
"""Entries that aliases may add to a document: a few nested ones could fill any memory."""


class _PlainLoader(yaml.SafeLoader):
    """YAML in which times, dates and words such as "no" stay texts, and no key stands twice."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  (declared so by its base)

    def get_single_node(self) -> yaml.Node | None:
        """The document's node; BadDocument where its aliases stand for too much."""
        root: yaml.Node | None = super().get_single_node()
        sizes: dict[int, int] = {}
        if root is not None and _unfolded(root, sizes) > len(sizes) + MOST_REPEATED:
            says = f"its aliases stand for more than {MOST_REPEATED:,} entries"
            raise BadDocument([("", f"{says}; write out what is meant")])
        return root


def _unfolded(node: yaml.Node, sizes: dict[int, int]) -> int:
    """How many nodes there are below one and with it, were every alias written out.

    ``sizes`` holds those of nodes met before; one that holds itself counts as one, and is refused
    when its data are made.
    """
    known = sizes.get(id(node))
    if known is None:
        sizes[id(node)] = 1
        inner = () if isinstance(node, yaml.ScalarNode) else node.value
        held = (n for entry in inner for n in (entry if isinstance(entry, tuple) else (entry,)))
        known = sizes[id(node)] = 1 + sum(_unfolded(one, sizes) for one in held)
    return known


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
    """The whole scenario of plain data; BadDocument names every fault.

    A part that was read before may stand in it as its record, and is not read again.
    """
    faults: list[Fault] = []
    rest = Remainder(data)
    document = _read(ScenarioDocument, rest, faults)
    if document is None:
        raise BadDocument(in_reading_order(faults))
    pathways = _resolved(document, rest, faults)
    for place, says in reference_faults(document, pathways, rest):
        faults.append((place_text(rest.original(location_of(place))), says))
    if faults:
        raise BadDocument(in_reading_order(faults))
    scenario = Scenario.of(document, pathways.values())
    too_large = list(size_faults(scenario))
    if too_large:
        raise BadDocument(in_reading_order(too_large))
    return scenario


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
        raise BadDocument(in_reading_order(faults))
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
                location = rest.original(without_tags(entry["loc"]))
                if not rest.took(location):
                    faults += faults_of(entry, place_text(location))
            foreign = [e for e in entries if e["type"] == "extra_forbidden"]
            for entry in foreign:
                rest.without_key(without_tags(entry["loc"]))
            if not rest.without(without_tags(e["loc"]) for e in entries if e not in foreign):
                return None
        else:
            return record

"""`careweave schema`: what the schemas accept and refuse, by a validator of the words they use."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli.schema import Kind, schema_of
from pathways.reading import parse
from tests import factories
from tests.api.conftest import Run

INSTANCES = Path(__file__).parents[1] / "instances"

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
}
SAYS_NOTHING = {"$schema", "$defs", "title", "description", "default", "format"}


class Validator:
    """JSON Schema as far as these schemas use it; a word that it does not know is an error."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root

    def faults(self, value: Any, schema: dict[str, Any] | None = None) -> list[str]:
        schema = self.root if schema is None else schema
        found: list[str] = []
        if "type" in schema and not is_of(value, schema["type"]):
            return [f"type: {value!r}"]
        for word, meaning in schema.items():
            if word not in SAYS_NOTHING | {"type"}:
                found += CHECKS[word](self, value, meaning, schema)
        return found

    def fits(self, value: Any, schema: dict[str, Any]) -> bool:
        return not self.faults(value, schema)

    def _reference(self, value: Any, path: str, _: Any) -> list[str]:
        return self.faults(value, self.root["$defs"][path.removeprefix("#/$defs/")])

    def _properties(self, value: Any, known: dict[str, Any], _: Any) -> Iterator[str]:
        for key in known.keys() & value.keys():
            for fault in self.faults(value[key], known[key]):
                yield f"{key}.{fault}"

    def _others(self, value: Any, meaning: Any, schema: dict[str, Any]) -> Iterator[str]:
        for key in value.keys() - schema.get("properties", {}).keys():
            if meaning is False:
                yield f"unknown key {key}"
            else:
                yield from self.faults(value[key], meaning)

    def _items(self, value: Any, meaning: Any, _: Any) -> Iterator[str]:
        for number, item in enumerate(value):
            for fault in self.faults(item, meaning):
                yield f"[{number}].{fault}"

    def _of(self, value: Any, choices: list[Any], _: Any) -> list[str]:
        return [] if any(self.fits(value, choice) for choice in choices) else ["fits none"]

    def _one_of(self, value: Any, choices: list[Any], _: Any) -> list[str]:
        fitting = sum(self.fits(value, choice) for choice in choices)
        return [] if fitting == 1 else [f"fits {fitting} of oneOf"]

    def _names(self, value: Any, meaning: Any, _: Any) -> list[str]:
        return [f"key {key}" for key in value if not self.fits(key, meaning)]


def is_of(value: Any, kind: str) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])


def plainly(fits: Callable[[Any, Any], bool], word: str) -> Callable[..., list[str]]:
    return lambda _, value, meaning, __: [] if fits(value, meaning) else [f"{word}: {value!r}"]


CHECKS: dict[str, Callable[..., Any]] = {
    "$ref": Validator._reference,
    "properties": Validator._properties,
    "additionalProperties": Validator._others,
    "items": Validator._items,
    "anyOf": Validator._of,
    "oneOf": Validator._one_of,
    "propertyNames": Validator._names,
    "required": plainly(lambda value, keys: set(keys) <= value.keys(), "required"),
    "const": plainly(lambda value, only: value == only, "const"),
    "enum": plainly(lambda value, allowed: value in allowed, "enum"),
    "pattern": plainly(lambda value, text: re.search(text, value) is not None, "pattern"),
    "minLength": plainly(lambda value, least: len(value) >= least, "minLength"),
    "minItems": plainly(lambda value, least: len(value) >= least, "minItems"),
    "minimum": plainly(lambda value, least: value >= least, "minimum"),
    "maximum": plainly(lambda value, most: value <= most, "maximum"),
}


def faults(kind: Kind, document: Any) -> list[str]:
    return Validator(schema_of(kind)).faults(document)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_schema_says_its_draft_and_what_it_is_about(run: Run, kind: Kind) -> None:
    printed = run("schema", kind.value)
    drawn = json.loads(printed.stdout)
    assert printed.exit_code == 0
    assert drawn["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert drawn["title"] == kind.value.capitalize()
    assert drawn["description"]
    assert all(part.get("description") for part in drawn["$defs"].values())


def test_an_unknown_kind_is_refused(run: Run) -> None:
    assert run("schema", "clinic").exit_code == 2


@pytest.mark.parametrize("name", sorted(path.name for path in INSTANCES.iterdir()))
def test_every_example_fits_its_schema(name: str) -> None:
    kind = Kind.PLAN if ".plan." in name else Kind.SCENARIO
    assert faults(kind, parse((INSTANCES / name).read_text(encoding="utf-8"))) == []


def test_a_library_reference_stands_for_a_pathway() -> None:
    reference = {"library": "iop-esketamine-trd", "version": "2026.1"}
    assert faults(Kind.SCENARIO, factories.scenario(pathways=[reference])) == []


def test_a_range_of_dates_is_written_from_and_to() -> None:
    away = {"from": "2027-01-04", "to": "2027-01-05"}
    right = factories.scenario(patients=[factories.patient(unavailable=[away])])
    wrong = {"first": "2027-01-04", "last": "2027-01-05"}
    assert faults(Kind.SCENARIO, right) == []
    assert faults(
        Kind.SCENARIO, factories.scenario(patients=[factories.patient(unavailable=[wrong])])
    )


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (Kind.SCENARIO, factories.scenario(surprise=1)),
        (Kind.SCENARIO, factories.scenario(format="care-scenario/2")),
        (Kind.SCENARIO, factories.scenario(patients=None)),
        (Kind.SCENARIO, factories.scenario(clinic=factories.clinic(resume_driving=360))),
        (Kind.SCENARIO, factories.scenario(weights={"trip_day": -1})),
        (Kind.PLAN, factories.plan(bound="0")),
        (Kind.PLAN, factories.plan(cost={"total": 0, "terms": {"surprise": 1}})),
        (Kind.PATHWAY, factories.pathway(factories.session("talk", kind="dose"))),
        (Kind.PATHWAY, factories.pathway(factories.session("talk", needs=[{}]))),
    ],
)
def test_what_the_contract_does_not_know_does_not_fit(kind: Kind, document: Any) -> None:
    assert faults(kind, document)


def test_a_default_stands_as_a_document_would_write_it() -> None:
    clinic = schema_of(Kind.SCENARIO)["$defs"]["Clinic"]["properties"]
    assert clinic["resume_driving"]["default"] == "06:00"


def test_help_says_which_pathway_has_the_schema(run: Run) -> None:
    told = " ".join(run("schema", "--help").stdout.split())
    assert "A pathway is one of the planning contract, as a scenario carries it." in told

"""Random scenarios are scenarios, and between them use everything that the contract offers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from pathways.model import Activity, LocationNeed, MaxInDays, Pathway, RoleNeed, Stage
from pathways.reading import read_scenario
from pathways.record import Record
from pathways.scenario import (
    Authorization,
    Booked,
    Clinic,
    Group,
    Location,
    Patient,
    Practitioner,
    Scenario,
    Weights,
)
from tests.scenarios.dice import SMALL, TINY
from tests.scenarios.making import random_scenario
from tests.strategies import scenarios

Document = dict[str, Any]

MANY = 400
WITHOUT_MEANING = {(Clinic, "name")}


@given(document=scenarios(SMALL))
def test_every_random_scenario_can_be_read(document: Document) -> None:
    assert read_scenario(document).patients


@given(document=scenarios(TINY))
def test_a_random_scenario_says_the_same_in_json(document: Document) -> None:
    assert read_scenario(json.loads(json.dumps(document))) == read_scenario(document)


def test_a_seed_always_makes_the_same_scenario() -> None:
    assert random_scenario(7) == random_scenario(7)
    assert random_scenario(7) != random_scenario(8)


def records_in(here: object) -> Iterator[Record]:
    if isinstance(here, Record):
        yield here
        for name in type(here).model_fields:
            yield from records_in(getattr(here, name))
    elif isinstance(here, tuple):
        for item in here:
            yield from records_in(item)


@pytest.fixture(scope="module")
def many() -> list[Scenario]:
    return [read_scenario(random_scenario(seed)) for seed in range(MANY)]


@pytest.mark.parametrize(
    "kind",
    [
        *(Activity, Authorization, Booked, Clinic, Group, Location, LocationNeed, MaxInDays),
        *(Pathway, Patient, Practitioner, RoleNeed, Scenario, Stage, Weights),
    ],
)
def test_random_scenarios_use_every_key_of_the_contract(
    kind: type[Record], many: list[Scenario]
) -> None:
    used = {
        name
        for scenario in many
        for record in records_in(scenario)
        if isinstance(record, kind)
        for name in record.model_fields_set
    }
    meant = {name for name in kind.model_fields if (kind, name) not in WITHOUT_MEANING}
    assert used >= meant


def share(many: list[Scenario], holds: Any) -> float:
    return sum(map(bool, map(holds, many))) / len(many)


@pytest.mark.parametrize(
    ("feature", "holds"),
    [
        ("couples", lambda s: any(p.partner for p in s.patients)),
        ("a clock change", lambda s: s.clinic.timezone not in ("UTC", "Asia/Kolkata")),
        ("locked bookings", lambda s: any(b.locked for b in s.booked)),
        ("movable bookings", lambda s: any(not b.locked for b in s.booked)),
        ("a now", lambda s: s.now is not None),
        ("after of after", lambda s: any(_is_chain(p) for p in s.pathways)),
        ("dates in tables", lambda s: any("-" in key for key in s.clinic.hours.root)),
        ("rides to midnight", lambda s: any(_rides_late(p) for p in s.patients)),
        ("nights", lambda s: any(w.start == 0 for w in s.clinic.hours.on_weekday("sun"))),
    ],
)
def test_random_scenarios_often_have(feature: str, holds: Any, many: list[Scenario]) -> None:
    assert share(many, holds) > 0.02, feature


def _is_chain(pathway: Pathway) -> bool:
    anchors = {a.id: a.after.activity for a in pathway.activities if a.after}
    return any(anchor in anchors for anchor in anchors.values())


def _rides_late(patient: Patient) -> bool:
    tables = patient.rides.root if patient.rides else {}
    return any(window.end == 24 * 60 for windows in tables.values() for window in windows)

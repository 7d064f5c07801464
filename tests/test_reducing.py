"""A document is reduced to what the failure needs, and stays a scenario."""

from typing import Any

from pathways.reading import read_scenario
from tests import factories as a
from tests.reducing import smallest
from tests.scenarios.making import random_scenario


def test_what_a_failure_does_not_need_is_taken_out() -> None:
    document = a.scenario(patients=[a.patient("ada"), a.patient("bob"), a.patient("eve")])
    reduced = smallest(document, lambda d: any(p["id"] == "bob" for p in d["patients"]))
    assert [patient["id"] for patient in reduced["patients"]] == ["bob"]
    assert "groups" not in reduced["clinic"]
    read_scenario(reduced)


def test_the_document_itself_stays_as_it_was() -> None:
    document = random_scenario(1)
    kept = repr(document)
    smallest(document, lambda _: True, tries=20)
    assert repr(document) == kept


def test_only_so_many_tries_are_made() -> None:
    asked: list[dict[str, Any]] = []

    def fails(document: dict[str, Any]) -> bool:
        asked.append(document)
        return False

    smallest(random_scenario(1), fails, tries=7)
    assert len(asked) == 7

"""R-45: what a payer has authorised."""

from typing import Any

import pytest

from pathways.safety import coverage
from tests.pathways.clinics import scenario_of
from tests.pathways.documents import GONE, INFUSIONS, TRD, changed
from tests.pathways.safety.situations import places, planned, visit


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({}, []),
        ({"activities/dose/needs_authorization": GONE}, ["needs_authorization"]),
        ({"activities/dose/needs_authorization": "iop"}, ["needs_authorization"]),
        ({"activities/dose/devices": []}, ["devices"]),
        ({"activities/dose/devices": [], "coverage/unit": "sessions"}, []),
    ],
)
def test_a_covered_dose_names_its_service_and_its_units(
    change: dict[str, Any], missing: list[str]
) -> None:
    found = places(coverage.covered_doses_name_their_service, changed(TRD, change))
    assert [place.rpartition(".")[2] for place in found] == missing


def test_what_nobody_covers_names_nothing() -> None:
    assert places(coverage.covered_doses_name_their_service, changed(INFUSIONS, {})) == []


def covered(*authorizations: dict[str, Any]) -> Any:
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    document["patients"][0]["authorizations"] = list(authorizations)
    return planned(
        pathway,
        visit(pathway, "first-dose", 1, "01-19 13:00"),
        visit(pathway, "dose", 1, "01-22 13:00"),
        visit(pathway, "individual", 3, "01-20 13:00"),
        scenario=document,
    )


def span(units: int, first: str, last: str) -> dict[str, Any]:
    return {"service": "esketamine", "units": units, "from": first, "to": last}


@pytest.mark.parametrize(
    ("authorizations", "at_risk"),
    [
        ([span(2, "2027-01-19", "2027-01-22")], []),
        ([span(1, "2027-01-19", "2027-01-22")], ["p-1: dose 1"]),
        ([span(2, "2027-01-20", "2027-01-22")], ["p-1: first-dose 1"]),
        ([span(2, "2027-01-19", "2027-01-21")], ["p-1: dose 1"]),
        ([span(1, "2027-01-01", "2027-01-20"), span(1, "2027-01-21", "2027-02-20")], []),
        ([], ["p-1: first-dose 1", "p-1: dose 1"]),
    ],
)
def test_sessions_beyond_the_authorization_are_at_risk(
    authorizations: list[dict[str, Any]], at_risk: list[str]
) -> None:
    rule = coverage.planned_sessions_stay_within_their_authorization
    assert places(rule, covered(*authorizations)) == at_risk


@pytest.mark.parametrize(("when", "broken"), [("01-04 13:00", True), ("01-05 13:00", False)])
def test_a_pair_that_the_payer_refuses_is_flagged(when: str, broken: bool) -> None:
    pair = [{"first": "individual", "second": "iop-group"}]
    pathway = changed(TRD, {"coverage/same_day_conflicts": pair})
    clinic = planned(
        pathway,
        visit(pathway, "iop-group", 1, "01-04 09:00"),
        visit(pathway, "individual", 1, when),
    )
    found = places(coverage.no_day_holds_a_pair_that_the_payer_refuses, clinic)
    assert found == (["p-1: individual 1"] if broken else [])

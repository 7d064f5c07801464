"""R-06, R-10: where a dose may be given, and what runs alongside."""

import pytest

from pathways.levels import levels
from pathways.safety import eligibility
from tests.pathways.documents import TRD, changed
from tests.pathways.safety.situations import places

DUAL = "dual-diagnosis-ketamine-iv"
STEP_DOWN = "step-down-esketamine"


@pytest.mark.parametrize("level", ["detox", "residential"])
def test_no_dose_in_detox_or_residential_treatment(level: str) -> None:
    blocks = [
        {"weeks": "1-3", "level": level},
        {"weeks": "4-16", "level": "iop"},
    ]
    pathway = changed(STEP_DOWN, {"levels": blocks})
    found = list(eligibility.doses_stay_on_levels_that_may_hold_them.breaches(pathway))
    assert [breach.place for breach in found] == ["levels"]
    assert "week 3" in found[0].says


def test_every_other_level_may_hold_a_dose() -> None:
    assert places(eligibility.doses_stay_on_levels_that_may_hold_them, changed(STEP_DOWN, {})) == []
    holding = [name for name, level in levels().items() if level.holds_doses]
    assert holding == ["php", "iop", "virtual-iop", "outpatient"]


def test_no_dose_before_use_is_stabilised() -> None:
    rule = eligibility.every_dose_waits_for_stabilised_use
    assert places(rule, changed(TRD, {})) == []
    without = {"activities/dose/needs_clearance": ["medical", "psychiatric"]}
    (breach,) = rule.breaches(changed(TRD, without))
    assert breach.override == ("prescriber", "addiction clinician")


@pytest.mark.parametrize(("minutes", "broken"), [(60, False), (59, True)])
def test_a_medication_visit_keeps_an_hour_from_a_dose(minutes: int, broken: bool) -> None:
    pathway = changed(DUAL, {"activities/infusion/gap_before": minutes})
    assert bool(places(eligibility.medication_visits_keep_clear_of_doses, pathway)) is broken


def test_without_medication_visits_there_is_nothing_to_keep_clear_of() -> None:
    pathway = changed(TRD, {"activities/dose/gap_before": 0})
    assert places(eligibility.medication_visits_keep_clear_of_doses, pathway) == []

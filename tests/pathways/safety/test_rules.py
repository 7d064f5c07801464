"""The list of rules itself: complete, sourced, explained, tried out."""

from pathlib import Path

import pytest

from pathways import safety
from pathways.safety.rule import Strength
from pathways.sources import sources
from tests.pathways.documents import TRD, changed
from tests.pathways.safety.situations import planned

ASKED_FOR = [
    *("R-01", "R-02", "R-06", "R-11", "R-12", "R-13", "R-14", "R-15", "R-16", "R-19", "R-21"),
    *("R-22", "R-28", "R-30", "R-31", "R-32", "R-33", "R-34", "R-36", "R-37", "R-38", "R-39"),
    "R-45",
]


def test_every_rule_of_the_programme_is_there() -> None:
    assert set(ASKED_FOR) <= {rule.id for rule in safety.RULES}


def test_the_list_is_whole_and_in_reading_order() -> None:
    assert set(safety.RULES) == {*safety.PATHWAY_RULES, *safety.PLAN_RULES}
    ids = [rule.id for rule in safety.RULES]
    assert ids == sorted(ids)
    assert len({rule.name for rule in safety.RULES}) == len(safety.RULES)


def test_every_rule_names_known_sources_and_says_what_it_asks() -> None:
    for rule in safety.RULES:
        assert rule.sources
        assert set(rule.sources) <= sources().keys()
        assert rule.statement.endswith(".")
        assert rule.statement.count(". ") == 0


def test_who_may_override_is_said_with_every_soft_rule() -> None:
    """A hard rule that nobody may override is meant so; a warning always has somebody to heed."""
    for rule in safety.RULES:
        assert rule.override or rule.strength is Strength.HARD


@pytest.mark.parametrize("rule", safety.RULES, ids=lambda rule: rule.find.__name__)
def test_every_rule_is_tried_out_by_name(rule: object) -> None:
    written = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert f".{rule.find.__name__}" in written  # type: ignore[attr-defined]  # either kind of rule


def test_rules_belong_to_clinical_areas() -> None:
    assert {rule.area for rule in safety.RULES} == {
        *("therapy", "eligibility", "courses", "spacing", "chair", "after dose", "programme"),
        *("partners", "coverage"),
    }


def test_without_rules_nothing_is_judged_safe() -> None:
    pathway = changed(TRD, {})
    clinic = planned(pathway)
    with pytest.raises(safety.NoRules):
        safety.judge_pathway(pathway, ())
    with pytest.raises(safety.NoRules):
        safety.judge_plan(clinic.scenario, clinic.plan, clinic.protocols, ())


def test_a_breach_names_place_rule_and_remedy() -> None:
    pathway = changed(TRD, {"activities/dose/gap_before": 10})
    (breach,) = safety.judge_pathway(pathway)
    assert str(breach) == (
        f"{pathway.place_of(pathway.activity('dose'))}.gap_before: R-32 (soft): 10 minutes; "
        "write at least 30"
    )


def test_a_plan_of_pathways_that_are_not_the_librarys_is_left_to_the_contract() -> None:
    clinic = planned(changed(TRD, {}))
    assert safety.judge_plan(clinic.scenario, clinic.plan, {}) == []
    assert safety.judge_plan(clinic.scenario, clinic.plan, clinic.protocols)

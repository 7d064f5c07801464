"""Questionnaires: their scores, at the boundary."""

import pytest

from pathways import library
from pathways.protocol.care import Measure
from scheduler.care.questionnaires import (
    flags_of,
    questionnaire,
    questionnaires,
    refuse_wrong,
    total_of,
)
from scheduler.errors import NotUnderstood
from tests.scheduler.care.course import ESKETAMINE


def measure(name: str) -> Measure:
    return next(m for m in ESKETAMINE.measures if m.id == name)


def answers(name: str, total: int, **named: int) -> dict[str, int]:
    """Answers that sum up to a total, the named items (such as i9) as they are."""
    asked = questionnaire(name)
    given = {key.removeprefix("i"): value for key, value in named.items()}
    for item in asked.numbers:
        if item not in given:
            given[item] = min(asked.highest, max(0, total - sum(given.values())))
    assert sum(given.values()) == total
    return given


def test_every_measure_of_the_library_has_a_questionnaire_of_its_range() -> None:
    measures = {m.id: m for name in library.names() for m in library.load(*name).measures}
    assert measures.keys() == questionnaires().keys()
    for name, found in measures.items():
        asked = questionnaire(name)
        lowest = total_of(asked, dict.fromkeys(asked.numbers, 0))
        highest = total_of(asked, dict.fromkeys(asked.numbers, asked.highest))
        assert (lowest, highest) == (found.lowest, found.highest), name


def test_response_is_half_of_the_first_score_and_remission_less_than_five() -> None:
    cases = [(20, 11, []), (20, 10, ["response"]), (20, 5, ["response"]), (8, 5, [])]
    cases += [(20, 4, ["response", "remission"]), (0, 0, ["remission"])]
    for first, now, flags in cases:
        given = answers("PHQ-9", now, i9=0)
        assert flags_of(measure("PHQ-9"), given, now, first) == flags, (first, now)


def test_any_answer_to_the_ninth_item_asks_for_the_suicide_scale() -> None:
    assert "item-nine" in flags_of(measure("PHQ-9"), answers("PHQ-9", 10, i9=1), 10, None)
    assert "item-nine" not in flags_of(measure("PHQ-9"), answers("PHQ-9", 10, i9=0), 10, None)


@pytest.mark.parametrize(
    ("yes", "total", "flags"),
    [
        ("", 0, []),
        ("123", 3, []),
        ("4", 4, ["high-risk"]),
        ("15", 5, ["high-risk"]),
        ("6", 0, ["high-risk"]),
    ],
)
def test_intent_plan_or_behaviour_is_a_high_risk(yes: str, total: int, flags: list[str]) -> None:
    asked = questionnaire("C-SSRS")
    given = {item: int(item in yes) for item in asked.numbers}
    assert total_of(asked, given) == total
    assert flags_of(measure("C-SSRS"), given, total, None) == flags


def test_anxiety_counts_from_ten() -> None:
    for total, flags in ((9, []), (10, ["probable-anxiety"])):
        assert flags_of(measure("GAD-7"), answers("GAD-7", total), total, None) == flags


def test_an_answer_out_of_range_is_named() -> None:
    with pytest.raises(NotUnderstood, match="takes 0 to 3") as refused:
        refuse_wrong(questionnaire("PHQ-9"), {"1": 4})
    assert refused.value.place == "answers.1"
    with pytest.raises(NotUnderstood, match="no item '10'"):
        refuse_wrong(questionnaire("PHQ-9"), {"10": 0})

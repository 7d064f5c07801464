"""`careweave rules`: every rule with its strength, its sources, and who may override it."""

import pytest
import typer
from typer.testing import CliRunner, Result

from api.cli.rules import rules
from pathways.safety import RULES, Strength


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def typed(*words: str) -> Result:
    app = typer.Typer(rich_markup_mode=None)
    app.command()(rules)
    return CliRunner().invoke(app, list(words))


def test_every_rule_is_listed_with_what_it_asks_and_whence() -> None:
    result = typed()
    assert result.exit_code == 0
    text = " ".join(result.output.split())
    for rule in RULES:
        assert f"{rule.id} {rule.strength} {rule.name}" in text
        assert rule.statement in text
        assert all(f"{key}: " in text for key in rule.sources)
    assert f"{len(RULES)} rules." in text


def test_one_rule_is_listed_alone() -> None:
    result = typed("R-45")
    assert result.output.count("R-45") == sum(rule.id == "R-45" for rule in RULES)
    assert "R-44" not in result.output
    assert "may be overridden by: billing lead" in result.output


def test_rules_of_one_strength_are_listed_alone() -> None:
    hard = [rule for rule in RULES if rule.strength is Strength.HARD]
    result = typed("--strength", "hard")
    assert f"{len(hard)} rules." in result.output
    assert " soft  " not in result.output


def test_who_overrides_together_and_what_nobody_may_override_is_said() -> None:
    assert "may be overridden by: nobody" in typed("R-30").output
    assert "charge nurse together with prescriber" in typed("R-19").output


def test_how_far_a_source_was_read_is_said() -> None:
    output = typed("R-38").output
    assert "COUPLE-24: " in output
    assert "(excerpt read)" in output
    assert "house: no source" in typed("R-10").output


def test_a_rule_that_does_not_exist_is_answered_with_those_that_do() -> None:
    result = typed("R-99")
    assert result.exit_code == 2
    assert "rules are R-01, R-02" in result.output

"""The how-to pages say what is so: their scenario can be planned, their rules are all there are."""

import re
from pathlib import Path
from typing import Any, get_args

from api.cli.demo import demo_clinic
from pathways.plan import Rule
from pathways.reading import parse, read_scenario
from tests.api.conftest import Run, Write

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def described_clinic() -> str:
    """The scenario of the page, its parts put together."""
    blocks = re.findall(r"```yaml\n(.*?)```", page("how-to/describe-your-clinic.md"), re.DOTALL)
    return "".join(blocks)


def test_the_clinic_that_the_page_describes_is_a_scenario() -> None:
    scenario = read_scenario(parse(described_clinic()))
    assert [patient.id for patient in scenario.patients] == ["p-0001"]
    assert len(scenario.clinic.groups) == 1


def test_the_clinic_that_the_page_describes_can_be_planned_with_every_dose(
    run: Run, write: Write
) -> None:
    scenario = write("clinic.yaml", described_clinic())
    planned = run("plan", scenario, "--time-limit", "5", "--out", scenario.with_name("plan.json"))
    assert planned.exit_code == 0
    shown = run("show", scenario.with_name("plan.json"), "--scenario", scenario).stdout
    assert "second part of the series 3" in " ".join(shown.split())
    assert "dose sessions without a time" not in shown


def changed_demo() -> Any:
    """The demo clinic with what the page on repairs writes into it."""
    text = page("how-to/repair-a-plan.md")
    now, away = (parse(b) for b in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL))
    document = parse(demo_clinic()) | now
    (nurse,) = [p for p in document["clinic"]["practitioners"] if p["id"] == "nurse-heron"]
    nurse.update(away)
    return document


def test_the_repair_of_the_page_works_on_the_demo(run: Run, write: Write) -> None:
    before, changed = write("scenario.yaml", demo_clinic()), write("changed.json", changed_demo())
    old, new = before.with_name("plan.json"), before.with_name("new.json")
    assert run("plan", before, "--work", "1", "--out", old).exit_code == 0
    assert run("replan", changed, old, "--work", "100", "--out", new).exit_code == 0
    assert run("verify", changed, new, "--after", old).exit_code == 0
    told = run("diff", old, new, "--scenario", changed).stdout
    assert "why: nurse-heron is away" in told
    assert "instead of nurse-heron" in told or " moves from " in told
    assert "appointments stay as before." in told


def test_reading_a_plan_explains_every_rule_of_a_reason() -> None:
    rows = re.findall(r"^\| (`.*?) \|", page("how-to/read-a-plan.md"), re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`([a-z]+)`", row)}
    assert explained == set(get_args(Rule))


def test_every_option_of_every_command_stands_in_the_reference(run: Run) -> None:
    reference = page("reference/command-line.md")
    for command in ("plan", "replan", "diff", "verify", "show", "why", "demo", "schema"):
        assert f"careweave {command}" in reference
        for option in re.findall(r"(--[a-z-]+)", run(command, "--help").stdout):
            assert option in reference or option == "--help"

"""What the documentation says is so: its links, commands, tables and lists."""

import re
from pathlib import Path
from typing import get_args

import pytest
import typer

from api.cli.commands import app
from pathways.plan import Rule
from pathways.scenario import Weights

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RECORDS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))

READABLE = {".cfg", ".json", ".lock", ".md", ".py", ".sh", ".svg", ".toml", ".yaml", ".yml"}
"""Endings of the files that people read; the rest of the project is two files without one."""

ELSEWHERE = ("".join(parts) for parts in (("..", "/shared"), ("/", "work/"), ("/", "root/")))
HOSTS = ("".join(parts) for parts in (("pypi.", "org"), ("python", "hosted"), ("npmjs.", "com")))
NOT_OURS = (*ELSEWHERE, *HOSTS)
"""Places on somebody's machine, and hosts of registries: neither belongs into the project."""


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def code_in(path: Path) -> list[str]:
    """Every inline code, and every line of an indented or fenced block, of a page."""
    text = text_of(path)
    fenced = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    indented = re.findall(r"^    (\S.*)$", text, re.MULTILINE)
    return [*re.findall(r"`([^`\n]+)`", text), *fenced.splitlines(), *indented]


def commands_named(program: str) -> set[tuple[str, str]]:
    """(page, first word after a program's name) wherever a page shows it being typed."""
    typed = re.compile(rf"^(?:\S+=\S+ )?(?:\S*/)?{program} ([a-z]+)")
    return {
        (named(page), match[1])
        for page in PAGES
        for code in code_in(page)
        for match in [typed.match(code)]
        if match
    }


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", text_of(ROOT / "Makefile"), re.MULTILINE))


def commands() -> set[str]:
    """The commands of the command line."""
    return set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # it is a group


def test_every_link_of_a_page_leads_somewhere() -> None:
    links = [
        (page, link)
        for page in PAGES
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(page))
        if "://" not in link
    ]
    assert links
    broken = [f"{named(page)}: {link}" for page, link in links if not (page.parent / link).exists()]
    assert broken == []


def test_every_make_target_that_a_page_names_exists() -> None:
    found = commands_named("make")
    assert {("README.md", "run"), ("README.md", "test")} <= found
    assert {(page, target) for page, target in found if target not in targets()} == set()


def test_every_make_target_explains_itself_and_does_something() -> None:
    phony = set(re.findall(r"^\.PHONY: ([a-z]+)$", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert phony == targets()


def test_every_command_that_a_page_names_exists() -> None:
    found = commands_named("careweave")
    assert {(page, command) for page, command in found if command not in commands()} == set()


def test_every_command_is_named_by_a_page() -> None:
    assert commands() <= {command for _, command in commands_named("careweave")}


def rows(page: str, width: int) -> list[list[str]]:
    lines = text_of(ROOT / page).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return [row for row in cells if len(row) == width]


def test_the_contract_page_tells_every_weight_with_its_default() -> None:
    told = {row[0].strip("`"): int(row[1]) for row in rows("docs/reference/contract.md", 3)[2:]}
    assert told == Weights().model_dump()


def test_the_contract_page_names_every_rule_that_a_reason_may_have() -> None:
    paragraph = re.search(r"^Each is a rule.*$", text_of(ROOT / "docs/reference/contract.md"), re.M)
    assert paragraph is not None
    listed = paragraph[0].split("Rules:")[1].split(".")[0]
    assert set(re.findall(r"`([a-z]+)`", listed)) == set(get_args(Rule))


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_record_has_status_context_decision_and_consequences(record: Path) -> None:
    text = text_of(record)
    parts = ("\nStatus: ", "\n## Context\n", "\n## Decision\n", "\n## Consequences\n")
    assert [part for part in parts if part not in text] == []
    assert text.startswith(f"# {record.stem[:4]}. ")
    assert record.name in text_of(record.parent / "README.md")


def test_nothing_in_the_project_names_a_place_outside_of_it() -> None:
    texts = [
        path
        for path in ROOT.rglob("*")
        if path.suffix in READABLE and not re.search(r"(^|/)\.", named(path))
    ]
    texts += [ROOT / "Makefile", ROOT / ".ci/run"]
    leaks = [
        f"{named(path)}: {word}" for path in texts for word in NOT_OURS if word in text_of(path)
    ]
    assert leaks == []

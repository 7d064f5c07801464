"""The pages that tell what the data say are written from the data, and the how-to is right."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from pathways import library
from pathways.library.loading import document_of
from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity
from pathways.safety import RULES

DOCS = Path(__file__).parents[2] / "docs"
HOW_TO = (DOCS / "how-to" / "write-a-pathway.md").read_text(encoding="utf-8")


def _writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write", DOCS / "reference" / "write.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WRITER = _writer()


def test_the_page_of_rules_is_the_rules() -> None:
    page = (DOCS / "reference" / "rules.md").read_text(encoding="utf-8")
    assert page == WRITER.rules_page(), "run `make reference` and commit the page"
    assert all(f"| {rule.id} |" in page and rule.statement in page for rule in RULES)


def test_the_page_of_pathways_is_the_library() -> None:
    page = (DOCS / "reference" / "pathways.md").read_text(encoding="utf-8")
    assert page == WRITER.pathways_page(), "run `make reference` and commit the page"
    assert all(f"| {name} | {version} |" in page for name, version in library.names())
    assert all(f"`{name}`" in page for name in LibraryPathway.model_fields)


def blocks() -> list[str]:
    found: list[str] = re.findall(r"```toml\n(.*?)```", HOW_TO, re.DOTALL)
    return found


@pytest.mark.parametrize("block", blocks())
def test_every_example_of_the_how_to_uses_keys_that_exist(block: str) -> None:
    for key, value in tomllib.loads(block).items():
        assert key in LibraryPathway.model_fields
        if key == "activities":
            assert set(value[0]) <= set(LibraryActivity.model_fields)


def test_the_examples_of_the_how_to_make_a_pathway_that_loads() -> None:
    """Top and parts as written there, with the activities of the pathway that it says to copy."""
    document = document_of("iop-ketamine-iv-2x3", "2026.1")
    for block in blocks():
        written = tomllib.loads(block)
        if "activities" not in written:
            document = {**document, **written}
    pathway, soft = library.judged(document, "my-pathway")
    assert pathway.id == "my-pathway"
    assert soft == []

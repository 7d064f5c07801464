"""Sources: every one that is cited is known, every one that is known is cited."""

import tomllib
from datetime import date
from pathlib import Path

from pathways import safety
from pathways.protocol.sourcing import HOUSE, sources_cited
from pathways.sources import sources

PATHWAYS = Path(__file__).parents[2] / "pathways"


def cited() -> set[str]:
    single = [PATHWAYS / "levels.toml", PATHWAYS / "service.toml"]
    files = [*PATHWAYS.glob("library/**/*.toml"), *single]
    documents = [tomllib.loads(path.read_text(encoding="utf-8")) for path in files]
    in_files = {key for document in documents for _, key in sources_cited(document)}
    return in_files | {key for rule in safety.RULES for key in rule.sources}


def test_every_source_that_is_cited_is_known() -> None:
    assert cited() <= sources().keys()


def test_every_source_that_is_known_is_cited() -> None:
    assert sources().keys() - cited() == set()


def test_a_page_that_was_read_has_its_day_and_its_address() -> None:
    for key, source in sources().items():
        if source.seen == "page":
            assert isinstance(source.read, date), key
            assert source.address.startswith("http"), key


def test_what_was_not_read_is_not_said_to_have_been_read() -> None:
    for key, source in sources().items():
        if source.seen == "named":
            assert source.read == "unknown", key


def test_house_values_are_marked_as_such() -> None:
    assert [key for key, source in sources().items() if source.seen == "house"] == [HOUSE]

"""`careweave pathways`: what it lists, shows, refuses and compares."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner, Result

from api.cli import pathways
from api.cli.protocol_view import sections
from pathways import library
from pathways.library import loading
from pathways.protocol import LibraryPathway
from tests import factories
from tests.api.conftest import Write
from tests.factories import Document
from tests.pathways.documents import whole

Place = tuple[str | int, ...]

LIBRARY = Path(library.__file__).parent
TRD = LIBRARY / "iop-esketamine-trd" / "2026.1.toml"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


def typed(*words: object) -> Result:
    return CliRunner().invoke(pathways.app, [str(word) for word in words])


def variant(write: Write, old: str, new: str) -> Path:
    """The file of the TRD pathway with a text in it replaced."""
    text = TRD.read_text(encoding="utf-8")
    assert old in text
    return write("mine.toml", text.replace(old, new))


# list


def test_the_list_names_every_pathway_with_its_version() -> None:
    result = typed("list")
    assert result.exit_code == 0
    for name, version in library.names():
        assert any(line.split()[:2] == [name, version] for line in result.output.splitlines())


# show


@pytest.mark.parametrize("name", [name for name, _ in library.names()])
def test_every_pathway_can_be_shown(name: str) -> None:
    result = typed("show", name)
    assert result.exit_code == 0
    pathway = library.load(name, "2026.1")
    for told in (pathway.title, "Screening", "Measures", "What patients are told", "Sources"):
        assert told in result.output
    assert all(activity.id in result.output for activity in pathway.activities)


def test_a_pathway_is_shown_with_its_weeks_and_what_follows_what() -> None:
    lines = typed("show", "iop-esketamine-trd@2026.1").output.splitlines()
    cells = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("  ")}
    assert cells["iop-group"] == ["3"] * 10
    assert cells["dose"] == ["1", "2", "2", "2"]
    assert cells["weekly-dose"] == ["1", "1", "1", "1"]
    assert cells["integration"] == ["↳1", "↳2", "↳2", "↳2"]
    evaluation = next(line for line in lines if line.startswith("  evaluation"))
    week = next(line for line in lines if line.startswith("  week"))
    assert evaluation.index("1") == week.index(" 6") + 1


def test_nobody_takes_an_unsigned_pathway_for_a_signed_one() -> None:
    assert "No clinician has signed this version" in typed("show", "iop-esketamine-trd").output


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("party", "the library has no pathway 'party'; it has booster-ketamine-iv"),
        ("iop-ketamine-im@1999.1", "no version '1999.1' of 'iop-ketamine-im'; it has 2026.1"),
    ],
)
def test_an_unknown_pathway_is_answered_with_what_there_is(name: str, says: str) -> None:
    for command in (("show", name), ("diff", name, "iop-ketamine-im")):
        result = typed(*command)
        assert result.exit_code == 2
        assert says in result.output


# check


def test_the_librarys_own_files_pass() -> None:
    files = [LIBRARY / name / f"{version}.toml" for name, version in library.names()]
    result = typed("check", *files)
    assert result.exit_code == 0
    assert result.output.count("keeps every hard rule and gate") == len(files)


def test_without_a_file_the_whole_library_is_checked() -> None:
    result = typed("check")
    assert result.exit_code == 0
    for name, version in library.names():
        assert f"{name}@{version}, " in result.output
    assert f"Checked the library: {len(library.names())} pathways with 14 parts." in result.output


def test_a_library_that_is_at_fault_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def slipped(name: str, version: str) -> Document:
        document = loading.document_of(name, version)
        return {**document, "weeks": "ten"} if name == TRD.parent.name else document

    monkeypatch.setattr(pathways, "document_of", slipped)
    result = typed("check")
    assert result.exit_code == 1
    assert "iop-esketamine-trd@2026.1: 1 fault\n  weeks: " in result.output
    assert "iop-esketamine-dbt@2026.1, 12 doses, keeps every hard rule and gate" in result.output
    assert "Checked the library: " in result.output


def test_a_bad_file_is_told_fault_by_fault_and_by_place(write: Write) -> None:
    mine = variant(write, "rest_of_day = true\n", 'rest_of_the_day = "yes"\n')
    result = typed("check", TRD, mine)
    assert result.exit_code == 2
    assert f"{mine}: 3 faults" in result.output
    assert "  activities[3].rest_of_the_day: unknown key" in result.output
    assert f"{TRD}: iop-esketamine-trd@2026.1, 12 doses" in result.output


def test_a_broken_rule_is_told_with_its_remedy(write: Write) -> None:
    result = typed("check", variant(write, "no_driving = true", "no_driving = false"))
    assert result.exit_code == 2
    assert "activities[3].no_driving: R-30 (hard): carries no note" in result.output
    assert "write no_driving = true" in result.output


def test_a_soft_rule_is_a_warning(write: Write) -> None:
    result = typed("check", variant(write, "gap_before = 30", "gap_before = 15"))
    assert result.exit_code == 0
    assert "warning: activities[3].gap_before: R-32 (soft)" in result.output
    assert "or say why not in departures" in result.output


@pytest.mark.parametrize(("text", "says"), [("weeks = ", "is not TOML"), ("", "is missing")])
def test_what_is_no_pathway_at_all_is_refused(write: Write, text: str, says: str) -> None:
    result = typed("check", write("mine.toml", text))
    assert result.exit_code == 2
    assert says in result.output


def test_a_pathway_of_the_contract_is_checked_by_the_contract(write: Write) -> None:
    document: dict[str, Any] = factories.pathway()
    result = typed("check", write("own.json", document))
    assert result.exit_code == 0
    assert "keeps the planning contract" in result.output
    result = typed("check", write("own.json", {**document, "weeks": 0}))
    assert result.exit_code == 2
    assert "  weeks: " in result.output


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    result = typed("check", tmp_path / "none.toml")
    assert (result.exit_code, "there is no file" in result.output) == (2, True)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    result = typed("check", tmp_path / "bytes.toml")
    assert (result.exit_code, "cannot be read" in result.output) == (2, True)


# diff


def test_two_pathways_are_compared_place_by_place() -> None:
    result = typed("diff", "maintenance-esketamine", "maintenance-esketamine-weekly@2026.1")
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    assert ["interval.days", "14", "7"] in lines
    assert ["activities.dose.min_days_between", "14", "7"] in lines
    assert not any("vitals" in line[0] for line in lines if line)


def test_a_pathway_does_not_differ_from_itself() -> None:
    result = typed("diff", TRD, "iop-esketamine-trd")
    assert result.output.strip() == "0 differences."


def test_a_file_is_compared_with_the_library(write: Write) -> None:
    mine = variant(write, "gap_before = 30", "gap_before = 45")
    output = typed("diff", "iop-esketamine-trd", mine).output
    assert "activities.dose.gap_before" in output
    assert "3 differences." in output


def test_what_one_of_two_pathways_lacks_is_told_as_nothing() -> None:
    output = typed("diff", "iop-ketamine-im", "couples-ketamine-im").output
    line = next(line for line in output.splitlines() if line.startswith("activities.joint-intake"))
    assert "(nothing)" in line
    assert "title Joint" in line


def test_a_file_that_is_no_toml_cannot_be_compared(write: Write) -> None:
    result = typed("diff", write("mine.toml", "weeks = "), "iop-ketamine-im")
    assert result.exit_code == 2
    assert "is not TOML" in result.output


# Nothing left out


def told(document: Document) -> list[tuple[str, list[str]]]:
    """What `show` says of a document but for its list of sources; nothing where it is refused."""
    try:
        return sections(LibraryPathway.model_validate(document))[:-1]
    except ValidationError:
        return []


def numbers_in(here: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every number of a document: whole ones, elapsed times, times of day, flags, with places."""
    if isinstance(here, dict):
        for key, value in here.items():
            if key not in ("source", "id", "version", "parts", "published", "off_label"):
                yield from numbers_in(value, (*place, key))
    elif isinstance(here, list):
        for number, value in enumerate(here):
            yield from numbers_in(value, (*place, number))
    elif isinstance(here, int) or re.fullmatch(r"-?P[0-9T].*|[0-2][0-9]:[0-5][0-9]", str(here)):
        yield place, here


def another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return "07:10" if ":" in value else f"{value[: value.index('P')]}P2DT7H"


def sources_in(here: Any, place: Place = ()) -> Iterator[Place]:
    """The places of all citations."""
    if isinstance(here, dict):
        for key, value in here.items():
            if key != "source":
                yield from sources_in(value, (*place, key))
            elif isinstance(value, dict):
                yield from ((*place, key, field) for field in value)
            else:
                yield (*place, key)
    elif isinstance(here, list):
        for number, value in enumerate(here):
            yield from sources_in(value, (*place, number))


def same_though_changed(document: Document, changes: Iterable[tuple[Place, Any]]) -> list[Place]:
    """The places at which another value leaves what is shown as it is."""
    before = told(document)
    assert before
    found = []
    for place, value in changes:
        here: Any = document
        for step in place[:-1]:
            here = here[step]
        kept, here[place[-1]] = here[place[-1]], value
        if told(document) == before:
            found.append(place)
        here[place[-1]] = kept
    return found


def is_of(place: Place, tables: tuple[str, ...] | None) -> bool:
    """Whether a place is of these tables; the stages of a visit are shown with the visit."""
    return place[2:3] != ("stages",) and (tables is None or place[0] in tables)


TABLES = {
    TRD.parent.name: None,  # whole; of the others what it does not have
    "couples-ketamine-im": ("couples",),
    "maintenance-esketamine": ("interval",),
    "ptsd-ketamine-iv": ("exposure", "activities"),
    "viop-ketamine-lozenge-home": ("home", "dose_order"),
}


@pytest.mark.parametrize(("name", "tables"), TABLES.items())
def test_every_number_of_a_pathway_is_shown(name: str, tables: tuple[str, ...] | None) -> None:
    """Whatever number is changed, something else is shown."""
    document = whole(name)
    places = [(p, v) for p, v in numbers_in(document) if is_of(p, tables)]
    assert places
    assert same_though_changed(document, [(p, another(v)) for p, v in places]) == []


@pytest.mark.parametrize(("name", "tables"), TABLES.items())
def test_every_source_stands_beside_its_number(name: str, tables: tuple[str, ...] | None) -> None:
    document = whole(name)
    places = [place for place in sources_in(document) if is_of(place, tables)]
    assert places
    assert same_though_changed(document, [(p, ["JJ-MISS", "REMS-OP"]) for p in places]) == []


def test_hours_before_a_dose_are_written_out() -> None:
    output = typed("show", "iop-esketamine-trd").output
    assert "Food: Nothing to eat from 2 h before the drug is given. [INDYAT, TC-TREAT]" in output
    assert "{" not in output

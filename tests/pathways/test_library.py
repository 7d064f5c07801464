"""The library: what it holds, how it is found, and what it refuses."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from pathways import library, reading
from pathways.library import loading
from tests.factories import Document
from tests.pathways.clinics import scenario_of
from tests.pathways.documents import GONE, TRD, VERSION, put, whole


def own(**changes: Any) -> Document:
    """The file of a pathway as written, without its parts, with other keys."""
    return {**deepcopy(loading.document_of(TRD, VERSION)), **changes}


def refusal(document: Document) -> list[tuple[str, str]]:
    with pytest.raises(library.PathwayRefused) as refused:
        library.judged(document, "mine")
    assert str(refused.value).startswith("mine is refused:")
    return refused.value.faults


# Finding


def test_the_library_holds_every_pathway_that_was_asked_for() -> None:
    assert {name for name, _ in library.names()} == {
        "booster-ketamine-iv",
        "couples-ketamine-im",
        "dual-diagnosis-ketamine-iv",
        "iop-esketamine-acute",
        "iop-esketamine-dbt",
        "iop-esketamine-trd",
        "iop-ketamine-im",
        "iop-ketamine-iv-2x3",
        "iop-ketamine-iv-3x2",
        "maintenance-esketamine",
        "maintenance-esketamine-weekly",
        "ptsd-ketamine-iv",
        "step-down-esketamine",
        "viop-ketamine-iv",
        "viop-ketamine-lozenge-home",
    }


@pytest.mark.parametrize(("name", "version"), library.names())
def test_every_pathway_loads_and_keeps_every_rule(name: str, version: str) -> None:
    pathway, soft = library.judged(loading.document_of(name, version), name)
    assert (pathway.id, pathway.version) == (name, version)
    assert soft == []
    assert library.load(name, version) == pathway


def test_an_unknown_pathway_is_answered_with_those_that_exist() -> None:
    with pytest.raises(library.UnknownPathway, match=r"no pathway 'iop'.*iop-esketamine-trd"):
        library.load("iop", VERSION)


def test_an_unknown_version_is_answered_with_those_that_exist() -> None:
    with pytest.raises(library.UnknownPathway, match=r"no version '2020.1'.*it has 2026.1"):
        library.load(TRD, "2020.1")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A library of its own in an empty directory."""
    monkeypatch.setattr(loading, "_root", lambda: tmp_path)
    loading._folders.cache_clear()
    library.load.cache_clear()
    yield tmp_path
    loading._folders.cache_clear()
    library.load.cache_clear()


def test_versions_count_by_number_and_not_by_letter(elsewhere: Path) -> None:
    (elsewhere / "iop").mkdir()
    for version in ("2026.10", "2026.9", "2026.1-draft"):
        (elsewhere / "iop" / f"{version}.toml").touch()
    (elsewhere / "iop" / "notes.txt").touch()
    (elsewhere / "empty").mkdir()
    (elsewhere / "parts").mkdir()
    assert library.names() == [("iop", "2026.1-draft"), ("iop", "2026.9"), ("iop", "2026.10")]


def test_a_file_in_the_wrong_place_is_refused(elsewhere: Path) -> None:
    source = Path(library.__file__).parent
    (elsewhere / "parts").symlink_to(source / "parts")
    (elsewhere / "iop").mkdir()
    (elsewhere / "iop" / "2027.1.toml").write_text((source / TRD / "2026.1.toml").read_text())
    with pytest.raises(library.PathwayRefused, match=r"the file is that of iop 2027\.1"):
        library.load("iop", "2027.1")


# In a scenario


def test_a_scenario_is_told_which_of_its_pathways_are_the_librarys() -> None:
    pathway = library.load(TRD, VERSION)
    document = scenario_of(pathway)
    mine = {"id": "mine", "title": "Mine", "weeks": 1, "activities": []}
    document["pathways"].append(mine)
    scenario = reading.read_scenario(document)
    assert library.protocols_of(scenario) == {TRD: pathway}


def test_a_pathway_that_a_scenario_carries_is_its_own_though_it_says_the_same() -> None:
    pathway = library.load(TRD, VERSION)
    document = scenario_of(pathway)
    written = pathway.pathway.model_dump(mode="json", by_alias=True, exclude_unset=True)
    scenario = reading.read_scenario({**document, "pathways": [written]})
    assert scenario.pathways == reading.read_scenario(document).pathways
    assert library.protocols_of(scenario) == {}


def test_what_came_from_the_library_is_remembered_in_copies_and_in_writing() -> None:
    pathway = library.load(TRD, VERSION)
    document = scenario_of(pathway)
    scenario = reading.read_scenario(document)
    changed_later = scenario.model_copy(update={"booked": ()}, deep=True)
    written = scenario.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert written["pathways"] == document["pathways"]
    for again in (changed_later, reading.read_scenario(written)):
        assert library.protocols_of(again) == {TRD: pathway}


# Refusing


def test_a_pathway_as_it_is_written_is_not_refused() -> None:
    pathway, soft = library.judged(own(), "mine")
    assert pathway.pathway.id == TRD
    assert soft == []


def test_a_number_without_a_source_does_not_load() -> None:
    document = own()
    del document["activities"][0]["source"]["meeting_minutes"]
    ((place, says),) = refusal(document)
    assert place == "activities[0].meeting_minutes"
    assert says.startswith("180 stands without a source")


@pytest.mark.parametrize(
    "number",
    [7, 7.5, "PT2H", "-P3D", "06:00", "1-4"],
)
def test_durations_clock_times_and_weeks_are_numbers_too(number: object) -> None:
    document = own(coverage={"unit": number})
    assert ("coverage.unit", f"{number} stands without a source") in [
        (place, says.partition(";")[0]) for place, says in refusal(document)
    ]


def test_the_source_on_top_speaks_only_for_what_stands_on_top() -> None:
    document = own(source="house")
    del document["activities"][0]["source"]
    places = [place for place, _ in refusal(document)]
    assert "activities[0].meeting_minutes" in places
    assert "weeks" not in places


def test_an_unknown_source_is_named_with_its_place() -> None:
    document = own()
    document["activities"][0]["source"]["schedule"] = ["AHCCCS", "HEARSAY"]
    assert refusal(document) == [
        ("activities[0].source.schedule", "there is no source 'HEARSAY' in sources.toml")
    ]


def test_every_fault_is_named_at_once_and_by_its_place() -> None:
    document = own(weeks="ten", colour="blue")
    document["activities"][1]["minuts"] = "an hour"
    assert [place for place, _ in refusal(document)] == [
        "activities[1].minuts",
        "colour",
        "weeks",
    ]


def test_a_broken_rule_names_rule_place_and_remedy() -> None:
    document = own()
    document["activities"][3]["rest_of_day"] = False
    assert refusal(document) == [
        (
            "activities[3].rest_of_day",
            "R-32 (hard): appointments may follow on the day; write rest_of_day = true",
        )
    ]


def test_a_gate_holds_the_library_shut_as_well() -> None:
    document = own()
    document["activities"][3]["needs_clearance"] = ["medical"]
    ((place, says),) = refusal(document)
    assert (place, says[:11]) == ("activities[3].needs_clearance", "R-06 (gate)")


def test_a_soft_rule_warns_until_a_reason_is_given() -> None:
    document = own()
    document["activities"][3]["gap_before"] = 15
    _, soft = library.judged(document, "mine")
    assert [breach.rule for breach in soft] == ["R-32"]
    document["departures"] = [{"rule": "R-32", "reason": "The bay is next door."}]
    assert library.judged(document, "mine")[1] == []


def test_a_reason_does_not_excuse_a_gate() -> None:
    document = own()
    document["activities"][3]["needs_clearance"] = ["medical"]
    document["departures"] = [{"rule": "R-06", "reason": "We are careful."}]
    assert len(refusal(document)) == 1


# Parts


def test_a_part_that_does_not_exist_is_answered_with_those_that_do() -> None:
    document = own()
    document["parts"][0] = {"part": "nasal-visit", "version": VERSION}
    faults = dict(refusal(document))
    assert faults["parts[0]"].startswith("there is no part 'nasal-visit' in version '2026.1'")
    assert "esketamine-visit" in faults["parts[0]"]


@pytest.mark.parametrize("parts", ["screening", [{"part": "screening"}], ["screening"]])
def test_a_reference_that_is_none_is_left_to_the_record(parts: object) -> None:
    faults = dict(refusal(own(parts=parts)))
    assert any(place.startswith("parts") for place in faults)


def test_a_table_stands_in_one_file_alone() -> None:
    chair = {"arrival_lead": "PT5M", "late_grace": "PT5M", "overrun_buffer": "PT5M"}
    document = own()
    document["chair"] = {**chair, "extension_step": "PT5M", "source": "house"}
    assert refusal(document) == [
        ("chair", "stands in parts/esketamine-visit/2026.1.toml, too; keep one")
    ]


def test_an_id_stands_once_across_all_files() -> None:
    document = own()
    document["clearances"] = [
        {
            "id": "medical",
            "title": "Again",
            "given_by": ["prescriber"],
            "valid_days": 90,
            "warn_days": 14,
            "source": "house",
        }
    ]
    assert refusal(document) == [("clearances", "'medical' stands twice; ids are unique")]


def test_a_fault_in_a_part_is_told_with_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    part_of = loading.part_of

    def with_a_slip(name: str, version: str) -> Document:
        part = deepcopy(part_of(name, version))
        if name == "esketamine-visit":
            part["visits"][0]["stages"][2]["minutes"] = "an hour"
            part["chair"]["late_grace"] = "soon"
        return part

    monkeypatch.setattr(loading, "part_of", with_a_slip)
    file = "parts/esketamine-visit/2026.1.toml"
    assert [place for place, _ in refusal(own())] == [
        f"{file}: chair.late_grace",
        f"{file}: visits[0].stages[2].minutes",
    ]


def test_a_breach_in_a_shared_table_is_told_with_its_file() -> None:
    document = own()
    words = "Do not drive until {until}."
    document["parts"] = [ref for ref in document["parts"] if ref["part"] != "dose-day"]
    dose_day = deepcopy(loading.part_of("dose-day", VERSION))
    dose_day["no_driving"]["words"] = words
    faults = refusal({**document, **dose_day})
    assert ("no_driving.words", "R-30") in [(place, says[:4]) for place, says in faults]


# The record as a whole


@pytest.mark.parametrize(
    ("place", "value", "fault"),
    [
        ("levels", [{"weeks": "1-9", "level": "iop"}], "name one level of care for each"),
        ("activities/dose/needs_clearance", ["luck"], "'luck' is not among the clearances"),
        ("screening/0/clearance", "luck", "there is no clearance 'luck'"),
        ("evaluations/0/activity", "party", "the pathway has no activity 'party'"),
        ("evaluations/0/measures", ["mood"], "there is no measure 'mood'"),
        ("couples", {"joint": ["party"]}, "the pathway has no activity 'party'"),
        ("exposure", {"activity": "party"}, "the pathway has no activity 'party'"),
        (
            "coverage/same_day_conflicts",
            [{"first": "individual", "second": "party"}],
            "the pathway has no activity 'party'",
        ),
        ("education/0/words", "Stay for 2 hours.", "holds a number"),
        ("instructions/0/words", "Eat nothing for 6 hours.", "holds a number"),
        ("no_driving/words", "Do not drive for 24 hours.", "holds a number"),
        ("activities/integration/aims", [], "each integration session carries one of the four"),
        ("activities/iop-group/meeting_minutes", GONE, "say how long a meeting of this group is"),
        ("activities/individual/meeting_minutes", 60, "belongs to a group"),
        ("activities/dose/after", {"activity": "dose"}, "an activity has either a schedule or"),
        ("activities/dose/spaced_with", "party", "the pathway has no activity 'party'"),
        ("screening/0/cleared_by", ["prescriber"], "a relative item names who clears it"),
        ("screening/4/cleared_by", [], "a relative item names who clears it"),
        ("vitals/checks/0/every", "PT15M", "name one of before_start"),
        ("vitals/checks/0/during", "dosing", "goes with every"),
    ],
)
def test_what_does_not_hold_together_is_refused(place: str, value: Any, fault: str) -> None:
    document = whole()
    if place == "couples":
        value = {**value, "therapist_skill": "couples", "joint_within_days": 7}
    if place == "exposure":
        value = {**value, "from_dose": 5}
    if place == "activities/dose/after":
        value = {**value, "lag": {"min": "PT1H", "ideal": "PT1H", "max": "PT1H"}}
    put(document, place, value)
    document["parts"] = []
    says = [text for _, text in refusal(document)]
    assert any(fault in text for text in says), says


def test_a_dose_visit_has_its_four_parts_in_order() -> None:
    document = whole()
    stages = document["visits"][0]["stages"]
    stages[0], stages[1] = stages[1], stages[0]
    for activity in document["activities"]:
        activity.pop("stages", None)
    document["parts"] = []
    assert any("check-in, dosing, monitoring, discharge" in says for _, says in refusal(document))

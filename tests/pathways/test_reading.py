"""Documents: what YAML would twist stays as it is written, and every fault is told at once."""

import contextlib
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pathways.faults import BadDocument
from pathways.reading import parse, read_pathway, read_plan, read_scenario
from tests import factories as a

Document = dict[str, Any]


def faults(document: object) -> list[tuple[str, str]]:
    with pytest.raises(BadDocument) as refused:
        read_scenario(document)
    return refused.value.faults


@pytest.mark.parametrize(
    "text",
    [
        "12:30",  # YAML 1.1 reads 750
        "06:00",
        "09:00-12:00",
        "no",  # a Norwegian clinic is not False
        "yes",
        "on",
        "off",
        "2027-01-04",  # a date object
        "2027-01-04T09:00:00-05:00",  # would lose its offset
        "1_000",
        "0x10",
        "010",
        "1e3",
        ".nan",
        "True",
        "=",
    ],
)
def test_what_yaml_would_twist_stays_a_text(text: str) -> None:
    assert parse(f"key: {text}") == {"key": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("0", 0),
        ("1.5", 1.5),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ('"3"', "3"),
        ("[]", []),
        ("{}", {}),
    ],
)
def test_numbers_truth_and_nothing_are_what_json_knows(text: str, value: object) -> None:
    assert parse(f"key: {text}") == {"key": value}


def test_keys_are_texts_also_where_they_look_like_numbers_or_dates() -> None:
    assert parse("2027-01-04: []\n1: x\nno: y") == {"2027-01-04": [], "1": "x", "no": "y"}


@pytest.mark.parametrize(
    "text",
    ["a: 1\nb: 2\na: 3", '{"a": 1, "b": 2, "a": 3}', '{"x": {"a": 1, "a": 1}}', "x: {a: 1, a: 1}"],
)
def test_a_key_that_stands_twice_is_refused(text: str) -> None:
    with pytest.raises(BadDocument, match="a: this key stands twice"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1, 2", "line 1, column 9"),
        ("a: 1\n  b: 2", "line 2, column 4"),
        ('{"a": 1,\n "b": }x', "line 2"),
        ("a: 1\n---\nb: 2", "line 2, column 1"),
        ("a: !!python/object/apply:os.getcwd []", "line 1, column 4"),
        ("a: *nowhere", "line 1, column 4"),
    ],
)
def test_what_is_neither_yaml_nor_json_is_refused_by_line_and_column(text: str, place: str) -> None:
    with pytest.raises(BadDocument) as refused:
        parse(text)
    assert refused.value.faults[0][0].startswith(place)


@pytest.mark.parametrize("text", ["a: \x00", "[" * 5000, '{"a":' * 5000, "\t- x: 1"])
def test_what_no_reader_can_read_is_refused_without_a_crash(text: str) -> None:
    with pytest.raises(BadDocument):
        parse(text)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), plain, min_size=1, max_size=4))
def test_json_is_read_as_json(data: Document) -> None:
    assert parse(json.dumps(data)) == data


def test_yaml_and_json_say_the_same() -> None:
    document = a.scenario()
    in_json = read_scenario(parse(json.dumps(document)))
    in_yaml = read_scenario(parse(yaml.safe_dump(document)))
    assert in_json == in_yaml == read_scenario(document)


@pytest.mark.parametrize("document", [None, [], "scenario", 3, [a.scenario()]])
def test_what_is_no_mapping_is_no_scenario(document: object) -> None:
    assert [place for place, _ in faults(document)] == [""]


def test_an_empty_document_lacks_every_key_that_is_needed() -> None:
    assert faults({}) == [
        ("clinic", "is missing; this key is needed"),
        ("format", "is missing; this key is needed"),
        ("pathways", "is missing; this key is needed"),
        ("patients", "is missing; this key is needed"),
    ]


def many_faults() -> Document:
    """A scenario that is wrong in sixteen places, of every sort."""
    clinic = a.clinic(
        slot_minutes=25,
        timezone="Mars/Olympus",
        locations=[a.location("bay", "chair"), a.location("office"), a.location("office")],
        groups=[a.series(location="cellar", facilitator="nobody")],
        music="soft",
    )
    patients = [
        a.patient("ada", rides={"mon": ["9-10"]}, mood="good"),
        a.patient("bob", pathway="long", start="4 January"),
        a.patient(
            "eve",
            available={"mon": ["09:00-12:00", "11:00-14:00"]},
            settled=[{"activity": "nothing", "occurrence": 1, "outcome": "missed"}],
            partner="bob",
        ),
    ]
    booked = [
        {
            **a.appointment("dose", "2027-01-04T09:00:00-05:00", "2027-01-04T09:00:00-05:00"),
            "locked": True,
        },
        {
            **a.appointment("talk", "2027-01-03T09:00:00-05:00", "2027-01-03T10:00:00-05:00"),
            "locked": False,
        },
    ]
    return a.scenario(
        clinic=clinic,
        patients=patients,
        booked=booked,
        pathways=[
            a.pathway(a.dose(min_days_between="2"), a.integration()),
            a.pathway(a.group(minutes=60), id="other"),
        ],
        weights={"trip_day": -1},
        now="2027-01-04T08:00:00-05:00",
    )


def test_many_faults_are_all_told_each_by_its_exact_place() -> None:
    places = [place for place, _ in faults(many_faults())]
    assert places == [
        "booked[0]",
        "booked[1].locked",
        "clinic.groups[0].facilitator",
        "clinic.groups[0].location",
        "clinic.locations[0].kind",
        "clinic.locations[2].id",
        "clinic.music",
        "clinic.slot_minutes",
        "clinic.timezone",
        "pathways[0].activities[0].min_days_between",
        "pathways[1].activities[0]",
        "patients[0].mood",
        "patients[0].rides.mon[0]",
        "patients[1].pathway",
        "patients[1].start",
        "patients[2].available.mon[1]",
        "patients[2].partner",
        "weights.trip_day",
    ]


def test_a_fault_taken_away_takes_away_itself_alone() -> None:
    document = many_faults()
    before = faults(document)
    document["patients"][0]["rides"] = {"mon": ["09:00-10:00"]}
    gone = set(before) - set(faults(document))
    assert [place for place, _ in gone] == ["patients[0].rides.mon[0]"]


def test_places_are_numbered_as_the_document_numbers_them() -> None:
    """A record taken out for its faults does not move those behind it."""
    patients = [
        a.patient("ada", id=7),
        a.patient("bob", colour="blue"),
        a.patient("eve", pathway="x"),
    ]
    assert [place for place, _ in faults(a.scenario(patients=patients))] == [
        "patients[0].id",
        "patients[1].colour",
        "patients[2].pathway",
    ]


def test_ten_stand_behind_nine() -> None:
    patients = [a.patient(f"p{number}", colour="blue") for number in range(12)]
    places = [place for place, _ in faults(a.scenario(patients=patients))]
    assert places == [f"patients[{number}].colour" for number in range(12)]


def test_reading_leaves_the_document_alone() -> None:
    document = many_faults()
    kept = json.dumps(document)
    faults(document)
    assert json.dumps(document) == kept


def test_a_fault_says_what_would_be_right() -> None:
    for place, says in faults(many_faults()):
        assert says.strip(), place
    assert "write 5, 10, 15, 20, 30 or 60" in dict(faults(many_faults()))["clinic.slot_minutes"]


def test_the_message_names_every_fault_on_a_line_of_its_own() -> None:
    with pytest.raises(BadDocument) as refused:
        read_scenario(many_faults())
    lines = str(refused.value).splitlines()
    assert lines[-1].startswith("weights.trip_day: ")
    assert len(lines) == len(refused.value.faults)


broken_values: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 0.5, "", "x", [], {}, [None], "24:00", 10**12]
)


@given(data=st.data(), value=broken_values)
def test_no_document_makes_the_reader_crash(data: st.DataObject, value: object) -> None:
    """Whatever stands in any one place, reading ends in a scenario or in named faults."""
    document: Document = json.loads(json.dumps(a.scenario(booked=[])))
    here: Any = document
    while isinstance(here, dict | list) and here:
        keys = sorted(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()) or not isinstance(here[key], dict | list):
            here[key] = value
            break
        here = here[key]
    with contextlib.suppress(BadDocument):
        read_scenario(document)


def test_a_plan_is_read_by_the_same_rules() -> None:
    with pytest.raises(BadDocument) as refused:
        read_plan(a.plan(bound=-1, colour="blue"))
    assert [place for place, _ in refused.value.faults] == ["bound", "colour"]


@pytest.mark.parametrize(
    ("text", "instead"),
    [("", "; nothing stands there"), ("- 5", ", not a list"), ("five", ", not 'five'")],
)
def test_what_is_no_mapping_is_no_document(text: str, instead: str) -> None:
    for read in (read_scenario, read_plan, read_pathway):
        with pytest.raises(BadDocument) as refused:
            read(parse(text))
        assert refused.value.faults == [("", f"the document must be a mapping of keys{instead}")]


def test_a_later_window_that_overlaps_is_the_one_that_is_named() -> None:
    patient = a.patient(rides={"mon": ["14:00-16:00", "09:00-12:00", "11:00-13:00"]})
    assert [place for place, _ in faults(a.scenario(patients=[patient]))] == [
        "patients[0].rides.mon[2]"
    ]


def test_a_plan_of_another_format_is_told_so_once() -> None:
    with pytest.raises(BadDocument) as refused:
        read_plan({})
    told = [place for place, _ in refused.value.faults]
    assert told == ["bound", "cost", "format", "scenario", "status"]

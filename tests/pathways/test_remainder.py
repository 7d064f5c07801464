"""What is left of a document once its faulty places are taken out, numbered as before."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pathways.remainder import Remainder, location_of, place_text

DOCUMENT: dict[str, Any] = {
    "clinic": {"id": "harbor", "rooms": [{"id": "one"}, {"id": "two"}, {"id": "three"}]},
    "patients": [{"id": "ada", "mood": "good"}, {"id": "bob"}],
}

keys = st.text("abcdefghij-_0123456789", min_size=1).filter(lambda key: not key.isdigit())


@given(
    st.lists(keys | st.integers(0, 99), min_size=1).filter(lambda parts: isinstance(parts[0], str))
)
def test_a_place_is_read_as_it_is_written(parts: list[str | int]) -> None:
    assert location_of(place_text(tuple(parts))) == tuple(parts)


def test_a_place_is_written_with_dots_and_numbers() -> None:
    location = ("patients", 3, "rides", "mon", 0)
    assert place_text(location) == "patients[3].rides.mon[0]"


def test_a_key_is_taken_from_its_record_alone() -> None:
    rest = Remainder(DOCUMENT)
    assert rest.without([("patients", 0, "mood")])
    assert rest.data["patients"] == [{"id": "ada"}, {"id": "bob"}]
    assert rest.took(("patients", 0, "mood"))
    assert DOCUMENT["patients"][0]["mood"] == "good"


def test_nothing_is_copied_before_something_is_taken() -> None:
    rest = Remainder(DOCUMENT)
    assert rest.data is DOCUMENT
    rest.without_key(("patients", 0, "mood"))
    assert rest.data["patients"] == [{"id": "ada"}, {"id": "bob"}]
    assert DOCUMENT["patients"][0]["mood"] == "good"


def test_numbers_stay_those_of_the_document() -> None:
    rest = Remainder(DOCUMENT)
    rest.without([("clinic", "rooms", 0)])
    assert rest.data["clinic"]["rooms"] == [{"id": "two"}, {"id": "three"}]
    assert rest.original(("clinic", "rooms", 0, "id")) == ("clinic", "rooms", 1, "id")
    rest.without([("clinic", "rooms", 1)])  # the third, as it is numbered now
    assert rest.data["clinic"]["rooms"] == [{"id": "two"}]


def test_what_a_record_needs_gets_a_stand_in() -> None:
    """So the rest of a patient is still read, though nobody knows when they start."""
    rest = Remainder({"patients": [{"id": "ada", "start": "soon", "partner": "bob"}]})
    assert rest.without([("patients", 0, "start")])
    assert rest.data["patients"][0]["partner"] == "bob"
    assert rest.data["patients"][0]["start"] != "soon"


def test_a_fault_inside_a_record_of_a_record_leaves_the_rest_of_it() -> None:
    rest = Remainder({"patients": [{"id": "ada", "settled": [{"activity": 3}], "partner": "bob"}]})
    assert rest.without([("patients", 0, "settled", 0, "activity")])
    assert rest.data["patients"][0]["partner"] == "bob"


def test_what_belongs_to_no_list_cannot_be_taken_out() -> None:
    """Without its clinic a document is none."""
    assert not Remainder({"clinic": {"id": 3}}).without([("clinic",)])


def test_ids_are_those_that_were_written_readable_or_not() -> None:
    rest = Remainder(DOCUMENT)
    rest.without([("patients", 0)])
    assert rest.written_ids("patients") == {"ada", "bob"}
    assert rest.written_ids("clinic", "rooms") == {"one", "two", "three"}
    assert rest.written_ids("clinic", "people") == set()
    assert rest.written_ids("nowhere", "at all") == set()

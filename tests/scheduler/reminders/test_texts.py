"""Every text, in every language, with the longest values: short enough, and telling nothing."""

import re
import string
from datetime import UTC, datetime

import pytest

from pathways import library, timing
from scheduler.reminders import contents
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.contents import Told, Values
from scheduler.reminders.texts import (
    LANGUAGES,
    LONGEST,
    NoText,
    seven_bit,
    telling_words,
    text,
    texts_in,
)
from scheduler.store.tables import Appointment, Clinic
from tests.scheduler.reminders.clinic import PATHWAY

TOKEN = "x" * 38
LONGEST_VALUES = {
    "cap": "10",
    "phone": "(555) 555-0199",
    "url": "https://visits.harbor-office.exam",
    "link": f"https://visits.harbor-office.exam/ride/{TOKEN}",
    "visits": "12",
}
SAMPLES = [
    datetime(2027, month, day, 22, 58, tzinfo=UTC) for month in range(1, 13) for day in (28, 24, 22)
]


def longest(language: str) -> dict[str, str]:
    """The longest of each value that can be computed, in a zone whose name is long."""
    clinic = Clinic(
        id="harbor",
        timezone="America/New_York",
        settings={"sender": "S" * contents.SENDER_LENGTH, "phone": LONGEST_VALUES["phone"]},
    )
    found: dict[str, str] = {}
    for start in SAMPLES:
        row = Appointment(start=start, end=start, stages=[], notes=[], activity="none")  # type: ignore[call-arg]  # a row of no clinic
        told = Told(
            clinic,
            language,
            timing.zone("America/Chicago"),
            row,
            place="P" * contents.PLACE_LENGTH,
            next_visit=start,
        )
        for name, value in Values(told).items():
            found[name] = max(found.get(name, ""), LONGEST_VALUES.get(name, value), key=len)
    # A cut-off is on the day before only where a fast is long; its date stands beside it then.
    return found


SHORT = [
    (language, name)
    for language in LANGUAGES
    for name in texts_in(language)
    if name.endswith(".short")
]


@pytest.mark.parametrize(("language", "name"), SHORT, ids=str)
def test_a_text_message_fits_into_one_with_the_longest_values(language: str, name: str) -> None:
    said = seven_bit(text(name, language, longest(language)))
    assert len(said) <= LONGEST, f"{len(said)}: {said}"
    assert "?" not in seven_bit(re.sub(r"[?¿]", "", said))


@pytest.mark.parametrize(("language", "name"), SHORT, ids=str)
def test_no_text_that_is_read_without_signing_in_tells_what_it_is_about(
    language: str, name: str
) -> None:
    assert telling_words(texts_in(language)[name]) == []


def test_the_list_of_words_finds_them_in_both_languages_and_in_any_spelling() -> None:
    for said in (
        "your KETAMINE visit",
        "Esketamina",
        "recuperación",
        "the IOP groups",
        "su terapia",
    ):
        assert telling_words(said), said
    assert telling_words("material, format, maternal, regroup") == []


def test_both_languages_have_the_same_texts_with_the_same_values() -> None:
    fields = {
        language: {
            name: {part[1] for part in string.Formatter().parse(said) if part[1]}
            for name, said in texts_in(language).items()
        }
        for language in LANGUAGES
    }
    assert fields["en"] == fields["es"]


def test_every_message_to_a_patient_has_a_text_for_each_of_its_channels() -> None:
    known = texts_in("en")
    for name, version in library.names():
        for entry in library.load(name, version).reminders:
            if not {"patient", "ride contact", "each partner separately"} & set(entry.to):
                continue
            channels = {*entry.by, *catalogue().kinds[entry.id].also}
            if "sms" in channels:
                assert f"{entry.id}.short" in known
            if "portal" in channels or "app" in channels:
                assert f"{entry.id}.portal" in known or f"{entry.id}.short" in known


def test_a_sender_or_place_that_tells_or_is_long_is_left_out() -> None:
    assert contents.neutral("Harbor Office", contents.SENDER_LENGTH) == "Harbor Office"
    assert contents.neutral("Harbor Recovery", contents.SENDER_LENGTH) == ""
    assert contents.neutral("H" * 21, contents.SENDER_LENGTH) == ""


def test_a_language_without_approved_texts_is_not_written_to_in_another() -> None:
    with pytest.raises(NoText, match="'vi'"):
        text("N-09.short", "vi", {})


def test_an_accent_that_has_no_place_in_a_text_message_is_dropped() -> None:
    assert seven_bit("Díganos quién, mañana €") == "Diganos quién, mañana ?"


def test_the_pathway_of_the_tests_is_of_the_library() -> None:
    assert library.load(*PATHWAY).reminders

"""Every text, in every language, with the longest values: short enough, and telling nothing."""

import re
import string

import pytest

from pathways import library
from scheduler.reminders import contents, fitting
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.texts import (
    LANGUAGES,
    LONGEST,
    NoText,
    seven_bit,
    telling_words,
    texts_in,
)
from scheduler.store.tables import Clinic
from tests.scheduler.reminders.clinic import PATHWAY

HARBOR = Clinic(id="harbor", timezone="America/New_York")

SHORT = [
    (language, name)
    for language in LANGUAGES
    for name in texts_in(language)
    if name.endswith(".short")
]


@pytest.mark.parametrize(("language", "name"), SHORT, ids=str)
def test_a_text_message_fits_into_one_with_the_longest_values(language: str, name: str) -> None:
    said = fitting.longest(HARBOR, language, name)
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
        texts_in("vi")


def test_an_accent_that_has_no_place_in_a_text_message_is_dropped() -> None:
    assert seven_bit("Díganos quién, mañana €") == "Diganos quién, mañana ?"


def test_the_pathway_of_the_tests_is_of_the_library() -> None:
    assert library.load(*PATHWAY).reminders

"""Every text that a patient can meet is there in every language, whole."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract_from_dir

from api.web.dates import Dates
from api.web.texts import LANGUAGES, catalogue, said, translations
from pathways import library
from scheduler.care.questionnaires import questionnaires

WEB = Path(__file__).parents[2] / "api" / "web"
OTHERS = sorted(set(LANGUAGES) - {"en"})
JINJA = {"newstyle_gettext": "true", "silent": "false"}


def texts_of_pages() -> set[str]:
    """What templates and code say in a language."""
    found = extract_from_dir(
        WEB,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": JINJA},
        keywords={"_": None, "marked": None},
    )
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def texts_of_library() -> Iterator[str]:
    """What the pathways say to patients, and what these are asked."""
    for name, version in library.names():
        pathway = library.load(name, version)
        yield from (activity.title for activity in pathway.activities)
        yield pathway.no_driving.words
        yield from (words for step in pathway.instructions for words in (step.title, step.words))
        yield from (words for note in pathway.education for words in (note.title, note.words))
        for measure in pathway.measures:
            if measure.answered_by == "patient":
                asked = questionnaires()[measure.id]
                assert asked.asks
                assert asked.scale
                yield from (measure.title, asked.asks, *asked.scale, *asked.items)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_that_a_patient_meets_is_translated(language: str) -> None:
    known = {str(message.id) for message in catalogue(language) if message.id and message.string}
    pages = texts_of_pages()
    assert len(pages) > 100
    assert sorted((pages | set(texts_of_library())) - known) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_says_nothing_that_is_not_asked_for(language: str) -> None:
    asked = texts_of_pages() | set(texts_of_library())
    written = {m.id for m in catalogue(language) if m.id and isinstance(m.id, str)}
    assert sorted(written - asked) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_speaks_of_the_same_values(language: str) -> None:
    for message in catalogue(language):
        if isinstance(message.id, str) and message.id:
            assert values_in(message.id) == values_in(str(message.string)), message.id


def values_in(text: str) -> set[str]:
    named = {name for _, name, _, _ in Formatter().parse(text) if name} if "{" in text else set()
    return named | set(re.findall(r"%\((\w+)\)s", text))


def test_a_text_without_a_translation_is_shown_in_english() -> None:
    assert said("Nobody has translated this", "es") == "Nobody has translated this"
    assert said("", "es") == ""
    assert translations("tlh").gettext("Today") == "Today"


def test_a_date_is_near_or_far_in_words() -> None:
    today = date(2027, 3, 2)
    spoken = [Dates("es").soon(today + timedelta(days=n), today) for n in range(3)]
    assert spoken == ["Hoy", "Mañana", "En 2 días"]
    assert Dates("en").soon(today + timedelta(days=5), today) == "In 5 days"

"""Every text that patients and staff can meet is there in every language, whole."""

import ast
import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir

from api.web.calendar_pages import REASONS
from api.web.dates import Dates
from api.web.drawing import told
from api.web.overview_pages import KINDS
from api.web.script_words import OF_CALENDAR, OF_SESSION, for_calendar, for_session
from api.web.sentences import SENTENCES, spoken
from api.web.texts import LANGUAGES, catalogue, said, translations
from api.web.wording import OF_COSTS, OF_MESSAGES, OF_OBSTACLES, WORDS
from pathways import library
from scheduler import errors
from scheduler.acting import ROLES
from scheduler.care.questionnaires import questionnaires

ROOT = Path(__file__).parents[2]
WEB = ROOT / "api" / "web"
TEMPLATES = WEB / "templates"
BILINGUAL = {"offline.html"}
"""Says both languages at once, since nobody knows whose device it is."""
NAMES = {"careweave", "English", "Español"}
OTHERS = sorted(set(LANGUAGES) - {"en"})
JINJA = {"newstyle_gettext": "true", "silent": "false"}


@cache
def texts_of_pages() -> set[str]:
    """What templates and code say in a language."""
    found = extract_from_dir(
        WEB,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": JINJA},
        keywords={"_": None, "marked": None, "ngettext": (1, 2)},
    )
    return {text for _, _, message, _, _ in found for text in _forms(message)}


def texts_of_sentences() -> Iterator[str]:
    """Whole sentences: what a dose asks for, and what pages refuse, or what stands behind them."""
    parts = ("care/requirements", "appointments")
    folders = (*(ROOT / "scheduler" / part for part in parts), WEB)
    for file in (file for folder in folders for file in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            yield from (one.value for one in _said_by(node) if isinstance(one.value, str))


def _said_by(node: ast.AST) -> Iterator[ast.Constant]:
    """What a call refuses, or would help, where that is the same each time."""
    if not isinstance(node, ast.Call):
        return
    named = isinstance(node.func, ast.Name) and isinstance(vars(errors).get(node.func.id), type)
    helps = (word.value for word in node.keywords if word.arg in ("says", "fix"))
    for one in (*node.args[:named], *helps):
        if isinstance(one, ast.Constant) and one.value:
            yield one


@pytest.mark.parametrize("name", sorted(file.name for file in TEMPLATES.glob("*.html")))
def test_a_template_says_nothing_but_what_is_translated(name: str) -> None:
    if name in BILINGUAL:
        return
    inward = r"{% block (wide|kind) %}.*?{%|{% macro link.*?{% endmacro"
    text = re.sub(inward, "{%", (TEMPLATES / name).read_text())
    page = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", text, flags=re.DOTALL)
    shown = re.findall(r'(?:title|placeholder|aria-label)="([^"]+)"', page)
    shown += re.sub(r"<!--.*?-->|<[^>]*>", "|", page, flags=re.DOTALL).split("|")
    assert {text.strip() for text in shown if re.search("[A-Za-z]{2}", text)} <= NAMES


def _forms(message: object) -> tuple[str, ...]:
    """A message that counts has two forms: for one, and for more."""
    return tuple(map(str, message)) if isinstance(message, tuple | list) else (str(message),)


def texts_of_dictionaries() -> Iterator[str]:
    """Words that code keeps by a code of its own, and pages translate where they show them."""
    for words in (WORDS, OF_COSTS, OF_OBSTACLES, OF_MESSAGES, REASONS, KINDS):
        yield from words.values()
    yield from ROLES
    refusals = (kind for kind in vars(errors).values() if isinstance(kind, type))
    yield from (kind.title for kind in refusals if issubclass(kind, errors.Refusal))


def texts_of_library() -> Iterator[str]:
    """What the pathways say to patients, and what these are asked."""
    for name, version in library.names():
        pathway = library.load(name, version)
        yield pathway.title
        yield from (activity.title for activity in pathway.activities)
        yield from (reminder.says for reminder in pathway.reminders)
        yield pathway.no_driving.words
        yield from (item.words for item in pathway.discharge)
        yield from (form.title for form in pathway.consents)
        yield from (asked.title for asked in pathway.evaluations)
        yield from (words for step in pathway.instructions for words in (step.title, step.words))
        yield from (words for note in pathway.education for words in (note.title, note.words))
        for measure in pathway.measures:
            yield measure.title
            yield from (score.meaning for score in measure.scores)
            if measure.answered_by == "patient":
                asked = questionnaires()[measure.id]
                assert asked.asks
                assert asked.scale
                yield from (asked.asks, *asked.scale, *asked.items)


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_that_somebody_meets_is_translated(language: str) -> None:
    known = {
        form for message in catalogue(language) if whole(message) for form in _forms(message.id)
    }
    assert len(texts_of_pages()) > 300
    assert sorted(asked_for() - known) == []


def whole(message: Message) -> bool:
    """Whether a message has a translation, in all forms that a number asks for."""
    return all(_forms(message.string)) and bool(message.id)


def asked_for() -> set[str]:
    """Every text that has to have a translation."""
    sentences = {*texts_of_dictionaries(), *texts_of_sentences()}
    return texts_of_pages() | set(texts_of_library()) | sentences


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_says_nothing_that_is_not_asked_for(language: str) -> None:
    written = {form for m in catalogue(language) if m.id for form in _forms(m.id)}
    assert sorted(written - asked_for()) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_speaks_of_the_same_values(language: str) -> None:
    for message in catalogue(language):
        values = {frozenset(values_in(text)) for text in _forms(message.id)}
        for text in _forms(message.string):
            assert not message.id or values_in(text) in values, message.id


def values_in(text: str) -> set[str]:
    named = {name for _, name, _, _ in Formatter().parse(text) if name} if "{" in text else set()
    return named | set(re.findall(r"%\((\w+)\)[sd]", text))


@pytest.mark.parametrize(
    ("scripts", "brought"),
    [
        (("calendar", "panel", "talking"), OF_CALENDAR),
        (("session", "live", "longer", "sending", "talking"), OF_SESSION),
    ],
)
def test_scripts_say_what_pages_bring_them_and_nothing_else(
    scripts: tuple[str, ...], brought: tuple[str, ...]
) -> None:
    files = [(WEB / "assets" / f"{name}.js").read_text() for name in scripts]
    assert {text for file in files for text in re.findall(r'\bsay\("(.+?)"', file)} == set(brought)


def test_words_of_scripts_are_brought_where_they_are_not_english() -> None:
    assert for_session("en") == {}
    assert for_session("es")["Close"] == "Cerrar"
    assert for_calendar("en") == {}
    assert for_calendar("es")["Close"] == "Cerrar"
    assert for_calendar("es")["rule location"] == "no hay sala libre"


def test_a_sentence_that_nobody_has_translated_is_marked_as_english() -> None:
    assert told("closed & gone", "es") == '<span lang="en">closed &amp; gone</span>'
    assert told("closed", "es", capital=True) == "Cerrado"
    assert told("closed", "en", capital=True) == "Closed"


def test_a_date_of_a_document_is_told_as_pages_write_dates() -> None:
    says = "ask for more esketamine: 2 of 8 left until 2026-11-06"
    assert told(says, "en") == "ask for more esketamine: 2 of 8 left until 6 Nov 2026"
    assert told(says, "es") == "pida más esketamina: quedan 2 de 8 hasta el 6 nov 2026"
    assert told("at 2026-13-06, 12026-11-06", "en") == "at 2026-13-06, 12026-11-06"


def test_a_sentence_with_values_is_said_in_spanish_with_the_same_values() -> None:
    assert spoken("the clearance ekg ended on 03 Dec 2026", "es") == (
        "el visto bueno ekg terminó el 03 dic 2026"
    )
    assert spoken("2 absences without notice: talk with them", "es") == (
        "2 ausencias sin aviso: hable con el paciente"
    )
    assert spoken("Chase the pharmacy.", "es") == "Reclamar a la farmacia."
    assert spoken("Nobody has ever said this.", "es") == "Nobody has ever said this."
    assert spoken("nobody has ever said this", "es") == "nobody has ever said this"
    assert spoken("1 absence without notice: call", "en") == "1 absence without notice: call"


def test_every_sentence_with_values_is_one_that_the_service_writes() -> None:
    parts = ("care", "appointments", "plans", "scenarios", "reminders", "sessions")
    folders = (*(ROOT / "scheduler" / part for part in parts), ROOT / "pathways" / "safety")
    files = [file.read_text() for folder in folders for file in folder.rglob("*.py")]
    files += [(ROOT / one).read_text() for one in ("scheduler/booking.py", "api/dependencies.py")]
    strings = (
        "".join(_as_written(node))
        for node in (node for file in files for node in ast.walk(ast.parse(file)))
        if isinstance(node, ast.JoinedStr | ast.Constant)
    )
    written = [re.compile(one) for one in set(strings) if len(re.findall("[a-z]", one)) > 2]
    for sentence in SENTENCES:
        example = re.sub(r"{\w+}", "1", sentence)
        assert any(one.match(example) for one in written), sentence


def _as_written(node: ast.JoinedStr | ast.Constant) -> Iterator[str]:
    """A string of the code as a pattern: anything may stand where it has a value."""
    for part in node.values if isinstance(node, ast.JoinedStr) else [node]:
        yield re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*"


def test_a_text_without_a_translation_is_shown_in_english() -> None:
    assert said("Nobody has translated this", "es") == "Nobody has translated this"
    assert said("", "es") == ""
    assert translations("tlh").gettext("Today") == "Today"


def test_a_date_is_near_or_far_in_words() -> None:
    today = date(2027, 3, 2)
    spoken = [Dates("es").soon(today + timedelta(days=n), today) for n in range(3)]
    assert spoken == ["Hoy", "Mañana", "En 2 días"]
    assert Dates("en").soon(today + timedelta(days=5), today) == "In 5 days"

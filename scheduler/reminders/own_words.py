"""The words of a clinic's own for its messages: where it has some, they are said instead.

They stand in the clinic's settings by language and name. What was said before stands there, too,
with the instant until which it was: a message that has come says what it said then.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from scheduler.reminders.texts import NoText, texts_in
from scheduler.reminders.wording import is_usable
from scheduler.store.tables import Clinic

SETTING: Final = "texts"
EARLIER: Final = "texts_before"


def say(
    clinic: Clinic,
    name: str,
    language: str,
    values: Mapping[str, str],
    at: datetime | None = None,
) -> str:
    """A text with its values, in the clinic's words; NoText where there is none."""
    return words_of(clinic, language, name, at).format_map(values)


def words_of(clinic: Clinic, language: str, name: str, at: datetime | None = None) -> str:
    """The words of a text that are said, or were at an instant: the clinic's, else the approved.

    Words that may not be used any more, since the program asks for others, are not. NoText where
    there is no such text.
    """
    known = texts_in(language)
    if name not in known:
        raise NoText(f"there is no text {name!r}")
    words = own_words(clinic, language, name) if at is None else _then(clinic, language, name, at)
    return words if words and is_usable(language, name, words) else known[name]


def own_words(clinic: Clinic, language: str, name: str) -> str:
    """The clinic's own words for a text; empty where it has none."""
    return str(_of(clinic, SETTING, language, name) or "")


def _then(clinic: Clinic, language: str, name: str, at: datetime) -> str:
    """The clinic's own words at an instant; empty where it had none."""
    for until, words in _of(clinic, EARLIER, language, name) or ():
        if at < datetime.fromisoformat(until):
            return str(words)
    return own_words(clinic, language, name)


def with_words(settings: Mapping[str, Any], language: str, name: str, words: str) -> dict[str, Any]:
    """A clinic's settings with its own words for a text; without, where the words are empty."""
    texts = dict(settings.get(SETTING, {}))
    spoken = {kept: said for kept, said in texts.get(language, {}).items() if kept != name}
    texts[language] = spoken | ({name: words} if words else {})
    return {**settings, SETTING: texts}


def with_earlier(
    settings: Mapping[str, Any], language: str, name: str, until: datetime
) -> dict[str, Any]:
    """The same, with what the text says now as what it said until an instant."""
    before = dict(settings.get(EARLIER, {}))
    spoken = dict(before.get(language, {}))
    said = settings.get(SETTING, {}).get(language, {}).get(name, "")
    spoken[name] = [*spoken.get(name, []), [until.isoformat(), said]]
    return {**settings, EARLIER: {**before, language: spoken}}


def _of(clinic: Clinic, setting: str, language: str, name: str) -> Any:
    return clinic.settings.get(setting, {}).get(language, {}).get(name)

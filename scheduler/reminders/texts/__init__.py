"""What is said, in each language that somebody has approved, and how it is kept short and quiet.

Texts stand in catalogues of Babel's, one for each language. A language without one has no
approved texts: whoever reads it is called, and never written to in another.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources

from babel.messages.pofile import read_po

LANGUAGES = ("en", "es")

LONGEST = 160
"""Characters of one text message in the seven-bit alphabet."""

_SEVEN_BIT = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


class NoText(LookupError):
    """Nobody has approved a text for this kind of message, or in this language."""


@cache
def texts_in(language: str) -> Mapping[str, str]:
    """Every text of a language by its id; NoText for a language without any."""
    if language not in LANGUAGES:
        raise NoText(f"there are no approved texts in {language!r}")
    file = resources.files("scheduler.reminders.texts").joinpath(f"{language}.po")
    with file.open("rb") as opened:
        found = read_po(opened, locale=language)
    return {str(message.id): str(message.string) for message in found if message.id}


def seven_bit(said: str) -> str:
    """The text in the alphabet of which 160 characters go into one message, accents dropped.

    What has no likeness there becomes ``?``, which no approved text comes to.
    """
    return "".join(c if c in _SEVEN_BIT else _plain(c) for c in said)


def _plain(character: str) -> str:
    bare = unaccented(character)
    return bare if bare and all(c in _SEVEN_BIT for c in bare) else "?"


def unaccented(said: str) -> str:
    """The text without accents."""
    apart = unicodedata.normalize("NFKD", said)
    return "".join(c for c in apart if not unicodedata.combining(c))


@cache
def _telling() -> re.Pattern[str]:
    file = resources.files("scheduler.reminders.texts").joinpath("words.toml")
    lists = tomllib.loads(file.read_text("utf-8")).values()
    stems = [stem for words in lists for stem in words["stems"]]
    whole = [rf"{word}s?\b" for words in lists for word in words["whole"]]
    return re.compile(rf"\b(?:{'|'.join(stems + whole)})", re.IGNORECASE)


def telling_words(said: str) -> list[str]:
    """The words in a text that would tell what somebody is treated for, in any language."""
    return _telling().findall(unaccented(said))

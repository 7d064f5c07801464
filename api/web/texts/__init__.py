"""What pages say, in each language: written in English in a template, translated in a catalogue.

A catalogue of Babel's for each language holds the translations, by the English text. What has none
is shown in English. Catalogues are read as they are; nothing is compiled beforehand.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Final = {"en": "English", "es": "Español"}
"""The languages of the pages, each by the name that it gives itself."""


def catalogue(language: str) -> Catalog:
    """The translations into a language, as they are written down."""
    with resources.files("api.web.texts").joinpath(f"{language}.po").open("rb") as opened:
        return read_po(opened, locale=language)


@cache
def translations(language: str) -> NullTranslations:
    """What turns an English text into a language; into English where the language is not ours."""
    if language == "en" or language not in LANGUAGES:
        return NullTranslations()
    packed = BytesIO()
    write_mo(packed, catalogue(language))
    packed.seek(0)
    return GNUTranslations(packed)


def said(text: str, language: str) -> str:
    """An English text in a language."""
    return translations(language).gettext(text) if text else ""


def marked(text: str) -> str:
    """An English text of the code, translated where it is shown: a catalogue must know it."""
    return text

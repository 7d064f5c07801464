"""What somebody means by what they wrote back: fixed words, and a person for everything else."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from scheduler.reminders.texts import unaccented

Meaning = Literal[
    "crisis", "stop", "cancels", "start", "help", "yes", "change", "no", "home", "needs", "other"
]
_IN_ORDER: tuple[Meaning, ...] = ("start", "help", "yes", "change", "no", "home", "needs")
_FEW_WORDS = 6
_SPANISH = "spanish"


def meaning(written: str) -> Meaning:
    """What a message means. Danger comes first, then a wish to be left alone."""
    said = plain(written)
    words = _words()
    if any(_contains(said, words["crisis"][kind]) for kind in ("anywhere", _SPANISH)):
        return "crisis"
    bare = _without_politeness(said)
    if bare not in words["stop"]["whole"] and _starts(said, words["cancels"]["starts"]):
        return "cancels"
    if bare in ("cancel", "cancelar", "cancelen"):
        return "cancels"
    if bare in words["stop"]["whole"] or _is_short_stop(said):
        return "stop"
    for name in _IN_ORDER:
        known = (*words[name]["whole"], *words[name].get(_SPANISH, ()))
        if bare in known or said in known:
            return name
    return "other"


def language_of(written: str) -> str:
    """In which language a cry or a call for help is: Spanish where its words are that alone."""
    said, words = plain(written), _words()
    bare = _without_politeness(said)
    if _contains(said, words["crisis"]["anywhere"]) or bare in words["help"]["whole"]:
        return "en"
    spanish = _contains(said, words["crisis"][_SPANISH]) or bare in words["help"][_SPANISH]
    return "es" if spanish else "en"


def plain(written: str) -> str:
    """The words alone: no case, no accents, no punctuation, single spaces."""
    kept = re.sub("['\u2019`]", "", unaccented(written).casefold())
    return " ".join(re.findall(r"[a-z0-9]+", kept))


def _is_short_stop(said: str) -> bool:
    return len(said.split()) <= _FEW_WORDS and _contains(said, _words()["stop"]["short"])


def _contains(said: str, phrases: list[str]) -> bool:
    return any(f" {phrase} " in f" {said} " for phrase in phrases)


def _starts(said: str, phrases: list[str]) -> bool:
    return any(f"{said} ".startswith(f"{phrase} ") for phrase in phrases)


def _without_politeness(said: str) -> str:
    bare = f" {said} "
    for phrase in _words()["polite"]["words"]:
        bare = bare.replace(f" {phrase} ", " ")
    return bare.strip()


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    file = resources.files("scheduler.reminders.texts").joinpath("replies.toml")
    return tomllib.loads(file.read_text("utf-8"))

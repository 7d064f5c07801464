"""Whether words of a clinic's own may stand for an approved text, looked at by themselves.

A message is short, lies open on a telephone, and says what must be said: how a patient stays safe,
and how they answer. Whether words fit together with what they name is `fitting`'s to say.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from scheduler.errors import NotThere, NotUnderstood, Refusal, RuleBroken
from scheduler.reminders.texts import LANGUAGES, seven_bit, telling_words, texts_in

LONGEST_PAGE: Final = 500
"""Characters of a text that is read after signing in."""

PLACE: Final = "words"
"""Where, in what was sent, a refusal finds its reason."""

OPTIONAL: Final = frozenset({"next", "place", "visits"})
"""Values that a text may leave out: everything else is what it goes for, or how it is answered."""

_OPENING: Final = "{sender}: "
"""How a text begins that says who writes: what is put together from several looks for it."""

_VALUE: Final = re.compile(r"{([a-z]+)}")
_APART: Final = re.compile(r"""(?:^|(?<=[\s(¿¡"']))({[a-z]+})(?=$|\s|[.,;:!?)"']+(?:\s|$))""")
_ADDRESS: Final = re.compile(r"://|\bwww\.|[\w-]{2,}\.[a-z]{2,}", re.IGNORECASE)

_FIXED: Final = {
    "crisis": "these words are for a crisis, and the same in every clinic",
    "stop": "this is the one answer that the law allows after a stop",
}


@cache
def _lists() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    file = resources.files("scheduler.reminders.texts").joinpath("kept.toml")
    found: Mapping[str, Mapping[str, Mapping[str, list[str]]]] = tomllib.loads(
        file.read_text("utf-8")
    )
    return found


def approved(language: str, name: str) -> str:
    """The approved words of a text; NotThere where there are none."""
    if language not in LANGUAGES:
        raise NotThere("nobody has approved texts in this language")
    found = texts_in(language).get(name)
    if found is None:
        raise NotThere("there is no such text")
    return found


def why_fixed(name: str) -> str:
    """Why a text is the same in every clinic; empty where it is not."""
    reasons = (_FIXED[reason] for reason, names in _lists()["fixed"].items() if name in names)
    return next(reasons, "")


def kept(language: str, name: str) -> list[str]:
    """What has to stand in a text as it was approved."""
    return _lists()["kept"][language].get(name, [])


def is_open(name: str) -> bool:
    """Whether a text is read without signing in."""
    return not name.endswith(".portal")


def values_in(words: str) -> set[str]:
    """The values that a text names."""
    return set(_VALUE.findall(words))


def needed(language: str, name: str) -> set[str]:
    """The values that a text cannot leave out."""
    return values_in(approved(language, name)) - OPTIONAL


def refuse_unusable(language: str, name: str, words: str) -> None:
    """RuleBroken for a text that is fixed; NotUnderstood for words that cannot be used, and why."""
    fixed = why_fixed(name)
    if fixed and words != approved(language, name):
        raise RuleBroken(fixed, fix="it stays as it was approved", place=PLACE)
    for looks in _LOOKS:
        for says, fix in looks(language, name, words):
            raise NotUnderstood(says, fix=fix, place=PLACE)


@lru_cache(maxsize=4_096)
def is_usable(language: str, name: str, words: str) -> bool:
    """Whether words are such that they may be used: they may be older than this program is."""
    try:
        refuse_unusable(language, name, words)
    except Refusal:
        return False
    return True


_Faults = Iterator[tuple[str, str]]
"""What is wrong, and what would be right."""


def _of_length(_language: str, _name: str, words: str) -> _Faults:
    if not words.strip():
        yield "there are no words", "write some, or use the approved words again"
    if words != words.strip() or "  " in words:
        yield "spaces stand where nothing parts them", "write one space between two words"
    if len(words) > LONGEST_PAGE:
        yield f"it has {len(words)} characters", f"write {LONGEST_PAGE} at most"


def _of_signs(_language: str, _name: str, words: str) -> _Faults:
    for sign in words:
        if sign != " " and unicodedata.category(sign)[0] in "CZM":
            says = f"a sign stands in it that nobody sees ({ord(sign):04X})"
            yield says, "write it on one line, with plain spaces"
        elif sign not in "?{}" and "?" in seven_bit(sign):
            yield f"a text message has no sign {sign}", "write it in other words"


def _of_values(language: str, name: str, words: str) -> _Faults:
    known = values_in(approved(language, name))
    for value in sorted(values_in(words) - known):
        fix = f"it knows {_named(known)}" if known else "write it without braces"
        yield f"this text has no value {_named({value})}", fix
    if set("{}") & set(_VALUE.sub("", words)):
        fix = "write each as one word in braces, as in the approved text"
        yield "a brace holds something else than the name of a value", fix
    if len(_VALUE.findall(words)) != len(_APART.findall(words)):
        fix = "let a space stand before each value, and a space or a full stop after it"
        yield "a value does not stand by itself", fix
    for value in sorted(needed(language, name) - values_in(words)):
        yield f"the value {_named({value})} is missing", "let it stand somewhere"


def _named(values: set[str]) -> str:
    return ", ".join(f"{{{value}}}" for value in sorted(values))


def _of_opening(language: str, name: str, words: str) -> _Faults:
    begins = approved(language, name).startswith(_OPENING)
    if begins and not words.startswith(_OPENING):
        yield "nobody would see first who writes", f"begin with {_OPENING.strip()}"


def _of_kept(language: str, name: str, words: str) -> _Faults:
    for part in kept(language, name):
        whole = rf"(?<!\w){re.escape(part.casefold())}(?!\w)"
        if not re.search(whole, words.casefold()):
            yield f"what must be said is missing: {part}", "let it stand as it was approved"


def _of_links(_language: str, _name: str, words: str) -> _Faults:
    found = _ADDRESS.search(_VALUE.sub(" ", words))
    if found:
        fix = "write none but a value that is one; after a full stop stands a space"
        yield f"an address stands in it: {found[0]}", fix


def _of_telling(_language: str, name: str, words: str) -> _Faults:
    told = telling_words(_VALUE.sub(" ", words)) if is_open(name) else []
    if told:
        fix = "it lies open on telephones: say it without that word"
        yield f"it tells what somebody is treated for: {told[0]}", fix


_LOOKS: Final[tuple[Callable[[str, str, str], _Faults], ...]] = (
    _of_length,
    _of_signs,
    _of_values,
    _of_opening,
    _of_kept,
    _of_links,
    _of_telling,
)

"""Whether a clinic's words fit: each text message is one, with the longest values that it can have.

A value is the longest by the calendar, the clinic's clock and what the clinic says of itself. Some
values are texts themselves: when one of them grows, so does every text that names it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from pathways import timing
from scheduler.errors import NotUnderstood
from scheduler.reminders.contents import PLACE_LENGTH, SENDER_LENGTH, Told, Values
from scheduler.reminders.own_words import SETTING, own_words, with_words, words_of
from scheduler.reminders.texts import LONGEST, seven_bit, telling_words, texts_in
from scheduler.reminders.wording import PLACE, is_open, refuse_unusable, values_in
from scheduler.store.tables import Appointment, Clinic

_URL: Final = "https://visits.harbor-office.exam"
"""An address of the longest that leaves room for the rest; docs/how-to/reminders.md says so."""

LONGEST_OF: Final = MappingProxyType(
    {
        "cap": "10",
        "link": f"{_URL}/ride/{'x' * 38}",
        "phone": "(555) 555-0199",
        "url": _URL,
        "visits": "12",
    }
)
"""The longest of what does not follow from a calendar."""

SHORTER: Final = MappingProxyType(
    {"sender": SENDER_LENGTH, "place": PLACE_LENGTH, "by-video": PLACE_LENGTH, "subject": 60}
)
"""Texts that stand in others, or above them, and how long they may be."""

_PARTS: Final = MappingProxyType(
    {
        "by-video": "place",
        "no-visit": "next",
        **{
            f"{name}.{by}": name
            for name in ("home", "no", "reply", "write")
            for by in ("sms", "e-mail")
        },
    }
)
"""Texts that stand in others as a value, by the name of the value."""

_FAR: Final = ("Pacific/Kiritimati", "Pacific/Honolulu")
"""Zones of which one shows another time than any clinic's, so that the zone is told, too."""

_CLOCK: Final = time(22, 58)
_FIRST, _DAYS = date(2027, 1, 20), 7
"""Hours and days of two digits, each weekday of each month once."""


def judge(clinic: Clinic, language: str, name: str, words: str) -> str:
    """The words with the longest values, where they may be used in a clinic instead of others.

    The refusal says what is wrong, where, and what would be right.
    """
    refuse_unusable(language, name, words)
    own = "" if words == texts_in(language)[name] else words
    changed = _with(clinic, language, name, own)
    for other in (name, *_naming(changed, language, name)):
        _refuse_unfit(changed, language, other, name)
    return longest(changed, language, name)


def longest(clinic: Clinic, language: str, name: str) -> str:
    """A text of a clinic's with the longest values that it can have."""
    said = words_of(clinic, language, name).format_map(longest_values(clinic, language))
    return seven_bit(said) if is_open(name) else said


def example(clinic: Clinic, language: str, name: str, words: str) -> str:
    """Words as a patient of the clinic would get them, on the longest of days."""
    told = Told(
        clinic,
        language,
        timing.zone(clinic.timezone),
        place=str(clinic.settings.get("place", "")),
    )
    own = {value: Values(told)[value] for value in ("sender", "place", "phone")}
    known = {value: of_it for value, of_it in own.items() if of_it}
    said = words.format_map({**longest_values(clinic, language), **known})
    return seven_bit(said) if is_open(name) else said


def limit(name: str) -> int | None:
    """How many characters a text may have with the longest values; None where none are counted."""
    return SHORTER.get(name, LONGEST) if is_open(name) else None


def longest_values(clinic: Clinic, language: str) -> Mapping[str, str]:
    """The longest of each value that a text of a clinic's may name."""
    parts = ((part, own_words(clinic, language, part)) for part in _PARTS)
    found = _computed(clinic.timezone, language, tuple(one for one in parts if one[1]))
    phone = max(str(clinic.settings.get("phone", "")), found["phone"], key=len)
    return {**found, "phone": phone}


def _with(clinic: Clinic, language: str, name: str, words: str) -> Clinic:
    """The clinic as it would be: a copy that no session knows."""
    settings = with_words(clinic.settings, language, name, words)
    return Clinic(id=clinic.id, timezone=clinic.timezone, settings=settings)


def _is_own(clinic: Clinic, language: str, name: str) -> bool:
    """Whether anything of a text is in the clinic's own words: the approved ones stand by it."""
    values = values_in(words_of(clinic, language, name))
    named = (part for part, value in _PARTS.items() if value in values)
    return any(own_words(clinic, language, one) for one in (name, *named))


def _naming(clinic: Clinic, language: str, part: str) -> Iterator[str]:
    """The texts in which a text stands as a value."""
    value = _PARTS.get(part)
    for name in texts_in(language) if value else ():
        if value in values_in(words_of(clinic, language, name)):
            yield name


def _refuse_unfit(clinic: Clinic, language: str, name: str, changed: str) -> None:
    """NotUnderstood where a text is too long, or tells too much with its values."""
    most = limit(name)
    if most is None or not _is_own(clinic, language, name):
        return
    said = longest(clinic, language, name)
    if len(said) > most:
        says = f"it would have {len(said)} characters with the longest values"
        if name != changed:
            says = f"{name} would have {len(said)} characters with these words"
        raise NotUnderstood(says, fix=f"write it so that it has {most} at most", place=PLACE)
    if telling_words(said):
        says = f"it tells what somebody is treated for: {telling_words(said)[0]}"
        fix = "it lies open on telephones: say it without that word"
        raise NotUnderstood(says, fix=fix, place=PLACE)


@lru_cache(maxsize=64)
def _computed(zone: str, language: str, parts: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """The longest of each value in a zone, where some texts that are values have own words."""
    clinic = Clinic(
        id="",
        timezone=zone,
        settings={"sender": "S" * SENDER_LENGTH, SETTING: {language: dict(parts)}},
    )
    found = {"next": words_of(clinic, language, "no-visit")}
    for told in _told(clinic, language):
        for name, value in Values(told).items():
            found[name] = max(found.get(name, ""), LONGEST_OF.get(name, value), key=len)
    found["until"] = found["alcohol"]  # a note may end at any hour
    return MappingProxyType(found)


def _told(clinic: Clinic, language: str) -> Iterator[Told]:
    """A visit on each weekday of each month, told to who lives far away; by e-mail once."""
    for start in _starts(clinic):
        row = Appointment(start=start, end=start, stages=[], notes=[], activity="")  # type: ignore[call-arg]  # a row of no clinic
        told = Told(
            clinic,
            language,
            _away(start),
            row,
            place="P" * PLACE_LENGTH,
            next_visit=start,
        )
        yield told
    yield replace(told, channel="e-mail")


def _away(start: datetime) -> ZoneInfo:
    """A zone in which the clock shows another time than the clinic's."""
    far = (timing.zone(name) for name in _FAR)
    return next(zone for zone in far if zone.utcoffset(start) != start.utcoffset())


def _starts(clinic: Clinic) -> Iterator[datetime]:
    zone = timing.zone(clinic.timezone)
    for month in range(1, 13):
        for days in range(_DAYS):
            day = _FIRST.replace(month=month) + timedelta(days=days)
            yield datetime.combine(day, _CLOCK, zone)

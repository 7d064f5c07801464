"""What a message says: its text with the values of what is stored now, never of what once was."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from pathways import timing
from pathways.protocol import LibraryPathway
from pathways.safety.after_dose import FULL_DAY
from scheduler.reminders.catalogue import catalogue
from scheduler.reminders.own_words import say
from scheduler.reminders.texts import seven_bit, telling_words
from scheduler.store.tables import Appointment, Clinic

SENDER_LENGTH, PLACE_LENGTH = 20, 20
"""The longest sender and place that leave room for the rest of a text message."""

_DATES = {"en": "EEE MMM d", "es": "EEE d MMM"}
_TIMES = {"en": "h:mm a", "es": "H:mm"}


@dataclass(frozen=True)
class Told:
    """What a message speaks of, as it is stored now.

    ``zone``: the recipient's. ``place``: where, in neutral words, empty for the usual place.
    ``next_visit``: the first visit from now on, ``visits``: how many in the coming week, or on the
    date. ``channel``: how it goes: nobody can answer an e-mail. ``said_at``: when it was said,
    where it has come already: in the words that the clinic had then.
    """

    clinic: Clinic
    language: str
    zone: ZoneInfo
    appointment: Appointment | None = None
    protocol: LibraryPathway | None = None
    place: str = ""
    next_visit: datetime | None = None
    visits: int = 0
    url: str = ""
    link: str = ""
    channel: str = "sms"
    facts: Mapping[str, Any] = field(default_factory=dict)
    said_at: datetime | None = None


class Values(Mapping[str, str]):
    """The values that a text may name; each is computed when the text asks for it."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def __getitem__(self, name: str) -> str:
        found: str = _VALUES[name](self._told)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_VALUES)

    def __len__(self) -> int:
        return len(_VALUES)


def body(name: str, told: Told) -> str:
    """A text with its values, as it is read after signing in; NoText where there is none."""
    return say(told.clinic, name, told.language, Values(told), told.said_at)


def short_body(name: str, told: Told) -> str:
    """The same as one text message."""
    return seven_bit(body(name, told))


def first_drug(appointment: Appointment, protocol: LibraryPathway | None) -> datetime:
    """When the drug is first given: the first stage of that phase, else the start."""
    dosing = _dosing_stages(appointment.activity, protocol)
    starts = [datetime.fromisoformat(s["start"]) for s in appointment.stages if s["id"] in dosing]
    return min(starts, default=appointment.start)


def _dosing_stages(activity: str, protocol: LibraryPathway | None) -> set[str]:
    if protocol is None:
        return set()
    try:
        stages = protocol.activity(activity).stages
    except KeyError:
        return set()
    return {stage.id for stage in stages if stage.phase == "dosing"}


def note_until(appointment: Appointment, protocol: LibraryPathway | None) -> datetime | None:
    """When the no-driving note ends: as the appointment has it, or later, never earlier."""
    ends = [
        datetime.fromisoformat(note["until"])
        for note in appointment.notes
        if note["kind"] == "no-driving" and note["until"]
    ]
    if ends and protocol is not None and protocol.no_driving.full_day:
        ends.append(first_drug(appointment, protocol) + FULL_DAY)
    return max(ends, default=None)


def until_of(name: str, appointment: Appointment, protocol: LibraryPathway | None) -> datetime:
    """Until when something is allowed before a dose; its start where the protocol is silent."""
    begins = first_drug(appointment, protocol)
    for instruction in protocol.instructions if protocol else ():
        if instruction.id == name:
            return instruction.until(begins) or begins
    return begins


def cut_off(appointment: Appointment, protocol: LibraryPathway | None) -> datetime:
    """The first time from which something that is eaten or drunk is not allowed any more."""
    return min(until_of(name, appointment, protocol) for name in ("food", "drink"))


@lru_cache(maxsize=1024)  # a clinic says the same few words of itself in every message
def neutral(said: str, longest: int) -> str:
    """A word of the clinic's where it is short and tells nothing, else nothing."""
    fits = said and len(said) <= longest and not telling_words(said)
    return said if fits else ""


def date_text(moment: datetime, told: Told) -> str:
    """``Tue Jan 12`` on the clinic's calendar."""
    return _formatted(moment, _DATES[told.language], told)


def time_text(moment: datetime, told: Told) -> str:
    """``9:30 AM``, with the zone where the recipient's clock shows another time."""
    local = moment.astimezone(timing.zone(told.clinic.timezone))
    same = local.utcoffset() == moment.astimezone(told.zone).utcoffset()
    clock = _formatted(moment, _TIMES[told.language], told)
    return clock if same else f"{clock} {local:%Z}"


def moment_text(moment: datetime, told: Told) -> str:
    """Date and time together."""
    return f"{date_text(moment, told)} {time_text(moment, told)}"


def _formatted(moment: datetime, pattern: str, told: Told) -> str:
    zone = timing.zone(told.clinic.timezone)
    return format_datetime(moment, pattern, tzinfo=zone, locale=told.language)


def _booked(told: Told) -> Appointment:
    if told.appointment is None:
        raise KeyError("this text speaks of an appointment, and there is none")
    return told.appointment


def _start(told: Told) -> datetime:
    if told.appointment is not None:
        return told.appointment.start
    if told.next_visit is not None:
        return told.next_visit
    if "start" in told.facts:
        return datetime.fromisoformat(told.facts["start"])
    return _booked(told).start


def _cut_off_text(name: str, told: Told) -> str:
    """A clock time on the day of the visit, with its date where it is another day's."""
    appointment = _booked(told)
    moment = until_of(name, appointment, told.protocol)
    zone = timing.zone(told.clinic.timezone)
    same_day = timing.local_date(moment, zone) == timing.local_date(appointment.start, zone)
    return time_text(moment, told) if same_day else moment_text(moment, told)


def _note_text(told: Told) -> str:
    booked = _booked(told)
    until = note_until(booked, told.protocol)
    return moment_text(until or next_morning(booked.end, told.clinic), told)


def next_morning(end: datetime, clinic: Clinic) -> datetime:
    """The clinic's hour for driving on the next calendar day, for a visit that carries no note."""
    zone = timing.zone(clinic.timezone)
    hour = timing.clock_minutes(clinic.resume_driving)
    return timing.next_day_at(timing.local_date(end, zone), hour, zone)


def _sender(told: Told) -> str:
    given = neutral(str(told.clinic.settings.get("sender", "")), SENDER_LENGTH)
    return given or _part("sender", told)


def _next_text(told: Told) -> str:
    if told.next_visit is None:
        return _part("no-visit", told)
    return moment_text(told.next_visit, told)


def _answer(name: str, told: Told) -> str:
    """What the patient may answer, by text; who reads an e-mail is asked to call."""
    form = "e-mail" if told.channel == "e-mail" else "sms"
    return _part(f"{name}.{form}", told)


def _part(name: str, told: Told) -> str:
    """A text that stands in others as a value."""
    return say(told.clinic, name, told.language, {}, told.said_at)


_VALUES: Mapping[str, Any] = {
    "alcohol": lambda told: moment_text(
        until_of("alcohol-and-cannabis", _booked(told), told.protocol), told
    ),
    "cap": lambda told: str(told.facts.get("cap", catalogue().caps.usual[1])),
    "date": lambda told: date_text(_start(told), told),
    "drink": lambda told: _cut_off_text("drink", told),
    "end": lambda told: time_text(_booked(told).end, told),
    **{name: partial(_answer, name) for name in ("home", "no", "reply", "write")},
    "food": lambda told: _cut_off_text("food", told),
    "link": lambda told: told.link,
    "nasal": lambda told: _cut_off_text("nasal-products", told),
    "next": _next_text,
    "phone": lambda told: str(told.clinic.settings.get("phone", "")),
    "place": lambda told: neutral(told.place, PLACE_LENGTH) or _part("place", told),
    "sender": _sender,
    "time": lambda told: time_text(_start(told), told),
    "until": _note_text,
    "url": lambda told: told.url,
    "visits": lambda told: str(told.visits),
}

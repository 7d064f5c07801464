"""Codes and instants in the words in which people read them on pages."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from api.web.texts import marked, said
from scheduler.errors import Refusal
from scheduler.planning.verifying.rules import RULES
from scheduler.sessions.happenings import AWAKE

WORDS: Final[dict[str, str]] = {
    # Appointments.
    "proposed": "proposed",
    "pending": "held",
    "booked": "booked",
    "arrived": "is here",
    "checked-in": "under way",
    "fulfilled": "took place",
    "noshow": "did not come",
    "cancelled": "cancelled",
    # Who treats, and where.
    "monitor": "monitor",
    "prescriber": "prescriber",
    "therapist": "therapist",
    "treatment-bay": "treatment bay",
    "office": "office",
    "group-room": "group room",
    "virtual": "virtual",
    "addiction": "addiction",
    "cbt": "CBT",
    "couples-ketamine": "ketamine with couples",
    "dbt": "DBT",
    "family": "family",
    "group": "group",
    "written-exposure": "written exposure",
    # Services that are authorized.
    "esketamine": "esketamine",
    "iop": "IOP",
    # Plans.
    "draft": "waits for a decision",
    "published": "published",
    "rejected": "put aside",
    "undone": "taken back",
    # What a plan changes.
    "new": "new",
    "moved": "moved",
    "dropped": "falls away",
    "unasked": "no longer asked for",
    "changed": "changed",
    "monitored": "watched by another",
    # How a message goes.
    "sms": "text message",
    "e-mail": "e-mail",
    "portal": "own page",
    "task": "work-list",
    # When vital signs are taken, and whether they are.
    "at-the-peak": "at the peak",
    "before-leaving": "before leaving",
    "before-the-dose": "before the dose",
    "after-the-infusion": "after the infusion",
    "before-closing": "before closing",
    "every-half-hour": "every half hour",
    "first-quarter": "first quarter of an hour",
    "in-the-infusion": "in the infusion",
    "coming": "coming",
    "done late": "done late",
    "rise of systolic pressure": "rise of systolic pressure",
    "rise of diastolic pressure": "rise of diastolic pressure",
}

OF_COSTS: Final[dict[str, str]] = {
    "unplaced": "doses without a time",
    "unplaced_other": "sessions without a time",
    "lag_hour": "integration later than is best",
    "lag_hour_early": "integration sooner than is best",
    "uneven_day": "days unevenly apart",
    "off_preference": "outside the hours they like",
    "trip_day": "days with a trip",
    "idle_slot": "waiting between visits",
    "new_face": "another person than before",
    "moved": "visits moved",
    "moved_soon": "visits moved at short notice",
    "dropped": "visits that fall away",
}
"""What a plan pays for, by the term of its cost."""

OF_OBSTACLES: Final[dict[str, str]] = {
    "clearance": "a clearance is missing",
    "authorization": "no units are approved",
    "past": "its time has passed",
    "ride": "nobody can drive them home",
    "availability": "they cannot come then",
    "monitor": "no nurse is free to watch",
    "practitioner": "nobody who treats is free",
    "prescriber": "no prescriber is in the house",
    "location": "no room is free",
    "partner": "the partner cannot come then",
    "capacity": "no seat is free in a group",
    "order": "something else must come first",
    "spacing": "too soon before or after another",
    "closure": "the clinic is closed",
    "hours": "outside the clinic's hours",
    "lag": "too soon or too late after what it follows",
    "group": "they are in no group",
}
"""What keeps something from every time, by the rule."""

OF_MESSAGES: Final[dict[str, str]] = {
    "pending": "planned",
    "sending": "on its way",
    "sent": "sent",
    "delivered": "delivered",
    "failed": "failed",
    "expired": "too late",
    "cancelled": "called off",
    "suppressed": "held back",
    "unknown": "unclear",
}
"""What has become of a message, in the order in which the list offers them."""

_SIGNS: Final[dict[str, str]] = {
    "heart_rate": marked("pulse {value}"),
    "oxygen_saturation": marked("oxygen {value} %"),
    "sedation": marked("awake {value} of {highest}"),
}

_DAY: Final = {"en": "EEEE d MMMM", "es": "EEEE d 'de' MMMM"}
_BRIEF_DAY: Final = "EEE d MMM"
_SHORT_DAY: Final = "d MMM y"
_DAY_OF_MONTH: Final = "d MMM"
_WEEKDAY: Final = "EEE d"
_END_OF: Final = marked("the end of {day}")
_NOW: Final = marked("now")
_AHEAD: Final = marked("in {time}")
_LATE: Final = marked("{time} late")
_DISSOCIATION: Final = marked("dissociation")


REASONS: Final = {rule.name: rule.reason for rule in RULES if rule.reason}
"""Which obstacle a rule of the contract is, by its name."""


def obstacle(refusal: Refusal) -> str:
    """What a refusal finds in the way, in plain words where the contract's rule has some."""
    found = REASONS.get(refusal.rule or "")
    return OF_OBSTACLES[found] if found else refusal.says


def word(code: str, language: str = "en") -> str:
    """A code as a plain word; one that nobody has put into words, without its dashes."""
    return said(WORDS.get(code, code.replace("-", " ")), language)


@lru_cache(maxsize=4_096)
def _written(day: date, pattern: str, language: str) -> str:
    """A date as a language writes it; a page writes the same dates again and again."""
    return format_date(day, pattern, locale=language)


def place(name: str | None) -> str:
    """``Bay 1`` for ``bay-1``."""
    return (name or "").replace("-", " ").capitalize()


def when(moment: datetime, zone: ZoneInfo, language: str = "en") -> str:
    """``Tue 24 Nov, 12:45`` by the clock of a zone."""
    wall = moment.astimezone(zone)
    return f"{_written(wall.date(), _BRIEF_DAY, language)}, {wall:%H:%M}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """``12:45`` by the clock of a zone."""
    return f"{moment.astimezone(zone):%H:%M}"


def until(moment: datetime, zone: ZoneInfo, language: str = "en") -> str:
    """The same, but midnight is the end of the day before it."""
    wall = moment.astimezone(zone)
    if (wall.hour, wall.minute) != (0, 0):
        return when(moment, zone, language)
    before = day(wall.date() - timedelta(days=1), language=language)
    return said(_END_OF, language).format(day=before)


def day(of: date | datetime, zone: ZoneInfo | None = None, language: str = "en") -> str:
    """``Tuesday 24 November`` of a date, or of an instant by the clock of a zone."""
    local = of.astimezone(zone).date() if isinstance(of, datetime) else of
    return _written(local, _DAY[language], language)


def day_of_month(of: date, language: str = "en") -> str:
    """``24 Nov``."""
    return _written(of, _DAY_OF_MONTH, language)


def on_day(moment: datetime, zone: ZoneInfo, language: str = "en") -> str:
    """``Tue 24 Nov`` by the clock of a zone."""
    return _written(moment.astimezone(zone).date(), _BRIEF_DAY, language)


def weekday(of: date, language: str = "en") -> str:
    """``Tue 24``."""
    return _written(of, _WEEKDAY, language)


def minutes_from(moment: datetime, now: datetime, language: str = "en") -> str:
    """``in 12 min``, ``now``, or ``4 min late``; hours where it is far."""
    minutes = round((moment - now) / timedelta(minutes=1))
    far = abs(minutes)
    text = f"{far} min" if far < 60 else f"{far // 60} h {far % 60:02d} min"
    if minutes == 0:
        return said(_NOW, language)
    return said(_AHEAD if minutes > 0 else _LATE, language).format(time=text)


def resource(name: str, names: Any) -> str:
    """``Bay 1`` for ``location:bay-1``, a person by their name."""
    kind, _, which = name.partition(":")
    return str(names.staff([which])) if kind == "person" else place(which)


def short_day(of: date, language: str = "en") -> str:
    """``24 Nov 2026``."""
    return _written(of, _SHORT_DAY, language)


def sentence(text: str) -> str:
    """The same with a capital at its beginning, and abbreviations left alone."""
    return text[:1].upper() + text[1:]


def hours(number: float) -> str:
    """Hours to a tenth: ``9``, ``12.8``."""
    return f"{number:.1f}".removesuffix(".0")


def signed(number: float) -> str:
    """``+5`` or ``0``; a negative number with a true minus sign."""
    return f"{number:+.0f}".replace("-", "\u2212") if number else "0"


def instant(text: str) -> datetime:
    """The instant that a document writes as text."""
    return datetime.fromisoformat(text)


def recorded(data: dict[str, Any], language: str = "en") -> str:
    """What an event of a session says beside its kind."""
    parts = []
    if data.get("systolic") and data.get("diastolic"):
        parts.append(f"{data['systolic']}/{data['diastolic']}")
    signs = ((said(words, language), name) for name, words in _SIGNS.items() if name in data)
    parts += [words.format(value=data[name], highest=AWAKE) for words, name in signs]
    if data.get("dissociation"):
        parts.append(said(_DISSOCIATION, language))
    if data.get("mg"):
        parts.append(f"{data['mg']} mg")
    parts += [said(str(data[n]), language) for n in ("sign", "effect", "outcome") if data.get(n)]
    parts += [str(data[name]) for name in ("reason", "name") if data.get(name)]
    return ", ".join(parts)


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "word": word,
    "place": place,
    "when": when,
    "until": until,
    "clock_time": clock,
    "day": day,
    "weekday": weekday,
    "short_day": short_day,
    "minutes_from": minutes_from,
    "resource": resource,
    "day_of_month": day_of_month,
    "on_day": on_day,
    "instant": instant,
    "sentence": sentence,
    "hours": hours,
    "signed": signed,
    "obstacle": obstacle,
    "recorded": recorded,
}
"""What templates may say of a value."""

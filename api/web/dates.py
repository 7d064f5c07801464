"""Dates and clock times as somebody reads them in their language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from api.web.texts import marked, translations

_DAYS: Final = {"en": "EEEE, MMMM d", "es": "EEEE d 'de' MMMM"}
_SHORT_DAYS: Final = {"en": "EEE, MMM d", "es": "EEE d MMM"}
TODAY, TOMORROW = marked("Today"), marked("Tomorrow")
_CLOCKS: Final = {"en": "h:mm a", "es": "H:mm"}


@dataclass(frozen=True)
class Dates:
    """How one language writes dates and times."""

    language: str

    def long_day(self, day: date) -> str:
        """``Tuesday, March 2``."""
        return format_date(day, _DAYS[self.language], locale=self.language)

    def brief_day(self, day: date) -> str:
        """``Tue, Mar 2``."""
        return format_date(day, _SHORT_DAYS[self.language], locale=self.language)

    def time(self, moment: datetime, zone: ZoneInfo) -> str:
        """``2:30 PM`` by the clock of a zone."""
        pattern = _CLOCKS[self.language]
        # The space of other kinds that CLDR puts before AM is no use in plain text.
        text = format_datetime(moment, pattern, tzinfo=zone, locale=self.language)
        return text.replace("\u202f", " ")

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """``Tuesday, March 2, 2:30 PM``."""
        return f"{self.long_day(moment.astimezone(zone).date())}, {self.time(moment, zone)}"

    def soon(self, day: date, today: date) -> str:
        """``Today``, ``Tomorrow``, else how many days it is until then."""
        said = translations(self.language)
        away = (day - today).days
        if away in (0, 1):
            return said.gettext(TOMORROW if away else TODAY)
        return said.ngettext("In %(num)d day", "In %(num)d days", away) % {"num": away}


@cache
def filters_in(language: str) -> Mapping[str, Callable[..., Any]]:
    """What templates in a language may say of a date."""
    dates = Dates(language)
    names = ("long_day", "brief_day", "time", "moment", "soon")
    return {name: getattr(dates, name) for name in names}

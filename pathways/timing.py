"""Wall-clock and clock-change arithmetic, and nothing else.

Rules are written in a clinic's wall-clock time; everything that is compared is compared as an
instant. Intervals are half-open: ``[start, end)``. A wall time that occurs twice (clocks go back)
is the first of the two; one that does not occur (clocks go forward) is the instant of the change.
"""

import re
import zoneinfo
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import WEEKLY, rrule

# Zone rules come from the pinned tzdata package: a system's own copy may be years old.
zoneinfo.reset_tzpath(to=())

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60
# A programme's dates and lags lie well within; what lies beyond is a slip of the pen, and
# arithmetic with it would leave the calendar.
YEARS = range(1900, 2201)
LONGEST = timedelta(days=36525)
ONE_DAY = timedelta(days=1)
_DATES_KEPT = 20_000

_CLOCK_TIME = re.compile(r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])|(?P<midnight>24:00)")
_DURATION = re.compile(
    r"P(?=.)(?:(?P<weeks>[0-9]+)W)?(?:(?P<days>[0-9]+)D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?(?:(?P<seconds>[0-9]+)S)?)?"
)


class Window(NamedTuple):
    """A half-open stretch of one day, in minutes since its local midnight; 1440 ends the day."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"{clock_text(self.start)}-{clock_text(self.end)}"


class Interval(NamedTuple):
    """A half-open stretch of time between two aware instants."""

    start: datetime
    end: datetime

    def holds(self, start: datetime, end: datetime) -> bool:
        """Whether ``[start, end)`` lies inside."""
        return self.start <= start and end <= self.end

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether ``[start, end)`` shares an instant with this; touching does not count."""
        return self.start < end and start < self.end


@lru_cache(maxsize=1_000)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name such as ``America/New_York``; ValueError for any other name."""
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name!r}; write an IANA name") from None


def clock_minutes(text: str, *, midnight_ends: bool = False) -> int:
    """Minutes since midnight of ``HH:MM``; ``24:00`` only where it ends a day."""
    match = _CLOCK_TIME.fullmatch(text)
    if match is None or (match["midnight"] and not midnight_ends):
        raise ValueError(f"{text!r} is not a time of day; write HH:MM, such as 09:30")
    return MINUTES_A_DAY if match["midnight"] else int(match["hour"]) * 60 + int(match["minute"])


def clock_text(minutes: int) -> str:
    """``HH:MM`` of minutes since midnight, ``24:00`` for the end of the day."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def window(text: str) -> Window:
    """The window written ``HH:MM-HH:MM``; ValueError where it is malformed or empty."""
    start, dash, end = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is not a window; write HH:MM-HH:MM, such as 09:00-12:00")
    stretch = Window(clock_minutes(start), clock_minutes(end, midnight_ends=True))
    if stretch.start >= stretch.end:
        raise ValueError(f"{text!r} ends before it begins; write the earlier time first")
    return stretch


def duration(text: str) -> timedelta:
    """Elapsed time written in ISO 8601, such as ``PT18H`` or ``P1D`` (always 24 hours).

    ValueError where it is malformed or longer than a century.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write ISO 8601, such as PT18H or P3D")
    try:
        found = timedelta(**{unit: int(amount) for unit, amount in match.groupdict("0").items()})
    except OverflowError:
        found = timedelta.max
    if found > LONGEST:
        raise ValueError(f"{text!r} is too long; write at most P{LONGEST.days}D, a century")
    return found


def duration_text(elapsed: timedelta) -> str:
    """The ISO 8601 form of a duration, in hours, minutes and seconds."""
    seconds = int(elapsed.total_seconds())
    parts = ((seconds // 3600, "H"), (seconds // 60 % 60, "M"), (seconds % 60, "S"))
    return "PT" + ("".join(f"{amount}{unit}" for amount, unit in parts if amount) or "0S")


def joined(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The windows in order of time, those that touch made one."""
    ordered = sorted(windows)
    if len(ordered) < 2:
        return tuple(ordered)
    result: list[Window] = []
    for stretch in ordered:
        if result and stretch.start == result[-1].end:
            result[-1] = Window(result[-1].start, stretch.end)
        else:
            result.append(stretch)
    return tuple(result)


def weekday(day: date) -> str:
    """``mon`` to ``sun``."""
    return WEEKDAYS[day.weekday()]


@lru_cache(maxsize=100_000)
def instant(day: date, minutes: int, tz: ZoneInfo) -> datetime:
    """The instant, in UTC, at which a clock in ``tz`` shows this day and minute of the day.

    The first where the clock shows it twice, the instant of the change where it never does;
    1440 minutes are the midnight that ends the day.
    """
    wall = datetime.combine(day, time(), tzinfo=tz) + timedelta(minutes=minutes)
    found = wall.astimezone(UTC)
    if found.astimezone(tz).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return found
    return _change_between(wall.replace(fold=1).astimezone(UTC), found, tz)


def _change_between(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    """The instant, to the second, at which the offset of ``tz`` changes between two instants."""
    old = before.astimezone(tz).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(tz).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def interval(day: date, stretch: Window, tz: ZoneInfo) -> Interval:
    """A window of a day as instants; empty where the clocks skip all of it."""
    return Interval(instant(day, stretch.start, tz), instant(day, stretch.end, tz))


@lru_cache(_DATES_KEPT)
def local_date(moment: datetime, tz: ZoneInfo) -> date:
    """The calendar date that a clock in ``tz`` shows at an aware instant.

    Remembered: whoever judges a plan asks many times for those of the same visits.
    """
    return moment.astimezone(tz).date()


def next_day_at(day: date, minutes: int, tz: ZoneInfo) -> datetime:
    """The instant of a clock time on the calendar day after ``day``: never "plus 24 hours"."""
    return instant(day + ONE_DAY, minutes, tz)


@lru_cache(_DATES_KEPT)
def week_dates(start: date, week: int) -> tuple[date, ...]:
    """The seven dates of week ``week`` (from 1) of an enrolment that begins on ``start``."""
    first = start + timedelta(days=7 * (week - 1))
    return tuple(first + timedelta(days=number) for number in range(7))


def weekly(day: str, first: date, last: date) -> list[date]:
    """The dates of one weekday from ``first`` to ``last``, both included."""
    begin, end = (datetime.combine(edge, time(), tzinfo=UTC) for edge in (first, last))
    found = rrule(WEEKLY, dtstart=begin, until=end, byweekday=WEEKDAYS.index(day))
    return [moment.date() for moment in found]


def dates_between(first: date, last: date) -> list[date]:
    """All dates from ``first`` to ``last``, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]

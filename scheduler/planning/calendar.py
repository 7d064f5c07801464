"""Time as whole numbers: ticks since an origin, and sets of ticks as the bits of one integer.

A tick is the longest stretch of which every window, length and booking of a scenario is a
multiple (with quarter hours throughout: 15 minutes), so no time is rounded. Bit ``t`` of a mask
stands for tick ``t``; where masks hold *starts*, bit ``t`` says that something may start there.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import reduce
from itertools import pairwise
from math import gcd
from zoneinfo import ZoneInfo

from pathways import timing
from pathways.record import DateRange, WeekTable

Span = tuple[int, int]
"""A half-open stretch of ticks."""

NEAR = 2048
"""Ticks within which spans are joined before the whole horizon's mask is touched."""


def span_mask(start: int, end: int) -> int:
    """The bits from ``start`` up to but without ``end``."""
    return (1 << end) - (1 << start) if end > start else 0


def spread(mask: int, length: int) -> int:
    """The starts of a stretch of ``length`` ticks that would meet a bit of the mask."""
    covered = 1
    while covered < length:
        step = min(covered, length - covered)
        mask |= mask >> step
        covered += step
    return mask if length else 0


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, in order."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def starts_inside(spans: Iterable[Span], length: int) -> int:
    """The starts from which ``length`` ticks stay inside one of the spans."""
    mask = part = base = 0
    for start, end in spans:
        room = end - length + 1 - start
        if room <= 0:
            continue
        if not base <= start < base + NEAR:
            mask, part, base = mask | part << base, 0, start
        part |= (1 << room) - 1 << start - base
    return mask | part << base


class Calendar:
    """The days of a planning horizon, and their wall-clock times as ticks.

    ``minutes`` are all times of day that occur, ``lengths`` all lengths in seconds, ``instants``
    all instants that must fall on a tick, in seconds since 1970.
    """

    def __init__(
        self,
        tz: ZoneInfo,
        days: tuple[date, date],
        minutes: Iterable[int],
        lengths: Iterable[int],
        instants: Iterable[int],
    ) -> None:
        self.zone = tz
        self.dates = timing.dates_between(*days)
        self._spans: dict[tuple[int, frozenset[int]], list[Span]] = {}
        midnights = [self._second(day, 0) for day in [*self.dates, days[1] + timing.ONE_DAY]]
        self._origin = midnights[0]
        self._midnights = [second - self._origin for second in midnights]
        whole = 24 * 60 * 60
        self._even = [b - a == whole for a, b in pairwise(midnights)]
        times = set(minutes)
        self.tick_seconds = reduce(
            gcd,
            [
                *(minute * 60 for minute in times),
                *self._midnights,
                *(self._of_day(day, m) for day in self._odd_days() for m in times),
                *lengths,
                *(second - self._origin for second in instants),
            ],
            60 * 60,
        )
        self.day_starts = [second // self.tick_seconds for second in self._midnights]
        self.end = self.day_starts[-1]

    def _second(self, day: date, minute: int) -> int:
        return int(timing.instant(day, minute, self.zone).timestamp())

    def _odd_days(self) -> list[int]:
        return [number for number, even in enumerate(self._even) if not even]

    def _of_day(self, day: int, minute: int) -> int:
        """Seconds since the origin at which the clock shows this minute of the day."""
        if self._even[day]:
            return self._midnights[day] + 60 * minute
        return self._second(self.dates[day], minute) - self._origin

    def day_of(self, tick: int) -> int:
        """The number of the day on which a tick lies."""
        return bisect_right(self.day_starts, tick) - 1

    def tick(self, day: int, minute: int) -> int:
        """The tick at which the clock shows this minute of the day."""
        return self._of_day(day, minute) // self.tick_seconds

    def tick_of(self, moment: datetime) -> int:
        """The tick of an instant, rounded down."""
        return (int(moment.timestamp()) - self._origin) // self.tick_seconds

    def ceiling(self, moment: datetime) -> int:
        """The first tick that begins at an instant or later."""
        return -int((self._origin - moment.timestamp()) // self.tick_seconds)

    def instant(self, tick: int) -> datetime:
        """The instant at which a tick begins, as the clinic's clocks show it."""
        second = self._origin + tick * self.tick_seconds
        return datetime.fromtimestamp(second, UTC).astimezone(self.zone)

    def ticks(self, minutes: int) -> int:
        """A length in ticks."""
        return minutes * 60 // self.tick_seconds

    def span(self, day: int, window: timing.Window) -> Span:
        """A window of a day in ticks; empty where the clocks skip it."""
        if not self._even[day]:
            return self.tick(day, window.start), self.tick(day, window.end)
        begin = self._midnights[day]  # the quick way, for it is asked of every day of every table
        return (
            (begin + 60 * window.start) // self.tick_seconds,
            (begin + 60 * window.end) // self.tick_seconds,
        )

    def day_mask(self, first: int, last: int | None = None) -> int:
        """The ticks of the days from ``first`` to ``last``, both included."""
        end = first if last is None else last
        return span_mask(self.day_starts[first], self.day_starts[end + 1])

    def spans(self, table: WeekTable, without: Iterable[int] = ()) -> list[Span]:
        """The windows of a week table on every day but those left out; the table must live on."""
        left_out = frozenset(without)
        key = (id(table), left_out)
        if key not in self._spans:
            self._spans[key] = self._spans_of(table, left_out)
        return self._spans[key]

    def _spans_of(self, table: WeekTable, left_out: frozenset[int]) -> list[Span]:
        return [
            self.span(number, window)
            for number, window in self.windows(table)
            if number not in left_out
        ]

    def windows(self, table: WeekTable) -> Iterator[tuple[int, timing.Window]]:
        """The windows of a week table on every day, each with the number of its day."""
        weekly = [table.on_weekday(name) for name in timing.WEEKDAYS]
        names = (name for name in table.root if name not in timing.WEEKDAYS)
        named = {day: table.on(day) for day in map(date.fromisoformat, names)}
        for number, day in enumerate(self.dates):
            for window in named[day] if day in named else weekly[day.weekday()]:
                yield number, window

    def numbers_within(self, ranges: Iterable[DateRange]) -> set[int]:
        """The numbers of the days that lie in any of the date ranges."""
        first, days = self.dates[0], range(len(self.dates))
        held = (((r.first - first).days, (r.last - first).days + 1) for r in ranges)
        return {number for start, end in held for number in days[max(start, 0) : max(end, 0)]}

    def grid(self, slot_minutes: int) -> int:
        """The starts that lie on the grid: the first where a wall-clock time occurs twice.

        A time that the clocks skip is the instant of the change, which counts if a clock shows
        a time of the grid then.
        """
        mask = 0
        for day in range(len(self.dates)):
            for minute in range(0, timing.MINUTES_A_DAY, slot_minutes):
                tick = self.tick(day, minute)
                shown = self._even[day] or self.instant(tick).minute % slot_minutes == 0
                if tick < self.day_starts[day + 1] and shown:
                    mask |= 1 << tick
        return mask

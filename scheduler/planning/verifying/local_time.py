"""The clinic's days as instants: windows of tables, closures, and the grid of planned starts."""

from datetime import UTC, date, datetime

from pathways import timing
from pathways.record import WeekTable
from pathways.scenario import Clinic
from pathways.timing import Interval


class LocalTime:
    """The wall clock of a clinic, what it read remembered."""

    def __init__(self, clinic: Clinic) -> None:
        self.zone = clinic.zone
        self._slot = clinic.slot_minutes
        self._closures = {closure.date: closure.reason for closure in clinic.closures}
        self._windows: dict[tuple[int, date], tuple[Interval, ...]] = {}
        self._starts: dict[date, tuple[datetime, ...]] = {}
        self._midnights: dict[date, datetime] = {}
        self._texts: dict[datetime, str] = {}

    def day(self, moment: datetime) -> date:
        """The calendar date at an instant."""
        return timing.local_date(moment, self.zone)

    def days_touched(self, start: datetime, end: datetime) -> list[date]:
        """The dates on which ``[start, end)`` lies; at least that of its start."""
        first = self.day(start)
        if end <= self.midnight_after(first):
            return [first]
        return timing.dates_between(first, self.day(end))

    def text(self, moment: datetime) -> str:
        """An instant as a person at the clinic reads it."""
        if moment not in self._texts:
            self._texts[moment] = f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}"
        return self._texts[moment]

    def midnight_after(self, day: date) -> datetime:
        """The instant at which a date ends."""
        if day not in self._midnights:
            self._midnights[day] = timing.instant(day, timing.MINUTES_A_DAY, self.zone)
        return self._midnights[day]

    def windows(self, table: WeekTable, day: date) -> tuple[Interval, ...]:
        """The joined windows of a date, as instants."""
        key = (id(table), day)
        if key not in self._windows:
            self._windows[key] = tuple(
                timing.interval(day, stretch, self.zone) for stretch in table.on(day)
            )
        return self._windows[key]

    def inside(self, table: WeekTable, day: date, start: datetime, end: datetime) -> bool:
        """Whether ``[start, end)`` lies inside one joined window of the table on that date."""
        return any(window.holds(start, end) for window in self.windows(table, day))

    def is_closed(self, day: date) -> bool:
        """Whether nothing happens on a date."""
        return day in self._closures

    def closure_text(self, day: date) -> str:
        """Why nothing happens on a date, as far as it is told."""
        return f"the clinic is closed on {day} {self._closures.get(day, '')}".rstrip()

    def is_on_grid(self, moment: datetime) -> bool:
        """Whether the wall clock reads a whole number of slots."""
        local = moment.astimezone(self.zone)
        return not (local.minute % self._slot or local.second or local.microsecond)

    def grid_starts(self, day: date) -> tuple[datetime, ...]:
        """The grid's instants of a date in order, a time that occurs twice once."""
        if day not in self._starts:
            minutes = range(0, timing.MINUTES_A_DAY, self._slot)
            found = (timing.instant(day, minute, self.zone) for minute in minutes)
            self._starts[day] = tuple(
                dict.fromkeys(m for m in found if self.day(m) == day and self.is_on_grid(m))
            )
        return self._starts[day]


def in_utc(moment: datetime) -> datetime:
    """The same instant in UTC, so that comparing is quick and no two offsets meet."""
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)

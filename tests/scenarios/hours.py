"""Dates, times of day and week tables."""

from datetime import date, timedelta

from pathways import timing
from tests.scenarios.dice import Dice, Document

ORDINARY = date(2027, 1, 4)
CLOCK_CHANGES = {
    "America/New_York": (date(2027, 3, 14), date(2027, 11, 7)),
    "Europe/Berlin": (date(2027, 3, 28), date(2027, 10, 31)),
    "Australia/Sydney": (date(2027, 4, 4), date(2027, 10, 3)),
    "America/Santiago": (date(2027, 4, 4), date(2027, 9, 5)),
    "Australia/Lord_Howe": (date(2027, 4, 4), date(2027, 10, 3)),
}


class Frame:
    """Where and when a scenario plays: the zone, the first date, the grid, the open hours."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.slot = dice.pick(dice.size.slots)
        self.weeks = dice.within(dice.size.weeks)
        self.zone = dice.pick([*CLOCK_CHANGES, "UTC", "Asia/Kolkata", "America/Los_Angeles"])
        self.change = None
        self.first = ORDINARY + timedelta(days=dice.between(0, 6) if dice.frill else 0)
        if self.zone in CLOCK_CHANGES and dice.chance(dice.size.changes):
            self.change = dice.pick(CLOCK_CHANGES[self.zone])
            self.first = self.change - timedelta(days=dice.between(0, 7 * self.weeks - 1))
        self.at_night = self.change is not None and dice.chance(dice.size.nights)
        self.opens = 0 if self.at_night else 60 * dice.between(7, 11)
        self.closes = min(self.opens + 60 * dice.within(dice.size.open_hours), 1440)
        if self.at_night and dice.chance(0.3):
            self.opens, self.closes = 1440 - (self.closes - self.opens), 1440
        self.days = self._open_days()

    def _open_days(self) -> list[str]:
        days = self.dice.some(timing.WEEKDAYS[:6], *self.dice.size.open_days)
        if self.change is not None and self.at_night:
            around = [self.change - timing.ONE_DAY, self.change, self.change + timing.ONE_DAY]
            days += self.dice.some(map(timing.weekday, around), 1)
        return [day for day in timing.WEEKDAYS if day in days]

    def date(self, *, spread: int = 0) -> str:
        """A date of the plan's weeks, or up to so many days around them."""
        number = self.dice.between(-spread, 7 * self.weeks - 1 + spread)
        return (self.first + timedelta(days=number)).isoformat()

    def date_range(self, *, spread: int = 3) -> Document:
        ends = sorted([self.date(spread=spread), self.date(spread=spread)])
        return {"from": ends[0], "to": ends[1]}

    def few_days(self) -> Document:
        """One or two dates of the plan's weeks."""
        first = date.fromisoformat(self.date())
        last = first + timedelta(days=self.dice.between(0, 1))
        return {"from": first.isoformat(), "to": last.isoformat()}

    def minute(self) -> int:
        """A time of day within the open hours, mostly on the grid."""
        step = 5 if self.dice.chance(0.1) else self.slot
        minute = self.dice.between(self.opens, self.closes)
        return min(minute - minute % step, 1440 - 5)

    def window(self) -> str:
        """A window that meets the open hours."""
        start, end = sorted([self.minute(), self.minute()])
        if start == end:
            start, end = self.opens, self.closes
        return f"{timing.clock_text(start)}-{timing.clock_text(end)}"

    def open_window(self) -> list[str]:
        """The open hours of one day: whole, halved by a break, or in two that touch."""
        middle = (self.opens + self.closes) // 2 // 5 * 5
        ends = [self.opens, middle, min(middle + self.slot, self.closes), self.closes]
        start, first, second, end = map(timing.clock_text, ends)
        if self.dice.frill and first != start:
            second = self.dice.pick([first, second])
            return (
                [f"{second}-{end}", f"{start}-{first}"] if second != end else [f"{start}-{first}"]
            )
        return [f"{start}-{end}"]

    def table(self, *, narrow: float = 0.2) -> Document:
        """Open hours by weekday; ``narrow`` is how likely a day is shorter, or missing."""
        table: Document = {}
        for day in self.days:
            if not self.dice.chance(narrow):
                table[day] = self.open_window()
            elif self.dice.chance(0.6):
                table[day] = [self.window()]
        if self.dice.frill:
            table[self.date()] = [self.window()] if self.dice.chance(0.6) else []
        return table

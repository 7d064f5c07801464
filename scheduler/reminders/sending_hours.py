"""The local hours in which a message may go, and the best time inside them.

A message whose content expires moves earlier where its time lies outside, never later; only where
that is too early already does it go at the next opening, and only before what ends it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pathways import timing
from pathways.timing import Interval, Window

LAST_MOMENTS = timedelta(minutes=5)
"""A message that moves to the end of a day goes so long before it, to be out in time."""


@dataclass(frozen=True)
class LocalHours:
    """The same hours on each day of somebody's zone; half-open."""

    window: Window
    zone: ZoneInfo

    def on(self, day: date) -> Interval:
        """The hours of a day as instants."""
        return timing.interval(day, self.window, self.zone)

    def allow(self, moment: datetime) -> bool:
        """Whether a message may go at an instant."""
        return self.on(timing.local_date(moment, self.zone)).holds(moment, moment) and (
            moment < self.on(timing.local_date(moment, self.zone)).end
        )

    def opening_after(self, moment: datetime) -> datetime:
        """The first instant from this one on at which a message may go."""
        day = timing.local_date(moment, self.zone)
        for hours in map(self.on, (day, day + timing.ONE_DAY, day + 2 * timing.ONE_DAY)):
            if moment < hours.end:
                return max(moment, hours.start)
        return moment  # unreachable in a calendar with days

    def closing_before(self, moment: datetime) -> datetime:
        """The last moments before an instant in which a message may go."""
        day = timing.local_date(moment, self.zone)
        hours = self.on(day)
        if moment < hours.start:
            hours = self.on(day - timing.ONE_DAY)
        return max(hours.start, min(moment, hours.end) - LAST_MOMENTS)

    def best(
        self, due: datetime, *, not_before: datetime, before: datetime, drop: bool = False
    ) -> datetime | None:
        """When a message that is due goes, in ``[not_before, before)``; None where it cannot.

        ``drop``: rather not at all than at another time.
        """
        if self.allow(due) and due >= not_before:
            found = due
        elif drop and not self.allow(due):
            return None
        else:
            earlier = due if self.allow(due) else self.closing_before(due)
            found = earlier if earlier >= not_before else self.opening_after(not_before)
        return found if found < before else None

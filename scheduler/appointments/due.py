"""Until when a person has to do something: the end of the clinic's next working day."""

from datetime import datetime, timedelta

from pathways import timing
from pathways.scenario import Clinic

_LOOKED_AHEAD = 31
"""Days after which a clinic that is never open is not waited for any longer."""


def by_the_next_working_day(clinic: Clinic, now: datetime) -> datetime:
    """When the clinic closes on the next date on which it opens; a day from now if it never does.

    Closures are no working days.
    """
    today = timing.local_date(now, clinic.zone)
    closed = {closure.date for closure in clinic.closures}
    for ahead in range(1, _LOOKED_AHEAD):
        day = today + timedelta(days=ahead)
        windows = clinic.hours.on(day)
        if windows and day not in closed:
            return timing.instant(day, windows[-1].end, clinic.zone)
    return now + timedelta(days=1)


def before(start: datetime, clinic: Clinic, now: datetime) -> datetime:
    """By the next working day, but before something begins."""
    return max(now, min(start, by_the_next_working_day(clinic, now)))

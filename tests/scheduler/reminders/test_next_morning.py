"""A visit without a note: driving waits for the next calendar day, never for 24 hours alone."""

from datetime import UTC, datetime

import pytest

from scheduler.reminders.contents import next_morning
from scheduler.store.tables import Clinic

NEW_YORK = Clinic(id="oak", timezone="America/New_York", resume_driving="06:00")


@pytest.mark.parametrize(
    ("end", "again"),
    [
        ("2027-01-04T15:00:00-05:00", "2027-01-05T06:00:00-05:00"),
        ("2027-01-04T23:30:00-05:00", "2027-01-05T06:00:00-05:00"),
        # The clocks go forward in the night to 14 March, and back in the night to 7 November.
        ("2027-03-13T16:00:00-05:00", "2027-03-14T06:00:00-04:00"),
        ("2027-11-06T16:00:00-04:00", "2027-11-07T06:00:00-05:00"),
    ],
)
def test_it_is_the_clinics_hour_of_the_next_day(end: str, again: str) -> None:
    found = next_morning(datetime.fromisoformat(end).astimezone(UTC), NEW_YORK)
    assert found == datetime.fromisoformat(again)

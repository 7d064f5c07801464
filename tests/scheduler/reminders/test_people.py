"""A release to a driver ends with a date of the clinic's calendar, not of another one."""

from datetime import date, datetime

import pytest

from scheduler.reminders.people import People
from scheduler.store.tables import Clinic, RideContact

PEOPLE = People(Clinic(id="oak", timezone="America/New_York"), {}, {}, {}, {})
RIDE = RideContact(
    clinic_id="oak",
    patient_id="ada",
    name="Bea Example",
    phone="+12025550100",
    phone_mark="x",
    released_until=date(2027, 1, 5),
)


@pytest.mark.parametrize(
    ("at", "told"),
    [("2027-01-05T23:30:00-05:00", True), ("2027-01-06T00:00:00-05:00", False)],
)
def test_a_driver_is_told_until_the_clinics_day_ends(at: str, told: bool) -> None:
    assert PEOPLE.released(RIDE, datetime.fromisoformat(at)) is told

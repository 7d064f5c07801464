"""The clinic's wall clock, where it skips or repeats itself."""

from datetime import UTC, date, datetime

import pytest

from pathways.scenario import Clinic
from scheduler.planning.verifying.local_time import LocalTime


def clock(zone: str, slot: int = 60) -> LocalTime:
    return LocalTime(Clinic(id="harbor", timezone=zone, slot_minutes=slot, hours={}))


@pytest.mark.parametrize(
    ("zone", "day", "slot", "starts"),
    [
        ("America/New_York", date(2027, 1, 4), 60, 24),
        ("America/New_York", date(2027, 1, 4), 15, 96),
        ("America/New_York", date(2027, 3, 14), 60, 23),
        ("America/New_York", date(2027, 11, 7), 60, 24),
        ("Australia/Lord_Howe", date(2027, 10, 3), 60, 23),
        ("Australia/Lord_Howe", date(2027, 10, 3), 30, 47),
        ("Australia/Lord_Howe", date(2027, 4, 4), 30, 48),
        ("America/Santiago", date(2027, 9, 5), 60, 23),
        ("Pacific/Apia", date(2011, 12, 30), 60, 0),
    ],
)
def test_the_grid_holds_each_time_that_occurs_once(
    zone: str, day: date, slot: int, starts: int
) -> None:
    local = clock(zone, slot)
    found = local.grid_starts(day)
    assert len(found) == starts
    assert list(found) == sorted(set(found))
    assert all(local.day(moment) == day and local.is_on_grid(moment) for moment in found)


def test_an_appointment_touches_each_of_its_dates() -> None:
    local = clock("America/New_York")
    first, second = datetime(2027, 1, 4, 20, tzinfo=UTC), datetime(2027, 1, 5, 20, tzinfo=UTC)
    midnight = datetime(2027, 1, 5, 5, tzinfo=UTC)
    assert local.days_touched(first, first) == [date(2027, 1, 4)]
    assert local.days_touched(first, midnight) == [date(2027, 1, 4)]
    assert local.days_touched(first, second) == [date(2027, 1, 4), date(2027, 1, 5)]
    assert local.days_touched(second, first) == [date(2027, 1, 5)]

"""Wall-clock time, checked against a search through all instants of the neighbourhood."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pathways import timing
from pathways.timing import Interval, Window

ALL_ZONES = sorted(zoneinfo.available_timezones())
NEW_YORK = timing.zone("America/New_York")
BERLIN = timing.zone("Europe/Berlin")
SYDNEY = timing.zone("Australia/Sydney")
SANTIAGO = timing.zone("America/Santiago")
LORD_HOWE = timing.zone("Australia/Lord_Howe")

YEAR = 365 * 24 * 60 * 60

zones = st.sampled_from(ALL_ZONES).map(timing.zone)
days = st.dates(date(1975, 1, 1), date(2036, 12, 31))
minutes = st.integers(0, timing.MINUTES_A_DAY)
windows = st.lists(st.integers(0, timing.MINUTES_A_DAY), min_size=2, max_size=2, unique=True).map(
    lambda edges: Window(min(edges), max(edges))
)


def clock_shows(moment: datetime, tz: ZoneInfo) -> datetime:
    """The wall-clock reading, as digits only: UTC stands in for "no zone"."""
    return moment.astimezone(tz).replace(tzinfo=UTC, fold=0)


def by_trying_every_offset(day: date, minute: int, tz: ZoneInfo) -> datetime:
    """The first instant at which the clock shows this, or passes it; by a plain search.

    Zones lie within 26 hours of UTC, so every offset in force near the day is among those seen.
    """
    digits = datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=minute)
    around = [digits + timedelta(minutes=15 * step) for step in range(-4 * 30, 4 * 30)]
    offsets = {moment.astimezone(tz).utcoffset() or timedelta() for moment in around}
    showing = [digits - off for off in offsets if clock_shows(digits - off, tz) == digits]
    if showing:
        return min(showing)
    last = max(moment for moment in around if clock_shows(moment, tz) < digits)
    steps = [last + timedelta(minutes=step) for step in range(16)]
    return next(moment for moment in steps if clock_shows(moment, tz) > digits)


@given(day=days, minute=minutes, tz=zones)
@example(day=date(2027, 3, 14), minute=150, tz=NEW_YORK)
@example(day=date(2027, 11, 7), minute=90, tz=NEW_YORK)
@example(day=date(2027, 10, 3), minute=135, tz=LORD_HOWE)
@example(day=date(2027, 4, 4), minute=105, tz=LORD_HOWE)
@example(day=date(2027, 9, 5), minute=0, tz=SANTIAGO)  # midnight itself does not exist
@example(day=date(2027, 4, 3), minute=1440, tz=SANTIAGO)  # 24:00 after 23:00-24:00 came twice
@example(day=date(2011, 12, 30), minute=600, tz=timing.zone("Pacific/Apia"))  # a day left out
def test_an_instant_is_what_a_search_through_all_offsets_finds(
    day: date, minute: int, tz: ZoneInfo
) -> None:
    assert timing.instant(day, minute, tz) == by_trying_every_offset(day, minute, tz)


@given(day=days, minute=st.integers(0, timing.MINUTES_A_DAY - 1), tz=zones)
def test_a_wall_time_that_exists_is_shown_at_its_instant(
    day: date, minute: int, tz: ZoneInfo
) -> None:
    found = timing.instant(day, minute, tz)
    shown = clock_shows(found, tz)
    wanted = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=UTC)
    assert shown == wanted or clock_shows(found - timedelta(seconds=1), tz) < wanted < shown


@given(day=days, tz=zones, pair=st.tuples(minutes, minutes))
def test_later_minutes_of_a_day_are_never_earlier_instants(
    day: date, tz: ZoneInfo, pair: tuple[int, int]
) -> None:
    earlier, later = sorted(pair)
    assert timing.instant(day, earlier, tz) <= timing.instant(day, later, tz)


@given(day=days, tz=zones)
def test_the_midnight_that_ends_a_day_begins_the_next(day: date, tz: ZoneInfo) -> None:
    assert timing.instant(day, 1440, tz) == timing.instant(day + timing.ONE_DAY, 0, tz)


@given(day=days, tz=zones, minute=minutes)
def test_instants_are_told_in_utc(day: date, tz: ZoneInfo, minute: int) -> None:
    assert timing.instant(day, minute, tz).tzinfo is UTC


@pytest.mark.parametrize(
    ("tz", "day", "clock", "utc"),
    [
        # Clocks jump from 02:00 EST to 03:00 EDT, which is 07:00 UTC.
        (NEW_YORK, date(2027, 3, 14), "01:59", "2027-03-14T06:59"),
        (NEW_YORK, date(2027, 3, 14), "02:00", "2027-03-14T07:00"),
        (NEW_YORK, date(2027, 3, 14), "02:59", "2027-03-14T07:00"),
        (NEW_YORK, date(2027, 3, 14), "03:00", "2027-03-14T07:00"),
        (BERLIN, date(2027, 3, 28), "02:30", "2027-03-28T01:00"),
        (SYDNEY, date(2027, 10, 3), "02:30", "2027-10-02T16:00"),
        # Santiago has no 00:00 to 00:59 on the day on which its clocks go forward.
        (SANTIAGO, date(2027, 9, 5), "00:00", "2027-09-05T04:00"),
        (SANTIAGO, date(2027, 9, 5), "00:45", "2027-09-05T04:00"),
        # Lord Howe moves by half an hour: 02:00 (+10:30) becomes 02:30 (+11:00).
        (LORD_HOWE, date(2027, 10, 3), "02:15", "2027-10-02T15:30"),
        (LORD_HOWE, date(2027, 10, 3), "02:30", "2027-10-02T15:30"),
    ],
)
def test_a_wall_time_that_does_not_occur_is_the_instant_of_the_change(
    tz: ZoneInfo, day: date, clock: str, utc: str
) -> None:
    found = timing.instant(day, timing.clock_minutes(clock), tz)
    assert found == datetime.fromisoformat(utc + "+00:00")


@pytest.mark.parametrize(
    ("tz", "day", "clock", "utc"),
    [
        (NEW_YORK, date(2027, 11, 7), "01:00", "2027-11-07T05:00"),
        (NEW_YORK, date(2027, 11, 7), "01:30", "2027-11-07T05:30"),
        (NEW_YORK, date(2027, 11, 7), "02:00", "2027-11-07T07:00"),
        (BERLIN, date(2027, 10, 31), "02:30", "2027-10-31T00:30"),
        (SYDNEY, date(2027, 4, 4), "02:30", "2027-04-03T15:30"),
        (SANTIAGO, date(2027, 4, 3), "23:30", "2027-04-04T02:30"),
        (LORD_HOWE, date(2027, 4, 4), "01:45", "2027-04-03T14:45"),
    ],
)
def test_a_wall_time_that_occurs_twice_is_the_first(
    tz: ZoneInfo, day: date, clock: str, utc: str
) -> None:
    found = timing.instant(day, timing.clock_minutes(clock), tz)
    assert found == datetime.fromisoformat(utc + "+00:00")


@pytest.mark.parametrize(
    ("tz", "day", "hours"),
    [
        (NEW_YORK, date(2027, 3, 14), 23),
        (NEW_YORK, date(2027, 11, 7), 25),
        (LORD_HOWE, date(2027, 10, 3), 23.5),
        (LORD_HOWE, date(2027, 4, 4), 24.5),
        (SANTIAGO, date(2027, 9, 5), 23),
        (SANTIAGO, date(2027, 4, 3), 25),
    ],
)
def test_a_day_on_which_clocks_change_is_shorter_or_longer(
    tz: ZoneInfo, day: date, hours: float
) -> None:
    whole = timing.interval(day, Window(0, 1440), tz)
    assert whole.end - whole.start == timedelta(hours=hours)


def test_a_window_that_the_clocks_skip_is_empty() -> None:
    skipped = timing.interval(date(2027, 3, 14), timing.window("02:00-03:00"), NEW_YORK)
    assert skipped.start == skipped.end


def test_a_window_across_the_repeated_hour_holds_it_twice() -> None:
    night = timing.interval(date(2027, 11, 7), timing.window("00:30-03:00"), NEW_YORK)
    assert night.end - night.start == timedelta(hours=3, minutes=30)


@pytest.mark.parametrize(
    ("tz", "dose_on", "offset"),
    [
        (NEW_YORK, date(2027, 3, 13), "-04:00"),
        (NEW_YORK, date(2027, 11, 6), "-05:00"),
        (BERLIN, date(2027, 3, 27), "+02:00"),
        (BERLIN, date(2027, 10, 30), "+01:00"),
        (SYDNEY, date(2027, 10, 2), "+11:00"),
        (SYDNEY, date(2027, 4, 3), "+10:00"),
        (SANTIAGO, date(2027, 9, 4), "-03:00"),
        (SANTIAGO, date(2027, 4, 3), "-04:00"),
        (LORD_HOWE, date(2027, 10, 2), "+11:00"),
        (LORD_HOWE, date(2027, 4, 3), "+10:30"),
    ],
)
def test_driving_resumes_at_the_local_morning_after_a_night_of_changing_clocks(
    tz: ZoneInfo, dose_on: date, offset: str
) -> None:
    morning = dose_on + timing.ONE_DAY
    expected = datetime.fromisoformat(f"{morning}T06:00:00{offset}")
    assert timing.next_day_at(dose_on, 6 * 60, tz) == expected


@given(day=days, tz=zones, minute=st.integers(0, 1439))
def test_the_next_day_is_the_next_date_of_the_calendar(
    day: date, tz: ZoneInfo, minute: int
) -> None:
    found = timing.next_day_at(day, minute, tz)
    assert found == by_trying_every_offset(day + timing.ONE_DAY, minute, tz)


@given(seconds=st.integers(0, 60 * YEAR), tz=zones)
def test_a_local_date_is_the_day_whose_midnights_enclose_the_instant(
    seconds: int, tz: ZoneInfo
) -> None:
    moment = datetime(1975, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    day = timing.local_date(moment, tz)
    assert timing.instant(day, 0, tz) <= moment < timing.instant(day, 1440, tz)


def test_only_iana_names_are_zones() -> None:
    for name in ("Berlin", "EST5EDT4", "../etc/passwd", "", "america/new_york ", "UTC+2"):
        with pytest.raises(ValueError, match="IANA"):
            timing.zone(name)


@pytest.mark.parametrize(
    ("text", "minute"), [("00:00", 0), ("09:05", 545), ("12:30", 750), ("23:59", 1439)]
)
def test_a_time_of_day_is_written_hh_mm(text: str, minute: int) -> None:
    assert timing.clock_minutes(text) == minute
    assert timing.clock_text(minute) == text


@pytest.mark.parametrize("text", ["24:00", "9:00", "09:60", "25:00", "0900", "09:00:00", " 09:00"])
def test_what_is_not_a_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write HH:MM"):
        timing.clock_minutes(text)


def test_midnight_may_end_a_day_but_not_begin_one() -> None:
    assert timing.window("22:00-24:00") == Window(22 * 60, 24 * 60)
    with pytest.raises(ValueError, match="HH:MM"):
        timing.window("24:00-24:00")


@pytest.mark.parametrize(
    "text", ["12:00-09:00", "09:00-09:00", "09:00", "09:00-", "09:00 to 12:00"]
)
def test_a_window_that_is_empty_or_malformed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"begins|write HH:MM"):
        timing.window(text)


@given(windows)
def test_a_window_is_read_as_it_is_written(stretch: Window) -> None:
    assert timing.window(str(stretch)) == stretch


@pytest.mark.parametrize(
    ("text", "elapsed"),
    [
        ("PT18H", timedelta(hours=18)),
        ("P1D", timedelta(hours=24)),
        ("P1W", timedelta(days=7)),
        ("P1DT6H30M", timedelta(hours=30, minutes=30)),
        ("PT90M", timedelta(minutes=90)),
        ("PT0S", timedelta()),
    ],
)
def test_a_duration_is_elapsed_time(text: str, elapsed: timedelta) -> None:
    assert timing.duration(text) == elapsed


@pytest.mark.parametrize("text", ["P", "PT", "18H", "P1M", "P1Y", "-PT1H", "PT1.5H", "P1DT", ""])
def test_what_is_not_elapsed_time_is_refused(text: str) -> None:
    """Months and years have no fixed length, so no lag is written in them."""
    with pytest.raises(ValueError, match="ISO 8601"):
        timing.duration(text)


@given(st.integers(0, 10**8).map(lambda seconds: timedelta(seconds=seconds)))
def test_a_duration_is_read_as_it_is_written(elapsed: timedelta) -> None:
    assert timing.duration(timing.duration_text(elapsed)) == elapsed


@given(st.lists(windows, max_size=6))
def test_joining_windows_keeps_every_minute_and_leaves_none_touching(
    stretches: list[Window],
) -> None:
    apart: list[Window] = []
    for stretch in sorted(stretches):
        if not apart or stretch.start >= apart[-1].end:
            apart.append(stretch)
    result = timing.joined(reversed(apart))
    covered = {m for w in apart for m in range(*w)}
    assert {m for w in result for m in range(*w)} == covered
    assert all(before.end < after.start for before, after in pairwise(result))


def test_windows_a_minute_apart_stay_two() -> None:
    morning, rest = timing.window("09:00-11:59"), timing.window("12:00-13:00")
    assert timing.joined([rest, morning]) == (morning, rest)


def test_intervals_that_touch_do_not_overlap() -> None:
    noon = datetime(2027, 1, 4, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    lunch = Interval(noon, noon + hour)
    assert not lunch.overlaps(noon - hour, noon)
    assert not lunch.overlaps(noon + hour, noon + 2 * hour)
    assert lunch.overlaps(noon - hour, noon + timedelta(minutes=1))
    assert lunch.holds(noon, noon + hour)
    assert not lunch.holds(noon, noon + hour + timedelta(minutes=1))


def test_a_week_is_seven_dates_from_the_start_whatever_weekday_that_is() -> None:
    thursday = date(2027, 1, 7)
    assert timing.week_dates(thursday, 1)[0] == thursday
    assert timing.week_dates(thursday, 2) == tuple(
        date(2027, 1, 14) + timedelta(days=number) for number in range(7)
    )


def test_dates_between_includes_both_ends() -> None:
    assert timing.dates_between(date(2027, 2, 27), date(2027, 3, 1)) == [
        date(2027, 2, 27),
        date(2027, 2, 28),
        date(2027, 3, 1),
    ]


def test_weekdays_are_named_from_monday() -> None:
    assert [timing.weekday(day) for day in timing.week_dates(date(2027, 1, 4), 1)] == [
        *("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    ]


@given(
    first=st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    days=st.integers(0, 60),
    name=st.sampled_from(timing.WEEKDAYS),
)
def test_a_weekly_series_meets_on_every_date_of_its_weekday_and_on_no_other(
    first: date, days: int, name: str
) -> None:
    last = first + timedelta(days=days)
    found = timing.weekly(name, first, last)
    assert found == [d for d in timing.dates_between(first, last) if timing.weekday(d) == name]

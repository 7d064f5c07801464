"""Grid, hours, closures, a patient's time and rides, up to the minute and through clock changes."""

from typing import Any

import pytest

from tests.factories import (
    EVERY_DAY,
    Document,
    clinic,
    dose,
    pathway,
    patient,
    practitioner,
    scenario,
    session,
    table,
)
from tests.scheduler.planning.verifying.judging import Placed, broken, placed, warned, with_booked

ALL_DAY = table("00:00-24:00", days=EVERY_DAY)


def visits(number: int = 1, **keys: Any) -> Document:
    """A scenario of hourly visits to the office, of Ada in a clinic with these keys."""
    own = {name: keys.pop(name) for name in ("start", "available", "unavailable") if name in keys}
    return scenario(
        clinic=clinic(**keys),
        pathways=[pathway(session("visit", schedule=[{"weeks": "1-1", "per_week": number}]))],
        patients=[patient(**own)],
    )


@pytest.mark.parametrize(
    ("start", "rules"),
    [
        ("mon 09:00", set()),
        ("mon 16:00", set()),
        ("mon 08:30", {"hours"}),
        ("mon 16:30", {"hours"}),
        ("sat 09:00", {"hours"}),
    ],
)
def test_a_session_lies_inside_the_clinics_hours(start: str, rules: set[str]) -> None:
    assert broken(visits(), placed("visit", start)) == rules


def test_windows_that_touch_are_one() -> None:
    hours = table("09:00-11:00", "11:00-13:00")
    assert broken(visits(hours=hours), placed("visit", "mon 10:30")) == set()


def test_windows_that_do_not_touch_are_two() -> None:
    hours = table("09:00-11:00", "11:30-13:00")
    assert broken(visits(hours=hours), placed("visit", "mon 10:30")) == {"hours"}


@pytest.mark.parametrize(
    ("start", "rules"), [("mon 13:00", set()), ("mon 09:00", {"hours"}), ("tue 09:00", set())]
)
def test_a_date_as_a_key_replaces_its_weekday(start: str, rules: set[str]) -> None:
    hours = table("09:00-12:00") | {"2027-01-04": ["13:00-15:00"]}
    assert broken(visits(hours=hours), placed("visit", start)) == rules


def test_a_date_key_without_windows_takes_the_day_away() -> None:
    available = table("08:00-18:00") | {"2027-01-04": []}
    assert broken(visits(available=available), placed("visit", "mon 09:00")) == {"availability"}


@pytest.mark.parametrize("start", ["mon 12:00", "mon 14:00"])
def test_a_session_reaches_the_edges_of_the_patients_time(start: str) -> None:
    available = table("12:00-15:00")
    assert broken(visits(available=available), placed("visit", start)) == set()


@pytest.mark.parametrize("start", ["mon 11:30", "mon 14:30", "sun 12:00"])
def test_a_session_lies_inside_the_patients_time(start: str) -> None:
    document = visits(available=table("12:00-15:00"), hours=ALL_DAY)
    assert broken(document, placed("visit", start)) == {"availability"}


@pytest.mark.parametrize("day", ["tue", "thu"])
def test_unavailable_dates_include_both_ends(day: str) -> None:
    away = [{"from": "2027-01-05", "to": "2027-01-07"}]
    document = visits(unavailable=away)
    assert broken(document, placed("visit", f"{day} 09:00")) == {"unavailable"}


@pytest.mark.parametrize("day", ["mon", "fri"])
def test_the_dates_beside_unavailable_ones_are_free(day: str) -> None:
    away = [{"from": "2027-01-05", "to": "2027-01-07"}]
    assert broken(visits(unavailable=away), placed("visit", f"{day} 09:00")) == set()


def test_nothing_happens_on_a_closure() -> None:
    document = visits(closures=[{"date": "2027-01-04", "reason": "a storm"}])
    assert broken(document, placed("visit", "mon 09:00")) == {"closure"}
    assert broken(document, placed("visit", "tue 09:00")) == set()


@pytest.mark.parametrize("slot", [5, 10, 15, 20, 30, 60])
def test_starts_are_whole_slots_of_the_wall_clock(slot: int) -> None:
    document = visits(slot_minutes=slot)
    assert broken(document, placed("visit", f"mon 10:{slot % 60:02d}")) == set()
    assert broken(document, placed("visit", "mon 10:59")) == {"slot_minutes"}


def test_a_session_may_end_at_midnight_and_not_after() -> None:
    document = visits(hours=ALL_DAY, available=ALL_DAY)
    assert broken(document, placed("visit", "mon 23:00")) == set()
    assert broken(document, placed("visit", "mon 23:30")) == {"midnight", "hours", "availability"}


def test_week_one_begins_on_the_patients_start_and_has_seven_dates() -> None:
    document = visits(start="2027-01-06", hours=ALL_DAY)
    assert broken(document, placed("visit", "wed 09:00")) == set()
    assert broken(document, placed("visit", "tue 09:00", week=2)) == set()
    assert broken(document, placed("visit", "tue 09:00")) == {"weeks"}
    assert broken(document, placed("visit", "wed 09:00", week=2)) == {"weeks"}


def test_each_week_owns_its_numbers() -> None:
    weeks = [{"weeks": "1-1", "per_week": 2}, {"weeks": "3-3", "per_week": 1}]
    document = scenario(pathways=[pathway(session("visit", schedule=weeks), weeks=3)])
    assert broken(document, placed("visit", "mon 09:00", 2)) == set()
    assert broken(document, placed("visit", "mon 09:00", 3, week=3)) == set()
    assert broken(document, placed("visit", "mon 09:00", 3, week=2)) == {"weeks"}
    assert broken(document, placed("visit", "mon 09:00", 2, week=3)) == {"weeks"}
    assert broken(document, placed("visit", "mon 09:00", 4, week=3)) == {"occurrence"}


def dosed(rides: Document | None) -> Document:
    """Doses of 90 minutes at a clinic that never closes."""
    staff = [practitioner(n, r, hours=ALL_DAY) for n, r in STAFF]
    return scenario(
        clinic=clinic(hours=ALL_DAY, practitioners=staff, groups=[]),
        pathways=[pathway(dose())],
        patients=[patient(available=ALL_DAY, rides=rides)],
    )


STAFF = (("nurse", "monitor"), ("doctor", "prescriber"))


@pytest.mark.parametrize(
    ("start", "rules"),
    [
        ("mon 09:30", set()),
        ("mon 10:00", set()),
        ("mon 10:30", {"ride"}),
        ("mon 09:00", {"ride"}),
        ("tue 10:00", {"ride"}),
    ],
)
def test_a_ride_waits_from_its_first_minute_to_before_its_last(start: str, rules: set[str]) -> None:
    rides = {"mon": ["11:00-12:00"]}
    assert broken(dosed(rides), placed("dose", start)) == rules


def test_rides_that_are_not_told_are_at_any_time() -> None:
    assert broken(dosed(None), placed("dose", "mon 10:30")) == set()
    assert broken(dosed({}), placed("dose", "mon 10:30")) == {"ride"}


def test_a_ride_until_the_end_of_the_day_includes_midnight() -> None:
    assert broken(dosed({"mon": ["22:00-24:00"]}), placed("dose", "mon 22:30")) == set()
    assert broken(dosed({"mon": ["22:00-23:30"]}), placed("dose", "mon 22:30")) == {"ride"}
    assert broken(dosed({"tue": ["00:00-02:00"]}), placed("dose", "mon 22:30")) == {"ride"}


def test_only_after_a_session_that_forbids_driving_is_a_ride_needed() -> None:
    document = visits()
    document["patients"][0]["rides"] = {}
    assert broken(document, placed("visit", "mon 09:00")) == set()


def test_a_locked_appointment_that_breaks_rules_by_itself_is_a_warning() -> None:
    document = with_booked(visits(slot_minutes=30), placed("visit", "sat 08:15"))
    assert warned(document, placed("visit", "sat 08:15")) == {"hours", "slot_minutes"}


NIGHTS = [
    ("America/New_York", "2027-03-14", "2027-11-07"),
    ("Europe/Berlin", "2027-03-28", "2027-10-31"),
    ("Australia/Sydney", "2027-10-03", "2027-04-04"),
    ("America/Santiago", "2027-09-05", "2027-04-03"),
    ("Australia/Lord_Howe", "2027-10-03", "2027-04-04"),
]


def night(zone: str, day: str, **keys: Any) -> Document:
    """A clinic that never closes, and a patient who starts on the day when clocks change."""
    return visits(
        timezone=zone,
        start=day,
        **{"hours": ALL_DAY, "available": ALL_DAY, **keys},
    )


def at(start: str, end: str) -> Placed:
    """A visit with written instants."""
    return placed("visit", "mon 00:00", start=start, end=end)


@pytest.mark.parametrize(("zone", "forward", "back"), NIGHTS)
def test_nothing_is_wrong_with_a_night_on_which_the_clocks_change(
    zone: str, forward: str, back: str
) -> None:
    for day in (forward, back):
        for start in ("00:00", "01:00", "03:30", "22:00"):
            document = night(zone, day)
            assert broken(document, placed("visit", f"{day} {start}")) == set()


def test_a_session_takes_its_minutes_though_the_clock_jumps() -> None:
    document = night("America/New_York", "2027-03-14")
    assert broken(document, at("2027-03-14T01:30:00-05:00", "2027-03-14T03:30:00-04:00")) == set()
    wrong = at("2027-03-14T01:30:00-05:00", "2027-03-14T03:00:00-04:00")
    assert broken(document, wrong) == {"minutes"}


def test_a_window_ends_at_the_change_where_its_end_does_not_occur() -> None:
    short = {**ALL_DAY, "sun": ["00:00-02:30"]}
    document = night("America/New_York", "2027-03-14", hours=short)
    assert broken(document, at("2027-03-14T01:00:00-05:00", "2027-03-14T03:00:00-04:00")) == set()
    late = at("2027-03-14T01:30:00-05:00", "2027-03-14T03:30:00-04:00")
    assert broken(document, late) == {"hours"}


def test_a_window_ends_at_the_first_of_two_equal_times() -> None:
    short = {**ALL_DAY, "sun": ["00:00-01:30"]}
    document = night("America/New_York", "2027-11-07", hours=short)
    first = at("2027-11-07T00:30:00-04:00", "2027-11-07T01:30:00-04:00")
    assert broken(document, first) == set()
    second = at("2027-11-07T01:30:00-04:00", "2027-11-07T01:30:00-05:00")
    assert broken(document, second) == {"hours"}


def test_a_start_may_be_at_either_of_two_equal_times() -> None:
    document = night("America/New_York", "2027-11-07")
    assert broken(document, at("2027-11-07T01:30:00-04:00", "2027-11-07T01:30:00-05:00")) == set()
    assert broken(document, at("2027-11-07T01:30:00-05:00", "2027-11-07T02:30:00-05:00")) == set()


def test_where_clocks_move_by_half_an_hour_the_grid_is_that_of_the_wall_clock() -> None:
    document = night("Australia/Lord_Howe", "2027-10-03", slot_minutes=60)
    on_grid = at("2027-10-03T03:00:00+11:00", "2027-10-03T04:00:00+11:00")
    assert broken(document, on_grid) == set()
    at_the_change = at("2027-10-03T02:30:00+11:00", "2027-10-03T03:30:00+11:00")
    assert broken(document, at_the_change) == {"slot_minutes"}


def test_the_day_ends_at_midnight_where_the_clock_goes_back_before_it() -> None:
    document = night("America/Santiago", "2027-04-03")
    last = at("2027-04-03T23:00:00-04:00", "2027-04-04T00:00:00-04:00")
    assert broken(document, last) == set()
    over = at("2027-04-03T23:30:00-04:00", "2027-04-04T00:30:00-04:00")
    assert broken(document, over) == {"midnight", "hours", "availability"}


def test_driving_resumes_at_the_clocks_hour_on_the_day_after_whatever_the_clocks_do() -> None:
    document = dosed(None)
    document["patients"][0]["start"] = "2027-03-13"
    start = "2027-03-13 10:00"
    right = [{"kind": "no-driving", "text": "", "until": "2027-03-14T06:00:00-04:00"}]
    wrong = [{"kind": "no-driving", "text": "", "until": "2027-03-14T07:00:00-04:00"}]
    assert broken(document, placed("dose", start, notes=right)) == set()
    assert broken(document, placed("dose", start, notes=wrong)) == {"no_driving"}


def test_the_clinic_says_from_when_patients_drive() -> None:
    document = dosed(None)
    document["clinic"]["resume_driving"] = "07:30"
    six = [{"kind": "no-driving", "text": "", "until": "2027-01-05T06:00:00-05:00"}]
    assert broken(document, placed("dose", "mon 10:00")) == set()
    assert broken(document, placed("dose", "mon 10:00", notes=six)) == {"no_driving"}


def test_nothing_unlocked_starts_before_now() -> None:
    document = visits() | {"now": "2027-01-05T10:00:00-05:00"}
    assert broken(document, placed("visit", "tue 09:30")) == {"past"}
    assert broken(document, placed("visit", "tue 10:00")) == set()
    locked = with_booked(document, placed("visit", "tue 09:30"))
    assert warned(locked, placed("visit", "tue 09:30")) == set()

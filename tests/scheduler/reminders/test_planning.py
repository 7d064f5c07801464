"""When each message goes: calendar days, elapsed hours, the hours for messages, what ends it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathways import timing
from scheduler.reminders.catalogue import catalogue, usual_ladder
from scheduler.reminders.planning import (
    OUTWARD,
    Happening,
    Recipient,
    Subject,
    Wanted,
    shifted,
    wanted,
)

NEW_YORK = ZoneInfo("America/New_York")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = sorted(available_timezones())[::11]
"""Some fifty zones from all over the list, Lord Howe's half hour and Apia's missing day apart."""


def happening(
    start: datetime,
    *,
    zone: ZoneInfo = NEW_YORK,
    state: str = "",
    about: str = "dose",
    **more: timedelta,
) -> Happening:
    drug = start + timedelta(minutes=15)
    return Happening(
        about=about,
        subject=Subject("appointment", "one"),
        patient=Recipient("patient:ada", zone, state),
        start=start,
        end=start + timedelta(hours=2),
        first_drug=drug,
        cut_off=drug - more.get("food", timedelta(hours=6)),
        note_until=timing.next_day_at(timing.local_date(start, zone), 360, zone),
    )


def told(
    start: datetime, *, now: datetime = LONG_AGO, **more: object
) -> dict[tuple[str, int, str], Wanted]:
    found = wanted(happening(start, **more), usual_ladder(), now=now)  # type: ignore[arg-type]  # as given
    return {(one.kind, one.step, one.channel): one for one in found}


def local(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    day, clock = text.split()
    minutes = timing.clock_minutes(clock)
    return timing.instant(datetime.fromisoformat(day).date(), minutes, zone)


def test_a_day_before_is_the_same_time_of_day_and_a_day_of_hours_is_not() -> None:
    after_change = local("2027-03-14 10:00")
    assert shifted(after_change, "-P1D", NEW_YORK) == local("2027-03-13 10:00")
    assert shifted(after_change, "-PT24H", NEW_YORK) == local("2027-03-13 09:00")
    with pytest.raises(ValueError, match="write it like -P1D or PT4H"):
        shifted(after_change, "a day", NEW_YORK)


def test_the_ladder_of_a_dose_goes_at_its_days() -> None:
    found = told(local("2027-01-19 13:30"))
    assert found["N-09", 0, "sms"].due_at == local("2027-01-12 13:30")
    assert found["N-10", 0, "sms"].due_at == local("2027-01-16 13:30")
    assert found["N-11", 0, "sms"].due_at == local("2027-01-18 15:00")
    assert found["N-13", 0, "sms"].due_at == local("2027-01-19 11:30")
    assert found["N-22", 0, "sms"].due_at == local("2027-01-20 09:30")


def test_cut_offs_are_told_two_hours_before_the_first_of_them() -> None:
    early = told(local("2027-01-19 08:30"))["N-11", 0, "sms"]
    assert early.due_at == local("2027-01-18 15:00")
    assert early.expires_at == local("2027-01-19 00:45")
    long_fast = told(local("2027-01-19 08:30"), food=timedelta(hours=20))["N-11", 0, "sms"]
    assert long_fast.due_at == local("2027-01-18 10:45")


def test_what_cannot_be_told_before_the_cut_off_is_held_back() -> None:
    now = local("2027-01-18 22:00")
    late = told(local("2027-01-19 08:30"), now=now)["N-11", 0, "sms"]
    assert late.status == "suppressed"
    assert "too late" in late.reason


def test_two_hours_before_a_morning_session_nobody_is_woken() -> None:
    early = told(local("2027-01-19 10:00"))["N-13", 0, "sms"]
    assert (early.status, early.due_at) == ("suppressed", local("2027-01-19 08:00"))


def test_a_check_in_whose_hour_is_after_eight_comes_earlier_and_in_oklahoma_too() -> None:
    found = told(local("2027-01-19 15:00"))["N-21", 0, "sms"]
    assert found.due_at == local("2027-01-19 19:55")


def test_what_was_due_before_it_was_planned_is_shown_and_does_not_go() -> None:
    now = local("2027-01-18 16:00")
    found = told(local("2027-01-19 13:30"), now=now)
    assert found["N-09", 0, "sms"].status == "expired"
    assert found["N-11", 0, "sms"].status == "pending"
    assert found["N-11", 0, "sms"].due_at == now


def test_the_note_goes_when_the_drug_is_given_at_any_hour() -> None:
    found = told(local("2027-01-19 21:30"))["N-19", 0, "sms"]
    assert found.due_at == local("2027-01-19 21:45")
    assert found.expires_at == local("2027-01-20 06:00")


def test_the_first_week_has_a_message_more() -> None:
    start = local("2027-01-06 13:00")
    group = happening(start, about="group")
    first = Happening(**{**group.__dict__, "first_week": True})
    assert len(list(wanted(group, usual_ladder(), now=LONG_AGO))) == 1
    assert [one.due_at for one in wanted(first, usual_ladder(), now=LONG_AGO)] == [
        local("2027-01-05 13:00"),
        local("2027-01-03 13:00"),
    ]


def test_every_reminder_of_the_usual_ladder_is_in_the_catalogue() -> None:
    assert {entry.id for entry in usual_ladder()} <= set(catalogue().kinds)


@given(
    name=st.sampled_from(ZONES),
    state=st.sampled_from(["", "OK"]),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001  (zone is added)
    ahead=st.integers(0, 20 * 24 * 60),
    about=st.sampled_from(["dose", "group", "integration", "ride", "virtual session", "family"]),
)
def test_nothing_leaves_the_house_outside_the_hours_or_after_what_ends_it(
    name: str, state: str, start: datetime, ahead: int, about: str
) -> None:
    zone = ZoneInfo(name)
    begins = start.replace(tzinfo=UTC)
    now = begins - timedelta(minutes=ahead)
    for one in wanted(
        happening(begins, zone=zone, state=state, about=about), usual_ladder(), now=now
    ):
        if one.status != "pending" or one.channel not in OUTWARD:
            continue
        assert now <= one.due_at < one.expires_at
        clock = one.due_at.astimezone(zone)
        if one.kind != "N-19":
            assert 9 <= clock.hour < 20, (one, clock)
        if catalogue().kinds[one.kind].until == "start":
            assert one.expires_at <= begins

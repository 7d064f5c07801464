"""Group series: which may be joined, how meetings are numbered, how many come."""

from typing import Any

import pytest

from tests.factories import (
    Document,
    clinic,
    group,
    location,
    pathway,
    patient,
    practitioner,
    scenario,
    series,
    session,
    table,
)
from tests.scheduler.planning.verifying.judging import (
    Placed,
    broken,
    placed,
    unplaced,
    verdict,
    warned,
    with_booked,
)

MONDAYS = [{"day": "mon", "start": "09:00", "end": "10:00"}]
THREE = [{"day": day, "start": "09:00", "end": "10:00"} for day in ("mon", "wed", "fri")]
ADAS = [{"patient": "ada", "activity": "group", "series": "mornings"}]
ONE, TWO = placed("group", "mon 09:00", 1), placed("group", "wed 09:00", 2)


def grouped(*groups: Document, weeks: str = "1-1", **keys: Any) -> Document:
    """Ada, who comes to a group twice a week."""
    activity = group(schedule=[{"weeks": weeks, "per_week": 2}])
    return scenario(
        clinic=clinic(groups=list(groups) or [series()]),
        pathways=[pathway(activity, session("visit"), weeks=4)],
        patients=[patient(**keys)],
    )


def joined(document: Document, *wanted: Placed, **keys: Any) -> set[str]:
    return broken(document, *wanted, series=["mornings"], **keys)


def test_a_patient_attends_the_meetings_of_their_series() -> None:
    assert joined(grouped(), ONE, TWO) == set()


def test_meetings_are_numbered_in_order_of_time() -> None:
    swapped = (placed("group", "mon 09:00", 2), placed("group", "wed 09:00", 1))
    assert joined(grouped(), *swapped) == {"group"}


def test_a_series_counts_from_the_patients_own_week() -> None:
    document = grouped(start="2027-01-06")
    wednesday, monday = placed("group", "wed 09:00", 1), placed("group", "mon 09:00", 2, week=2)
    assert joined(document, wednesday, monday) == set()


def test_weeks_without_meetings_use_no_number() -> None:
    document = grouped()
    blocks = [{"weeks": "1-1", "per_week": 2}, {"weeks": "3-3", "per_week": 2}]
    document["pathways"][0]["activities"][0]["schedule"] = blocks
    third, fourth = placed("group", "mon 09:00", 3, week=3), placed("group", "wed 09:00", 4, week=3)
    assert joined(document, ONE, TWO, third, fourth) == set()


@pytest.mark.parametrize(
    "other",
    [
        series(weekly=MONDAYS),
        series(weekly=THREE),
        series(modality="virtual"),
        series(activity="yoga"),
    ],
    ids=["too seldom", "too often", "another modality", "another activity"],
)
def test_a_series_that_does_not_qualify_is_not_joined(other: Document) -> None:
    document = grouped(other)
    entry = {"patient": "ada", "activity": "group", "series": "mornings"}
    assert "groups" in broken(document, groups=[entry])


@pytest.mark.parametrize(
    ("hours", "qualifies"),
    [("09:00-10:00", True), ("09:30-12:00", False), ("08:00-09:30", False)],
)
def test_a_series_lies_inside_the_available_weekdays(hours: str, qualifies: bool) -> None:
    document = grouped(available=table(hours))
    wanted = (ONE, TWO) if qualifies else ()
    assert ("groups" in joined(document, *wanted)) is not qualifies


def test_all_weekly_meetings_lie_inside_the_available_weekdays() -> None:
    assert "groups" in joined(grouped(available={"mon": ["08:00-12:00"]}), ONE)


def test_a_date_key_does_not_keep_a_series_from_qualifying() -> None:
    document = grouped(available=table("08:00-18:00") | {"2027-01-04": ["12:00-18:00"]})
    assert joined(document, TWO) == set()
    assert joined(document, ONE, TWO) == {"availability"}


def test_a_meeting_on_an_unavailable_date_is_unplaced() -> None:
    document = grouped(unavailable=[{"from": "2027-01-06", "to": "2027-01-06"}])
    assert joined(document, ONE) == set()
    assert joined(document, ONE, TWO) == {"unavailable"}


def test_a_fixed_series_that_qualifies_is_the_one_to_join() -> None:
    document = grouped(series("evenings"), series(), groups={"group": "evenings"})
    assert joined(document, ONE, TWO) == {"groups"}
    assert broken(document, ONE, TWO, series=["evenings"]) == set()
    assert broken(document) == set()


def test_a_patient_whose_fixed_series_does_not_qualify_is_in_none() -> None:
    document = grouped(series(), series("mondays", weekly=MONDAYS), groups={"group": "mondays"})
    assert broken(document) == set()
    assert "groups" in broken(document, series=["mondays"])
    assert "groups" in joined(document, ONE, TWO)


def test_a_patient_in_no_series_is_unplaced_as_a_whole() -> None:
    whole = [unplaced("group", 0, "group"), unplaced("visit", 1)]
    assert broken(grouped(), unplaced=whole) == set()
    single = [unplaced("group", 1, "group"), unplaced("visit", 1)]
    assert broken(grouped(), unplaced=single) == {"unplaced"}
    assert joined(grouped(), ONE, TWO, unplaced=whole) == {"unplaced"}


def test_no_meeting_is_attended_without_a_series() -> None:
    assert broken(grouped(), ONE, TWO) == {"occurrence"}


@pytest.mark.parametrize("how", ["closure", "cancelled"])
def test_a_meeting_that_falls_out_is_not_asked_for_and_keeps_its_number(how: str) -> None:
    cancelled = ["2027-01-04"] if how == "cancelled" else []
    document = grouped(series(cancelled=cancelled))
    if how == "closure":
        document["clinic"]["closures"] = [{"date": "2027-01-04", "reason": ""}]
    assert joined(document, TWO) == set()
    assert "occurrence" in joined(document, ONE, TWO)
    left = [unplaced("group", 1), unplaced("visit", 1)]
    assert joined(document, TWO, unplaced=left) == {"unplaced"}


def test_a_meeting_before_now_is_not_asked_for_unless_it_is_locked() -> None:
    document = grouped() | {"now": "2027-01-04T09:30:00-05:00"}
    assert joined(document, TWO) == set()
    assert joined(document, ONE, TWO) == {"occurrence", "past"}
    locked = with_booked(document, ONE)
    assert warned(locked, ONE, TWO, groups=ADAS) == set()


def test_a_meeting_from_now_on_is_asked_for() -> None:
    document = grouped() | {"now": "2027-01-04T09:00:00-05:00"}
    assert joined(document, ONE, TWO) == set()


def test_a_settled_meeting_is_not_asked_for() -> None:
    document = grouped(settled=[{"activity": "group", "occurrence": 1, "outcome": "missed"}])
    assert joined(document, TWO) == set()
    assert joined(document, ONE, TWO) == {"occurrence"}


def test_a_meeting_may_lie_outside_the_clinics_hours_and_beside_the_grid() -> None:
    late = [{"day": day, "start": "17:10", "end": "17:55"} for day in ("mon", "wed")]
    document = grouped(series(weekly=late))
    times = {"start": "2027-01-04T17:10:00-05:00", "end": "2027-01-04T17:55:00-05:00"}
    wednesday = {"start": "2027-01-06T17:10:00-05:00", "end": "2027-01-06T17:55:00-05:00"}
    one = placed("group", "mon 17:10", 1, **times)
    assert joined(document, one, placed("group", "wed 17:10", 2, **wednesday)) == set()


def test_a_facilitator_needs_no_hours() -> None:
    document = grouped()
    document["clinic"]["practitioners"][3]["hours"] = {}
    assert joined(document, ONE, TWO) == set()


def crowd(seats: int, room: int | None) -> tuple[Document, list[Placed], list[Document]]:
    """Three patients of one series of so many seats in a room of so many."""
    names = ("ada", "ben", "cleo")
    places = [location("group-room", "group-room", capacity=room), location("office")]
    document = scenario(
        clinic=clinic(groups=[series(capacity=seats)], locations=places),
        pathways=[pathway(group())],
        patients=[patient(name) for name in names],
    )
    wanted = [
        placed("group", start, number, who=(name,))
        for name in names
        for number, start in ((1, "mon 09:00"), (2, "wed 09:00"))
    ]
    entries = [{"patient": n, "activity": "group", "series": "mornings"} for n in names]
    return document, wanted, entries


@pytest.mark.parametrize(
    ("seats", "room", "rules"),
    [
        (3, None, set()),
        (2, None, {"capacity"}),
        (8, 3, set()),
        (8, 2, {"capacity"}),
        (2, 8, {"capacity"}),
    ],
)
def test_seats_are_those_of_the_series_and_of_its_location(
    seats: int, room: int | None, rules: set[str]
) -> None:
    document, wanted, entries = crowd(seats, room)
    assert broken(document, *wanted, groups=entries) == rules


def test_seats_count_for_each_meeting_by_itself() -> None:
    document, wanted, entries = crowd(2, None)
    ada_monday, _, ben_monday, ben_wednesday, _, cleo_wednesday = wanted
    some = (ada_monday, ben_monday, ben_wednesday, cleo_wednesday)
    assert broken(document, *some, groups=entries) == set()


def test_a_full_meeting_is_one_fault() -> None:
    document, wanted, entries = crowd(2, None)
    found = verdict(document, *wanted, groups=entries)
    assert [fault.words for fault in found.faults] == [
        "3 attend a meeting that has 2 seats",
        "3 attend a meeting that has 2 seats",
    ]


def online() -> Document:
    """Two series that meet at the same time at one virtual location."""
    document = crowd(1, None)[0]
    keys = {"capacity": 1, "location": "video", "modality": "virtual"}
    both = [series("one", **keys), series("two", facilitator="doctor", **keys)]
    document["clinic"] = clinic(groups=both)
    document["pathways"][0]["activities"][0]["modality"] = "virtual"
    return document


def online_places() -> list[Placed]:
    """Ada with the first one's facilitator, Ben with the second one's."""
    return [
        placed("group", start, number, who=(who,), practitioners=[leader])
        for who, leader in (("ada", "facilitator"), ("ben", "doctor"))
        for number, start in ((1, "mon 09:00"), (2, "wed 09:00"))
    ]


def entries(**series_of: str) -> list[Document]:
    return [{"patient": who, "activity": "group", "series": s} for who, s in series_of.items()]


def test_series_that_meet_online_at_the_same_time_have_seats_of_their_own() -> None:
    document = online()
    assert broken(document, *online_places(), groups=entries(ada="one", ben="two")) == set()


def test_a_locked_meeting_of_two_series_at_once_fixes_one_of_them() -> None:
    locked = with_booked(online(), online_places()[2])
    assert broken(locked, *online_places(), groups=entries(ada="one", ben="two")) == set()


def test_locked_places_fill_a_meeting() -> None:
    document, wanted, entries = crowd(1, None)
    mondays = [one for one in wanted if one.number == 1]
    locked = with_booked(document, *mondays)
    assert warned(locked, *mondays, groups=entries) == {"capacity"}
    two = with_booked(document, *mondays[:2])
    assert broken(two, *mondays, groups=entries) == {"capacity"}


LATE = [{"day": day, "start": "14:00", "end": "15:00"} for day in ("tue", "thu")]
LATE_ONE = placed("group", "tue 14:00", 1)
LATE_TWO = placed("group", "thu 14:00", 2)


def with_late_series(*locked: Placed, **keys: Any) -> Document:
    """A series in the afternoon as well, and locked meetings."""
    return with_booked(grouped(series(), series("late", weekly=LATE), **keys), *locked)


def test_a_locked_meeting_fixes_the_series() -> None:
    document = with_late_series(LATE_ONE)
    assert broken(document, LATE_ONE, LATE_TWO, series=["late"]) == set()
    assert "groups" in broken(document, LATE_ONE, TWO, series=["mornings"])


def test_a_locked_meeting_goes_before_a_wish() -> None:
    document = with_late_series(LATE_ONE, groups={"group": "mornings"})
    assert broken(document, LATE_ONE, LATE_TWO, series=["late"]) == set()


def test_a_series_that_a_locked_meeting_fixes_need_not_qualify() -> None:
    seldom = [{"day": "tue", "start": "14:00", "end": "15:00"}]
    document = with_booked(grouped(series(), series("late", weekly=seldom)), LATE_ONE)
    assert broken(document, LATE_ONE, series=["late"]) == set()


def test_a_booked_meeting_that_is_not_locked_fixes_nothing() -> None:
    late = with_late_series()
    document = with_booked(late, LATE_ONE, locked=False)
    assert broken(document, ONE, TWO, series=["mornings"]) == set()


@pytest.mark.parametrize("locked", [(LATE_TWO, ONE), (ONE, LATE_TWO)])
def test_the_latest_locked_meeting_decides(locked: tuple[Placed, ...]) -> None:
    document = with_late_series(*locked)
    assert broken(document, ONE, LATE_TWO, series=["late"]) == set()
    assert "groups" in broken(document, ONE, LATE_TWO, series=["mornings"])


@pytest.mark.parametrize("late", [True, False])
def test_a_locked_meeting_of_no_series_leaves_it_to_another(late: bool) -> None:
    stray = placed("group", "fri 12:00" if late else "mon 12:00", 2)
    document = with_late_series(LATE_ONE, stray)
    assert "groups" in broken(document, LATE_ONE, stray, series=["mornings"])
    assert broken(document, LATE_ONE, stray, series=["late"]) == set()


def test_a_locked_meeting_of_no_series_fixes_nothing_and_takes_its_room() -> None:
    stray = placed("group", "fri 12:00", 1)
    document = with_booked(grouped(), stray)
    found = verdict(document, stray, TWO, series=["mornings"])
    assert {warning.rule for warning in found.warnings} == {"group"}
    assert found.faults == ()
    in_the_room = {"needs": [{"location": "group-room"}, {"role": "therapist", "skill": "group"}]}
    document["pathways"][0]["activities"][1].update(in_the_room)
    assert joined(document, stray, TWO, placed("visit", "fri 12:30")) == {
        "location",
        "overlap",
        "practitioner",
    }
    assert joined(document, stray, TWO, placed("visit", "fri 13:00")) == set()


def test_a_locked_meeting_that_fell_out_is_a_warning() -> None:
    document = with_booked(grouped(series(cancelled=["2027-01-04"])), ONE)
    assert {w.rule for w in verdict(document, ONE, TWO, series=["mornings"]).warnings} == {
        "occurrence"
    }


def test_two_patients_in_one_series_share_its_room_and_its_facilitator() -> None:
    document, wanted, entries = crowd(8, None)
    document["clinic"]["practitioners"] = [practitioner("facilitator", "therapist")]
    assert broken(document, *wanted, groups=entries) == set()

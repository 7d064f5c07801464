"""How one patient's appointments keep apart."""

from typing import Any

import pytest

from tests.factories import Document, dose, pathway, patient, scenario, session
from tests.scheduler.planning.verifying.judging import (
    Placed,
    broken,
    placed,
    verdict,
    warned,
    with_booked,
)

OFTEN = [{"weeks": "1-4", "per_week": 3}]


def visits(*more: Document, **keys: Any) -> Document:
    """Three visits a week for four weeks, with these rules."""
    visit = session("visit", schedule=OFTEN, **keys)
    return scenario(pathways=[pathway(visit, *more, weeks=4)])


def on(*days: str, week: int = 1) -> list[Placed]:
    """Visits at nine on these days of a week."""
    return [
        placed("visit", f"{day} 09:00", 3 * (week - 1) + number, week=week)
        for number, day in enumerate(days, start=1)
    ]


def test_appointments_of_a_patient_may_touch_and_not_overlap() -> None:
    document = visits()
    video = {"needs": [{"location": "virtual"}]}
    document["pathways"][0]["activities"].append(session("call", modality="virtual", **video))
    assert broken(document, *on("mon"), placed("call", "mon 10:00")) == set()
    assert broken(document, *on("mon"), placed("call", "mon 09:30")) == {"overlap"}


def test_an_overlap_of_two_is_one_fault() -> None:
    document = visits(session("call", needs=[{"location": "virtual"}]))
    found = verdict(document, *on("mon"), placed("call", "mon 09:30"))
    assert [str(fault) for fault in found.faults] == [
        "appointments[0] (ada/visit/1): overlap - overlaps appointments[1] (ada/call/1) of ada"
    ]


@pytest.mark.parametrize(
    ("days", "rules"),
    [
        (("mon", "wed"), set()),
        (("mon", "tue"), {"min_days_between"}),
        (("mon", "wed", "thu"), {"min_days_between"}),
    ],
)
def test_neighbours_are_so_many_dates_apart(days: tuple[str, ...], rules: set[str]) -> None:
    assert broken(visits(min_days_between=2), *on(*days)) == rules


def test_dates_keep_apart_across_weeks() -> None:
    document = visits(min_days_between=4)
    assert broken(document, *on("fri"), *on("tue", week=2)) == set()
    assert broken(document, *on("fri"), *on("mon", week=2)) == {"min_days_between"}


def test_dates_count_and_not_hours() -> None:
    document = visits(min_days_between=1)
    late, early = placed("visit", "mon 16:00", 1), placed("visit", "tue 09:00", 2)
    assert broken(document, late, early) == set()
    assert broken(document, placed("visit", "mon 09:00", 1), placed("visit", "mon 16:00", 2)) == {
        "min_days_between"
    }


def test_no_days_between_lets_two_share_a_date() -> None:
    pair = (placed("visit", "mon 09:00", 1), placed("visit", "mon 10:00", 2))
    assert broken(visits(min_days_between=0), *pair) == set()


def test_so_many_fit_into_any_window_of_days() -> None:
    document = visits(max_in_days={"days": 3, "count": 2})
    assert broken(document, *on("mon", "wed", "thu")) == set()
    assert broken(document, *on("mon", "tue", "wed")) == {"max_in_days"}


def test_a_window_of_days_crosses_weeks() -> None:
    document = visits(max_in_days={"days": 7, "count": 2})
    assert broken(document, *on("tue", "fri"), *on("tue", week=2)) == set()
    assert broken(document, *on("tue", "fri"), *on("mon", week=2)) == {"max_in_days"}


def test_a_window_of_days_is_as_long_as_a_pathway_may_be() -> None:
    document = visits(max_in_days={"days": 3640, "count": 3})
    assert broken(document, *on("mon", "wed", "fri")) == set()
    assert broken(document, *on("mon", "wed", "fri"), *on("mon", week=4)) == {"max_in_days"}


PAST = {"start": "2027-01-02T09:00:00-05:00", "end": "2027-01-02T10:00:00-05:00"}


def with_history(document: Document, *activities: str) -> Document:
    """The same, and on the Saturday before each of these under an earlier enrolment."""
    history = [{"activity": name, **PAST} for name in activities]
    return document | {"patients": [patient(history=history)]}


def test_history_counts_for_days_between_and_for_windows() -> None:
    apart = with_history(visits(min_days_between=3), "visit")
    assert broken(apart, *on("tue")) == set()
    assert broken(apart, *on("mon")) == {"min_days_between"}
    window = with_history(visits(max_in_days={"days": 3, "count": 1}), "visit")
    assert broken(window, *on("tue")) == set()
    assert broken(window, *on("mon")) == {"max_in_days"}


def test_history_of_something_else_does_not_count() -> None:
    document = with_history(visits(session("call"), min_days_between=3), "call")
    assert broken(document, *on("mon")) == set()


def test_history_alone_breaks_nothing() -> None:
    document = with_history(visits(max_in_days={"days": 7, "count": 1}), "visit", "visit")
    assert broken(document) == set()
    assert broken(document, *on("mon", week=2)) == set()


def spaced(**keys: Any) -> Document:
    """Visits that keep apart from calls, too; calls know nothing of it."""
    return visits(session("call", schedule=OFTEN), spaced_with="call", **keys)


CALL = placed("call", "tue 14:00")


def test_days_between_count_the_other_activity_too() -> None:
    document = spaced(min_days_between=2)
    assert broken(document, *on("thu"), CALL) == set()
    assert broken(document, *on("wed"), CALL) == {"min_days_between"}
    assert broken(document, *on("mon"), CALL) == {"min_days_between"}


def test_the_other_activity_keeps_no_days_between_its_own() -> None:
    document = spaced(min_days_between=2)
    assert broken(document, CALL, placed("call", "wed 14:00", 2)) == set()


def test_windows_count_the_other_activity_where_one_of_its_own_is_in_them() -> None:
    document = spaced(max_in_days={"days": 2, "count": 2})
    calls = (CALL, placed("call", "tue 15:00", 2), placed("call", "tue 16:00", 3))
    assert broken(document, *calls) == set()
    assert broken(document, *calls, *on("thu")) == set()
    assert broken(document, *calls, *on("wed")) == {"max_in_days"}


def test_history_of_the_other_activity_counts_and_is_nobodys_own() -> None:
    document = with_history(spaced(max_in_days={"days": 4, "count": 1}), "visit", "call")
    early_call = placed("call", "mon 14:00")
    assert broken(document, early_call) == set()
    assert broken(document, *on("tue")) == {"max_in_days"}
    assert broken(document, *on("wed")) == set()


def test_the_others_rules_do_not_look_back() -> None:
    strict = session("call", schedule=OFTEN, min_days_between=3)
    document = visits(strict, spaced_with="call", min_days_between=1)
    assert broken(document, *on("mon"), CALL) == set()


def gapped(minutes: int) -> Document:
    """A call that begins so long after anything else of the date, and visits."""
    return visits(session("call", gap_before=minutes))


@pytest.mark.parametrize(
    ("call", "rules"),
    [
        ("mon 11:00", set()),
        ("mon 10:30", {"gap_before"}),
        ("tue 09:00", set()),
        ("mon 10:00", {"gap_before"}),
    ],
)
def test_a_gap_lies_before_it(call: str, rules: set[str]) -> None:
    assert broken(gapped(60), *on("mon"), placed("call", call)) == rules


def test_a_gap_lies_before_it_and_not_after() -> None:
    document = gapped(60)
    assert broken(document, placed("call", "mon 09:00"), placed("visit", "mon 10:00")) == set()


def dosed() -> Document:
    """A dose, after which the rest of the day is free, and visits."""
    return visits(dose(schedule=[{"weeks": "1-1", "per_week": 1}], no_driving=False))


def test_nothing_follows_a_dose_on_its_date() -> None:
    noon = placed("dose", "mon 12:00")
    assert broken(dosed(), noon, *on("mon"), *on("tue", week=2)) == set()
    assert broken(dosed(), noon, placed("visit", "mon 13:30")) == {"rest_of_day"}
    assert broken(dosed(), noon, placed("visit", "mon 16:00")) == {"rest_of_day"}
    assert broken(dosed(), noon, placed("visit", "tue 09:00")) == set()


def test_a_fault_with_a_locked_appointment_stands_at_the_one_that_can_be_moved() -> None:
    noon, late = placed("dose", "mon 12:00"), placed("visit", "mon 14:00")
    locked_visit = with_booked(dosed(), late)
    locked_dose = with_booked(dosed(), noon)
    assert [f.place for f in verdict(locked_visit, late, noon).faults] == [
        "appointments[1] (ada/dose/1)"
    ]
    assert [f.place for f in verdict(locked_dose, noon, late).faults] == [
        "appointments[1] (ada/visit/1)"
    ]


def test_locked_appointments_that_break_a_rule_between_them_are_a_warning() -> None:
    noon, late = placed("dose", "mon 12:00"), placed("visit", "mon 14:00")
    document = with_booked(dosed(), noon, late)
    assert warned(document, noon, late) == {"rest_of_day"}


def test_a_window_that_locked_ones_have_filled_takes_no_other() -> None:
    document = visits(max_in_days={"days": 7, "count": 1})
    locked = with_booked(document, *on("mon", "tue"))
    assert warned(locked, *on("mon", "tue")) == {"max_in_days"}
    assert broken(locked, *on("mon", "tue", "wed")) == {"max_in_days"}

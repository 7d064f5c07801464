"""Monitors and prescribers through the stages of a session."""

from typing import Any

import pytest

from tests.factories import (
    Document,
    clinic,
    location,
    pathway,
    patient,
    practitioner,
    scenario,
    series,
    session,
    table,
)
from tests.scheduler.planning.verifying.judging import Placed, broken, placed, warned, with_booked

NAMES = ("ada", "ben", "cleo", "dan")


def ward(*ratios: int, people: list[Document] | None = None, **keys: Any) -> Document:
    """Four patients, each with a session of one hour a ratio, and a bay of their own."""
    stages = [
        {"id": f"stage-{number}", "minutes": 60, "monitor_ratio": ratio} | keys
        for number, ratio in enumerate(ratios, start=1)
    ]
    watch = session("watch", minutes=None, stages=stages, needs=[{"location": "treatment-bay"}])
    help_ = session("help", needs=[{"role": "monitor"}], schedule=[{"weeks": "1-1", "per_week": 1}])
    return scenario(
        clinic=clinic(
            locations=[location(f"bay-{name}", "treatment-bay") for name in NAMES]
            + [location("room", "group-room")],
            practitioners=people or [practitioner("nurse", "monitor", "therapist")],
            groups=[],
        ),
        pathways=[pathway(watch, help_)],
        patients=[patient(name) for name in NAMES],
    )


def watch(who: str, start: str, **keys: Any) -> Placed:
    return placed("watch", start, who=(who,), location=f"bay-{who}", **keys)


def at_once(number: int, start: str = "mon 09:00") -> list[Placed]:
    return [watch(name, start) for name in NAMES[:number]]


@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_a_monitor_holds_as_many_as_the_ratio_says(ratio: int) -> None:
    assert broken(ward(ratio), *at_once(ratio)) == set()
    assert broken(ward(ratio), *at_once(ratio + 1)) == {"monitor"}


def test_shares_of_different_ratios_add_up_to_exactly_one() -> None:
    document = ward(3, 2)
    two_early = [watch("ada", "mon 09:00"), watch("ben", "mon 09:00")]
    assert broken(document, *two_early) == set()
    # From ten o'clock: two halves, and a third beside them.
    assert broken(document, *two_early, watch("cleo", "mon 10:00")) == {"monitor"}
    six = ward(6, 3, 2)
    staggered = [watch("ada", "mon 09:00"), watch("ben", "mon 10:00"), watch("cleo", "mon 11:00")]
    assert broken(six, *staggered) == set()
    assert broken(six, *staggered, watch("dan", "mon 11:00")) == {"monitor"}


def test_stages_that_touch_are_not_at_once() -> None:
    assert broken(ward(1), watch("ada", "mon 09:00"), watch("ben", "mon 10:00")) == set()
    assert broken(ward(1), watch("ada", "mon 09:00"), watch("ben", "mon 09:30")) == {"monitor"}


def test_holds_at_different_instants_of_a_stage_do_not_add_up() -> None:
    document = ward(2)
    one_after_another = (watch("ada", "mon 09:00"), watch("ben", "mon 10:00"))
    assert broken(document, *one_after_another, watch("cleo", "mon 09:30")) == set()
    assert broken(
        document,
        *one_after_another,
        *at_once(0),
        watch("cleo", "mon 09:30"),
        watch("dan", "mon 09:30"),
    ) == {"monitor"}


def test_another_monitor_may_take_the_next_stage() -> None:
    nurses = [
        practitioner("nurse", "monitor", hours={"mon": ["09:00-10:00"]}),
        practitioner("late", "monitor", hours={"mon": ["10:00-11:00"]}),
    ]
    document = ward(1, 1, people=nurses)
    stages = [
        {"id": "stage-1", **hour("09", "10"), "practitioner": "nurse"},
        {"id": "stage-2", **hour("10", "11"), "practitioner": "late"},
    ]
    assert broken(document, watch("ada", "mon 09:00", stages=stages)) == set()
    assert broken(document, watch("ada", "mon 09:00")) == {"monitor"}


def hour(first: str, last: str) -> Document:
    return {"start": f"2027-01-04T{first}:00:00-05:00", "end": f"2027-01-04T{last}:00:00-05:00"}


def test_a_stage_without_a_ratio_has_nobody() -> None:
    document = ward(2)
    del document["pathways"][0]["activities"][0]["stages"][0]["monitor_ratio"]
    assert broken(document, watch("ada", "mon 09:00")) == set()
    stages = [{"id": "stage-1", **hour("09", "10"), "practitioner": "nurse"}]
    assert broken(document, watch("ada", "mon 09:00", stages=stages)) == {"stages"}


def test_a_monitor_is_on_duty_for_the_whole_stage() -> None:
    late = [practitioner("nurse", "monitor", hours={"mon": ["09:30-12:00"]})]
    away = [practitioner("nurse", "monitor", away=[{"from": "2027-01-04", "to": "2027-01-04"}])]
    assert broken(ward(2, people=late), watch("ada", "mon 09:30")) == set()
    assert broken(ward(2, people=late), watch("ada", "mon 09:00")) == {"monitor"}
    assert broken(ward(2, people=away), watch("ada", "mon 09:00")) == {"monitor"}


def test_a_monitor_holds_nothing_while_a_need_takes_them() -> None:
    help_ = placed("help", "mon 10:00", who=("ben",))
    assert broken(ward(2), watch("ada", "mon 09:00"), help_) == set()
    assert broken(ward(2), watch("ada", "mon 09:30"), help_) == {"monitor", "practitioner"}


def test_a_session_cannot_take_its_monitor_for_a_need_of_its_own() -> None:
    document = ward(2)
    document["pathways"][0]["activities"][0]["needs"].append({"role": "monitor"})
    assert broken(document, watch("ada", "mon 09:00")) == {"monitor", "practitioner"}


def test_a_monitor_holds_nothing_while_busy() -> None:
    nurse = practitioner(
        "nurse", "monitor", busy=[{"start": "2027-01-04T10:00:00", "end": "2027-01-04T11:00:00"}]
    )
    assert broken(ward(2, people=[nurse]), watch("ada", "mon 09:00")) == set()
    assert broken(ward(2, people=[nurse]), watch("ada", "mon 09:30")) == {"monitor"}


def test_a_monitor_holds_nothing_while_leading_a_group() -> None:
    document = ward(2)
    document["clinic"]["groups"] = [series(location="room", facilitator="nurse")]
    assert broken(document, watch("ada", "mon 10:00")) == set()
    assert broken(document, watch("ada", "mon 09:30")) == {"monitor"}


def test_locked_sessions_that_overload_a_monitor_are_a_warning() -> None:
    document = with_booked(ward(1), *at_once(2))
    assert warned(document, *at_once(2)) == {"monitor"}
    assert broken(document, *at_once(3)) == {"monitor"}


def prescribed(*people: Document) -> Document:
    """A session of two hours, in each of which a prescriber has to be on site."""
    nurse = practitioner("nurse", "monitor")
    return ward(2, 2, people=[nurse, *people], prescriber_on_site=True)


def doctor(name: str = "doctor", **keys: Any) -> Document:
    return practitioner(name, "prescriber", **keys)


def test_a_prescriber_on_site_may_be_busy_or_booked() -> None:
    busy = [{"start": "2027-01-04T08:00", "end": "2027-01-04T18:00"}]
    assert broken(prescribed(doctor(busy=busy)), watch("ada", "mon 09:00")) == set()


def test_a_prescriber_is_on_site_for_all_of_a_stage() -> None:
    early = doctor(hours={"mon": ["09:00-10:30"]})
    late = doctor("second", hours={"mon": ["10:30-17:00"]})
    assert broken(prescribed(early, late), watch("ada", "mon 09:00")) == {"prescriber"}
    assert broken(prescribed(early, late), watch("ada", "mon 09:30")) == set()
    assert broken(prescribed(early), watch("ada", "mon 09:30")) == {"prescriber"}
    assert broken(prescribed(), watch("ada", "mon 09:30")) == {"prescriber"}


def test_a_prescriber_who_is_away_is_not_on_site() -> None:
    away = doctor(away=[{"from": "2027-01-01", "to": "2027-01-04"}])
    assert broken(prescribed(away), watch("ada", "mon 09:00")) == {"prescriber"}
    assert broken(prescribed(away), watch("ada", "tue 09:00")) == set()


def test_a_window_of_a_prescriber_has_no_gap() -> None:
    split = doctor(hours=table("09:00-10:00", "10:30-17:00"))
    assert broken(prescribed(split), watch("ada", "mon 09:00")) == {"prescriber"}
    whole = doctor(hours=table("09:00-10:00", "10:00-17:00"))
    assert broken(prescribed(whole), watch("ada", "mon 09:30")) == set()

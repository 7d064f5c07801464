"""R-33, R-34, R-39: hours, days and the mix of every week of a programme."""

from datetime import timedelta
from typing import Any

import pytest

from pathways.plan import Appointment, Reason, Unplaced
from pathways.protocol import LibraryPathway
from pathways.safety import programme
from tests.pathways.clinics import patient, scenario_of
from tests.pathways.documents import TRD, changed
from tests.pathways.safety.situations import places, planned, visit

STEP_DOWN = "step-down-esketamine"
MAINTENANCE = "maintenance-esketamine"


def only_groups(minutes: int, per_week: int = 3, level: str = "iop", **also: Any) -> LibraryPathway:
    """Ten weeks of nothing but a group of so many minutes, and one session if asked for."""
    group = {
        "id": "iop-group",
        "purpose": "group",
        "kind": "group",
        "title": "Group",
        "modality": "in-person",
        "meeting_minutes": minutes,
        "programme_hours": True,
        "schedule": [{"weeks": "1-10", "per_week": per_week}],
    }
    check = {
        "id": "evaluation",
        "purpose": "evaluation",
        "kind": "session",
        "title": "Evaluation",
        "modality": "virtual",
        "minutes": 30,
        "schedule": [{"weeks": "6-6", "per_week": 1}],
        **also,
    }
    levels = [{"weeks": "1-10", "level": level}]
    return changed(TRD, {"activities": [group, check], "levels": levels})


#


@pytest.mark.parametrize(
    ("minutes", "level", "broken"),
    [
        (180, "iop", False),  # exactly 9 hours
        (179, "iop", True),
        (380, "iop", False),  # exactly 19
        (381, "iop", True),
        (400, "php", False),  # exactly 20
        (399, "php", True),
        (179, "outpatient", False),
        (180, "outpatient", True),  # fewer than 9
        (10, "detox", False),  # no hours are asked for
    ],
)
def test_a_week_has_the_hours_of_its_level(minutes: int, level: str, broken: bool) -> None:
    pathway = only_groups(minutes, level=level)
    found = places(programme.every_week_has_the_hours_of_its_level, pathway)
    assert len(found) == (10 if broken else 0)


def test_sessions_that_follow_a_dose_may_push_a_week_over_its_hours() -> None:
    """A session after another may fall into the next week: counted for the most, not the least."""
    after = {"activity": "iop-group", "lag": {"min": "PT0S", "ideal": "PT1H", "max": "P1D"}}
    # 18.5 hours in groups, and up to 1.5 after them.
    pathway = only_groups(370, schedule=[], after=after, programme_hours=True)
    (first, *_) = programme.every_week_has_the_hours_of_its_level.breaches(pathway)
    assert "20.0 programme hours" in first.says


@pytest.mark.parametrize(
    ("per_week", "level", "broken"),
    [(3, "iop", False), (2, "iop", True), (5, "php", False), (4, "php", True), (1, "detox", False)],
)
def test_a_week_has_the_days_of_its_level(per_week: int, level: str, broken: bool) -> None:
    pathway = only_groups(240, per_week, level)
    found = places(programme.every_week_has_the_days_of_its_level, pathway)
    assert len(found) == (10 if broken else 0)


def week_of_groups(minutes: int, days: tuple[str, ...]) -> Any:
    """The first week of a pathway of one level, with a group on these days."""
    pathway = only_groups(180)
    meetings = []
    for number, day in enumerate(days, start=1):
        start = visit(pathway, "iop-group", number, f"{day} 09:00")
        meetings.append(start.model_copy(update={"end": start.start + timedelta(minutes=minutes)}))
    return planned(pathway, *meetings)


@pytest.mark.parametrize(
    ("minutes", "days", "hours_missing", "days_missing"),
    [
        (180, ("01-04", "01-06", "01-08"), False, False),
        (179, ("01-04", "01-06", "01-08"), True, True),
        (270, ("01-04", "01-06"), False, True),
        (180, ("01-04", "01-06", "01-11"), True, True),  # the third in the next week
    ],
)
def test_a_planned_week_has_the_hours_and_days_of_its_level(
    minutes: int, days: tuple[str, ...], hours_missing: bool, days_missing: bool
) -> None:
    clinic = week_of_groups(minutes, days)
    week_1 = "p-1: week 1"
    hours = places(programme.every_planned_week_has_the_hours_of_its_level, clinic)
    assert (week_1 in hours) is hours_missing
    assert (week_1 in places(programme.every_planned_week_has_the_days_of_its_level, clinic)) is (
        days_missing
    )


def test_a_dose_adds_no_hours_to_its_week() -> None:
    pathway = changed(TRD, {})
    long_day = visit(pathway, "dose", 1, "01-04 08:00")
    clinic = planned(pathway, long_day)
    rule = programme.every_planned_week_has_the_hours_of_its_level
    says = next(b.says for b in rule.breaches(clinic) if b.place == "p-1: week 1")
    assert says.startswith("0.00 programme hours")


def test_an_outpatient_week_asks_for_no_days() -> None:
    pathway = changed(MAINTENANCE, {})
    clinic = planned(pathway, visit(pathway, "individual", 1, "01-04 09:00"))
    assert places(programme.every_planned_week_has_the_days_of_its_level, clinic) == []
    assert places(programme.every_planned_week_has_the_hours_of_its_level, clinic) == []


def test_detox_asks_for_neither_hours_nor_days_of_a_plan() -> None:
    clinic = planned(only_groups(180, level="detox"))
    assert places(programme.every_planned_week_has_the_hours_of_its_level, clinic) == []
    assert places(programme.every_planned_week_has_the_days_of_its_level, clinic) == []


#


def test_time_in_the_chair_is_never_a_programme_hour() -> None:
    rule = programme.time_in_the_chair_is_no_programme_hour
    assert places(rule, changed(TRD, {})) == []
    (breach,) = rule.breaches(changed(TRD, {"activities/dose/programme_hours": True}))
    assert breach.override == ("coordinator",)


def test_a_lost_group_asks_for_a_make_up() -> None:
    pathway = changed(TRD, {})
    reasons = (Reason(rule="availability", detail="away"),)
    lost = Unplaced(patient="p-1", activity="iop-group", occurrence=4, reasons=reasons)
    other = Unplaced(patient="p-1", activity="individual", occurrence=2, reasons=reasons)
    clinic = planned(pathway, unplaced=(lost, other))
    assert places(programme.a_lost_group_is_made_up_in_its_week, clinic) == ["p-1: iop-group 4"]


#


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({}, 0),
        ({"activities/individual/minutes": 50}, 0),
        ({"activities/individual/minutes": 49}, 10),
        ({"activities/individual/schedule": [{"weeks": "1-9", "per_week": 1}]}, 1),
        ({"activities/iop-group/schedule": [{"weeks": "1-10", "per_week": 1}]}, 10),
        ({"activities/medical-review/schedule": [{"weeks": "2-10", "per_week": 1}]}, 1),
    ],
)
def test_every_week_has_its_mix(change: dict[str, Any], missing: int) -> None:
    found = places(programme.every_week_has_its_mix, changed(TRD, change))
    assert len(found) == missing


def test_outpatient_weeks_have_no_mix() -> None:
    assert places(programme.every_week_has_its_mix, changed(MAINTENANCE, {})) == []


def many(number: int) -> tuple[LibraryPathway, dict[str, Any], list[str]]:
    """A pathway and a scenario with so many patients."""
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    names = [f"p-{n:02d}" for n in range(1, number + 1)]
    document["patients"] = [patient(name, pathway) for name in names]
    return pathway, document, names


@pytest.mark.parametrize(("number", "broken"), [(10, False), (11, True)])
def test_a_group_holds_ten_patients(number: int, broken: bool) -> None:
    pathway, document, names = many(number)
    meetings: list[Appointment] = [
        visit(pathway, "iop-group", 1, "01-04 09:00", patients=(name,), location="group-room")
        for name in names
    ]
    clinic = planned(pathway, *meetings, scenario=document)
    found = places(programme.a_group_holds_no_more_than_its_cap, clinic)
    assert found == (["iop-group at group-room"] if broken else [])


def test_two_series_that_meet_online_at_once_are_two_groups() -> None:
    pathway, document, names = many(12)
    meetings = [
        visit(
            pathway,
            "iop-group",
            1,
            "01-04 09:00",
            patients=(name,),
            location="video",
            practitioners=(f"facilitator-{n % 2}",),
        )
        for n, name in enumerate(names)
    ]
    clinic = planned(pathway, *meetings, scenario=document)
    assert places(programme.a_group_holds_no_more_than_its_cap, clinic) == []


def test_a_meeting_before_the_course_has_no_cap() -> None:
    """It is booked already: no level of the pathway says how many it may hold."""
    pathway, document, names = many(11)
    meetings = [visit(pathway, "iop-group", 1, "01-01 09:00", patients=(name,)) for name in names]
    clinic = planned(pathway, *meetings, scenario=document)
    assert places(programme.a_group_holds_no_more_than_its_cap, clinic) == []


def test_a_level_without_a_cap_holds_any_number() -> None:
    pathway = only_groups(180, level="detox")
    document = scenario_of(pathway)
    names = [f"p-{n:02d}" for n in range(1, 12)]
    document["patients"] = [patient(name, changed(TRD, {})) for name in names]
    meetings = [visit(pathway, "iop-group", 1, "01-04 09:00", patients=(name,)) for name in names]
    clinic = planned(pathway, *meetings, scenario=document)
    assert places(programme.a_group_holds_no_more_than_its_cap, clinic) == []


@pytest.mark.parametrize(("number", "broken"), [(16, False), (17, True)])
def test_a_therapist_has_sixteen_patients(number: int, broken: bool) -> None:
    pathway, document, names = many(number)
    sessions = [
        visit(
            pathway,
            "individual",
            1,
            f"01-{4 + n // 8:02d} {9 + n % 8:02d}:00",
            patients=(name,),
            practitioners=("therapist-1",),
        )
        for n, name in enumerate(names)
    ]
    clinic = planned(pathway, *sessions, scenario=document)
    found = places(programme.a_therapist_has_no_more_than_the_caseload, clinic)
    assert found == (["therapist-1"] if broken else [])

"""R-19, R-21, R-22, R-28: the visit, the monitoring, the people who watch."""

from datetime import timedelta
from typing import Any

import pytest

from pathways.plan import PlannedStage
from pathways.safety import chair
from tests.factories import table
from tests.pathways.clinics import scenario_of
from tests.pathways.documents import GONE, INFUSIONS, TRD, changed
from tests.pathways.safety.situations import ZONE, at, places, planned, visit

INJECTIONS = "iop-ketamine-im"
LOZENGES = "viop-ketamine-lozenge-home"
VISITS = {TRD: "esketamine", INFUSIONS: "infusion", INJECTIONS: "injection", LOZENGES: "lozenge"}
DOSES = {TRD: "dose", INFUSIONS: "infusion", INJECTIONS: "injection", LOZENGES: "lozenge"}


def stage(name: str, key: str, which: str, value: Any) -> Any:
    """A pathway with one stage of its dose changed."""
    return changed(name, {f"activities/{DOSES[name]}/stages/{which}/{key}": value})


#


@pytest.mark.parametrize(
    ("name", "which", "least"),
    [
        (TRD, "check-in", 30),
        (TRD, "dosing", 10),  # three devices: two rests of five minutes
        (TRD, "discharge", 15),
        (INFUSIONS, "check-in", 30),
        (INFUSIONS, "infusion", 40),
        (INFUSIONS, "discharge", 15),
        (INJECTIONS, "check-in", 20),
        (INJECTIONS, "injection", 5),
        (LOZENGES, "check-in", 20),
        (LOZENGES, "lozenge", 20),
    ],
)
def test_the_chair_is_held_for_each_part_of_the_visit(name: str, which: str, least: int) -> None:
    rule = chair.the_chair_is_held_for_the_whole_visit
    assert places(rule, stage(name, "minutes", which, least)) == []
    (breach,) = rule.breaches(stage(name, "minutes", which, least - 1))
    assert breach.fix == f"plan at least {least}"


def test_two_devices_need_one_rest_only() -> None:
    two = {"activities/dose/devices": [2], "activities/dose/stages/dosing/minutes": 5}
    assert places(chair.the_chair_is_held_for_the_whole_visit, changed(TRD, two)) == []


#


@pytest.mark.parametrize(
    ("name", "last", "rule", "override"),
    [
        (TRD, 60, chair.esketamine_is_monitored_for_two_hours, ()),
        (INFUSIONS, 40, chair.ketamine_is_monitored_long_enough, ("prescriber",)),
        (INJECTIONS, 60, chair.ketamine_is_monitored_long_enough, ("prescriber",)),
        (LOZENGES, 120, chair.ketamine_is_monitored_long_enough, ("prescriber",)),
    ],
)
def test_monitoring_lasts_to_the_minute(
    name: str, last: int, rule: Any, override: tuple[str, ...]
) -> None:
    """The last stage of the monitoring makes 120 minutes whole, 60 after an infusion."""
    assert places(rule, stage(name, "minutes", "monitoring", last)) == []
    (breach,) = rule.breaches(stage(name, "minutes", "monitoring", last - 1))
    assert breach.override == override


def test_each_drug_has_its_own_rule_of_monitoring() -> None:
    short_esketamine = stage(TRD, "minutes", "monitoring", 10)
    assert places(chair.ketamine_is_monitored_long_enough, short_esketamine) == []
    short_infusion = stage(INFUSIONS, "minutes", "monitoring", 10)
    assert places(chair.esketamine_is_monitored_for_two_hours, short_infusion) == []


def dose_with_stages(minutes: dict[str, int]) -> Any:
    """A planned esketamine session whose stages last so long."""
    pathway = changed(TRD, {})
    start = at("01-19 13:00")
    stages = []
    for kind in pathway.activity("dose").stages:
        end = start + timedelta(minutes=minutes.get(kind.id, kind.minutes))
        stages.append(PlannedStage(id=kind.id, start=start, end=end))
        start = end
    return pathway, visit(pathway, "dose", 1, "01-19 13:00", stages=tuple(stages), end=start)


@pytest.mark.parametrize(("minutes", "broken"), [(60, False), (59, True)])
def test_planned_monitoring_counts_from_the_last_device(minutes: int, broken: bool) -> None:
    pathway, dose = dose_with_stages({"monitoring": minutes})
    found = places(chair.planned_monitoring_is_long_enough, planned(pathway, dose))
    assert found == (["p-1: dose 1"] if broken else [])


def test_a_booking_without_stages_is_judged_by_the_visit_of_its_pathway() -> None:
    pathway = changed(TRD, {})
    dose = visit(pathway, "dose", 1, "01-19 13:00", stages=())
    clinic = planned(pathway, dose)
    assert places(chair.planned_monitoring_is_long_enough, clinic) == []
    (session,) = clinic.courses[0].doses
    # The worked case: first given 13:30, last device 13:40, leaving 15:40 at the earliest.
    times = (session.first_drug, session.last_drug, session.watched_until)
    assert [t.astimezone(ZONE).strftime("%H:%M") for t in times] == ["13:30", "13:40", "15:40"]


#


@pytest.mark.parametrize(
    ("start", "broken"),
    # 175 minutes and a buffer of 30 before 18:30.
    [("15:05", False), ("15:06", True)],
)
def test_a_dose_leaves_half_an_hour_before_closing(start: str, broken: bool) -> None:
    pathway = changed(TRD, {})
    clinic = planned(pathway, visit(pathway, "dose", 1, f"01-19 {start}"))
    found = places(chair.a_late_dose_leaves_room_before_closing, clinic)
    assert found == (["p-1: dose 1"] if broken else [])


def test_the_window_of_the_day_in_which_a_dose_begins_is_the_one_that_closes() -> None:
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    document["clinic"]["hours"] = table("08:00-11:00", "12:00-18:00")
    clinic = planned(pathway, visit(pathway, "dose", 1, "01-19 13:00"), scenario=document)
    assert places(chair.a_late_dose_leaves_room_before_closing, clinic) == []


@pytest.mark.parametrize(("start", "broken"), [("08:00", True), ("11:00", False)])
def test_opening_belongs_to_a_window_and_closing_does_not(start: str, broken: bool) -> None:
    """From eight to eleven there is room for a visit and not for an overrun."""
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    document["clinic"]["hours"] = table("08:00-11:00", "12:00-18:00")
    clinic = planned(pathway, visit(pathway, "dose", 1, f"01-19 {start}"), scenario=document)
    assert bool(places(chair.a_late_dose_leaves_room_before_closing, clinic)) is broken


def test_a_dose_outside_the_hours_is_a_matter_of_the_contract() -> None:
    pathway = changed(TRD, {})
    clinic = planned(pathway, visit(pathway, "dose", 1, "01-19 20:00"))
    assert places(chair.a_late_dose_leaves_room_before_closing, clinic) == []


#


@pytest.mark.parametrize("which", ["dosing", "early-monitoring", "monitoring"])
def test_a_prescriber_is_there_and_somebody_watches(which: str) -> None:
    alone = stage(TRD, "prescriber_on_site", which, value=False)
    assert len(places(chair.a_prescriber_is_on_site_while_the_drug_acts, alone)) == 1
    unwatched = stage(TRD, "monitor_ratio", which, GONE)
    assert len(places(chair.somebody_watches_while_the_drug_acts, unwatched)) == 1


def test_before_the_drug_and_after_the_monitoring_the_prescriber_may_be_away() -> None:
    away = {
        "activities/dose/stages/check-in/prescriber_on_site": False,
        "activities/dose/stages/discharge/monitor_ratio": GONE,
    }
    pathway = changed(TRD, away)
    assert places(chair.a_prescriber_is_on_site_while_the_drug_acts, pathway) == []
    assert places(chair.somebody_watches_while_the_drug_acts, pathway) == []


@pytest.mark.parametrize(
    ("name", "which", "ratio", "broken"),
    [
        (TRD, "dosing", 2, False),
        (TRD, "dosing", 3, True),
        (TRD, "early-monitoring", 2, False),
        (TRD, "early-monitoring", 3, True),  # begins ten minutes after the first device
        (TRD, "monitoring", 3, False),
        (TRD, "monitoring", 4, True),
        (LOZENGES, "monitoring", 1, False),
        (LOZENGES, "monitoring", 2, True),
    ],
)
def test_a_nurse_watches_so_many(name: str, which: str, ratio: int, broken: bool) -> None:
    pathway = stage(name, "monitor_ratio", which, ratio)
    assert bool(places(chair.a_nurse_watches_no_more_patients_than_she_can, pathway)) is broken


def test_the_peak_ends_an_hour_after_the_drug_was_first_given() -> None:
    rule = chair.a_nurse_watches_no_more_patients_than_she_can
    to_the_minute = stage(TRD, "minutes", "early-monitoring", 50)
    assert places(rule, to_the_minute) == []
    a_minute_less = stage(TRD, "minutes", "early-monitoring", 49)
    assert len(places(rule, a_minute_less)) == 1


@pytest.mark.parametrize(
    ("minutes", "nurse", "broken"),
    [(20, "nurse-1", False), (19, "nurse-1", True), (0, "nurse-2", False)],
)
def test_first_doses_of_one_nurse_are_staggered(minutes: int, nurse: str, broken: bool) -> None:
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    document["patients"].append({**document["patients"][0], "id": "p-2"})
    first = visit(pathway, "dose", 1, "01-19 13:00")
    later = visit(pathway, "dose", 1, f"01-19 13:{minutes:02d}", patients=("p-2",))
    watched = tuple(s.model_copy(update={"practitioner": nurse}) for s in later.stages)
    later = later.model_copy(update={"stages": watched})
    clinic = planned(pathway, first, later, scenario=document)
    found = places(chair.first_doses_of_one_nurse_are_staggered, clinic)
    assert found == (["p-2: dose 1"] if broken else [])


def test_a_dose_without_a_nurse_is_nobodys_to_stagger() -> None:
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    document["patients"].append({**document["patients"][0], "id": "p-2"})
    clinic = planned(
        pathway,
        visit(pathway, "dose", 1, "01-19 13:00", stages=()),
        visit(pathway, "dose", 1, "01-19 13:00", patients=("p-2",), stages=()),
        scenario=document,
    )
    assert places(chair.first_doses_of_one_nurse_are_staggered, clinic) == []

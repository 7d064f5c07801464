"""Plans over the nights in which clocks change: elapsed time, local mornings, the first of two."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from pathways import timing
from pathways.plan import Appointment, Plan
from tests import factories as a
from tests.scenarios.dice import NIGHTS
from tests.scenarios.making import random_scenario
from tests.scheduler.planning.trying import campaign, chunks, faults, planned, try_all

Document = dict[str, Any]


@dataclass(frozen=True)
class Night:
    """A night of changing clocks: the eve, and the offsets before and after."""

    zone: str
    eve: date
    before: str
    after: str

    @property
    def morning(self) -> date:
        return self.eve + timing.ONE_DAY

    @property
    def longer(self) -> timedelta:
        """By how much the night is longer than others."""
        return offset(self.before) - offset(self.after)


def offset(text: str) -> timedelta:
    return datetime.fromisoformat(f"2027-01-01T00:00:00{text}").utcoffset() or timedelta()


NIGHTS_OF_2027 = [
    Night("America/New_York", date(2027, 3, 13), "-05:00", "-04:00"),
    Night("America/New_York", date(2027, 11, 6), "-04:00", "-05:00"),
    Night("Europe/Berlin", date(2027, 3, 27), "+01:00", "+02:00"),
    Night("Europe/Berlin", date(2027, 10, 30), "+02:00", "+01:00"),
    Night("Australia/Sydney", date(2027, 10, 2), "+10:00", "+11:00"),
    Night("Australia/Sydney", date(2027, 4, 3), "+11:00", "+10:00"),
    Night("America/Santiago", date(2027, 9, 4), "-04:00", "-03:00"),
    Night("America/Santiago", date(2027, 4, 3), "-03:00", "-04:00"),
    Night("Australia/Lord_Howe", date(2027, 10, 2), "+10:30", "+11:00"),
    Night("Australia/Lord_Howe", date(2027, 4, 3), "+11:00", "+10:30"),
]
NIGHT = pytest.mark.parametrize("night", NIGHTS_OF_2027, ids=lambda n: f"{n.zone} {n.eve}")


def scenario(night: Night, *activities: Document, hours: Document, **patient: Any) -> Document:
    """A clinic and a patient with these hours, from the eve on."""
    people = [
        a.practitioner("nurse", "monitor", hours=hours),
        a.practitioner("doctor", "prescriber", hours=hours),
        a.practitioner("therapist", "therapist", skills=["cbt"], hours=hours),
    ]
    clinic = a.clinic(timezone=night.zone, hours=hours, practitioners=people, groups=[])
    ada = a.patient(start=night.eve.isoformat(), available=hours, **patient)
    return a.scenario(clinic=clinic, pathways=[a.pathway(*activities)], patients=[ada])


def on(day: date, *windows: str) -> Document:
    return {day.isoformat(): list(windows)}


def local(night: Night, day: date, clock: str) -> datetime:
    """What a clock of the night's zone shows, as an instant."""
    return timing.instant(day, timing.clock_minutes(clock), timing.zone(night.zone))


def planned_well(document: Document) -> Plan:
    plan = planned(document, 200)
    assert faults(document, plan) == []
    return plan


def of(plan: Plan, activity: str) -> Appointment:
    (found,) = [item for item in plan.appointments if item.activity == activity]
    return found


ONE_DOSE = a.dose(schedule=[{"weeks": "1-1", "per_week": 1}])


@NIGHT
@pytest.mark.parametrize("resumes", ["06:00", "00:30", "02:30"])
def test_driving_resumes_at_the_local_morning(night: Night, resumes: str) -> None:
    document = scenario(night, ONE_DOSE, hours=on(night.eve, "15:00-17:00"))
    document["clinic"]["resume_driving"] = resumes
    (note,) = of(planned_well(document), "dose").notes
    assert note.until == local(night, night.morning, resumes)


@NIGHT
def test_driving_resumes_at_six_with_the_new_offset(night: Night) -> None:
    document = scenario(night, ONE_DOSE, hours=on(night.eve, "15:00-17:00"))
    dose = of(planned_well(document), "dose")
    assert dose.start == datetime.fromisoformat(f"{night.eve}T15:00:00{night.before}")
    assert dose.notes[0].until is not None
    assert dose.notes[0].until.isoformat() == f"{night.morning}T06:00:00{night.after}"


@NIGHT
def test_a_lag_is_elapsed_time(night: Night) -> None:
    """24 hours after the dose it is an hour (in Lord Howe half an hour) later or earlier."""
    day = {"min": "PT24H", "ideal": "PT24H", "max": "PT24H"}
    hours = {**on(night.eve, "12:00-13:30"), **on(night.morning, "09:00-18:00")}
    after = a.integration(after={"activity": "dose", "lag": day})
    plan = planned_well(scenario(night, ONE_DOSE, after, hours=hours))
    assert plan.unplaced == ()
    expected = local(night, night.morning, "13:30") - night.longer
    assert of(plan, "integration").start == expected


def four_hours_with_the_change(night: Night) -> Document:
    """From midnight to four, but in Santiago the eve's last hour is the one that comes twice."""
    if night.zone == "America/Santiago" and night.longer > timedelta():
        return on(night.eve, "20:00-24:00")
    return on(night.morning, "00:00-04:00")


def minutes(length: timedelta) -> int:
    return int(length.total_seconds()) // 60


@NIGHT
def test_a_window_is_as_long_as_the_night_makes_it(night: Night) -> None:
    whole = timedelta(hours=4) + night.longer
    talk = a.session("talk", minutes=minutes(whole), needs=[])
    placed = of(
        planned_well(scenario(night, talk, hours=four_hours_with_the_change(night))), "talk"
    )
    assert placed.end - placed.start == whole
    assert placed.start.utcoffset() != placed.end.utcoffset() or night.zone == "America/Santiago"


@NIGHT
def test_what_is_longer_than_the_night_makes_a_window_has_no_place_in_it(night: Night) -> None:
    longer = minutes(timedelta(hours=4, minutes=30) + night.longer)
    talk = a.session("talk", minutes=longer, needs=[])
    document = scenario(night, talk, hours=four_hours_with_the_change(night))
    (unplaced,) = planned_well(document).unplaced
    assert {reason.rule for reason in unplaced.reasons} == {"hours", "availability"}


@NIGHT
def test_a_monitored_stage_is_elapsed_time(night: Night) -> None:
    """Two hours of monitoring are two hours, whatever the clocks on the wall do meanwhile."""
    stages = [
        {"id": "dosing", "minutes": 30, "monitor_ratio": 1},
        {"id": "monitoring", "minutes": 120, "monitor_ratio": 2},
    ]
    dose = a.dose(schedule=[{"weeks": "1-1", "per_week": 1}], stages=stages)
    placed = of(
        planned_well(scenario(night, dose, hours=four_hours_with_the_change(night))), "dose"
    )
    lengths = [minutes(stage.end - stage.start) for stage in placed.stages]
    assert lengths == [30, 120]
    assert placed.stages[0].end == placed.stages[1].start
    assert placed.end - placed.start == timedelta(minutes=150)


@NIGHT
def test_days_between_are_dates_and_not_hours(night: Night) -> None:
    """Eve and morning are one day apart also where less than 24 hours lie between them."""
    hours = {**on(night.eve, "10:00-11:00"), **on(night.morning, "10:00-11:00")}
    talk = a.session("talk", needs=[], schedule=[{"weeks": "1-1", "per_week": 2}])
    plan = planned_well(scenario(night, {**talk, "min_days_between": 1}, hours=hours))
    assert [item.start.date() for item in plan.appointments] == [night.eve, night.morning]
    apart = plan.appointments[1].start - plan.appointments[0].start
    assert apart == timedelta(hours=24) + night.longer
    (unplaced,) = planned_well(
        scenario(night, {**talk, "min_days_between": 2}, hours=hours)
    ).unplaced
    assert {reason.rule for reason in unplaced.reasons} == {"spacing"}


def test_a_start_that_the_clock_shows_twice_is_the_first() -> None:
    night = NIGHTS_OF_2027[1]
    talk = a.session("talk", minutes=30, needs=[])
    plan = planned_well(scenario(night, talk, hours=on(night.morning, "01:00-01:30")))
    assert of(plan, "talk").start.isoformat() == "2027-11-07T01:00:00-04:00"


def test_a_meeting_in_the_night_lasts_longer() -> None:
    """From 01:30 to 03:00 on the wall: the hour from one to two comes twice."""
    night = NIGHTS_OF_2027[1]
    hours = on(night.morning, "00:00-06:00")
    document = scenario(night, a.group(schedule=[{"weeks": "1-1", "per_week": 1}]), hours=hours)
    document["patients"][0]["available"] = {"sun": ["00:00-06:00"]}
    weekly = [{"day": "sun", "start": "01:30", "end": "03:00"}]
    series = a.series(weekly=weekly, facilitator="therapist")
    document["clinic"]["groups"] = [series]
    (meeting,) = planned_well(document).appointments
    assert meeting.end - meeting.start == timedelta(hours=2, minutes=30)


def complaint(document: Document) -> str:
    return next(iter(faults(document, planned(document, 10))), "")


def at_night(seed: int) -> Document:
    return random_scenario(seed, NIGHTS)


@pytest.mark.parametrize("seeds", chunks(48, 12), ids=lambda seeds: str(seeds[0]))
def test_plans_over_the_night_keep_every_rule(seeds: range) -> None:
    assert try_all(seeds, at_night, complaint) == len(seeds)


@pytest.mark.parametrize("seeds", campaign(200))
def test_plans_over_the_night_keep_every_rule_in_a_campaign(seeds: range) -> None:
    assert try_all(seeds, at_night, complaint) == len(seeds)

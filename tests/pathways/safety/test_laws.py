"""Laws of the safety rules, for any dates and numbers."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from pathways.safety import after_dose, spacing
from tests.pathways.clinics import scenario_of
from tests.pathways.documents import INFUSIONS, TRD, changed
from tests.pathways.safety.situations import planned, visit

PATHWAY = changed(TRD, {})
SERIES = changed(INFUSIONS, {})
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago")
SEVERITY = ("pass", "prescriber decides", "hold", "stop")


@given(offsets=st.sets(st.integers(0, 27), max_size=8))
def test_seven_days_are_full_exactly_when_some_window_is(offsets: set[int]) -> None:
    first = date(2027, 1, 4)
    days = sorted(first + timedelta(days=offset) for offset in offsets)
    doses = [
        visit(SERIES, "infusion", number, f"{day:%m-%d} 13:00")
        for number, day in enumerate(days, start=1)
    ]
    found = list(spacing.no_seven_planned_days_hold_too_many_doses.find(planned(SERIES, *doses)))
    windows = [
        sum(first_day <= d < first_day + timedelta(days=7) for d in days) for first_day in days
    ]
    assert bool(found) == any(held > 3 for held in windows)


@given(
    day=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    hour=st.integers(6, 18),
    zone=st.sampled_from(ZONES),
)
def test_driving_resumes_at_six_on_the_next_day_of_the_clinics_calendar(
    day: date, hour: int, zone: str
) -> None:
    """Whatever the clocks do that night: never "24 hours later"."""
    document = scenario_of(PATHWAY)
    document["clinic"]["timezone"] = zone
    start = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(zone))
    made = visit(PATHWAY, "dose", 1, "01-05 13:00")
    dose = made.model_copy(
        update={"start": start, "end": start + timedelta(minutes=175), "stages": ()}
    )
    course = planned(PATHWAY, dose, scenario=document).courses[0]
    resumes = after_dose.resumes_driving(course, course.doses[0]).astimezone(ZoneInfo(zone))
    assert (resumes.date(), resumes.hour, resumes.minute) == (day + timedelta(days=1), 6, 0)


@given(
    systolic=st.integers(60, 240),
    diastolic=st.integers(30, 150),
    rise=st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_a_higher_pressure_is_never_decided_more_lightly(
    systolic: int, diastolic: int, rise: tuple[int, int]
) -> None:
    gate = PATHWAY.blood_pressure
    lower = SEVERITY.index(gate.decision(systolic, diastolic))
    higher = SEVERITY.index(gate.decision(systolic + rise[0], diastolic + rise[1]))
    assert lower <= higher

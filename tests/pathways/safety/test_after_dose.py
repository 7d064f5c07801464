"""R-30, R-31, R-32: the rest of the day of a dose, and the night after it."""

from datetime import timedelta
from typing import Any

import pytest

from pathways.safety import after_dose
from tests.pathways.clinics import scenario_of
from tests.pathways.documents import TRD, changed
from tests.pathways.safety.situations import ZONE, note_until, places, planned, visit

#


def test_every_dose_carries_the_note() -> None:
    rule = after_dose.every_dose_carries_the_no_driving_note
    assert places(rule, changed(TRD, {})) == []
    (place,) = places(rule, changed(TRD, {"activities/dose/no_driving": False}))
    assert place.endswith("no_driving")


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ("Do not drive or use heavy machinery until {until} and after a restful sleep.", []),
        ("Do not drive until {until} and after a restful sleep.", ["'heavy machinery'"]),
        ("No heavy machinery until {until}.", ["'drive'", "'sleep'"]),
    ],
)
def test_the_note_speaks_of_driving_and_heavy_machinery(words: str, missing: list[str]) -> None:
    pathway = changed(TRD, {"no_driving/words": words})
    rule = after_dose.every_dose_carries_the_no_driving_note
    assert [breach.says.rpartition(" of ")[2] for breach in rule.breaches(pathway)] == missing


def test_the_note_lasts_until_six_the_next_morning() -> None:
    pathway = changed(TRD, {})
    rule = after_dose.the_note_lasts_until_the_next_day
    dose = visit(pathway, "dose", 1, "01-19 13:00")
    assert places(rule, planned(pathway, dose)) == []
    longer = dose.model_copy(update={"notes": (note_until(dose.start, hours=1),)})
    assert places(rule, planned(pathway, longer)) == []
    shorter = dose.model_copy(update={"notes": (note_until(dose.start, hours=-0.25),)})
    assert places(rule, planned(pathway, shorter)) == ["p-1: dose 1"]
    missing = dose.model_copy(update={"notes": ()})
    (breach,) = rule.breaches(planned(pathway, missing))
    assert breach.says == "carries no note"


def test_a_note_without_an_end_or_of_another_kind_is_none() -> None:
    pathway = changed(TRD, {})
    dose = visit(pathway, "dose", 1, "01-19 13:00")
    endless = dose.notes[0].model_copy(update={"until": None})
    other = dose.notes[0].model_copy(update={"kind": "fasting"})
    clinic = planned(pathway, dose.model_copy(update={"notes": (endless, other)}))
    (breach,) = after_dose.the_note_lasts_until_the_next_day.breaches(clinic)
    assert breach.says == "carries no note"


@pytest.mark.parametrize(("clinic_says", "until"), [("07:30", "07:30"), ("05:00", "06:00")])
def test_the_later_of_the_clinics_hour_and_the_pathways_counts(
    clinic_says: str, until: str
) -> None:
    pathway = changed(TRD, {})
    document = scenario_of(pathway)
    document["clinic"]["resume_driving"] = clinic_says
    clinic = planned(pathway, visit(pathway, "dose", 1, "01-19 13:00"), scenario=document)
    course = clinic.courses[0]
    resumes = after_dose.resumes_driving(course, course.doses[0])
    assert resumes.astimezone(ZONE).strftime("%d %H:%M") == f"20 {until}"


def test_in_full_day_mode_24_hours_from_the_drug_count_too() -> None:
    """The drug is first given at 13:30: driving resumes at 13:30 of the next day."""
    pathway = changed(TRD, {"no_driving/full_day": True})
    rule = after_dose.the_note_lasts_until_the_next_day
    dose = visit(pathway, "dose", 1, "01-19 13:00")
    assert places(rule, planned(pathway, dose)) == ["p-1: dose 1"]
    full = dose.model_copy(update={"notes": (note_until(dose.start, hours=7.5),)})
    assert places(rule, planned(pathway, full)) == []


def test_the_night_the_clocks_go_forward_ends_at_six_on_the_clock() -> None:
    """Dose on Saturday 13 March 2027; New York loses an hour on Sunday."""
    pathway = changed(TRD, {})
    clinic = planned(pathway, visit(pathway, "dose", 1, "03-13 13:00"))
    course = clinic.courses[0]
    resumes = after_dose.resumes_driving(course, course.doses[0])
    assert resumes.astimezone(ZONE).strftime("%a %H:%M") == "Sun 06:00"
    assert resumes - course.doses[0].first_drug == timedelta(hours=15, minutes=30)


#


@pytest.mark.parametrize(
    ("when", "modality", "broken"),
    [
        ("01-20 05:45", "in-person", True),
        ("01-20 05:45", "virtual", False),
        ("01-20 06:00", "in-person", False),
        ("01-19 12:00", "in-person", False),
        ("01-19 15:55", "in-person", True),  # as soon as the visit of 175 minutes ends
    ],
)
def test_who_may_not_drive_needs_a_ride(when: str, modality: str, broken: bool) -> None:
    pathway = changed(TRD, {})
    clinic = planned(
        pathway,
        visit(pathway, "dose", 1, "01-19 13:00"),
        visit(pathway, "individual", 3, when, modality=modality),
    )
    found = places(after_dose.a_patient_who_may_not_drive_needs_a_ride, clinic)
    assert found == (["p-1: individual 3"] if broken else [])


@pytest.mark.parametrize(
    ("when", "broken"),
    [
        ("01-19 13:29", False),
        ("01-19 13:30", True),  # the drug is given
        ("01-20 13:29", True),
        ("01-20 13:30", False),
    ],
)
def test_nothing_is_signed_for_a_day_after_a_dose(when: str, broken: bool) -> None:
    pathway = changed(TRD, {"activities/medical-review/signs_papers": True})
    clinic = planned(
        pathway,
        visit(pathway, "dose", 1, "01-19 13:00"),
        visit(pathway, "medical-review", 3, when),
    )
    found = places(after_dose.nothing_is_signed_after_a_dose, clinic)
    assert found == (["p-1: medical-review 3"] if broken else [])


#


def test_a_dose_ends_the_day() -> None:
    rule = after_dose.nothing_follows_a_dose_on_its_day
    assert places(rule, changed(TRD, {})) == []
    (breach,) = rule.breaches(changed(TRD, {"activities/dose/rest_of_day": False}))
    assert breach.override == ("prescriber",)


@pytest.mark.parametrize(("minutes", "broken"), [(30, False), (29, True)])
def test_therapy_ends_half_an_hour_before_the_visit(minutes: int, broken: bool) -> None:
    pathway = changed(TRD, {"activities/dose/gap_before": minutes})
    assert bool(places(after_dose.therapy_ends_half_an_hour_before_a_dose, pathway)) is broken


@pytest.mark.parametrize(
    ("when", "broken"),
    [
        ("01-19 09:00", False),
        ("01-19 13:30", True),  # with the drug
        ("01-19 17:00", True),
        ("01-19 23:45", True),
        ("01-20 00:00", False),
    ],
)
def test_nothing_is_planned_after_a_dose(when: str, broken: bool) -> None:
    pathway = changed(TRD, {})
    clinic = planned(
        pathway,
        visit(pathway, "dose", 1, "01-19 13:00"),
        visit(pathway, "integration", 1, when),
    )
    found = places(after_dose.nothing_is_planned_after_a_dose_on_its_day, clinic)
    assert found == (["p-1: integration 1"] if broken else [])


@pytest.mark.parametrize(("start", "broken"), [("12:30", False), ("12:29", True)])
def test_the_drug_is_given_in_the_afternoon(start: str, broken: bool) -> None:
    """Check-in takes half an hour: a visit at 12:30 gives the drug at 13:00."""
    pathway = changed(TRD, {})
    clinic = planned(pathway, visit(pathway, "dose", 1, f"01-19 {start}"))
    found: list[Any] = places(after_dose.doses_are_planned_in_the_afternoon, clinic)
    assert found == (["p-1: dose 1"] if broken else [])

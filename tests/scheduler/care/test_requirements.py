"""What must be so before a dose, each rule at its boundary by a hair."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathways import library
from scheduler.care.requirements import OF_A_DOSE, OF_A_VISIT
from scheduler.store.tables import Appointment, ContactPoint, RideContact
from tests.scheduler.care.course import (
    FIRST_DOSE,
    START,
    answered,
    asked,
    at,
    booked,
    clearance,
    enrolment,
    facts,
    screened,
    signed,
    verified,
)

DAY = timedelta(days=1)
TUESDAY = date(2027, 1, 19)
DRUG = FIRST_DOSE + timedelta(minutes=30)
FOREVER = date(2030, 1, 1)


def first_dose(**changes: Any) -> Appointment:
    return booked("first-dose", FIRST_DOSE, minutes=175, **changes)


def test_every_requirement_is_listed_once() -> None:
    listed = [*OF_A_DOSE, *OF_A_VISIT]
    assert len({judge.__name__ for judge in listed}) == len(listed)


def test_an_unsigned_screening_is_no_clearance() -> None:
    dose, screening = first_dose(), screened(FIRST_DOSE - 3 * DAY)
    assert asked(facts(dose, screenings=[screening]), dose)["R-03", "screening"].met
    screening.signed_at = None
    assert not asked(facts(dose, screenings=[screening]), dose)["R-03", "screening"].met


def test_one_unknown_answer_is_no_clearance() -> None:
    dose = first_dose()
    screening = screened(FIRST_DOSE - 3 * DAY, aneurysm="unknown")
    gate = asked(facts(dose, screenings=[screening]), dose)["R-03", "screening"]
    assert (gate.met, gate.roles) == (False, ())
    assert "aneurysm" in gate.says


def test_an_absolute_yes_forbids_and_nobody_sets_it_aside() -> None:
    dose = first_dose()
    screening = screened(FIRST_DOSE - 3 * DAY, aneurysm="yes")
    gate = asked(facts(dose, screenings=[screening]), dose)["R-04", "contraindication"]
    assert (gate.met, gate.strength, gate.roles) == (False, "hard", ())


def test_a_relative_yes_waits_for_a_clearance_that_came_after_it() -> None:
    dose, when = first_dose(), FIRST_DOSE - 3 * DAY
    screening = screened(when, psychosis_or_mania="yes")
    key = ("R-04", "psychosis-or-mania")
    for given_at, met in ((when - DAY, False), (when, True)):
        row = clearance("psychiatric", START, FOREVER, given_at=given_at)
        found = facts(dose, screenings=[screening], clearances=[row])
        assert asked(found, dose)[key].met is met
    ended = clearance("psychiatric", START, TUESDAY - DAY, given_at=when)
    found = facts(dose, screenings=[screening], clearances=[ended])
    assert not asked(found, dose)[key].met


def test_tests_that_are_ninety_days_old_count_and_those_of_ninety_one_do_not() -> None:
    dose, key = first_dose(), ("R-05", "baseline-work-up")
    for days, met in ((90, True), (91, False)):
        screening = screened(at(TUESDAY - days * DAY))
        assert asked(facts(dose, screenings=[screening]), dose)[key].met is met


def test_a_clearance_counts_on_its_last_day_and_not_on_the_next() -> None:
    dose, key = first_dose(), ("R-05", "treatment-consent")
    for last, met in ((TUESDAY, True), (TUESDAY - DAY, False)):
        row = clearance("treatment-consent", START, last)
        assert asked(facts(dose, clearances=[row]), dose)[key].met is met


def test_a_clearance_that_was_revoked_does_not_count() -> None:
    dose = first_dose()
    row = clearance("treatment-consent", START, FOREVER, revoked_at=FIRST_DOSE - DAY)
    assert not asked(facts(dose, clearances=[row]), dose)["R-05", "treatment-consent"].met


def test_a_pregnancy_test_counts_seven_days_for_a_first_dose_and_longer_for_later_ones() -> None:
    key = ("R-05", "pregnancy-test")
    later = booked("dose", FIRST_DOSE + 2 * DAY)
    for days, first_counts in ((7, True), (8, False)):
        obtained = TUESDAY - days * DAY
        row = clearance("pregnancy-test", obtained, FOREVER, obtained_on=obtained)
        dose = first_dose()
        found = facts(dose, later, clearances=[row])
        assert asked(found, dose)[key].met is first_counts
        assert asked(found, later)[key].met


@given(
    obtained=st.dates(date(2026, 6, 1), date(2027, 6, 1)),
    valid=st.integers(0, 400),
)
def test_a_clearance_holds_exactly_on_the_days_of_its_validity(obtained: date, valid: int) -> None:
    dose = booked("dose", FIRST_DOSE)
    row = clearance("medical", obtained, obtained + valid * DAY, obtained_on=obtained)
    gate = asked(facts(dose, clearances=[row]), dose)["R-05", "medical"]
    assert gate.met == (0 <= (TUESDAY - obtained).days <= valid)


def test_unstabilised_use_holds_every_dose() -> None:
    dose = first_dose()
    for status, met in (("none", True), ("stabilised", True), ("active_unstabilised", False)):
        gate = asked(facts(dose, patient={"substance_status": status}), dose)[
            "R-06", "substance-use"
        ]
        assert gate.met is met
    assert set(gate.roles) == {"prescriber", "addiction clinician"}


def test_a_residential_level_holds_no_dose() -> None:
    dose = first_dose()
    for level, met in (("residential", False), ("iop", True), ("", True)):
        found = facts(dose, enrolments=[enrolment(level=level)])
        assert asked(found, dose)["R-06", "level-of-care"].met is met


# The dose is on Monday, 18 January 2027, the drug at 08:00.
CURES = [
    ("on the day", at(date(2027, 1, 18), "07:59"), True),
    ("after the drug was given", at(date(2027, 1, 18), "08:01"), False),
    ("within a day", at(date(2027, 1, 17), "08:00"), True),
    ("a minute more than a day before, on a Sunday", at(date(2027, 1, 17), "07:59"), False),
    ("on Friday, the working day before", at(date(2027, 1, 15), "00:01"), True),
    ("on Thursday", at(date(2027, 1, 14), "23:59"), False),
]


@pytest.mark.parametrize(("when", "met"), [c[1:] for c in CURES], ids=[c[0] for c in CURES])
def test_the_monitoring_programme_is_looked_at_just_before_the_first_dose(
    when: datetime, met: bool
) -> None:
    dose = booked("first-dose", at(date(2027, 1, 18), "07:30"), minutes=175)
    row = clearance("monitoring-programme", START, START, given_at=when)
    gate = asked(facts(dose, clearances=[row], settings={"state": "CA"}), dose)[
        "R-08", "monitoring-programme"
    ]
    assert (gate.met, gate.roles) == (met, ())


def test_with_friday_a_holiday_thursday_is_the_working_day_before() -> None:
    dose = booked("first-dose", at(date(2027, 1, 18), "07:30"), minutes=175)
    row = clearance("monitoring-programme", START, START, given_at=at(date(2027, 1, 14)))
    found = facts(dose, clearances=[row], closures=[date(2027, 1, 15)])
    assert asked(found, dose)["R-08", "monitoring-programme"].met


def test_it_is_looked_at_again_after_six_months() -> None:
    for day, met in ((date(2026, 7, 21), True), (date(2026, 7, 20), False)):
        dose = booked("dose", at(date(2027, 1, 21)))
        row = clearance("monitoring-programme", day, day, given_at=at(day))
        gate = asked(facts(dose, clearances=[row]), dose)["R-08", "monitoring-programme"]
        assert (gate.met, gate.roles) == (met, ("prescriber",))


def test_consent_is_signed_a_whole_day_before_the_drug_of_the_first_dose() -> None:
    key, dose, later = ("R-09", "treatment"), first_dose(), booked("dose", FIRST_DOSE + 2 * DAY)
    for when, met in ((DRUG - DAY, True), (DRUG - DAY + timedelta(minutes=1), False)):
        found = facts(dose, later, consents=[signed("treatment", when)])
        assert asked(found, dose)[key].met is met
        assert asked(found, later)[key].met


def test_a_consent_counts_until_it_expires_or_is_revoked() -> None:
    dose, key, when = first_dose(), ("R-09", "treatment"), FIRST_DOSE - 9 * DAY
    cases: list[tuple[dict[str, Any], bool]] = [
        ({"expires_on": TUESDAY}, True),
        ({"expires_on": TUESDAY - DAY}, False),
        ({"revoked_at": FIRST_DOSE - DAY}, False),
    ]
    for changes, met in cases:
        consent = signed("treatment", when, **changes)
        assert asked(facts(dose, consents=[consent]), dose)[key].met is met


def test_flagged_medicines_are_reviewed_for_each_dose_day() -> None:
    dose, patient = first_dose(), {"assessment": {"medicines": ["stimulant", "vitamins"]}}
    assert ("R-10", "medicines") not in asked(facts(dose), dose)
    for day, met in ((TUESDAY, True), (TUESDAY - DAY, False)):
        row = clearance("medicines", day, day)
        found = facts(dose, patient=patient, clearances=[row])
        assert asked(found, dose)["R-10", "medicines"].met is met


def test_a_medication_visit_keeps_an_hour_clear_of_a_dose() -> None:
    protocol = library.load("dual-diagnosis-ketamine-iv", "2026.1")
    visit_kind = protocol.with_purpose("mat")[0].id
    dose = booked(protocol.doses[0].id, FIRST_DOSE, enrolment_id=None)
    for gap, met in ((60, True), (59, False)):
        visit = booked(visit_kind, FIRST_DOSE - timedelta(minutes=15 + gap), minutes=15)
        dose.enrolment_id = visit.enrolment_id
        found = facts(visit, dose, enrolments=[enrolment(protocol)])
        gate = asked(found, dose, protocol=protocol)["R-10", "medication-visit"]
        assert (gate.met, gate.strength) == (met, "soft")


def test_from_day_twenty_eight_on_doses_wait_for_the_evaluation() -> None:
    first, key = first_dose(), ("R-13", "end-of-induction")
    for days, gated in ((27, False), (28, True)):
        late = booked("dose", FIRST_DOSE + days * DAY, occurrence=7)
        assert (key in asked(facts(first, late), late)) is gated
    for goes_on, met in ((True, True), (False, False)):
        decided = {"id": "end-of-induction", "at": "2027-02-12", "goes_on": goes_on}
        found = facts(first, late, enrolments=[enrolment(evaluations=[decided])])
        assert asked(found, late)[key].met is met


def test_infusions_wait_for_the_check_after_the_third() -> None:
    protocol = library.load("iop-ketamine-iv-2x3", "2026.1")
    kind = protocol.doses[0]
    checked = next(e for e in protocol.evaluations if e.after_dose == 3)
    numbered = [booked(kind.id, FIRST_DOSE + n * DAY, occurrence=n) for n in (1, 3, 4)]
    first = protocol.first_dose_number(kind)
    found = facts(*numbered, enrolments=[enrolment(protocol)])
    gated = [("R-13", checked.id) in asked(found, dose, protocol=protocol) for dose in numbered]
    assert (first, gated) == (1, [False, False, True])


def ride(**changes: Any) -> RideContact:
    fields: dict[str, Any] = {"clinic_id": "harbor", "patient_id": "ada", "name": "x", "phone": "x"}
    return RideContact(**{**fields, "phone_mark": "x", **changes})


def test_a_ride_is_named_confirmed_and_no_rideshare_alone() -> None:
    cases = [
        (ride(), True, True),
        (ride(), False, False),
        (ride(kind="service"), True, True),
        (ride(kind="rideshare"), True, False),
        (ride(revoked_at=FIRST_DOSE), True, False),
    ]
    for contact, confirmed, met in cases:
        dose = first_dose(
            ride_contact_id=contact.id, ride_confirmed_at=FIRST_DOSE if confirmed else None
        )
        gate = asked(facts(dose, rides=[contact]), dose)["R-29", "ride"]
        assert (gate.met, gate.roles) == (met, ())
    alone = first_dose()
    assert not asked(facts(alone), alone)["R-29", "ride"].met


def test_video_asks_where_the_patient_is_and_for_a_number() -> None:
    call = booked("integration", FIRST_DOSE + DAY, modality="virtual")
    phone = ContactPoint(clinic_id="harbor", patient_id="ada", kind="phone", value="", mark="")
    there: dict[str, Any] = {"settings": {"licensed_states": ["NY"]}, "contacts": [phone]}
    gates = asked(facts(call, patient={"state": "NY"}, **there), call)
    assert gates["R-35", "state"].met
    assert gates["R-35", "callback"].met
    elsewhere = asked(facts(call, patient={"state": "NJ"}), call)
    assert not elsewhere["R-35", "state"].met
    assert not elsewhere["R-35", "callback"].met
    assert not elsewhere["R-09", "telehealth"].met


def test_a_sitter_at_home_is_eighteen_on_the_day() -> None:
    protocol = library.load("viop-ketamine-lozenge-home", "2026.1")
    dose = booked(protocol.doses[0].id, FIRST_DOSE)
    for born, met in (("2009-01-19", True), ("2009-01-20", False), (None, False)):
        patient = {"assessment": {"sitter_born": born, "address": "1 Fictional Street"}}
        found = facts(dose, patient=patient, enrolments=[enrolment(protocol)])
        gates = asked(found, dose, protocol=protocol)
        assert gates["R-35", "sitter"].met is met
        assert gates["R-35", "address"].met
        assert ("R-29", "ride") not in gates


def test_the_partner_is_screened_and_has_consented_too() -> None:
    protocol = library.load("couples-ketamine-im", "2026.1")
    dose, when = booked(protocol.doses[0].id, FIRST_DOSE), FIRST_DOSE - 9 * DAY
    needed = [signed(c.id, when) for c in protocol.consents if c.needed_for == "dose"]
    on = [enrolment(protocol)]
    ready = facts(screenings=[screened(when, protocol)], consents=needed)
    for partner, met in ((ready, True), (facts(consents=needed), False), (None, False)):
        found = facts(dose, enrolments=on, partner=partner)
        gate = asked(found, dose, protocol=protocol)["R-38", "partner"]
        assert (gate.met, gate.roles) == (met, ())


def test_a_baseline_counts_for_twenty_eight_days() -> None:
    dose, key = first_dose(), ("R-42", "PHQ-9")
    for days, met in ((28, True), (29, False)):
        found = facts(dose, answers=[answered("PHQ-9", at(TUESDAY - days * DAY))])
        assert asked(found, dose)[key].met is met


def test_a_missing_interval_measure_is_only_a_warning() -> None:
    dose, key = first_dose(), ("R-42", "PHQ-9-before-dose")
    two = timedelta(hours=48)
    for when, met in ((DRUG - two, True), (DRUG - two - timedelta(minutes=1), False)):
        gate = asked(facts(dose, answers=[answered("PHQ-9", when)]), dose)[key]
        assert (gate.met, gate.strength) == (met, "soft")


def test_a_risk_of_suicide_locks_the_dose_until_somebody_has_decided() -> None:
    dose, key = first_dose(), ("R-43", "C-SSRS")
    risk = answered("C-SSRS", FIRST_DOSE - DAY, flags=["high-risk"])
    gate = asked(facts(dose, answers=[risk]), dose)[key]
    assert (gate.met, gate.strength, gate.roles) == (False, "hard", ())
    risk.disposed_at = FIRST_DOSE
    assert asked(facts(dose, answers=[risk]), dose)[key].met


def test_thoughts_of_suicide_are_asked_about_before_the_dose() -> None:
    dose, key = first_dose(), ("R-43", "item-nine")
    nine = answered("PHQ-9", FIRST_DOSE - DAY, flags=["item-nine"])
    for when, met in ((FIRST_DOSE - DAY, True), (FIRST_DOSE - 2 * DAY, False)):
        scale = answered("C-SSRS", when)
        assert asked(facts(dose, answers=[nine, scale]), dose)[key].met is met


def test_cover_is_verified_again_after_thirty_days_and_in_a_new_plan_year() -> None:
    dose, key = first_dose(), ("R-44", "cover")
    cases = [
        (verified(at(TUESDAY - 30 * DAY)), True),
        (verified(at(TUESDAY - 31 * DAY)), False),
        (verified(at(TUESDAY - DAY), plan_year_ends=TUESDAY), True),
        (verified(at(TUESDAY - DAY), plan_year_ends=TUESDAY - DAY), False),
    ]
    for row, met in cases:
        gate = asked(facts(dose, coverages=[row]), dose)[key]
        assert (gate.met, gate.roles) == (met, ("billing lead",))


def test_the_site_is_certified_the_patient_enrolled_and_the_drug_there() -> None:
    dose = first_dose()
    monday, tuesday = at(TUESDAY - DAY, "18:00"), at(TUESDAY, "07:00")
    for came, met in ((monday, True), (tuesday, False)):
        stock = clearance("drug-on-site", TUESDAY, TUESDAY, given_at=came)
        gates = asked(facts(dose, clearances=[stock]), dose)
        assert gates["R-47", "drug-on-site"].met is met
    assert not gates["R-47", "certified-site"].met
    assert not gates["R-47", "enrolment"].met
    there = facts(dose, consents=[signed("rems", monday)], settings={"certified_site": True})
    assert asked(there, dose)["R-47", "certified-site"].met
    assert asked(there, dose)["R-47", "enrolment"].met


def test_therapy_of_fifty_minutes_stands_in_the_week_of_the_dose() -> None:
    dose, key = first_dose(), ("R-01", "therapy")
    for day, minutes, met in ((18, 50, True), (18, 49, False), (17, 60, False)):
        talk = booked("individual", at(date(2027, 1, day)), minutes=minutes)
        assert asked(facts(dose, talk), dose)[key].met is met


def test_a_preparation_session_has_taken_place_or_was_waived() -> None:
    dose, key = first_dose(), ("R-02", "preparation")
    for status, met in (("fulfilled", True), ("booked", False)):
        session = booked("preparation", FIRST_DOSE - 7 * DAY, status=status)
        assert asked(facts(dose, session), dose)[key].met is met
    waived = [{"activity": "preparation", "occurrence": 1, "outcome": "waived"}]
    found = facts(dose, enrolments=[enrolment(settled=waived)])
    assert asked(found, dose)[key].met


def test_the_next_dose_waits_for_the_integration_of_the_one_before() -> None:
    given = first_dose(status="fulfilled")
    following, key = booked("dose", FIRST_DOSE + 2 * DAY), ("R-36", "integration")
    for status, met in (("fulfilled", True), ("booked", False)):
        talk = booked("first-integration", FIRST_DOSE + DAY, status=status)
        assert asked(facts(given, talk, following), following)[key].met is met

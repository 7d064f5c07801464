"""What must be so before an appointment starts: one small function for each, by area.

Pure: they look at records that were gathered before, and change nothing.
"""

from collections.abc import Collection
from datetime import datetime

from pathways.protocol import LibraryPathway
from scheduler.care.facts import Facts
from scheduler.care.requirements import (
    bearing,
    consents,
    course,
    journey,
    medicines,
    outcomes,
    payment,
    screening,
)
from scheduler.care.requirements.requirement import Case, Judge, Requirement
from scheduler.store.tables import Appointment

__all__ = ["OF_A_DOSE", "OF_A_VISIT", "Case", "Requirement", "required_gates"]

OF_A_DOSE: tuple[Judge, ...] = (
    course.therapy_stands_beside_the_dose,
    course.preparation_has_taken_place,
    screening.the_screening_is_complete_and_signed,
    screening.nothing_forbids_the_treatment,
    screening.what_was_found_is_cleared,
    screening.answers_are_not_too_old,
    screening.every_clearance_is_valid_on_the_day,
    screening.substance_use_is_stabilised,
    screening.the_level_of_care_holds_doses,
    medicines.the_monitoring_programme_was_looked_at,
    consents.consents_to_the_dose_are_signed,
    medicines.medicines_have_been_reviewed,
    medicines.medication_visits_keep_clear,
    course.evaluations_say_that_it_goes_on,
    journey.somebody_takes_the_patient_home,
    journey.nobody_takes_it_alone_at_home,
    course.integration_follows_before_the_next_dose,
    consents.the_partner_is_screened_and_has_consented,
    outcomes.measures_have_a_baseline,
    outcomes.measures_come_shortly_before_the_dose,
    outcomes.a_clinician_has_decided_on_the_risk,
    medicines.the_risk_programme_is_in_order,
    medicines.the_drug_is_on_site,
)
"""What a dose asks for, in the order of the rules' ids."""

OF_A_VISIT: tuple[Judge, ...] = (
    consents.a_session_by_video_is_consented_to,
    journey.who_is_seen_by_video_is_where_the_clinic_may_treat,
    payment.cover_is_verified,
    payment.a_unit_is_left,
)
"""What every appointment asks for, doses included."""


def required_gates(
    protocol: LibraryPathway,
    facts: Facts,
    appointment: Appointment,
    now: datetime,
    rules: Collection[str] | None = None,
) -> list[Requirement]:
    """All that one patient's appointment asks for, met or not, in reading order.

    ``rules``: some of those of `bearing`, by which alone it is judged.
    """
    case = Case(protocol, facts, appointment, now)
    judges = (*OF_A_DOSE, *OF_A_VISIT) if case.is_dose else OF_A_VISIT
    if rules is not None:
        judges = tuple(judge for judge in judges if bearing.JUDGES.get(judge) in rules)
    return [requirement for judge in judges for requirement in judge(case)]

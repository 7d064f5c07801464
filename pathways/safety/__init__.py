"""What must never happen: the safety rules, in reading order, and the judge of them.

Rules judge pathways of the library, and plans of patients on those pathways. A pathway that a
scenario brings along is judged by the planning contract alone. What neither a pathway nor a plan
can express (the 24-hour mode of the note, devices left on an authorization, one route at a time)
is judged where the data is.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain

from pathways.plan import Plan
from pathways.protocol import LibraryPathway
from pathways.safety import (
    after_dose,
    chair,
    courses,
    coverage,
    eligibility,
    partners,
    programme,
    spacing,
    therapy,
)
from pathways.safety.planned import PlannedClinic
from pathways.safety.rule import Breach, PathwayRule, PlanRule, Strength
from pathways.scenario import Scenario

__all__ = [
    "PATHWAY_RULES",
    "PLAN_RULES",
    "RULES",
    "Breach",
    "NoRules",
    "Strength",
    "judge_pathway",
    "judge_plan",
]


class NoRules(Exception):
    """There is no rule to judge by, and what nobody has judged is not safe."""


PATHWAY_RULES: tuple[PathwayRule, ...] = (
    therapy.therapy_runs_in_every_week_with_a_dose,
    therapy.preparation_comes_before_the_first_dose,
    therapy.therapy_begins_two_weeks_before_the_first_dose,
    eligibility.doses_stay_on_levels_that_may_hold_them,
    eligibility.every_dose_waits_for_stabilised_use,
    eligibility.medication_visits_keep_clear_of_doses,
    courses.esketamine_follows_its_label,
    courses.ketamine_follows_a_known_series,
    courses.an_evaluation_ends_the_induction,
    courses.a_response_is_looked_for_in_the_series,
    courses.maintenance_needs_an_evaluated_induction,
    courses.maintenance_never_starts_by_itself,
    courses.maintenance_keeps_to_its_interval,
    spacing.a_full_day_lies_between_two_doses,
    spacing.doses_keep_the_gap_of_their_route,
    spacing.seven_days_hold_no_more_doses_than_the_route_allows,
    chair.the_chair_is_held_for_the_whole_visit,
    chair.esketamine_is_monitored_for_two_hours,
    chair.ketamine_is_monitored_long_enough,
    chair.a_prescriber_is_on_site_while_the_drug_acts,
    chair.somebody_watches_while_the_drug_acts,
    chair.a_nurse_watches_no_more_patients_than_she_can,
    after_dose.every_dose_carries_the_no_driving_note,
    after_dose.nothing_follows_a_dose_on_its_day,
    after_dose.therapy_ends_half_an_hour_before_a_dose,
    programme.every_week_has_the_hours_of_its_level,
    programme.every_week_has_the_days_of_its_level,
    programme.time_in_the_chair_is_no_programme_hour,
    therapy.every_dose_has_an_integration_session,
    therapy.integration_comes_within_its_window,
    therapy.integration_uses_the_therapy_of_the_pathway,
    therapy.exposure_keeps_off_dose_days,
    therapy.exposure_waits_for_the_doses_before_it,
    partners.partners_are_dosed_apart,
    partners.the_joint_session_waits_for_both_doses,
    programme.every_week_has_its_mix,
    coverage.covered_doses_name_their_service,
)

PLAN_RULES: tuple[PlanRule, ...] = (
    therapy.therapy_stands_beside_every_planned_dose,
    therapy.preparation_is_planned_before_the_first_dose,
    therapy.therapy_is_planned_two_weeks_before_the_first_dose,
    courses.later_doses_wait_for_the_evaluation,
    courses.maintenance_doses_keep_their_interval,
    spacing.a_full_day_is_planned_between_two_doses,
    spacing.planned_doses_keep_the_gap_of_their_route,
    spacing.nobody_is_dosed_twice_on_a_day,
    spacing.no_seven_planned_days_hold_too_many_doses,
    chair.a_late_dose_leaves_room_before_closing,
    chair.planned_monitoring_is_long_enough,
    chair.first_doses_of_one_nurse_are_staggered,
    after_dose.the_note_lasts_until_the_next_day,
    after_dose.a_patient_who_may_not_drive_needs_a_ride,
    after_dose.nothing_is_signed_after_a_dose,
    after_dose.nothing_is_planned_after_a_dose_on_its_day,
    after_dose.doses_are_planned_in_the_afternoon,
    programme.every_planned_week_has_the_hours_of_its_level,
    programme.every_planned_week_has_the_days_of_its_level,
    programme.a_lost_group_is_made_up_in_its_week,
    therapy.integration_is_planned_in_its_window,
    therapy.integration_is_planned_before_the_next_dose,
    therapy.exposure_is_planned_off_dose_days,
    partners.partners_are_never_planned_to_be_dosed_together,
    partners.the_joint_session_is_planned_after_both_doses,
    programme.a_group_holds_no_more_than_its_cap,
    programme.a_therapist_has_no_more_than_the_caseload,
    coverage.planned_sessions_stay_within_their_authorization,
    coverage.no_day_holds_a_pair_that_the_payer_refuses,
)

RULES: tuple[PathwayRule | PlanRule, ...] = tuple(
    sorted(chain(PATHWAY_RULES, PLAN_RULES), key=lambda rule: rule.id)
)
"""Every rule, by id; pathway before plan."""


def judge_pathway(
    pathway: LibraryPathway, rules: Sequence[PathwayRule] = PATHWAY_RULES
) -> list[Breach]:
    """Every breach in the definition of a pathway, rule by rule; NoRules without any."""
    if not rules:
        raise NoRules
    return [breach for rule in rules for breach in rule.breaches(pathway)]


def judge_plan(
    scenario: Scenario,
    plan: Plan,
    protocols: Mapping[str, LibraryPathway],
    rules: Sequence[PlanRule] = PLAN_RULES,
    about: Collection[str] | None = None,
) -> list[Breach]:
    """Every breach in the plans of patients on these pathways of the library, by pathway id.

    ``about``: the patients whose courses are judged; of the others only how they bear on these.
    """
    if not rules:
        raise NoRules
    clinic = PlannedClinic(scenario, plan, protocols, None if about is None else frozenset(about))
    return [breach for rule in rules for breach in rule.breaches(clinic)]

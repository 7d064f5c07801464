"""The hard rules of the planning contract, in reading order, each a small named function.

`RULES` lists them all. Every rule looks at one visit and finds each breach in which that one takes
part, so that the same functions judge what is planned and what is only tried.
"""

from typing import Final

from scheduler.planning.verifying.rules.days import (
    a_session_lies_inside_the_clinics_hours,
    a_session_starts_on_the_grid,
    it_lies_inside_the_patients_available_time,
    its_date_is_not_unavailable,
    its_end_lies_in_a_ride_window,
    nothing_crosses_midnight,
    nothing_happens_on_a_closure,
    nothing_unlocked_starts_before_now,
)
from scheduler.planning.verifying.rules.entitlement import (
    a_meeting_has_a_seat_for_everybody,
    its_date_is_authorized,
    its_date_is_cleared,
    partners_have_no_two_such_sessions_on_a_date,
)
from scheduler.planning.verifying.rules.monitors import each_stage_has_a_monitor_with_attention_left
from scheduler.planning.verifying.rules.order import (
    a_lag_is_kept,
    a_scheduled_session_lies_in_its_week,
    numbers_ascend_in_time,
    what_comes_first_has_ended,
)
from scheduler.planning.verifying.rules.records import (
    a_group_appointment_is_its_meeting,
    a_session_after_which_nobody_drives_says_so,
    a_session_has_the_modality_of_its_activity,
    a_session_takes_as_long_as_its_activity,
    stages_run_one_after_another,
)
from scheduler.planning.verifying.rules.resources import (
    a_location_has_its_turnover,
    a_prescriber_is_on_site,
    each_need_has_a_person_of_its_own,
    it_is_at_one_free_location_of_its_kind,
    one_person_serves_a_family,
)
from scheduler.planning.verifying.rules.rule import Breach, Rule
from scheduler.planning.verifying.rules.spacing import (
    a_gap_lies_before_it,
    dates_lie_far_enough_apart,
    no_two_appointments_of_a_patient_overlap,
    no_window_of_days_holds_too_many,
    the_rest_of_the_day_is_free,
)

__all__ = ["OF_RECORDS", "OF_RESOURCES", "OF_TIME", "RULES", "Breach", "Rule"]

OF_RECORDS: Final = (
    Rule("modality", None, a_session_has_the_modality_of_its_activity),
    Rule("minutes", None, a_session_takes_as_long_as_its_activity),
    Rule("stages", None, stages_run_one_after_another),
    Rule("group", None, a_group_appointment_is_its_meeting),
    Rule("no_driving", None, a_session_after_which_nobody_drives_says_so),
    Rule("slot_minutes", None, a_session_starts_on_the_grid),
    Rule("midnight", None, nothing_crosses_midnight),
    Rule("weeks", None, a_scheduled_session_lies_in_its_week),
)

OF_TIME: Final = (
    Rule("closure", "closure", nothing_happens_on_a_closure, by_date=True),
    Rule("unavailable", "availability", its_date_is_not_unavailable, by_date=True),
    Rule("clearance", "clearance", its_date_is_cleared, by_date=True),
    Rule("authorization", "authorization", its_date_is_authorized, by_date=True),
    Rule("partner", "partner", partners_have_no_two_such_sessions_on_a_date, by_date=True),
    Rule("min_days_between", "spacing", dates_lie_far_enough_apart, by_date=True),
    Rule("max_in_days", "spacing", no_window_of_days_holds_too_many, by_date=True),
    Rule("past", "past", nothing_unlocked_starts_before_now),
    Rule("hours", "hours", a_session_lies_inside_the_clinics_hours),
    Rule("availability", "availability", it_lies_inside_the_patients_available_time),
    Rule("ride", "ride", its_end_lies_in_a_ride_window),
    Rule("lag", "lag", a_lag_is_kept),
    Rule("order", "order", numbers_ascend_in_time),
    Rule("preceded_by", "order", what_comes_first_has_ended),
    Rule("overlap", "spacing", no_two_appointments_of_a_patient_overlap),
    Rule("gap_before", "spacing", a_gap_lies_before_it),
    Rule("rest_of_day", "spacing", the_rest_of_the_day_is_free),
    Rule("capacity", "capacity", a_meeting_has_a_seat_for_everybody),
    Rule("prescriber", "prescriber", a_prescriber_is_on_site),
)

# Which location and whom: what an unplaced occurrence may choose.
OF_RESOURCES: Final = (
    Rule("location", "location", it_is_at_one_free_location_of_its_kind),
    Rule("turnover", "location", a_location_has_its_turnover),
    Rule("practitioner", "practitioner", each_need_has_a_person_of_its_own),
    Rule("same_person", "practitioner", one_person_serves_a_family),
    Rule("monitor", "monitor", each_stage_has_a_monitor_with_attention_left),
)

RULES: Final = (*OF_RECORDS, *OF_TIME, *OF_RESOURCES)

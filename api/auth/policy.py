"""What each role may do: one row for each route, by the name of its function.

A route without a row fails the start. ``ANYBODY`` needs no sign-in; a patient among the roles
reaches only themselves, which each route sees to by `Actor.may_see`.
"""

from typing import Final

from scheduler.acting import CLINICIANS, ROLES, STAFF

ANYBODY: Final = frozenset({"anybody"})
EVERYBODY: Final = frozenset(ROLES)
ADMINISTRATION: Final = frozenset({"admin"})
MANAGEMENT: Final = frozenset({"programme director", "admin"})
COORDINATION: Final = frozenset({"coordinator", "programme director", "admin"})
CHAIRSIDE: Final = frozenset({"nurse", "charge nurse", "prescriber"})
FRONT: Final = frozenset(
    {"coordinator", "therapist", "addiction clinician", "authorised representative"}
)
CARE: Final = CLINICIANS | COORDINATION
BILLING: Final = frozenset({"billing lead"})
DIRECTION: Final = frozenset({"clinical director", "programme director"})
REPRESENTATIVE: Final = frozenset({"authorised representative"})
PATIENT: Final = frozenset({"patient"})

POLICY: Final[dict[str, frozenset[str]]] = {
    # The service itself.
    "livez": ANYBODY,
    "readyz": ANYBODY,
    "metrics": ANYBODY,  # counts alone; a proxy keeps it inside
    # Coming in and going out.
    "link_page": ANYBODY,
    "enter_by_link": ANYBODY,
    "sign_in_page": ANYBODY,
    "sign_in": ANYBODY,
    "ask_for_code": ANYBODY,
    "sign_in_by_code": ANYBODY,
    "second_step_page": STAFF,
    "second_step_given": STAFF,
    "password_page": STAFF,
    "choose_password": STAFF,
    "sign_out": EVERYBODY,
    "who_am_i": EVERYBODY,
    "prove_yourself": EVERYBODY,
    "ask_for_proof_code": EVERYBODY,
    # Accounts and keys of machines.
    "list_accounts": ADMINISTRATION,
    "show_account": ADMINISTRATION,
    "create_account": ADMINISTRATION,
    "change_account": ADMINISTRATION,
    "disable_account": ADMINISTRATION,
    "invite_account": ADMINISTRATION,
    "make_token_for": ADMINISTRATION,
    "list_tokens": EVERYBODY,
    "make_token": EVERYBODY,
    "revoke_token": EVERYBODY,
    # Patients and their care.
    "create_patient": CARE,
    "read_patient": CARE | PATIENT,
    "change_patient": CARE,
    "search_patients": CARE | BILLING,
    "read_contacts": CARE | BILLING | PATIENT,
    "add_contact": CARE,
    "verify_contact": CARE,
    "remove_contact": CARE,
    "read_ride_contacts": CARE | PATIENT,
    "add_ride_contact": CARE | PATIENT,
    "revoke_ride_contact": CARE | PATIENT,
    "confirm_ride": CARE,
    "enrol_patient": CARE,
    "read_enrolments": CARE | BILLING | DIRECTION | PATIENT,
    "move_enrolment": CARE | DIRECTION,
    "change_level": CARE | DIRECTION,
    "record_evaluation": CLINICIANS,
    "read_weeks": CARE | BILLING | DIRECTION | PATIENT,
    "read_make_ups": CARE,
    "read_absences": CARE | DIRECTION,
    "read_checklist": STAFF,
    "read_care": CARE | REPRESENTATIVE | PATIENT,
    "answer_screening": CARE,
    "sign_screening": CLINICIANS,
    "give_clearance": CLINICIANS | REPRESENTATIVE,
    "revoke_clearance": CLINICIANS | REPRESENTATIVE,
    "record_check": CLINICIANS,
    "sign_consent": CARE | REPRESENTATIVE,
    "revoke_consent": CARE | REPRESENTATIVE | PATIENT,
    "read_questionnaire": EVERYBODY,
    "begin_answers": CLINICIANS | PATIENT,
    "read_answers": CLINICIANS | PATIENT,
    "save_answers": CLINICIANS | PATIENT,
    "finish_answers": CLINICIANS | PATIENT,
    "decide_on_risk": CLINICIANS,
    "read_notes": CLINICIANS,
    "write_note": CLINICIANS,
    "read_measures_due": CARE | PATIENT,
    "read_axis": CLINICIANS | DIRECTION | PATIENT,
    "read_coverage": COORDINATION | BILLING | frozenset({"prescriber"}) | PATIENT,
    "verify_coverage": COORDINATION | BILLING,
    "read_coverage_changes": COORDINATION | BILLING | PATIENT,
    "tell_coverage_change": COORDINATION | BILLING | PATIENT,
    "agree_on_private_pay": COORDINATION | BILLING,
    "add_authorization": COORDINATION | BILLING,
    # Plans and runs.
    "ask_for_plan": COORDINATION,
    "ask_for_repair": COORDINATION,
    "see_run": CARE,
    "follow_run": CARE,
    "stop_run": COORDINATION,
    "list_plans": CARE,
    "see_plan": CARE,
    "publish_plan": COORDINATION,
    "reject_plan": COORDINATION,
    "undo_plan": COORDINATION,
    "judge_row": COORDINATION,
    "adjust_row": COORDINATION,
    # The clinic's house.
    "read_house": STAFF,
    "change_hours": MANAGEMENT,
    "change_address": MANAGEMENT,
    "list_texts": CARE | DIRECTION,
    "change_text": MANAGEMENT,
    "approve_text": MANAGEMENT,
    "list_practitioners": CARE,
    "change_hours_of": COORDINATION,
    "add_practitioner": MANAGEMENT,
    "list_locations": CARE,
    "add_location": MANAGEMENT,
    "list_groups": CARE,
    "add_group": COORDINATION,
    "list_duties": STAFF,
    "enter_duty": COORDINATION | frozenset({"charge nurse", "clinical director"}),
    "end_duty": COORDINATION | frozenset({"charge nurse", "clinical director"}),
    # Bookings.
    "find_times": CARE,
    "hold_time": CARE,
    "book_time": CARE,
    "confirm_hold": CARE,
    "move_appointment": CARE,
    "swap_appointments": CARE,
    "find_swaps": CARE,
    "cancel_appointment": CARE,
    "miss_appointment": CARE,
    "enter_in_error": COORDINATION,
    "arrive": CARE,
    "check_in": CARE,
    "attend": CARE,
    "repair_times": CARE,
    "list_appointments": CARE | {"patient"},
    "show_appointment": CARE | {"patient"},
    "weeks_of_patient": CARE | {"patient"},
    "day_board": CARE,
    "practitioner_is_away": COORDINATION | CHAIRSIDE,
    "clinic_is_closed": COORDINATION,
    "clinic_is_open": COORDINATION,
    "practitioner_is_back": COORDINATION | CHAIRSIDE,
    "patient_is_unavailable": CARE,
    "location_is_retired": COORDINATION,
    "practitioner_leaves": MANAGEMENT,
    "meeting_is_cancelled": CARE,
    "group_ends": COORDINATION,
    "group_goes_on": COORDINATION,
    "appointment_runs_over": CARE,
    # Dose sessions.
    "todays_sessions": CARE,
    "one_session": CARE,
    "record_event": CHAIRSIDE | FRONT,
    "session_stream": CARE,
    "clinic_changes": EVERYBODY,
    "driving_again": CARE | {"patient"},
    # Work-list, gates, overrides.
    "read_work": STAFF,
    "complete_task": STAFF,
    "claim_task": STAFF,
    "hand_task_on": STAFF,
    "note_task": STAFF,
    "read_gates": CARE | BILLING | DIRECTION | PATIENT,
    "read_overrides": CARE | BILLING | DIRECTION,
    "request_override": CARE | BILLING | DIRECTION,
    "approve_override": CARE | BILLING | DIRECTION,
    "revoke_override": CARE | BILLING | DIRECTION,
    # Reminders.
    "list_reminders": CARE,
    "preview_reminders": CARE,
    "stop_all_reminders": COORDINATION | frozenset({"charge nurse", "privacy officer"}),
    "resume_reminders": COORDINATION | frozenset({"charge nurse", "privacy officer"}),
    "switch_on_crisis_replies": frozenset({"clinical director", "programme director", "admin"}),
    "resend_reminder": CARE,
    "stop_reminder": CARE,
    "read_message_consents": CARE | PATIENT,
    "give_message_consent": CARE | PATIENT,
    "revoke_message_consent": CARE | PATIENT,
    "my_messages": PATIENT,
    "receive_sms": ANYBODY,  # signed by the provider
    "receive_sms_status": ANYBODY,  # signed by the provider
    "ride_page": ANYBODY,  # a signed link
    "ride_is_certain": ANYBODY,  # a signed link
    # Pages.
    "home": EVERYBODY,
    "speak_to_me": STAFF,
    "patients_page": CARE,
    "patient_page": CARE,
    "write_note_by_form": CLINICIANS,
    "decide_on_risk_by_form": CLINICIANS,
    "measure_page": CLINICIANS,
    "answer_by_form": CLINICIANS,
    "plan_patient": COORDINATION,
    "run_page": COORDINATION,
    "plan_page": CARE,
    "decide_plan": COORDINATION,
    "calendar_page": CARE,
    "calendar_bars": CARE,
    "visit_page": CARE,
    "move_by_form": CARE,
    "swap_by_form": CARE,
    "end_by_form": CARE,
    "repair_page": COORDINATION,
    "repair_by_form": COORDINATION,
    "ask_for_repair_by_form": COORDINATION,
    "plan_messages": COORDINATION,
    "enrol_page": COORDINATION,
    "enrol_by_form": COORDINATION,
    "cohort_page": CARE,
    "load_page": CARE,
    "work_page": STAFF,
    "finish_task": STAFF,
    "day_page": CARE,
    "session_page": CARE,
    "longer_page": CHAIRSIDE,
    "record_by_form": (CHAIRSIDE | FRONT) & CARE,  # its refusals are told on the session's page
    "reminders_page": CARE,
    "pathways_page": CARE | DIRECTION,
    "pathway_page": CARE | DIRECTION,
    "compare_pathways": CARE | DIRECTION,
    # Settings.
    "settings_page": COORDINATION,
    "change_hours_by_form": MANAGEMENT,
    "close_by_form": COORDINATION,
    "open_by_form": COORDINATION,
    "change_address_by_form": MANAGEMENT,
    "people_page": COORDINATION | frozenset({"charge nurse"}),
    "add_person_by_form": MANAGEMENT,
    "hours_of_page": COORDINATION,
    "leave_by_form": MANAGEMENT,
    "change_hours_of_by_form": COORDINATION,
    "be_away_by_form": COORDINATION | frozenset({"charge nurse"}),
    "be_back_by_form": COORDINATION | frozenset({"charge nurse"}),
    "duty_page": CARE | DIRECTION,
    "enter_duty_by_form": COORDINATION | frozenset({"charge nurse", "clinical director"}),
    "end_duty_by_form": COORDINATION | frozenset({"charge nurse", "clinical director"}),
    "places_page": COORDINATION,
    "add_place_by_form": MANAGEMENT,
    "add_group_by_form": COORDINATION,
    "retire_by_form": COORDINATION,
    "cancel_meeting_by_form": COORDINATION,
    "end_group_by_form": COORDINATION,
    "continue_group_by_form": COORDINATION,
    "texts_page": CARE | DIRECTION,
    "text_page": MANAGEMENT,
    "try_text_by_form": MANAGEMENT,
    "change_text_by_form": MANAGEMENT,
    "approve_text_by_form": MANAGEMENT,
    "accounts_page": ADMINISTRATION,
    "invite_by_form": ADMINISTRATION,
    "change_roles_by_form": ADMINISTRATION,
    "disable_by_form": ADMINISTRATION,
    "invite_again_by_form": ADMINISTRATION,
    # The patient's own pages.
    "my_page": PATIENT,
    "i_am_coming": PATIENT,
    "my_ride_is": PATIENT,
    "other_times": PATIENT,
    "wish_for_a_time": PATIENT,
    "my_weeks": PATIENT,
    "make_feed": PATIENT,
    "revoke_feed": PATIENT,
    "calendar_feed": ANYBODY,  # a private address
    "my_questions": PATIENT,
    "my_questionnaire": PATIENT,
    "answer_questionnaire": PATIENT,
    "my_messages_page": PATIENT,
    "what_to_expect": PATIENT,
    "my_settings": PATIENT,
    "my_cover": PATIENT,
    "my_cover_changes": PATIENT,
    "speak_my_language": PATIENT,
    "take_messages": PATIENT,
    "take_no_messages": PATIENT,
    "my_weeks_on_paper": PATIENT,
    "my_sheet_for_afterwards": PATIENT,
    "weeks_on_paper": CARE,
    "sheet_for_afterwards": CARE,
    "kept_on_the_device": PATIENT,
    "manifest": ANYBODY,
    "service_worker": ANYBODY,
    "offline_page": ANYBODY,
    "own_feeds": STAFF,
    "make_own_feed": STAFF,
    "revoke_own_feed": STAFF,
}

COMING_IN: Final = frozenset({"enter_by_link", "sign_in", "ask_for_code", "sign_in_by_code"})
"""Where somebody may guess: counted by network address."""

HALFWAY: Final = frozenset(
    {"second_step_page", "second_step_given", "password_page", "choose_password"}
)
"""All that is open to whoever has shown a password or an invitation, and closed to others."""


class NoPolicy(Exception):
    """A route has no row in the table of roles, so nobody has decided who may use it."""


def refuse_without_policy(names: set[str]) -> None:
    """NoPolicy, naming them, where routes have no row in the table."""
    missing = sorted(names - POLICY.keys())
    if missing:
        raise NoPolicy(", ".join(missing))


__all__ = [
    "ADMINISTRATION",
    "ANYBODY",
    "CARE",
    "CHAIRSIDE",
    "COMING_IN",
    "COORDINATION",
    "EVERYBODY",
    "HALFWAY",
    "POLICY",
    "STAFF",
]

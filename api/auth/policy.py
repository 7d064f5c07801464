"""What each role may do: one row for each route, by the name of its function.

A route without a row fails the start. ``ANYBODY`` needs no sign-in; a patient among the roles
reaches only themselves, which each route sees to by `Actor.may_see`.
"""

from typing import Final

from scheduler.acting import CLINICIANS, ROLES, STAFF

ANYBODY: Final = frozenset({"anybody"})
EVERYBODY: Final = frozenset(ROLES)
COORDINATION: Final = frozenset({"coordinator", "programme director", "admin"})
CHAIRSIDE: Final = frozenset({"nurse", "charge nurse", "prescriber"})
FRONT: Final = frozenset(
    {"coordinator", "therapist", "addiction clinician", "authorised representative"}
)
CARE: Final = CLINICIANS | COORDINATION

POLICY: Final[dict[str, frozenset[str]]] = {
    # The service itself.
    "livez": ANYBODY,
    "readyz": ANYBODY,
    # Coming in and going out.
    "enter_by_link": ANYBODY,
    "sign_in_page": ANYBODY,
    "sign_out": EVERYBODY,
    "who_am_i": EVERYBODY,
    # Patients and their care.
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
    # Bookings.
    "find_times": CARE,
    "hold_time": CARE,
    "book_time": CARE,
    "confirm_hold": CARE,
    "move_appointment": CARE,
    "swap_appointments": CARE,
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
    "patient_is_unavailable": CARE,
    "location_is_retired": COORDINATION,
    "meeting_is_cancelled": CARE,
    "appointment_runs_over": CARE,
    # Dose sessions.
    "todays_sessions": CARE,
    "one_session": CARE,
    "record_event": CHAIRSIDE | FRONT,
    "session_stream": CARE,
    "clinic_changes": EVERYBODY,
    "driving_again": CARE | {"patient"},
    # Work-list, gates, overrides.
    # Reminders.
    # Pages.
    "home": EVERYBODY,
    "patients_page": CARE,
    "patient_page": CARE,
    "plan_patient": COORDINATION,
    "run_page": COORDINATION,
    "plan_page": CARE,
    "decide_plan": COORDINATION,
    "work_page": STAFF,
    "finish_task": STAFF,
    "day_page": CARE,
    "session_page": CARE,
    "record_by_form": CHAIRSIDE | FRONT,
    "my_page": frozenset({"patient"}),
}


class NoPolicy(Exception):
    """A route has no row in the table of roles, so nobody has decided who may use it."""


def refuse_without_policy(names: set[str]) -> None:
    """NoPolicy, naming them, where routes have no row in the table."""
    missing = sorted(names - POLICY.keys())
    if missing:
        raise NoPolicy(", ".join(missing))


__all__ = ["ANYBODY", "CARE", "CHAIRSIDE", "COORDINATION", "EVERYBODY", "POLICY", "STAFF"]

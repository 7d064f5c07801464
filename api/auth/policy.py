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
    # Bookings.
    # Dose sessions.
    # Work-list, gates, overrides.
    # Reminders.
    "list_reminders": CARE,
    "preview_reminders": CARE,
    "stop_all_reminders": COORDINATION | frozenset({"charge nurse", "privacy officer"}),
    "resume_reminders": COORDINATION | frozenset({"charge nurse", "privacy officer"}),
    "switch_on_crisis_replies": frozenset({"clinical director", "programme director", "admin"}),
    "resend_reminder": CARE,
    "stop_reminder": CARE,
    "receive_sms": ANYBODY,  # signed by the provider
    "receive_sms_status": ANYBODY,  # signed by the provider
    "ride_page": ANYBODY,  # a signed link
    "confirm_ride": ANYBODY,  # a signed link
    # Pages.
    "home": EVERYBODY,
}


class NoPolicy(Exception):
    """A route has no row in the table of roles, so nobody has decided who may use it."""


def refuse_without_policy(names: set[str]) -> None:
    """NoPolicy, naming them, where routes have no row in the table."""
    missing = sorted(names - POLICY.keys())
    if missing:
        raise NoPolicy(", ".join(missing))


__all__ = ["ANYBODY", "CARE", "CHAIRSIDE", "COORDINATION", "EVERYBODY", "POLICY", "STAFF"]

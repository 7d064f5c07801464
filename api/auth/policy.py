"""What each role may do: one row for each route, by the name of its function.

A route without a row fails the start. ``ANYBODY`` needs no sign-in; a patient among the roles
reaches only themselves, which each route sees to by `Actor.may_see`.
"""

from typing import Final

from scheduler.acting import CLINICIANS, ROLES, STAFF

ANYBODY: Final = frozenset({"anybody"})
EVERYBODY: Final = frozenset(ROLES)
ADMINISTRATION: Final = frozenset({"admin"})
COORDINATION: Final = frozenset({"coordinator", "programme director", "admin"})
CHAIRSIDE: Final = frozenset({"nurse", "charge nurse", "prescriber"})
CARE: Final = CLINICIANS | COORDINATION

POLICY: Final[dict[str, frozenset[str]]] = {
    # The service itself.
    "livez": ANYBODY,
    "readyz": ANYBODY,
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
    # Plans and runs.
    # Bookings.
    # Dose sessions.
    # Work-list, gates, overrides.
    # Reminders.
    # Pages.
    "home": EVERYBODY,
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

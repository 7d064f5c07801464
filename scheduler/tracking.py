"""What may become of an appointment: the permitted moves, in one table."""

from datetime import datetime
from typing import Final

from scheduler.errors import WrongMove
from scheduler.store.tables import Appointment

MOVES: Final[dict[str, frozenset[str]]] = {
    "proposed": frozenset({"pending", "booked", "cancelled", "entered-in-error"}),
    "waitlist": frozenset({"proposed", "cancelled", "entered-in-error"}),
    "pending": frozenset({"booked", "cancelled", "entered-in-error"}),
    "booked": frozenset({"booked", "arrived", "noshow", "cancelled", "entered-in-error"}),
    "arrived": frozenset({"checked-in", "noshow", "cancelled", "entered-in-error"}),
    "checked-in": frozenset({"fulfilled", "noshow", "cancelled", "entered-in-error"}),
    "fulfilled": frozenset({"entered-in-error"}),
    "noshow": frozenset({"entered-in-error"}),
    "cancelled": frozenset({"entered-in-error"}),
    "entered-in-error": frozenset(),
}
"""From each status, where it may go. From ``booked`` to itself: it is moved in time."""

TAKES_TIME = frozenset({"pending", "booked", "arrived", "checked-in", "fulfilled"})
"""An appointment with one of these has its promises in the ledger."""


def move(appointment: Appointment, to: str, *, at: datetime) -> None:
    """Give an appointment another status; WrongMove where the table does not have the move."""
    if to not in MOVES[appointment.status]:
        raise WrongMove(
            f"an appointment that is {appointment.status} cannot become {to}",
            fix="look at it again; somebody may have been faster",
        )
    appointment.status = to
    appointment.version += 1
    appointment.changed_at = at

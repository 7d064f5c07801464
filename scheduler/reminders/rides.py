"""Who drives the patient home has said so themselves: by the link in a message, or by a reply."""

from datetime import datetime
from typing import Literal

from sqlmodel import Session

from scheduler import audit
from scheduler.acting import Actor
from scheduler.care.rides import confirm_ride
from scheduler.errors import WrongMove
from scheduler.store.tables import Appointment, RideContact


def confirm(
    session: Session,
    actor: Actor,
    row: Appointment,
    *,
    by: Literal["driver", "link"],
    now: datetime,
) -> None:
    """The ride of an appointment is certain, once; ``by``: how it was said.

    WrongMove where nobody was named to drive, RuleBroken where they may not be the ride.
    """
    if row.ride_confirmed_at is not None:
        return
    key = (row.clinic_id, row.ride_contact_id)
    ride = session.get(RideContact, key) if row.ride_contact_id else None
    if ride is None:
        raise WrongMove("nobody is named who drives", fix="call us and say who it is")
    confirm_ride(session, actor, row, ride, now=now)
    audit.record(session, actor, "ride.answer", at=now, subject=("appointment", row.id), by=by)

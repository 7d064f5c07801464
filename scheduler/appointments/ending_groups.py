"""A group ends: until a date it meets with those who are in it, and nobody joins it any more.

The planner no longer knows of it. What it still holds until then stands as it is booked, and those
whose pathway goes on beyond are planned into another group from that date on.
"""

from datetime import date, datetime

from sqlmodel import Session, col

from scheduler.acting import Actor
from scheduler.appointments.breaking import (
    Broken,
    Fact,
    dates_ahead,
    dates_from,
    must_exist,
    refuse_past,
)
from scheduler.errors import NotUnderstood
from scheduler.store.tables import Appointment, GroupSeries


def ends(
    session: Session, actor: Actor, series_id: str, day: date, *, now: datetime
) -> list[Broken]:
    """A group meets no more from a date on: which booked meetings that breaks."""
    series = must_exist(session, GroupSeries, actor, series_id)
    if series.ends_on is not None:
        raise NotUnderstood(f"{series_id} ends already", fix="let it go on first", place="day")
    refuse_past(session, actor, day, now)
    needing = col(Appointment.series_id) == series_id
    change = Fact(session, actor, dates_from(session, actor, day, needing), now)
    series.ends_on = day
    says = f"{series_id} meets no more from {day}"
    return change.broken("group end", ("series", series_id), says=says)


def goes_on(
    session: Session, actor: Actor, series_id: str, *, now: datetime
) -> tuple[list[Broken], list[Appointment]]:
    """A group goes on after all: what its room and leader are wanted for, and what stands again."""
    series = must_exist(session, GroupSeries, actor, series_id)
    if series.ends_on is None:
        raise NotUnderstood(f"{series_id} goes on anyway", place="series")
    ahead = dates_ahead(session, actor.clinic_id, now)
    change = Fact(session, actor, [day for day in ahead if day >= series.ends_on], now)
    series.ends_on = None
    about = ("series", series_id)
    return change.broken("group goes on", about), change.mended("group goes on", about)

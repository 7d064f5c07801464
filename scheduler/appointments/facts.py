"""Facts: somebody is away, a day is closed, a place is gone. They are stored as they are.

Nothing refuses a fact. Each promise that it breaks becomes a task for a coordinator in the same
unit of work, due before the appointment; the planner can then be asked for another time.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from pathways import timing
from scheduler.acting import Actor
from scheduler.appointments.breaking import (
    STANDS_AHEAD,
    Broken,
    Fact,
    dates_from,
    must_exist,
    refuse_past,
)
from scheduler.appointments.finding import Asked, Found, find
from scheduler.appointments.holding import found, zone_of
from scheduler.errors import NotThere, NotUnderstood
from scheduler.store.tables import (
    Absence,
    Appointment,
    Closure,
    Enrolment,
    GroupSeries,
    Location,
    Practitioner,
)

LONGEST = 366
"""Days that one fact may speak of."""


@dataclass(frozen=True)
class Dates:
    """Dates from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def all(self) -> list[date]:
        """Each of them; NotUnderstood where they run backward, or for longer than a year."""
        if not timedelta() <= self.last - self.first < timedelta(days=LONGEST):
            raise NotUnderstood("dates run forward, and for a year at most", place="last")
        return timing.dates_between(self.first, self.last)


def is_away(
    session: Session,
    actor: Actor,
    practitioner_id: str,
    dates: Dates,
    *,
    now: datetime,
    reason: str = "",
) -> list[Broken]:
    """A practitioner is away on some dates."""
    days = dates.all
    must_exist(session, Practitioner, actor, practitioner_id)
    change = Fact(session, actor, days, now)
    session.add(
        Absence(
            clinic_id=actor.clinic_id,
            practitioner_id=practitioner_id,
            first=dates.first,
            last=dates.last,
            reason=reason,
        )
    )
    return change.broken("absence", ("practitioner", practitioner_id))


def is_closed(
    session: Session, actor: Actor, day: date, *, now: datetime, reason: str = ""
) -> list[Broken]:
    """Nothing happens on a date."""
    change = Fact(session, actor, [day], now)
    if session.get(Closure, (actor.clinic_id, day)) is None:
        session.add(Closure(clinic_id=actor.clinic_id, day=day, reason=reason))
    return change.broken("closure", ("day", day.isoformat()))


def is_back(
    session: Session, actor: Actor, absence_id: UUID, day: date, *, now: datetime
) -> list[Appointment]:
    """Somebody who is away is back on a date: which visits can stand again.

    NotThere without such an absence; NotUnderstood where it ends before that date anyway.
    """
    absence = session.get(Absence, (actor.clinic_id, absence_id))
    if absence is None:
        raise NotThere("there is no such absence")
    if day > absence.last:
        raise NotUnderstood("they are back by then anyway", fix="name an earlier day", place="day")
    refuse_past(session, actor, day, now)
    change = Fact(session, actor, timing.dates_between(max(day, absence.first), absence.last), now)
    if day <= absence.first:
        session.delete(absence)
    else:
        absence.last = day - timedelta(days=1)
    return change.mended("back", ("practitioner", absence.practitioner_id))


def is_open(session: Session, actor: Actor, day: date, *, now: datetime) -> list[Appointment]:
    """The clinic is open after all on a date: which visits can stand again."""
    closure = session.get(Closure, (actor.clinic_id, day))
    if closure is None:
        raise NotThere("the clinic is not closed on that date")
    refuse_past(session, actor, day, now)
    change = Fact(session, actor, [day], now)
    session.delete(closure)
    return change.mended("opening", ("day", day.isoformat()))


def is_unavailable(
    session: Session, actor: Actor, patient_id: str, dates: Dates, *, now: datetime
) -> list[Broken]:
    """A patient cannot come on some dates."""
    days = dates.all
    if not actor.may_see(patient_id):
        raise NotThere("there is no such patient")
    enrolments = session.exec(
        select(Enrolment).where(
            Enrolment.clinic_id == actor.clinic_id,
            Enrolment.patient_id == patient_id,
            Enrolment.status == "active",
        )
    ).all()
    if not enrolments:
        raise NotThere("there is no such patient")
    change = Fact(session, actor, days, now, patients=(patient_id,))
    for enrolment in enrolments:
        span = {"from": dates.first.isoformat(), "to": dates.last.isoformat()}
        enrolment.unavailable = [*enrolment.unavailable, span]
        enrolment.version += 1
    return change.broken("unavailability", ("patient", patient_id))


def is_retired(
    session: Session, actor: Actor, location_id: str, day: date, *, now: datetime
) -> list[Broken]:
    """A place is used no more from a date on."""
    place = must_exist(session, Location, actor, location_id)
    needing = col(Appointment.location_id) == location_id
    change = Fact(session, actor, dates_from(session, actor, day, needing), now)
    place.retired_on = day
    return change.broken("retirement", ("location", location_id))


def leaves(
    session: Session, actor: Actor, practitioner_id: str, day: date, *, now: datetime
) -> list[Broken]:
    """Somebody works here no more from a date on."""
    person = must_exist(session, Practitioner, actor, practitioner_id)
    zone = zone_of(session, actor.clinic_id)
    visits = session.exec(
        select(Appointment.start, Appointment.practitioners, Appointment.stages).where(
            Appointment.clinic_id == actor.clinic_id,
            col(Appointment.status).in_(STANDS_AHEAD),
            Appointment.start >= timing.instant(day, 0, zone),
        )
    )
    theirs = (
        timing.local_date(start, zone)
        for start, people, stages in visits
        if practitioner_id in {*people, *(stage.get("practitioner") for stage in stages)}
    )
    change = Fact(session, actor, {day, *theirs}, now)
    person.leaves_on = day
    return change.broken("departure", ("practitioner", practitioner_id))


def does_not_meet(
    session: Session, actor: Actor, series_id: str, day: date, *, now: datetime
) -> list[Broken]:
    """A series of groups does not meet on a date."""
    series = must_exist(session, GroupSeries, actor, series_id)
    change = Fact(session, actor, [day], now)
    if day.isoformat() not in series.cancelled:
        series.cancelled = [*series.cancelled, day.isoformat()]
    return change.broken("meeting cancelled", ("series", series_id))


def repairs(
    session: Session, actor: Actor, appointment_id: UUID, *, now: datetime, most: int = 5
) -> Found:
    """Other times for an appointment whose promise is broken; each can be posted to move it."""
    held = found(session, actor, appointment_id)
    asked = Asked(
        held.patients[0],
        held.row.activity,
        held.row.occurrence,
        since=now,
        at=held.row.start,
        most=most,
    )
    return find(session, actor, asked, now=now)

"""Meetings of a group in the same week that could make up for one that is lost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from pathways import timing
from pathways.protocol import LibraryPathway
from scheduler.care.facts import Facts
from scheduler.care.weeks import Week
from scheduler.store.tables import Appointment, GroupSeries
from scheduler.tracking import TAKES_TIME


@dataclass(frozen=True)
class MakeUp:
    """A meeting with a free seat, while the patient is free and available."""

    series: str
    activity: str
    start: datetime
    end: datetime
    seats: int


def make_ups(
    session: Session, protocol: LibraryPathway, facts: Facts, week: Week, *, now: datetime
) -> list[MakeUp]:
    """The meetings still to come in a week that the patient could join, in order of time."""
    names = [a.id for a in protocol.with_purpose("group") if a.programme_hours]
    series = session.exec(
        select(GroupSeries)
        .where(
            GroupSeries.clinic_id == facts.patient.clinic_id,
            col(GroupSeries.activity).in_(names),
            col(GroupSeries.ends_on).is_(None),
        )
        .order_by(GroupSeries.id)
    ).all()
    taken = _seats_taken(session, facts, week)
    found = [
        MakeUp(one.id, one.activity, start, end, one.capacity - taken[one.id, start])
        for one in series
        for start, end in _meetings(one, facts, week)
        if start > now and _is_free(facts, start, end)
    ]
    return sorted((m for m in found if m.seats > 0), key=lambda m: (m.start, m.series))


def _meetings(series: GroupSeries, facts: Facts, week: Week) -> Iterator[tuple[datetime, datetime]]:
    cancelled = set(series.cancelled)
    for day in timing.dates_between(week.first, week.last):
        if day.isoformat() in cancelled or not facts.house.works_on(day):
            continue
        for meeting in series.weekly:
            if meeting["day"] == timing.weekday(day):
                yield _interval(day, meeting, facts)


def _interval(day: date, meeting: dict[str, Any], facts: Facts) -> tuple[datetime, datetime]:
    start = timing.clock_minutes(meeting["start"])
    end = timing.clock_minutes(meeting["end"], midnight_ends=True)
    zone = facts.house.zone
    return timing.instant(day, start, zone), timing.instant(day, end, zone)


def _is_free(facts: Facts, start: datetime, end: datetime) -> bool:
    """Whether nothing else is booked then, and no dose comes before it on the same day."""
    day = facts.house.day(start)
    return not any(
        (a.start < end and a.end > start)
        or (a.is_dose and facts.house.day(a.start) == day and a.start < start)
        for a in facts.standing
    )


def _seats_taken(session: Session, facts: Facts, week: Week) -> Counter[tuple[str, datetime]]:
    begin = timing.instant(week.first, 0, facts.house.zone)
    rows = session.exec(
        select(Appointment.series_id, Appointment.start).where(
            Appointment.clinic_id == facts.patient.clinic_id,
            col(Appointment.series_id).is_not(None),
            col(Appointment.status).in_(TAKES_TIME),
            col(Appointment.start) >= begin,
            col(Appointment.start) < begin + timedelta(days=8),
        )
    )
    return Counter((series, start) for series, start in rows if series)

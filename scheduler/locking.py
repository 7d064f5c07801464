"""Who writes first: everybody locks in one order, then judges, then writes.

The clinic's dates in order, then patients and partners by id; ledger rows follow in order of
their keys. Two writers that could break a rule together therefore never pass each other, and never
wait for each other in a circle. SQLite has one writer at a time, and needs no more.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from scheduler.store.asking import among, ask, filled, room, table_of
from scheduler.store.tables import ClinicDay, Patient


def days_of(start: datetime, end: datetime, zone: ZoneInfo) -> set[date]:
    """The clinic's dates that ``[start, end)`` touches."""
    first, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone)
    return {first + timedelta(days=n) for n in range((last.date() - first).days + 1)}


def hold(
    session: Session, clinic_id: str, *, days: Iterable[date] = (), patients: Iterable[str] = ()
) -> None:
    """Wait until nobody else changes these dates and patients, until the unit of work ends."""
    if session.get_bind().dialect.name == "sqlite":
        return
    dates, names = sorted(set(days)), sorted(set(patients))
    if not dates and not names:
        return
    if _held(session, clinic_id, dates, names) < len(dates):
        rows = [{"clinic_id": clinic_id, "day": day} for day in dates]
        session.execute(insert(ClinicDay).values(rows).on_conflict_do_nothing())
        _held(session, clinic_id, dates, names)


def _held(session: Session, clinic_id: str, days: list[date], names: list[str]) -> int:
    """Hold dates and then patients; how many of the dates have a row to hold."""
    values = {"clinic": clinic_id, "number": len(days)}
    values |= filled("day", days) | filled("name", names)
    ((found, _),) = ask(session, _holding(room(len(days)), room(len(names))), values)
    held: int = found
    return held


@cache
def _holding(days: int, names: int) -> Select[Any]:
    """Both by one query. Patients are not held before the dates are, nor some dates without all.

    Who waits to write a date's first row must hold nothing for which its writer may wait.
    """
    day, patient = table_of(ClinicDay).c, table_of(Patient).c
    there = table_of(ClinicDay).alias("there").c
    known = (
        select(func.count())
        .where(there.clinic_id == bindparam("clinic"), among(there.day, "day", days))
        .scalar_subquery()
    )
    dates = (
        select(day.day)
        .where(
            day.clinic_id == bindparam("clinic"),
            among(day.day, "day", days),
            known == bindparam("number"),
        )
        .order_by(day.day)
        .with_for_update()
        .cte("dates")
    )
    number = select(func.count()).select_from(dates).scalar_subquery()
    people = (
        select(patient.id)
        .where(
            patient.clinic_id == bindparam("clinic"),
            among(patient.id, "name", names),
            number == bindparam("number"),
        )
        .order_by(patient.id)
        .with_for_update()
        .cte("people")
    )
    both = select(func.count()).select_from(people).scalar_subquery()
    return select(number.label("dates"), both.label("people"))

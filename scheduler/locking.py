"""Who writes first: everybody locks in one order, then judges, then writes.

The clinic's dates in order, then patients and partners by id; ledger rows follow in order of
their keys. Two writers that could break a rule together therefore never pass each other, and never
wait for each other in a circle. SQLite has one writer at a time, and needs no more.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

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
    _hold_days(session, clinic_id, sorted(set(days)))
    names = sorted(set(patients))
    if names:
        session.exec(
            select(Patient.id)
            .where(Patient.clinic_id == clinic_id, col(Patient.id).in_(names))
            .order_by(Patient.id)
            .with_for_update()
        ).all()


def _hold_days(session: Session, clinic_id: str, days: list[date]) -> None:
    if not days:
        return
    rows = [{"clinic_id": clinic_id, "day": day} for day in days]
    session.execute(insert(ClinicDay).values(rows).on_conflict_do_nothing())
    session.exec(
        select(col(ClinicDay.day))
        .where(ClinicDay.clinic_id == clinic_id, col(ClinicDay.day).in_(days))
        .order_by(col(ClinicDay.day))
        .with_for_update()
    ).all()

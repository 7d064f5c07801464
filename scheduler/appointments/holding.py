"""An appointment in somebody's hands: found, its dates and patients held, read again."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col

from scheduler import locking
from scheduler.acting import Actor
from scheduler.appointments.scene import Identity
from scheduler.booking import Promise
from scheduler.care import facts
from scheduler.errors import NotThere, Stale
from scheduler.store.asking import among, ask, ask_about
from scheduler.store.tables import Appointment, Clinic, Patient


@dataclass(frozen=True)
class InHand:
    """An appointment and those who take part, in their order."""

    row: Appointment
    patients: tuple[str, ...]

    @property
    def identity(self) -> Identity:
        """Patients, activity and number."""
        return (tuple(sorted(self.patients)), self.row.activity, self.row.occurrence)

    @property
    def promises(self) -> list[Promise]:
        """What it has taken from the ledger."""
        return [Promise.read(data) for data in self.row.taken]


def zone_of(session: Session, clinic_id: str) -> ZoneInfo:
    """The clinic's time zone; NotThere without a clinic."""
    found = ask(session, _zone(), {"clinic": clinic_id})
    if not found:
        raise NotThere("there is no such clinic")
    return ZoneInfo(found[0].timezone)


@cache
def _zone() -> Any:
    return columns(col(Clinic.timezone)).where(col(Clinic.id) == bindparam("clinic"))


def found(session: Session, actor: Actor, appointment_id: UUID) -> InHand:
    """An appointment with its patients; NotThere where it is not, or is not the patient's own."""
    row = session.get(Appointment, (actor.clinic_id, appointment_id))
    patients = patients_of(session, actor.clinic_id, appointment_id) if row is not None else ()
    if row is None or (actor.is_patient and actor.patient_id not in patients):
        raise NotThere("there is no such appointment")
    return InHand(row, patients)


def patients_of(session: Session, clinic_id: str, appointment_id: UUID) -> tuple[str, ...]:
    """Who takes part in an appointment, in order."""
    return tuple(facts.patients_of(session, clinic_id, [appointment_id])[appointment_id])


def with_partners(session: Session, clinic_id: str, patients: Iterable[str]) -> frozenset[str]:
    """Some patients and their partners; NotThere where one of them does not exist."""
    return people_and_zone(session, clinic_id, patients)[0]


def people_and_zone(
    session: Session, clinic_id: str, patients: Iterable[str]
) -> tuple[frozenset[str], ZoneInfo]:
    """The same, and the clinic's time zone, by one query."""
    names = set(patients)
    found = ask_about(session, _partners, "name", sorted(names), {"clinic": clinic_id})
    if len(found) < len(names):
        raise NotThere("there is no such patient")
    partners = {row.partner_id for row in found if row.partner_id is not None}
    zone = ZoneInfo(found[0].timezone) if found else zone_of(session, clinic_id)
    return frozenset(names | partners), zone


@cache
def _partners(number: int) -> Any:
    return (
        columns(col(Patient.id), col(Patient.partner_id), col(Clinic.timezone))
        .join(Clinic, col(Clinic.id) == col(Patient.clinic_id))
        .where(
            col(Patient.clinic_id) == bindparam("clinic"), among(col(Patient.id), "name", number)
        )
    )


def days_of(session: Session, row: Appointment) -> set[date]:
    """The clinic's dates that an appointment touches."""
    return locking.days_of(row.start, row.end, zone_of(session, row.clinic_id))


def take_in_hand(
    session: Session,
    actor: Actor,
    appointment_ids: Collection[UUID],
    *,
    days: Iterable[date] = (),
    expected: int | None = None,
) -> list[InHand]:
    """Hold the dates and patients of appointments, with other ``days``, and read them again.

    Stale where somebody has changed one meanwhile, or it is not at the ``expected`` version.
    """
    seen = [found(session, actor, name) for name in appointment_ids]
    starts = [held.row.start for held in seen]
    touched = {day for held in seen for day in days_of(session, held.row)}
    names = with_partners(session, actor.clinic_id, (p for held in seen for p in held.patients))
    locking.hold(session, actor.clinic_id, days={*touched, *days}, patients=names)
    for held, start in zip(seen, starts, strict=True):
        session.refresh(held.row)
        if held.row.start != start or expected not in (None, held.row.version):
            raise stale(held.row)
    return seen


def stale(row: Appointment) -> Stale:
    """The refusal of a change to something that somebody has changed meanwhile."""
    return Stale(
        f"it is at version {row.version} by now",
        fix="read it again, and decide anew",
        version=row.version,
    )

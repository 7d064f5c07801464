"""Who can be reached how: zones, hours and channels of patients and of those who drive them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, select
from sqlmodel import Session, SQLModel

from pathways import timing
from scheduler.care.facts import Facts
from scheduler.reminders.catalogue import Purpose, catalogue
from scheduler.reminders.planning import OUTWARD, Recipient
from scheduler.store.tables import Clinic, ContactPoint, MessageConsent, Patient, RideContact

GUESTS = {"sitter": "sitter", "family": "invited family"}
"""Kinds of those who go with a patient and drive nobody, and what the protocols call them."""

KIND_OF_CHANNEL = {"sms": "phone", "e-mail": "email"}
_A_QUERY = 500

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class People:
    """Patients with their addresses and consents, and their drivers."""

    clinic: Clinic
    patients: Mapping[str, Patient]
    contacts: Mapping[str, Sequence[ContactPoint]]
    consents: Mapping[str, Sequence[MessageConsent]]
    rides: Mapping[str, RideContact]

    def zone_of(self, patient_id: str) -> ZoneInfo:
        """The patient's own zone, else the clinic's."""
        patient = self.patients.get(patient_id)
        return timing.zone((patient.timezone if patient else None) or self.clinic.timezone)

    def recipient(self, patient_id: str) -> Recipient:
        """A patient as somebody who is told things."""
        usable = [channel for channel in OUTWARD if self.consent(patient_id, channel)]
        state = self.patients[patient_id].state
        return Recipient(f"patient:{patient_id}", self.zone_of(patient_id), state, tuple(usable))

    def guests(self, patient_id: str) -> dict[str, list[Recipient]]:
        """Sitters and family of a patient, by what the protocols call them."""
        found: dict[str, list[Recipient]] = {}
        for name, row in sorted(self.rides.items()):
            if row.patient_id == patient_id and row.kind in GUESTS and row.revoked_at is None:
                guest = Recipient(f"ride:{name}", self.zone_of(patient_id), channels=("sms",))
                found.setdefault(GUESTS[row.kind], []).append(guest)
        return found

    def consent(
        self, patient_id: str, channel: str, purpose: Purpose | None = None
    ) -> MessageConsent | None:
        """That the patient takes messages by a channel, as it stands now; None without.

        ``purpose``: what the message is for; without one, any consent to the channel will do.
        """
        for row in self.consents.get(patient_id, ()):
            fits = purpose is None or row.purpose in ("all", purpose)
            if fits and row.channel == channel and row.given_at and row.revoked_at is None:
                return row
        return None

    def address(self, patient_id: str, channel: str, *, now: datetime) -> ContactPoint | str:
        """The address for a channel, or why there is none that may be used."""
        kind = KIND_OF_CHANNEL[channel]
        rows = [row for row in self.contacts.get(patient_id, ()) if row.kind == kind]
        usable = [row for row in rows if row.frozen_at is None and row.verified_at is not None]
        if not usable:
            return "no verified address" if rows else "no address"
        best = min(usable, key=lambda row: (not row.preferred, str(row.id)))
        longest = timedelta(days=catalogue().sending.reverify_days)
        verified = best.verified_at or now
        return best if now - verified <= longest else "the address was not verified for too long"

    def released(self, ride: RideContact, at: datetime) -> bool:
        """Whether a driver may be told time and place at an instant: by the clinic's calendar."""
        return released(ride, timing.local_date(at, timing.zone(self.clinic.timezone)))


def released(ride: RideContact, on: date) -> bool:
    """Whether the patient lets us tell a driver time and place, on a date."""
    return ride.revoked_at is None and ride.released_until is not None and ride.released_until >= on


def load(session: Session, clinic: Clinic, patient_ids: Iterable[str]) -> People:
    """These patients with everything that reaching them needs."""
    names = sorted(set(patient_ids))
    return People(
        clinic=clinic,
        patients={row.id: row for row in rows_in(session, clinic.id, Patient, "id", names)},
        contacts=_grouped(rows_in(session, clinic.id, ContactPoint, "patient_id", names)),
        consents=_grouped(rows_in(session, clinic.id, MessageConsent, "patient_id", names)),
        rides={
            str(row.id): row
            for row in rows_in(session, clinic.id, RideContact, "patient_id", names)
        },
    )


def known(facts: Mapping[str, Facts]) -> People:
    """The same, by what was gathered of these patients before."""
    return People(
        clinic=next(iter(facts.values())).house.clinic,
        patients={name: one.patient for name, one in facts.items()},
        contacts={name: one.contacts for name, one in facts.items()},
        consents={name: one.agreed for name, one in facts.items()},
        rides={str(ride.id): ride for one in facts.values() for ride in one.rides},
    )


def rows_in(
    session: Session, clinic_id: str, table: type[Row], column: str, values: Sequence[object]
) -> list[Row]:
    """The rows of a clinic in which a column has one of these values."""
    found: list[Row] = []
    for begin in range(0, len(values), _A_QUERY):
        part = {"clinic": clinic_id, "values": list(values[begin : begin + _A_QUERY])}
        found += session.scalars(_rows_in(table, column), part)
    return found


@cache
def _rows_in(table: type[SQLModel], column: str) -> Select[Any]:
    """The query of `rows_in`: to build it takes longer than to ask it."""
    columns = table.__dict__
    asked = select(table).where(
        columns["clinic_id"] == bindparam("clinic"),
        columns[column].in_(bindparam("values", expanding=True)),
    )
    return asked.execution_options(populate_existing=True)


PatientRow = TypeVar("PatientRow", ContactPoint, MessageConsent)


def _grouped(rows: Iterable[PatientRow]) -> dict[str, list[PatientRow]]:
    found: dict[str, list[PatientRow]] = {}
    for row in rows:
        found.setdefault(row.patient_id, []).append(row)
    return found

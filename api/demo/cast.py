"""Who is in the demo clinic, and the few to whom something happens that others do not meet."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from api.demo.writing import CLINIC
from pathways import timing
from pathways.protocol import LibraryPathway
from scheduler.care.requirements.requirement import first_drug
from scheduler.protocols import protocol_of
from scheduler.store.tables import (
    Appointment,
    AppointmentPatient,
    Clinic,
    Enrolment,
    Patient,
)


@dataclass(frozen=True)
class Person:
    """Somebody in care: ``number`` counts them, ``visits`` are theirs in order of time."""

    number: int
    patient: Patient
    enrolment: Enrolment
    protocol: LibraryPathway
    visits: tuple[Appointment, ...]

    @property
    def id(self) -> str:
        """The short name."""
        return self.patient.id

    @property
    def doses(self) -> list[Appointment]:
        """Their dose visits in order of time."""
        return [visit for visit in self.visits if visit.is_dose]

    def dose_after(self, moment: datetime) -> Appointment | None:
        """The first dose that begins after an instant."""
        return next((dose for dose in self.doses if dose.start > moment), None)

    def drug_at(self, dose: Appointment) -> datetime:
        """When the drug of a dose is given, as planned."""
        return first_drug(self.protocol, dose)


@dataclass(frozen=True)
class Cast:
    """Everybody, at the instant at which the clinic is brought in.

    ``unconfirmed``: the dose to come whose ride nobody has confirmed. ``expiring``: whose
    clearance ends tomorrow. ``withdrawn``: who has taken a consent back. ``newcomer``: whose
    course the planner is asked for.
    """

    session: Session
    clinic: Clinic
    now: datetime
    people: tuple[Person, ...]
    unconfirmed: Appointment | None = None
    expiring: str = ""
    withdrawn: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return timing.zone(self.clinic.timezone)

    @property
    def today(self) -> date:
        """The clinic's date."""
        return self.day(self.now)

    def day(self, moment: datetime) -> date:
        """The clinic's date of an instant."""
        return timing.local_date(moment, self.zone)

    def at(self, day: date, minutes: int) -> datetime:
        """The instant of a clock time, in minutes since midnight."""
        return timing.instant(day, minutes, self.zone)

    @property
    def newcomers(self) -> list[Person]:
        """Those for whom nothing is booked yet."""
        return [person for person in self.people if not person.visits]


def cast_of(session: Session, now: datetime) -> Cast:
    """Everybody in the demo clinic, with who is to meet something particular."""
    clinic = session.get_one(Clinic, CLINIC)
    people = tuple(_people(session))
    tomorrow = timing.local_date(now, timing.zone(clinic.timezone)) + timedelta(days=1)
    begins = timing.instant(tomorrow, 0, timing.zone(clinic.timezone))
    following = [(dose, one) for one in people if (dose := one.dose_after(begins)) is not None]
    following.sort(key=lambda pair: (pair[0].start, pair[1].id))
    chosen = [one for _, one in following]
    several = [one for one in chosen[1:] if _comes_after(one, begins + timedelta(days=2))]
    return Cast(
        session,
        clinic,
        now,
        people,
        unconfirmed=following[0][0] if following else None,
        expiring=several[0].id if several else "",
        withdrawn=several[-1].id if len(several) > 1 else "",
    )


def _comes_after(one: Person, moment: datetime) -> bool:
    return one.dose_after(moment) is not None


def _people(session: Session) -> Iterator[Person]:
    visits: dict[str, list[Appointment]] = defaultdict(list)
    booked = session.exec(
        select(AppointmentPatient.patient_id, Appointment)
        .join(Appointment, col(Appointment.id) == AppointmentPatient.appointment_id)
        .where(AppointmentPatient.clinic_id == CLINIC, Appointment.clinic_id == CLINIC)
        .order_by(col(Appointment.start), col(Appointment.code))
    )
    for name, visit in booked:
        visits[name].append(visit)
    enrolled = session.exec(
        select(Patient, Enrolment)
        .where(
            Patient.clinic_id == CLINIC,
            Enrolment.clinic_id == CLINIC,
            Enrolment.patient_id == Patient.id,
        )
        .order_by(col(Patient.position))
    )
    for number, (patient, enrolment) in enumerate(enrolled):
        protocol = protocol_of(enrolment)
        assert protocol is not None, "all are on the library's"  # noqa: S101  (the file says so)
        yield Person(number, patient, enrolment, protocol, tuple(visits[patient.id]))

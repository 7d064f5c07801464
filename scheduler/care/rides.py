"""The ride home: who it is, and that they have said so."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from scheduler import audit, gates, work
from scheduler.acting import Actor
from scheduler.care.facts import patients_of
from scheduler.care.records import hold_patient
from scheduler.care.requirements.journey import ride_fault
from scheduler.errors import NotThere, RuleBroken, WrongMove
from scheduler.protocols import protocol_of
from scheduler.store.tables import Appointment, AppointmentPatient, Enrolment, RideContact

UNCONFIRMED = "ride-unconfirmed"
HOLD_DECISION = "ride-hold-decision"


def confirm_ride(
    session: Session, actor: Actor, appointment: Appointment, ride: RideContact, *, now: datetime
) -> None:
    """Write down that somebody takes the patient home after an appointment.

    NotThere where they are no ride contact of the patient; RuleBroken where they may not be the
    ride (revoked, or a ride-share alone); WrongMove where the appointment has begun.
    """
    patients = _refuse_unfit(session, actor, appointment, ride)
    for kind in (UNCONFIRMED, HOLD_DECISION):
        work.settle(session, actor.clinic_id, kind, str(appointment.id), now=now)
    _write(session, actor, appointment, (ride, now), patients, now=now)


def name_ride(
    session: Session, actor: Actor, appointment: Appointment, ride: RideContact, *, now: datetime
) -> None:
    """Write down who is to take the patient home; they have yet to say so themselves.

    The refusals are those of `confirm_ride`. Naming the same person again changes nothing.
    """
    patients = _refuse_unfit(session, actor, appointment, ride)
    if appointment.ride_contact_id != ride.id:
        _write(session, actor, appointment, (ride, None), patients, now=now)


def _refuse_unfit(
    session: Session, actor: Actor, appointment: Appointment, ride: RideContact
) -> Sequence[str]:
    """Whose appointment it is, once it is certain that the ride may be theirs."""
    patients = patients_of(session, actor.clinic_id, [appointment.id])[appointment.id]
    if ride.patient_id not in patients:
        raise NotThere("there is no such ride contact")
    hold_patient(session, actor, ride.patient_id)
    if appointment.status not in gates.WAITING:
        raise WrongMove(f"the appointment is {appointment.status}", fix="nothing is needed")
    enrolment = session.get(Enrolment, (actor.clinic_id, appointment.enrolment_id))
    protocol = protocol_of(enrolment) if enrolment else None
    fault = ride_fault(protocol, ride) if protocol else None
    if fault is not None:
        raise RuleBroken(fault, fix="name an adult or a service that is agreed on", rule="R-29")
    return patients


def _write(
    session: Session,
    actor: Actor,
    appointment: Appointment,
    ride: tuple[RideContact, datetime | None],
    patients: Sequence[str],
    *,
    now: datetime,
) -> None:
    contact, confirmed_at = ride
    appointment.ride_contact_id, appointment.ride_confirmed_at = contact.id, confirmed_at
    appointment.version += 1
    appointment.changed_at = now
    gates.refresh(session, actor.clinic_id, [appointment], now=now)
    subject = ("appointment", appointment.id)
    action = "ride.confirm" if confirmed_at else "ride.name"
    audit.record(session, actor, action, at=now, subject=subject, patients=patients)
    audit.tell(session, actor.clinic_id, *subject, at=now, patient_id=patients[0])


def without_ride(session: Session, clinic_id: str, *, since: datetime, until: datetime) -> set[str]:
    """Patients whose dose begins in ``(since, until]`` and whose ride nobody has confirmed."""
    found = session.exec(
        select(AppointmentPatient.patient_id)
        .join(
            Appointment,
            (col(Appointment.id) == col(AppointmentPatient.appointment_id))
            & (col(Appointment.clinic_id) == col(AppointmentPatient.clinic_id)),
        )
        .where(
            Appointment.clinic_id == clinic_id,
            Appointment.start > since,
            Appointment.start <= until,
            col(Appointment.is_dose),
            col(Appointment.ride_confirmed_at).is_(None),
            col(Appointment.status).in_(gates.WAITING),
        )
    )
    return set(found)

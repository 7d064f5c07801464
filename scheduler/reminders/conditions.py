"""What must be so at the moment at which a message goes, one small question each."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from pathways import timing
from pathways.protocol import LibraryPathway
from scheduler.care.requirements.medicines import DRUG_ON_SITE
from scheduler.reminders.catalogue import Condition
from scheduler.reminders.people import People
from scheduler.store.tables import (
    Answer,
    Appointment,
    AppointmentPatient,
    Clearance,
    Consent,
    Coverage,
    Enrolment,
    PrivatePay,
    Reminder,
    Screening,
    SessionEvent,
    Task,
)

PRESENT = frozenset({"arrived", "checked-in", "fulfilled"})


class Asked:
    """What a question is asked about."""

    def __init__(
        self,
        session: Session,
        people: People,
        row: Reminder,
        appointment: Appointment | None,
        protocol: LibraryPathway | None,
        now: datetime,
    ) -> None:
        self.session = session
        self.people = people
        self.row = row
        self.appointment = appointment
        self.protocol = protocol
        self.now = now

    @property
    def clinic_id(self) -> str:
        """Whose rows are looked at."""
        return self.row.clinic_id

    @property
    def patient_id(self) -> str:
        """Whom it is about."""
        return self.row.patient_id or ""


def holds(condition: Condition, asked: Asked) -> bool:
    """Whether something that a message needs is so."""
    return _QUESTIONS[condition](asked)


def _changed(asked: Asked) -> bool:
    """The news is still news: the time is as the message was written for."""
    row, facts = asked.appointment, asked.row.facts
    if row is None or facts.get("change") == "many":
        return True
    off = row.status in ("cancelled", "entered-in-error")
    return off == (facts.get("change") == "off") and row.start.isoformat() == facts.get("start")


def _present(asked: Asked) -> bool:
    return asked.appointment is not None and asked.appointment.status in PRESENT


def _missed(asked: Asked) -> bool:
    return asked.appointment is not None and asked.appointment.status == "noshow"


def _missed_not_seen_since(asked: Asked) -> bool:
    """Somebody who has come to a later visit is not asked whether they are well."""
    row = asked.appointment
    if row is None or not _missed(asked):
        return False
    seen = (
        select(Appointment.id)
        .join(AppointmentPatient, col(AppointmentPatient.appointment_id) == Appointment.id)
        .where(
            AppointmentPatient.clinic_id == asked.clinic_id,
            AppointmentPatient.patient_id == asked.patient_id,
            AppointmentPatient.start > row.start,
            Appointment.clinic_id == asked.clinic_id,
            col(Appointment.status).in_(PRESENT),
        )
    )
    return asked.session.exec(seen).first() is None


def _unconfirmed(asked: Asked) -> bool:
    return asked.appointment is not None and asked.appointment.confirmed_at is None


def _unmoved(asked: Asked) -> bool:
    """Nobody has seen to the appointment since it was said that it has to move."""
    row = asked.appointment
    return (
        row is not None
        and row.status == "booked"
        and row.sequence == asked.row.facts.get("sequence")
    )


def _ride_missing(asked: Asked) -> bool:
    row = asked.appointment
    return row is not None and (row.ride_contact_id is None or row.ride_confirmed_at is None)


def _ride_confirmed(asked: Asked) -> bool:
    """There is a driver of whom the patient lets us ask; they confirm by the same message."""
    row = asked.appointment
    ride = asked.people.rides.get(str(row.ride_contact_id)) if row else None
    if row is None or ride is None or f"ride:{ride.id}" != asked.row.recipient:
        return False
    return asked.people.released(ride, row.start)


def _screening_outstanding(asked: Asked) -> bool:
    """No screening was signed, or a clearance that doses need is not there."""
    signed = select(Screening.id).where(
        Screening.clinic_id == asked.clinic_id,
        Screening.patient_id == asked.patient_id,
        col(Screening.signed_at).is_not(None),
    )
    return asked.session.exec(signed).first() is None or bool(_missing_clearances(asked))


def _missing_clearances(asked: Asked) -> set[str]:
    enrolment = _enrolment(asked)
    if asked.protocol is None or enrolment is None:
        return set()
    begins = datetime.fromisoformat(str(asked.row.facts.get("start", asked.now.isoformat())))
    day = timing.local_date(begins, timing.zone(asked.people.clinic.timezone))
    held = select(Clearance.kind).where(
        Clearance.clinic_id == asked.clinic_id,
        Clearance.patient_id == asked.patient_id,
        col(Clearance.revoked_at).is_(None),
        Clearance.first <= day,
        Clearance.last >= day,
    )
    needed = {kind for dose in asked.protocol.doses for kind in dose.needs_clearance}
    there: set[str] = set(asked.session.exec(held))
    return needed - there


def _enrolment(asked: Asked) -> Enrolment | None:
    asked_for = select(Enrolment).where(
        Enrolment.clinic_id == asked.clinic_id,
        Enrolment.patient_id == asked.patient_id,
        col(Enrolment.ended_at).is_(None),
    )
    return asked.session.exec(asked_for).first()


def _consent_outstanding(asked: Asked) -> bool:
    forms = asked.protocol.consents if asked.protocol else ()
    needed = {form.id for form in forms if form.needed_for == "dose"}
    signed = select(Consent.kind).where(
        Consent.clinic_id == asked.clinic_id,
        Consent.patient_id == asked.patient_id,
        col(Consent.revoked_at).is_(None),
    )
    there: set[str] = set(asked.session.exec(signed))
    return bool(needed - there)


def _coverage_missing(asked: Asked) -> bool:
    for table in (Coverage, PrivatePay):
        rows = select(table.id).where(
            table.clinic_id == asked.clinic_id, table.patient_id == asked.patient_id
        )
        if asked.session.exec(rows).first() is not None:
            return False
    return True


def _measures_due(asked: Asked) -> bool:
    """A questionnaire that the patient answers is missing or too old for the dose."""
    row = asked.appointment
    if row is None or asked.protocol is None:
        return False
    due = [m for m in asked.protocol.measures if m.answered_by == "patient" and m.within]
    taken = select(Answer.measure, Answer.taken_at).where(
        Answer.clinic_id == asked.clinic_id,
        Answer.patient_id == asked.patient_id,
        col(Answer.finished_at).is_not(None),
    )
    last: dict[str, datetime] = {}
    for measure, at in asked.session.exec(taken):
        last[measure] = max(at, last.get(measure, at))
    return any(m.id not in last or row.start - last[m.id] > (m.within or timedelta()) for m in due)


def _integration_missing(asked: Asked) -> bool:
    """No integration session follows the dose within the pathway's window."""
    row = asked.appointment
    if row is None or row.status not in PRESENT or asked.protocol is None:
        return False
    follow_ups = [a for a in asked.protocol.with_purpose("integration") if a.after]
    names = {activity.id for activity in follow_ups}
    latest = max((a.after.lag.max for a in follow_ups if a.after), default=timedelta())
    booked = (
        select(Appointment.id)
        .join(AppointmentPatient, col(AppointmentPatient.appointment_id) == Appointment.id)
        .where(
            AppointmentPatient.clinic_id == asked.clinic_id,
            AppointmentPatient.patient_id == asked.patient_id,
            Appointment.clinic_id == asked.clinic_id,
            Appointment.enrolment_id == row.enrolment_id,
            col(Appointment.activity).in_(names),
            Appointment.start > row.end,
            Appointment.start <= row.end + latest,
            col(Appointment.status).in_(("booked", "arrived", "checked-in", "fulfilled")),
        )
    )
    return bool(names) and asked.session.exec(booked).first() is None


def _drug_missing(asked: Asked) -> bool:
    """R-47: a dose whose drug must be on site by the day before, and is not."""
    row = asked.appointment
    if row is None or asked.protocol is None or not asked.protocol.supply.certified_site:
        return False
    day = timing.local_date(row.start, timing.zone(asked.people.clinic.timezone))
    there = select(Clearance.id).where(
        Clearance.clinic_id == asked.clinic_id,
        Clearance.patient_id == asked.patient_id,
        Clearance.kind == DRUG_ON_SITE,
        col(Clearance.revoked_at).is_(None),
        Clearance.first <= day,
        Clearance.last >= day,
    )
    return asked.session.exec(there).first() is None


def _evaluation_missing(asked: Asked) -> bool:
    """The evaluation that the message is about was not recorded."""
    name = asked.row.facts.get("enrolment")
    row = asked.session.get(Enrolment, (asked.clinic_id, UUID(name))) if name else None
    evaluation = asked.row.subject_id.rpartition("/")[2]
    return row is not None and evaluation not in {done["id"] for done in row.evaluations}


def _form_missing(asked: Asked) -> bool:
    """R-48: a drug was given and its form not filed, and this role has no task about it yet."""
    events = select(SessionEvent.kind).where(
        SessionEvent.clinic_id == asked.clinic_id,
        SessionEvent.appointment_id == (asked.appointment.id if asked.appointment else None),
    )
    happened = set(asked.session.exec(events))
    role = asked.row.recipient.removeprefix("role:")
    due = "given" in happened and "form filed" not in happened
    return due and not _has_task(asked, "monitoring-form", role)


def _missed_undecided(asked: Asked) -> bool:
    """A dose was missed, and no task asks for the decision already."""
    return _missed(asked) and not _has_task(asked, "missed-dose")


def _has_task(asked: Asked, kind: str, owner: str = "") -> bool:
    """Whether there is, or was, a task of a kind about the appointment, in a role's hands."""
    about = str(asked.appointment.id) if asked.appointment else ""
    rows = select(Task.owner_role).where(
        Task.clinic_id == asked.clinic_id, Task.kind == kind, Task.subject_id == about
    )
    return any(owner in ("", found) for found in asked.session.exec(rows))


_QUESTIONS: Mapping[Condition, Callable[[Asked], bool]] = {
    "changed": _changed,
    "consent outstanding": _consent_outstanding,
    "coverage missing": _coverage_missing,
    "drug missing": _drug_missing,
    "evaluation missing": _evaluation_missing,
    "form missing": _form_missing,
    "integration missing": _integration_missing,
    "measures due": _measures_due,
    "missed": _missed,
    "missed, not seen since": _missed_not_seen_since,
    "missed, undecided": _missed_undecided,
    "present": _present,
    "ride confirmed": _ride_confirmed,
    "ride missing": _ride_missing,
    "screening outstanding": _screening_outstanding,
    "unconfirmed": _unconfirmed,
    "unmoved": _unmoved,
}

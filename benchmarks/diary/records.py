"""What people hand in as time goes by: forms that were asked for, signed mostly in time."""

import random
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, select

from scheduler.protocols import protocol_of
from scheduler.store.tables import (
    Answer,
    Appointment,
    AppointmentPatient,
    Consent,
    Coverage,
    Enrolment,
    Screening,
)

_AHEAD: Final = timedelta(days=12)
_A_DAY: Final = {"insured": 0.5, "signed": 0.3, "screened": 0.25, "answered": 0.6}
"""How likely it is on each day that something which is still missing is handed in."""


def bring_records(
    session: Session, clinic_id: str, chance: random.Random, *, now: datetime
) -> None:
    """Let each patient who has a visit soon hand in some of what is missing."""
    soon = _with_a_visit(session, clinic_id, now)
    for enrolment in session.exec(select(Enrolment).where(Enrolment.clinic_id == clinic_id)).all():
        if enrolment.patient_id in soon:
            _hand_in(session, enrolment, soon[enrolment.patient_id], chance, now)


def _with_a_visit(session: Session, clinic_id: str, now: datetime) -> dict[str, datetime]:
    """The next dose, else the next visit, of each patient who has one soon."""
    asked = (
        select(AppointmentPatient.patient_id, Appointment.start)
        .join(Appointment, col(Appointment.id) == AppointmentPatient.appointment_id)
        .where(
            AppointmentPatient.clinic_id == clinic_id,
            Appointment.clinic_id == clinic_id,
            Appointment.start > now,
            Appointment.start < now + _AHEAD,
            Appointment.status == "booked",
        )
        .order_by(col(Appointment.is_dose), col(Appointment.start).desc())
    )
    return dict(session.exec(asked).all())


def _hand_in(
    session: Session, enrolment: Enrolment, start: datetime, chance: random.Random, now: datetime
) -> None:
    protocol = protocol_of(enrolment)
    key: dict[str, Any] = {"clinic_id": enrolment.clinic_id, "patient_id": enrolment.patient_id}
    begun = enrolment.start < now.date()
    if _missing(session, Coverage, enrolment) and (begun or chance.random() < _A_DAY["insured"]):
        session.add(Coverage(**key, payer="Fictional Health", verified_at=now))
    if protocol is None:
        return
    if _missing(session, Consent, enrolment) and (begun or chance.random() < _A_DAY["signed"]):
        session.add_all(Consent(**key, kind=form.id, signed_at=now) for form in protocol.consents)
    if _missing(session, Screening, enrolment) and (begun or chance.random() < _A_DAY["screened"]):
        answers = {item.id: "no" for item in protocol.screening}
        session.add(
            Screening(
                **key,
                pathway_id=protocol.id,
                pathway_version=protocol.version,
                answers=answers,
                made_at=now,
                signed_at=now,
            )
        )
    if start - now < timedelta(days=2) and chance.random() < _A_DAY["answered"]:
        for measure in protocol.measures:
            if measure.answered_by == "patient" and measure.within:
                row = Answer(**key, measure=measure.id, taken_at=now, finished_at=now, answers={})
                session.add(row)


def _missing(session: Session, table: Any, enrolment: Enrolment) -> bool:
    asked = select(table.id).where(
        table.clinic_id == enrolment.clinic_id, table.patient_id == enrolment.patient_id
    )
    return session.exec(asked).first() is None

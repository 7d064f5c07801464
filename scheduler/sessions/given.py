"""Whether the drug of a session was given: from then on nobody calls the visit off."""

from sqlmodel import Session, col, select

from scheduler.sessions import happenings
from scheduler.sessions.happenings import Given
from scheduler.sessions.telling import told
from scheduler.store.tables import Appointment, SessionEvent


def drug_was_given(session: Session, appointment: Appointment) -> bool:
    """Whether a drug was given, as it stands after all corrections."""
    rows = session.exec(
        select(SessionEvent)
        .where(
            SessionEvent.clinic_id == appointment.clinic_id,
            SessionEvent.appointment_id == appointment.id,
        )
        .order_by(col(SessionEvent.number))
    )
    return told(happenings.read(row.data) for row in rows if row.data).first(Given) is not None

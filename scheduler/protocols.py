"""The library's protocol behind an enrolment: vitals, alarms, screening, reminders and the rest."""

from sqlmodel import Session

from pathways import library, reading
from pathways.model import Activity, Pathway
from pathways.protocol import LibraryPathway
from scheduler.store.tables import Appointment, ClinicPathway, Enrolment


class NoPathway(LookupError):
    """An enrolment names a pathway that the clinic does not have any more."""


def protocol_of(enrolment: Enrolment) -> LibraryPathway | None:
    """The library's pathway in the version of the enrolment; None for a clinic's own pathway."""
    if not enrolment.pathway_version:
        return None
    return library.load(enrolment.pathway_id, enrolment.pathway_version)


def pathway_of(session: Session, enrolment: Enrolment) -> Pathway:
    """The pathway as the planner sees it, the library's or the clinic's own."""
    protocol = protocol_of(enrolment)
    if protocol is not None:
        pathway: Pathway = protocol.pathway
        return pathway
    row = session.get(ClinicPathway, (enrolment.clinic_id, enrolment.pathway_id))
    if row is None or row.document is None:
        raise NoPathway(enrolment.pathway_id)
    return reading.read_pathway(row.document)


def activity_of(session: Session, appointment: Appointment) -> tuple[Enrolment, Activity]:
    """The enrolment for which an appointment is, and its activity on the pathway."""
    enrolment = session.get(Enrolment, (appointment.clinic_id, appointment.enrolment_id))
    if enrolment is None:
        raise NoPathway(appointment.activity)
    return enrolment, pathway_of(session, enrolment).activity(appointment.activity)

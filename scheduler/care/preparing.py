"""What a patient does before a dose, with the clock times that follow from its real start."""

from dataclasses import dataclass
from datetime import datetime

from pathways.protocol import LibraryPathway
from scheduler.care.requirements.requirement import first_drug
from scheduler.store.tables import Appointment


@dataclass(frozen=True)
class Step:
    """One thing to do or to leave. ``until``: its clock time, which ``words`` call ``{until}``."""

    id: str
    title: str
    words: str
    until: datetime | None


def steps_before(appointment: Appointment, protocol: LibraryPathway | None) -> list[Step]:
    """What the protocol asks of a patient before a dose, in order of time; what has none last.

    Nothing is asked before what is no dose.
    """
    if protocol is None or not appointment.is_dose:
        return []
    drug = first_drug(protocol, appointment)
    found = [Step(i.id, i.title, i.words, i.until(drug)) for i in protocol.instructions]
    return sorted(found, key=lambda step: (step.until is None, step.until or drug))

"""A session just after an event was recorded: what its consequences work on."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from scheduler.acting import Actor
from scheduler.sessions.happenings import Correction, Occurred
from scheduler.sessions.loading import DoseSession
from scheduler.sessions.timeline import Timeline
from scheduler.sessions.visit import DoseVisit
from scheduler.store.tables import Appointment
from scheduler.work import Wanted


@dataclass(frozen=True)
class Scene:
    """What has just been recorded, by whom, and the session as it stands now."""

    session: Session
    actor: Actor
    one: DoseSession
    event: Occurred | Correction
    now: datetime
    present: Timeline

    @property
    def appointment(self) -> Appointment:
        """The visit's row."""
        return self.one.appointment

    @property
    def visit(self) -> DoseVisit:
        """The visit as its rules see it."""
        return self.one.visit

    def wanted(self, kind: str, owner: str, says: str, *, rule: str, due: datetime) -> Wanted:
        """A task about this session; there is one of a kind."""
        return Wanted(
            kind=kind,
            owner=owner,
            due_at=due,
            says=says,
            subject=("appointment", self.appointment.id),
            patient_id=self.visit.patient_id,
            rule=rule,
        )

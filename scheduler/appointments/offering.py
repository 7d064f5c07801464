"""An offer: a time for one occurrence, whole enough to be held or booked unchanged."""

from datetime import datetime

from pathways import timing
from pathways.model import Activity, Modality
from pathways.plan import Appointment, Note, PlannedStage
from pathways.record import Count, Id, Instant, Record
from pathways.scenario import Clinic
from scheduler.planning.writing import driving_text


class Offer(Record):
    """A time for one occurrence of a patient's activity, with its place and people.

    ``patients``: a couple's both, in order. ``cost``: what the planner would count against it, for
    comparing offers; ``sets_aside``: the soft rules for which booking it asks a reason; ``opens``:
    the gates that it opens. These three are not read again; notes are worked out anew.
    """

    patients: tuple[Id, ...]
    activity: Id
    occurrence: Count
    start: Instant
    end: Instant
    modality: Modality
    location: Id | None = None
    practitioners: tuple[Id, ...] = ()
    stages: tuple[PlannedStage, ...] = ()
    cost: int = 0
    sets_aside: tuple[Id, ...] = ()
    opens: tuple[Id, ...] = ()

    @property
    def identity(self) -> tuple[tuple[str, ...], str, int]:
        """Patients, activity and number, as the planner knows an appointment."""
        return (tuple(sorted(self.patients)), self.activity, self.occurrence)

    @property
    def names(self) -> frozenset[str]:
        """The place and the people that it would take."""
        watching = (stage.practitioner for stage in self.stages)
        return frozenset(filter(None, (self.location, *self.practitioners, *watching)))

    @property
    def code(self) -> str:
        """The name by which documents know what is booked for it."""
        return f"{self.identity[0][0]}/{self.activity}/{self.occurrence}"


def offer_of(appointment: Appointment, cost: int = 0) -> Offer:
    """A planned appointment as an offer."""
    return Offer(
        patients=appointment.patients,
        activity=appointment.activity,
        occurrence=appointment.occurrence,
        start=appointment.start,
        end=appointment.end,
        modality=appointment.modality,
        location=appointment.location,
        practitioners=appointment.practitioners,
        stages=appointment.stages,
        cost=cost,
    )


def planned_from(offer: Offer, clinic: Clinic, activity: Activity, code: str) -> Appointment:
    """The appointment that an offer becomes, under a code, with the notes that go with its time."""
    return Appointment(
        id=code,
        patients=tuple(sorted(offer.patients)),
        activity=offer.activity,
        occurrence=offer.occurrence,
        start=offer.start,
        end=offer.end,
        modality=offer.modality,
        location=offer.location,
        practitioners=offer.practitioners,
        stages=offer.stages,
        notes=notes_of(clinic, activity, offer.start),
    )


def notes_of(clinic: Clinic, activity: Activity, start: datetime) -> tuple[Note, ...]:
    """The no-driving note of a session that begins at an instant; none where it needs none."""
    if not activity.no_driving:
        return ()
    day = timing.local_date(start, clinic.zone)
    until = timing.next_day_at(day, clinic.resume_driving, clinic.zone).astimezone(clinic.zone)
    return (Note(kind="no-driving", text=driving_text(until), until=until),)

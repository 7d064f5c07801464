"""The plan: what the planner answers, and what anybody else's planner may answer too."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from pathways.model import Modality
from pathways.record import Count, Id, Instant, Record, Text

Rule = Literal[
    "hours",
    "availability",
    "location",
    "practitioner",
    "monitor",
    "prescriber",
    "ride",
    "clearance",
    "authorization",
    "spacing",
    "order",
    "lag",
    "group",
    "closure",
    "partner",
    "capacity",
    "past",
]
Term = Literal[
    "unplaced",
    "unplaced_other",
    "lag_hour",
    "lag_hour_early",
    "uneven_day",
    "off_preference",
    "trip_day",
    "idle_slot",
    "new_face",
    "moved",
    "moved_soon",
    "dropped",
]
Amount = Annotated[int, Field(ge=0, strict=True)]


class PlannedStage(Record):
    """One stage of an appointment, and the monitor who holds it, if it has one."""

    id: Id
    start: Instant
    end: Instant
    practitioner: Id | None = None


class Note(Record):
    """A note that goes with an appointment; ``until`` is the instant at which it ends."""

    kind: Id
    text: Text
    until: Instant | None = None


class Appointment(Record):
    """A session, or one patient's place in a group meeting."""

    id: Id
    patients: tuple[Id, ...] = Field(min_length=1)
    activity: Id
    occurrence: Count
    start: Instant
    end: Instant
    modality: Modality
    location: Id | None = None
    practitioners: tuple[Id, ...] = ()
    stages: tuple[PlannedStage, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def identity(self) -> tuple[tuple[str, ...], str, int]:
        """Patients, activity and number: what makes two appointments the same one."""
        whose = self.patients
        names = whose if len(whose) == 1 else tuple(sorted(whose))
        return (names, self.activity, self.occurrence)


class Cost(Record):
    """What a plan costs: the weighted terms by weight's name, and their sum."""

    total: Amount
    terms: dict[Term, Amount] = Field(default_factory=dict)


class JoinedSeries(Record):
    """The series of group meetings that a patient joins for one activity."""

    patient: Id
    activity: Id
    series: Id


class Reason(Record):
    """One rule that stands in the way, and in words what was missing and when."""

    rule: Rule
    detail: Text

    @field_validator("detail")
    @classmethod
    def _says_something(cls, detail: str) -> str:
        if not detail.strip():
            raise ValueError("is empty; say what was missing and when")
        return detail


class Unplaced(Record):
    """An occurrence that is asked for and has no appointment; 0 stands for a whole series."""

    patient: Id
    activity: Id
    occurrence: Amount
    reasons: tuple[Reason, ...] = Field(min_length=1)


class Plan(Record):
    """A plan for a scenario: who comes when, what did not fit and why, and what it costs.

    ``bound``: no plan can cost less. ``optimal`` exactly where the bound is the cost.
    """

    format: Literal["care-plan/1"]
    scenario: Id
    status: Literal["optimal", "feasible"]
    cost: Cost
    bound: Amount
    groups: tuple[JoinedSeries, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()

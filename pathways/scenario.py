"""The scenario: everything that the planner may know about a clinic, its patients and bookings.

Dates and times are wall-clock time of the clinic, but for ``now`` and ``booked``, which are
instants. A scenario exists only once it is whole: `read` names every fault by its place.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    Discriminator,
    Field,
    PrivateAttr,
    StrictBool,
    Tag,
    field_serializer,
    field_validator,
    model_validator,
)

from pathways import timing
from pathways.model import LocationKind, Modality, OccurrenceOf, Pathway, Role
from pathways.plan import Appointment
from pathways.record import (
    Clock,
    Count,
    Date,
    DateRange,
    EndClock,
    Fault,
    Id,
    Instant,
    LocalTime,
    Record,
    StartDate,
    Text,
    WeekTable,
    Weight,
    ZoneName,
    refuse_faults,
)
from pathways.timing import Window


class Busy(Record):
    """Taken by something that is not planned here, from one local time to another."""

    start: LocalTime
    end: LocalTime

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("ends before it begins; write the earlier time as start")
        return self


class Closure(Record):
    """A date on which nothing happens."""

    date: Date
    reason: Text = ""


class Location(Record):
    """A place for one session or meeting at a time; a virtual one holds any number.

    ``capacity`` bounds the patients of a meeting there, ``turnover`` is the minutes between two,
    a week at most.
    """

    id: Id
    kind: LocationKind
    capacity: Count | None = None
    turnover: Annotated[int, Field(ge=0, le=7 * timing.MINUTES_A_DAY, strict=True)] = 0
    busy: tuple[Busy, ...] = ()


class Practitioner(Record):
    """A person with roles and skills, their working hours and what keeps them away."""

    id: Id
    roles: tuple[Role, ...]
    skills: tuple[Id, ...] = ()
    hours: WeekTable
    away: tuple[DateRange, ...] = ()
    busy: tuple[Busy, ...] = ()


class WeeklyMeeting(Record):
    """A meeting that recurs every week."""

    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    start: Clock
    end: EndClock

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("ends before it begins; write the earlier time as start")
        return self

    @property
    def window(self) -> Window:
        """Its stretch of the day."""
        return Window(self.start, self.end)


class Group(Record):
    """A standing series of meetings; its room and facilitator are taken at all of them."""

    id: Id
    activity: Id
    modality: Modality
    capacity: Count
    location: Id
    facilitator: Id
    weekly: tuple[WeeklyMeeting, ...]
    cancelled: tuple[Date, ...] = ()


class Clinic(Record):
    """A clinic: one time zone, its hours, places, people and groups."""

    id: Id
    name: Text = ""
    timezone: ZoneName
    slot_minutes: Count = 15
    hours: WeekTable
    closures: tuple[Closure, ...] = ()
    resume_driving: Clock = Field(default=6 * 60, validate_default=False)
    locations: tuple[Location, ...] = ()
    practitioners: tuple[Practitioner, ...] = ()
    groups: tuple[Group, ...] = ()

    @field_validator("slot_minutes")
    @classmethod
    def _divides_the_hour(cls, minutes: int) -> int:
        if 60 % minutes:
            raise ValueError(f"{minutes} does not divide 60; write 5, 10, 15, 20, 30 or 60")
        return minutes

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which its wall-clock times are meant."""
        return timing.zone(self.timezone)


class Clearance(DateRange):
    """A patient may have sessions that need this kind on these dates."""

    kind: Id


class Authorization(DateRange):
    """So many units of a service, paid for on these dates."""

    service: Id
    units: Weight


class Settled(OccurrenceOf):
    """An occurrence that is not asked for any more, and how it ended."""

    outcome: Literal["missed", "waived", "elsewhere"]


class PastSession(Record):
    """A session that took place under an earlier enrolment."""

    activity: Id
    start: Instant
    end: Instant


def _authorizations_keep_apart(patient: "Patient") -> list[Fault]:
    faults = []
    for number, one in enumerate(patient.authorizations):
        for other in patient.authorizations[:number]:
            if one.service == other.service and one.first <= other.last and other.first <= one.last:
                faults.append((f"authorizations[{number}]", f"overlaps another of {one.service!r}"))
    return faults


class Patient(Record):
    """One patient's enrolment on one pathway, from a start date on."""

    id: Id
    pathway: Id
    start: StartDate
    available: WeekTable
    unavailable: tuple[DateRange, ...] = ()
    preferred: WeekTable | None = None
    rides: WeekTable | None = None
    clearances: tuple[Clearance, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    partner: Id | None = None
    groups: dict[Id, Id] = Field(default_factory=dict)
    settled: tuple[Settled, ...] = ()
    history: tuple[PastSession, ...] = ()

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        return refuse_faults(self, (_authorizations_keep_apart,))


class Booked(Appointment):
    """An appointment that stands already; a locked one may not be touched."""

    locked: StrictBool

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("ends before it begins; write the earlier instant as start")
        return self


class Weights(Record):
    """What each flaw of a plan costs."""

    unplaced: Weight = 10000
    unplaced_other: Weight = 2000
    lag_hour: Weight = 1
    lag_hour_early: Weight = 2
    uneven_day: Weight = 5
    off_preference: Weight = 4
    trip_day: Weight = 8
    idle_slot: Weight = 1
    new_face: Weight = 10
    moved: Weight = 20
    moved_soon: Weight = 60
    dropped: Weight = 100


class LibraryReference(Record):
    """A pathway of the library, by id and version."""

    library: Id
    version: Id


AnyPathway = Annotated[
    Annotated[LibraryReference, Tag("<library>")] | Annotated[Pathway, Tag("<own>")],
    Discriminator(
        lambda value: (
            "<library>"
            if isinstance(value, LibraryReference)
            or (isinstance(value, dict) and "library" in value)
            else "<own>"
        )
    ),
]


class ScenarioDocument(Record):
    """A scenario as it is written, pathways of the library by reference."""

    format: Literal["care-scenario/1"]
    clinic: Clinic
    pathways: tuple[AnyPathway, ...]
    patients: tuple[Patient, ...]
    now: Instant | None = None
    booked: tuple[Booked, ...] = ()
    weights: Weights = Weights()


class Scenario(ScenarioDocument):
    """A scenario that is whole: every id exists, pathways of the library stand in it.

    It remembers which of its pathways are the library's, and writes those as references again:
    a pathway that it carries itself is its own, whatever it looks like.
    """

    pathways: tuple[Pathway, ...]
    _references: tuple[LibraryReference, ...] = PrivateAttr(default=())

    @classmethod
    def of(cls, document: ScenarioDocument, pathways: Iterable[Pathway]) -> "Scenario":
        """The whole of a document whose references are resolved and whose ids all exist."""
        scenario = cls.model_construct(**{**dict(document), "pathways": tuple(pathways)})
        references = (entry for entry in document.pathways if isinstance(entry, LibraryReference))
        scenario._references = tuple(references)  # noqa: SLF001  (its own class)
        return scenario

    @property
    def references(self) -> Mapping[Id, LibraryReference]:
        """Those of its pathways that it took from the library, by their ids."""
        return {reference.library: reference for reference in self._references}

    @field_serializer("pathways")
    def _as_written(self, pathways: tuple[Pathway, ...]) -> tuple[AnyPathway, ...]:
        references = self.references
        return tuple(references.get(pathway.id, pathway) for pathway in pathways)

    def pathway(self, name: str) -> Pathway:
        """The pathway with this id, which must exist."""
        return next(found for found in self.pathways if found.id == name)

    def pathway_of(self, patient: Patient) -> Pathway:
        """The pathway on which a patient is enrolled."""
        return self.pathway(patient.pathway)

    def patient(self, name: str) -> Patient:
        """The patient with this id, which must exist."""
        return next(found for found in self.patients if found.id == name)

    def local(self, moment: datetime) -> datetime:
        """An instant as the clinic's clocks show it."""
        return moment.astimezone(self.clinic.zone)

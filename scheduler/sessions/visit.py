"""A dose visit as it was booked, with what its rules need to know from elsewhere."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pathways import timing
from pathways.protocol.activities import LibraryActivity, Phase
from scheduler.sessions.happenings import RideHome


@dataclass(frozen=True)
class ShutGate:
    """Something that must be done before the dose, and what to do about it."""

    rule: str
    says: str
    fix: str


@dataclass(frozen=True)
class Neighbour:
    """Another patient of the same nurse on the day, from the first drug to leaving.

    ``dosed``: whether the drug was given; otherwise the times are as planned.
    """

    code: str
    first_drug: datetime
    until: datetime
    dosed: bool


@dataclass(frozen=True)
class DoseVisit:
    """A booked dose visit. ``[start, end)`` is what was promised of place and people.

    ``closes``: when the clinic closes that day. ``longer``: what screening adds to the monitoring.
    ``ride``: named and confirmed before the day. ``set_aside``: rules with an override in force.
    ``resume_driving``: the clinic's hour for it, in minutes since midnight.
    """

    appointment_id: UUID
    code: str
    patient_id: str
    patient_name: str
    status: str
    start: datetime
    end: datetime
    zone: ZoneInfo
    activity: LibraryActivity
    occurrence: int
    resume_driving: int
    closes: datetime | None = None
    longer: timedelta = timedelta()
    gates: tuple[ShutGate, ...] = ()
    ride: RideHome | None = None
    set_aside: frozenset[str] = frozenset()
    nurse: str | None = None
    location: str | None = None
    neighbours: tuple[Neighbour, ...] = field(default=())

    def planned(self, *phases: Phase) -> timedelta:
        """How long these parts of the visit take by the protocol."""
        return timedelta(minutes=self.activity.minutes_of(*phases))

    @property
    def monitoring(self) -> timedelta:
        """How long the patient is monitored at least, from the last of the drug."""
        return self.planned("monitoring") + self.longer

    @property
    def planned_first_drug(self) -> datetime:
        """When the drug is to be given."""
        return self.start + self.planned("check-in")

    @property
    def planned_end(self) -> datetime:
        """When the visit was to end when it was booked."""
        return self.start + self.activity.length

    @property
    def day(self) -> date:
        """The clinic's date of the visit."""
        return timing.local_date(self.start, self.zone)

    def on_its_day(self, moment: datetime) -> bool:
        """Whether an instant is of the visit's date by the clinic's calendar."""
        return timing.local_date(moment, self.zone) == self.day

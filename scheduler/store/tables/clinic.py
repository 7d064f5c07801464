"""A clinic: its hours, places, people, groups and pathways, and who is on duty."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from scheduler.store.columns import Data, Encrypted, Instant
from scheduler.store.tables.keys import Named, Numbered, OfClinic, new_list, new_mapping, to


class Clinic(SQLModel, table=True):
    """A clinic is one tenant with one time zone.

    ``hours``: a week table of the contract. ``resume_driving``: minutes after midnight.
    ``changes``: how many changes of it were ever published to its listeners. ``settings``: what
    the clinic has chosen beyond the contract (sender name, telephone, payer, states, …).
    """

    id: str = Field(primary_key=True, max_length=80)
    name: str = ""
    timezone: str
    slot_minutes: int = 15
    hours: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    resume_driving: str = "06:00"
    weights: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    settings: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    changes: int = 0


class HouseMark(OfClinic, table=True):
    """What a clinic's house is known by: the database draws another mark whenever it changes."""

    __tablename__ = "house_mark"

    mark: str


class Closure(OfClinic, table=True):
    """A date on which nothing happens."""

    day: date = Field(primary_key=True)
    reason: str = ""


class Location(Named, table=True):
    """A place; ``turnover`` in minutes. ``site`` is a label. ``busy``: local from-to times."""

    position: int = 0
    kind: str
    capacity: int | None = None
    turnover: int = 0
    site: str = ""
    busy: list[Any] = Field(default_factory=new_list, sa_type=Data)
    retired_on: date | None = None


class Practitioner(Named, table=True):
    """Somebody who treats: roles, skills, hours as a week table, local busy times.

    ``leaves_on``: the first date on which they work here no more.
    """

    position: int = 0
    name: str = Field(default="", sa_type=Encrypted)
    roles: list[Any] = Field(default_factory=new_list, sa_type=Data)
    skills: list[Any] = Field(default_factory=new_list, sa_type=Data)
    hours: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    busy: list[Any] = Field(default_factory=new_list, sa_type=Data)
    leaves_on: date | None = None


class Absence(Numbered, table=True):
    """Dates on which a practitioner is away, both included."""

    __table_args__ = (to("practitioner", "practitioner_id"),)

    practitioner_id: str
    position: int = 0
    first: date
    last: date
    reason: str = Field(default="", sa_type=Encrypted)


class GroupSeries(Named, table=True):
    """A standing series of meetings, every week at the same local times.

    ``cancelled``: dates on which it does not meet. ``ends_on``: the first date from which it meets
    no more; nobody joins it any more before that.
    """

    __tablename__ = "group_series"

    position: int = 0
    activity: str
    modality: str
    capacity: int
    location_id: str
    facilitator_id: str
    weekly: list[Any] = Field(default_factory=new_list, sa_type=Data)
    cancelled: list[Any] = Field(default_factory=new_list, sa_type=Data)
    ends_on: date | None = None


class ClinicPathway(Named, table=True):
    """A pathway that a clinic offers: of the library by version, or the clinic's own document."""

    __tablename__ = "clinic_pathway"

    position: int = 0
    version: str = ""
    document: dict[str, Any] | None = Field(default=None, sa_type=Data)


class OnDuty(Numbered, table=True):
    """Who is called for a role in ``[start, end)``; ``phone`` is where they are reached."""

    __tablename__ = "on_duty"
    __table_args__ = (Index("on_duty_when", "clinic_id", "role", "start"),)

    role: str
    account_id: UUID | None = None
    name: str = Field(sa_type=Encrypted)
    phone: str = Field(sa_type=Encrypted)
    start: datetime = Field(sa_type=Instant)
    end: datetime = Field(sa_type=Instant)

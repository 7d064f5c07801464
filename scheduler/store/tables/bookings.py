"""Plans, appointments, and the ledger of what is promised to whom."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from scheduler.store.columns import Data, Encrypted, Instant
from scheduler.store.tables.keys import Numbered, OfClinic, new_list, to


class PlanVersion(Numbered, table=True):
    """A plan for some patients, as it was made: a draft until it is published, kept for ever.

    ``question``: the hash of the scenario that was asked, ``work`` and ``seed`` how it was
    searched. ``document``: the plan itself. ``changes``: what it changes, row by row.
    ``status``: ``draft``, ``published``, ``rejected``, ``undone``.
    """

    __tablename__ = "plan_version"
    __table_args__ = (
        Index("plan_version_number", "clinic_id", "number", unique=True),
        Index("plan_version_by_status", "clinic_id", "status"),
    )

    number: int
    status: str = "draft"
    kind: str = "plan"
    patients: list[Any] = Field(default_factory=new_list, sa_type=Data)
    title: str = ""
    question: str = ""
    planner: str = ""
    seed: int = 0
    work: int = 0
    cost: int = 0
    bound: int = 0
    document: dict[str, Any] = Field(sa_type=Data)
    changes: list[Any] = Field(default_factory=new_list, sa_type=Data)
    reason: str = Field(default="", sa_type=Encrypted)
    run_id: UUID | None = None
    made_at: datetime = Field(sa_type=Instant)
    made_by: UUID | None = None
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: UUID | None = None
    version: int = 1


class Appointment(Numbered, table=True):
    """A session, or one patient's place in a group meeting; one id for its whole life.

    ``status``: an Appointment code of FHIR. ``code``: the name by which documents know it.
    ``wall_time``, ``zone``, ``tzdata``: the clinic's clock as it was when the instant was tied to
    it. ``sequence`` rises when time, place or status change, ``version`` with every change.
    ``runs_over``: told to last longer than its pathway says; no plan moves it.
    ``held_until``: when a pending hold ends by itself; ``hold_reason``: booked, but held.
    ``taken``: the promises in the ledger, as they were made.
    """

    __table_args__ = (
        Index("appointment_by_start", "clinic_id", "start"),
        Index("appointment_by_enrolment", "clinic_id", "enrolment_id", "activity", "occurrence"),
        Index("appointment_by_expiry", "clinic_id", "status", "held_until"),
        CheckConstraint('"end" > start', name="appointment_runs_forward"),
        to("enrolment", "enrolment_id"),
    )

    code: str
    enrolment_id: UUID | None = None
    activity: str
    occurrence: int
    is_dose: bool = False
    status: str = "booked"
    start: datetime = Field(sa_type=Instant)
    end: datetime = Field(sa_type=Instant)
    wall_time: str
    zone: str
    tzdata: str
    modality: str
    location_id: str | None = None
    series_id: str | None = None
    practitioners: list[Any] = Field(default_factory=new_list, sa_type=Data)
    stages: list[Any] = Field(default_factory=new_list, sa_type=Data)
    notes: list[Any] = Field(default_factory=new_list, sa_type=Data)
    taken: list[Any] = Field(default_factory=new_list, sa_type=Data)
    locked: bool = False
    runs_over: bool = False
    held_until: datetime | None = Field(default=None, sa_type=Instant)
    hold_reason: str | None = None
    cancel_reason: str | None = None
    plan_number: int | None = None
    ride_contact_id: UUID | None = None
    ride_confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    sequence: int = 0
    version: int = 1
    made_at: datetime = Field(sa_type=Instant)
    made_by: UUID | None = None
    changed_at: datetime = Field(sa_type=Instant)


class AppointmentPatient(OfClinic, table=True):
    """That a patient takes part in an appointment; ``position`` keeps a couple's order."""

    __tablename__ = "appointment_patient"
    __table_args__ = (
        to("appointment", "appointment_id"),
        to("patient", "patient_id"),
        Index("appointment_of_patient", "clinic_id", "patient_id", "start"),
    )

    appointment_id: UUID = Field(primary_key=True)
    patient_id: str = Field(primary_key=True)
    position: int = 0
    start: datetime = Field(sa_type=Instant)


class LedgerSlot(SQLModel, table=True):
    """How much of a resource is promised in five minutes; the database refuses too much.

    Whether there is such a clinic is asked of the appointment that promises it, once, and not for
    each of a hundred rows beside it: that took PostgreSQL longer than to write them.

    ``resource``: such as ``location:bay-2``, ``person:heron``, ``patient:dahlia``,
    ``seats:iop-morning``. ``slot``: five-minute steps since 1970 in UTC.
    """

    __tablename__ = "ledger_slot"
    __table_args__ = (
        CheckConstraint("load >= 0 AND load <= capacity", name="no_more_than_there_is"),
    )

    clinic_id: str = Field(primary_key=True, max_length=80)
    resource: str = Field(primary_key=True, max_length=100)
    slot: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    load: int
    capacity: int


class ClinicDay(OfClinic, table=True):
    """A row to lock: whoever changes what happens on a date holds the date first."""

    __tablename__ = "clinic_day"

    day: date = Field(primary_key=True)


class Gate(Numbered, table=True):
    """Something that must be done before an appointment may start; open until ``closed_at``.

    ``rule``: such as ``R-29``, ``about``: which of the things that the rule asks for, such as
    ``pregnancy-test``. ``strength``: ``hard``, ``gate`` or ``soft``; ``roles``: who may override.
    """

    __table_args__ = (
        to("appointment", "appointment_id"),
        Index("gate_of_appointment", "clinic_id", "appointment_id", "rule", "about", unique=True),
    )

    appointment_id: UUID
    rule: str
    about: str = ""
    strength: str = "gate"
    roles: list[Any] = Field(default_factory=new_list, sa_type=Data)
    says: str = ""
    fix: str = ""
    opened_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_how: str | None = None

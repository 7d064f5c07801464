"""Patients: who they are, how they are reached, who drives them, what they are enrolled on."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from scheduler.store.columns import Data, Encrypted, EncryptedData, Instant
from scheduler.store.tables.keys import Named, Numbered, new_list, new_mapping, to


class Patient(Named, table=True):
    """A person in care. ``sud``: their record is under the consent rules for substance use.

    ``assessment``: diagnoses, goals and preferences in free words. ``substance_status``:
    ``none``, ``stabilised`` or ``active_unstabilised``.
    """

    position: int = 0
    name: str = Field(default="", sa_type=Encrypted)
    birth_date: str | None = Field(default=None, sa_type=Encrypted)
    language: str = "en"
    timezone: str | None = None
    state: str = ""
    sud: bool = False
    substance_status: str = "none"
    assessment: dict[str, Any] = Field(default_factory=new_mapping, sa_type=EncryptedData)
    partner_id: str | None = None
    version: int = 1


class ContactPoint(Numbered, table=True):
    """A telephone number or e-mail address; ``mark`` finds it without reading it.

    ``kind``: ``phone`` or ``email``. ``frozen_at``: nothing is sent there any more.
    """

    __tablename__ = "contact_point"
    __table_args__ = (
        to("patient", "patient_id"),
        Index("contact_by_mark", "clinic_id", "mark"),
        Index("contact_of_patient", "clinic_id", "patient_id"),
    )

    patient_id: str
    kind: str
    value: str = Field(sa_type=Encrypted)
    mark: str
    preferred: bool = False
    verified_at: datetime | None = Field(default=None, sa_type=Instant)
    frozen_at: datetime | None = Field(default=None, sa_type=Instant)


class Enrolment(Numbered, table=True):
    """One patient on one pathway, from a start date on.

    ``status``: an EpisodeOfCare code. ``pathway_version`` stays as it was at enrolment. Week
    tables, dates and the rest are the contract's, as plain data. ``level``: the level of care that
    somebody has decided on; without one, that of the pathway's week. ``evaluations``: decisions on
    going on, each with its id, its instant and whether it goes on.
    """

    __table_args__ = (
        to("patient", "patient_id"),
        Index("enrolment_of_patient", "clinic_id", "patient_id", "status"),
    )

    patient_id: str
    pathway_id: str
    pathway_version: str = ""
    status: str = "active"
    start: date
    available: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    unavailable: list[Any] = Field(default_factory=new_list, sa_type=Data)
    preferred: dict[str, Any] | None = Field(default=None, sa_type=Data)
    rides: dict[str, Any] | None = Field(default=None, sa_type=Data)
    groups: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    settled: list[Any] = Field(default_factory=new_list, sa_type=Data)
    history: list[Any] = Field(default_factory=new_list, sa_type=Data)
    level: str = ""
    level_reviewed_on: date | None = None
    evaluations: list[Any] = Field(default_factory=new_list, sa_type=Data)
    evaluated_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    version: int = 1
    plan_number: int = 0
    created_by: UUID | None = None


class RideContact(Numbered, table=True):
    """Who takes the patient home, or goes with them; ``released_until``: told until then.

    ``kind``: ``adult``, ``service`` or ``rideshare``; ``sitter`` and ``family`` drive nobody.
    """

    __tablename__ = "ride_contact"
    __table_args__ = (
        to("patient", "patient_id"),
        Index("ride_contact_of_patient", "clinic_id", "patient_id"),
    )

    patient_id: str
    name: str = Field(sa_type=Encrypted)
    phone: str = Field(sa_type=Encrypted)
    phone_mark: str
    kind: str = "adult"
    language: str = "en"
    released_until: date | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)

"""What care rests on: screenings, clearances, consents, coverage, scores, adverse events."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from scheduler.store.columns import Data, Encrypted, EncryptedData, Instant
from scheduler.store.tables.keys import Numbered, new_list, to


class Screening(Numbered, table=True):
    """The screening checklist of a patient: ``answers`` maps item to yes, no or unknown.

    It counts once ``signed_at``; a later one replaces it.
    """

    __table_args__ = (
        to("patient", "patient_id"),
        Index("screening_of_patient", "clinic_id", "patient_id", "made_at"),
    )

    patient_id: str
    pathway_id: str
    pathway_version: str
    answers: dict[str, Any] = Field(sa_type=EncryptedData)
    made_at: datetime = Field(sa_type=Instant)
    made_by: UUID | None = None
    signed_at: datetime | None = Field(default=None, sa_type=Instant)
    signed_by: UUID | None = None


class Clearance(Numbered, table=True):
    """A permission of one kind, on the dates from ``first`` to ``last``, both included.

    ``given_at``: the instant at which somebody of the clinic gave it or did what it stands for.
    """

    __table_args__ = (
        to("patient", "patient_id"),
        Index("clearance_of_patient", "clinic_id", "patient_id", "kind"),
    )

    patient_id: str
    position: int = 0
    kind: str
    first: date
    last: date
    obtained_on: date | None = None
    given_at: datetime | None = Field(default=None, sa_type=Instant)
    given_by: UUID | None = None
    reason: str = Field(default="", sa_type=Encrypted)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_by: UUID | None = None


class Consent(Numbered, table=True):
    """A signed consent or release. ``to_whom`` names a third person, ``scope`` what they may know.

    ``kind``: a consent form of the pathway, such as ``treatment``, ``rems``, ``release``.
    """

    __table_args__ = (
        to("patient", "patient_id"),
        Index("consent_of_patient", "clinic_id", "patient_id", "kind"),
    )

    patient_id: str
    kind: str
    form_version: str = ""
    signed_at: datetime = Field(sa_type=Instant)
    expires_on: date | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    to_whom: str = Field(default="", sa_type=Encrypted)
    scope: list[Any] = Field(default_factory=new_list, sa_type=Data)


class Authorization(Numbered, table=True):
    """So many units of a service that a payer has approved, on dates both included.

    ``unit``: ``sessions``, ``days``, ``hours`` or ``devices``. ``review_on``: when the payer looks
    at it again, where it has said so.
    """

    __table_args__ = (
        to("patient", "patient_id"),
        Index("authorization_of_patient", "clinic_id", "patient_id", "service"),
    )

    patient_id: str
    position: int = 0
    service: str
    units: int
    unit: str = "sessions"
    first: date
    last: date
    payer: str = ""
    reference: str = Field(default="", sa_type=Encrypted)
    review_on: date | None = None
    version: int = 1


class Coverage(Numbered, table=True):
    """That a patient's insurance was verified: by whom, when, for which payer."""

    __table_args__ = (
        to("patient", "patient_id"),
        Index("coverage_of_patient", "clinic_id", "patient_id", "verified_at"),
    )

    patient_id: str
    payer: str
    member_number: str = Field(default="", sa_type=Encrypted)
    verified_at: datetime = Field(sa_type=Instant)
    verified_by: UUID | None = None
    plan_year_ends: date | None = None


class CoverageChange(Numbered, table=True):
    """What a patient says of their insurance: which it is from ``first`` on; nobody has checked.

    All of it is theirs alone, the payer's name, too.
    """

    __tablename__ = "coverage_change"
    __table_args__ = (
        to("patient", "patient_id"),
        Index("coverage_change_of_patient", "clinic_id", "patient_id", "told_at"),
    )

    patient_id: str
    payer: str = Field(sa_type=Encrypted)
    member_number: str = Field(default="", sa_type=Encrypted)
    group_number: str = Field(default="", sa_type=Encrypted)
    first: date
    told_at: datetime = Field(sa_type=Instant)
    told_by: UUID | None = None


class PrivatePay(Numbered, table=True):
    """A signed agreement to pay for services privately, until a date."""

    __tablename__ = "private_pay"
    __table_args__ = (
        to("patient", "patient_id"),
        Index("private_pay_of_patient", "clinic_id", "patient_id"),
    )

    patient_id: str
    services: list[Any] = Field(default_factory=new_list, sa_type=Data)
    signed_at: datetime = Field(sa_type=Instant)
    ends_on: date | None = None


class Answer(Numbered, table=True):
    """A questionnaire that was answered, with its score and what follows from it.

    ``measure``: such as ``PHQ-9``. ``answers``: item to value. ``flags``: scores that mean
    something. A draft has no ``finished_at``.
    """

    __table_args__ = (
        to("patient", "patient_id"),
        Index("answer_of_patient", "clinic_id", "patient_id", "measure", "taken_at"),
    )

    patient_id: str
    measure: str
    taken_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    answers: dict[str, Any] = Field(sa_type=EncryptedData)
    total: int | None = None
    flags: list[Any] = Field(default_factory=new_list, sa_type=Data)
    answered_by: UUID | None = None
    disposition: str | None = Field(default=None, sa_type=Encrypted)
    disposed_at: datetime | None = Field(default=None, sa_type=Instant)
    disposed_by: UUID | None = None


class AdverseEvent(Numbered, table=True):
    """Something bad that happened to a patient, in or after a session."""

    __tablename__ = "adverse_event"
    __table_args__ = (
        to("patient", "patient_id"),
        Index("adverse_event_of_patient", "clinic_id", "patient_id", "at"),
    )

    patient_id: str
    appointment_id: UUID | None = None
    at: datetime = Field(sa_type=Instant)
    kind: str
    serious: bool = False
    words: str = Field(default="", sa_type=Encrypted)
    reported_by: UUID | None = None


class PatientNote(Numbered, table=True):
    """What somebody of the team has written down about a patient; it is never changed.

    ``corrects``: an earlier note of the same patient that was wrong, which this one takes back.
    """

    __tablename__ = "patient_note"
    __table_args__ = (
        to("patient", "patient_id"),
        Index("note_of_patient", "clinic_id", "patient_id", "made_at"),
    )

    patient_id: str
    words: str = Field(sa_type=Encrypted)
    made_at: datetime = Field(sa_type=Instant)
    made_by: UUID | None = None
    corrects: UUID | None = None

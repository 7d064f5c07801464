"""Who changed and who read what; answers that are given again; changes for listeners."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from scheduler.store.columns import Data, EncryptedData, Instant
from scheduler.store.tables.keys import Numbered, OfClinic, new_list, new_mapping


class AuditEntry(Numbered, table=True):
    """One change or one read of patient data. No names, addresses or free text stand in it.

    ``action``: such as ``read``, ``appointment.move``. ``number`` and ``seal`` are given by the
    job that chains entries: each seal is the hash of the entry and the seal before it.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("audit_by_number", "clinic_id", "number", unique=True),
        Index("audit_by_time", "clinic_id", "at"),
    )

    at: datetime = Field(sa_type=Instant)
    account_id: UUID | None = None
    actor: str = ""
    role: str = ""
    action: str
    route: str = ""
    request_id: str = ""
    subject_kind: str = ""
    subject_id: str = ""
    patients: list[Any] = Field(default_factory=new_list, sa_type=Data)
    detail: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    number: int | None = None
    seal: str | None = None


class AuditHead(OfClinic, table=True):
    """The last entry that was chained: its number and seal. A shortened record ends before it."""

    __tablename__ = "audit_head"

    number: int = 0
    seal: str = ""


class IdempotentAnswer(OfClinic, table=True):
    """The answer to a request with an idempotency key, to be given again for a day."""

    __tablename__ = "idempotent_answer"

    account_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, max_length=200)
    fingerprint: str
    status: int
    headers: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    body: Any = Field(default=None, sa_type=EncryptedData)
    made_at: datetime = Field(sa_type=Instant)


class Change(OfClinic, table=True):
    """Something that listeners want to know of: what kind of thing, and which.

    ``number`` counts the clinic's changes in the order in which they were committed.
    """

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=Instant)
    kind: str
    subject_id: str
    patient_id: str | None = None

"""Work that is open, rules that were overridden, and what the machine was asked to do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from scheduler.store.columns import Data, Encrypted, Instant
from scheduler.store.tables.keys import Numbered, new_list, new_mapping, to


class Task(Numbered, table=True):
    """Something that a person has to do: it always has an owner role and a due time.

    ``key``: what makes it the same task; one open task for a key. ``status``: a Task code.
    """

    __table_args__ = (
        Index("task_by_key", "clinic_id", "open_key", unique=True),
        Index("task_by_due", "clinic_id", "status", "due_at"),
    )

    kind: str
    key: str
    open_key: str | None = None
    owner_role: str
    due_at: datetime = Field(sa_type=Instant)
    status: str = "requested"
    subject_kind: str = ""
    subject_id: str = ""
    patient_id: str | None = None
    says: str = ""
    rule: str | None = None
    made_at: datetime = Field(sa_type=Instant)
    claimed_by: UUID | None = None
    escalated_at: datetime | None = Field(default=None, sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    done_by: UUID | None = None
    outcome: str | None = None
    note: str | None = Field(default=None, sa_type=Encrypted)
    version: int = 1


class Override(Numbered, table=True):
    """That somebody set a rule aside for one appointment, why, and until when.

    A soft rule takes one person of the role; a gate takes a requester and another approver.
    ``about``: which of the things that the rule asks for; the others stay as they are.
    """

    __table_args__ = (
        to("appointment", "appointment_id"),
        Index("override_of_appointment", "clinic_id", "appointment_id", "rule"),
    )

    appointment_id: UUID
    rule: str
    about: str = ""
    strength: str
    reason_code: str
    reason: str = Field(default="", sa_type=Encrypted)
    requested_by: UUID
    requested_role: str
    requested_at: datetime = Field(sa_type=Instant)
    approved_by: UUID | None = None
    approved_role: str | None = None
    approved_at: datetime | None = Field(default=None, sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class Run(Numbered, table=True):
    """Work for the machine: plan a patient, replan a clinic, import, export.

    ``state``: ``waiting``, ``running``, ``done``, ``failed``, ``stopped``. A running one without
    a heartbeat is taken again. ``asked``: what was asked, ``result``: what came out, both without
    names. ``progress``: how far it is, for people.
    """

    __table_args__ = (Index("run_by_state", "state", "heartbeat_at"),)

    kind: str
    state: str = "waiting"
    asked: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    progress: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    result: dict[str, Any] | None = Field(default=None, sa_type=Data)
    problem: str | None = None
    asked_at: datetime = Field(sa_type=Instant)
    asked_by: UUID | None = None
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    heartbeat_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    stop_asked: bool = False
    attempts: int = 0
    worker: str | None = None
    patients: list[Any] = Field(default_factory=new_list, sa_type=Data)

"""The dose session: an append-only list of what happened."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from scheduler.store.columns import EncryptedData, Instant
from scheduler.store.tables.keys import Numbered, new_mapping, to


class SessionEvent(Numbered, table=True):
    """One thing that happened in a session; a correction is a new event that names the old.

    ``number`` counts from 1 in each session. ``at``: when it happened, ``recorded_at``: when it
    was written down. ``data``: what was found, as plain data.
    """

    __tablename__ = "session_event"
    __table_args__ = (
        to("appointment", "appointment_id"),
        UniqueConstraint("clinic_id", "appointment_id", "number", name="session_event_number"),
    )

    appointment_id: UUID
    number: int
    kind: str
    at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by: UUID | None = None
    data: dict[str, Any] = Field(default_factory=new_mapping, sa_type=EncryptedData)
    corrects: UUID | None = None

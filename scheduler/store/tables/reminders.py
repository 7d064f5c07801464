"""The reminder ledger: what should be told to whom, when, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from scheduler.store.columns import Data, Encrypted, Instant
from scheduler.store.tables.keys import Numbered, new_list, new_mapping, to

URGENT = "(safety OR subject_kind = 'inbound')"
"""What goes before everything else that is due: a safety note, or an answer."""


class Reminder(Numbered, table=True):
    """One message, once: its key is unique in the database.

    ``subject_version`` rises when what it speaks of moves, and voids what was not sent.
    ``recipient``: whom, such as ``patient:dahlia`` or ``role:coordinator``. ``due_at``: when it
    should go; ``next_try_at``: when it is looked at next; ``expires_at``: after which it is not
    sent any more. ``facts``: ids and instants that its text needs, never a name or an address.
    ``status``: pending, sending, sent, delivered, failed, expired, cancelled, suppressed, unknown.
    """

    __table_args__ = (
        UniqueConstraint(
            "clinic_id",
            "subject_kind",
            "subject_id",
            "subject_version",
            "kind",
            "step",
            "recipient",
            "channel",
            name="reminder_key",
        ),
        Index(
            "reminder_due",
            "next_try_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "reminder_urgent",
            "next_try_at",
            sqlite_where=text(f"status = 'pending' AND {URGENT}"),
            postgresql_where=text(f"status = 'pending' AND {URGENT}"),
        ),
        # By a column that never changes, so that a claim changes nothing that an index knows.
        Index(
            "reminder_on_its_way",
            "next_try_at",
            sqlite_where=text("status = 'sending'"),
            postgresql_where=text("status = 'sending'"),
        ),
        Index("reminder_of_patient", "clinic_id", "patient_id", "due_at"),
        # Rows change a few times, and soon: room is left for it beside them.
        {"postgresql_with": {"fillfactor": 80, "autovacuum_vacuum_scale_factor": 0.02}},
    )

    subject_kind: str
    subject_id: str
    subject_version: int
    kind: str
    step: int = 0
    recipient: str
    channel: str
    patient_id: str | None = None
    rank: int = 5
    safety: bool = False
    due_at: datetime = Field(sa_type=Instant)
    next_try_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    status: str = "pending"
    reason: str = ""
    attempts: int = 0
    claimed_by: str | None = None
    claimed_until: datetime | None = Field(default=None, sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    provider_id: str | None = None
    facts: dict[str, Any] = Field(default_factory=new_mapping, sa_type=Data)
    made_at: datetime = Field(sa_type=Instant)


class MessageConsent(Numbered, table=True):
    """That a patient takes messages of a purpose by a channel, or has said stop.

    ``caps``: ``usual`` or ``more``, where the patient has agreed to more messages.
    """

    __tablename__ = "message_consent"
    __table_args__ = (
        to("patient", "patient_id"),
        UniqueConstraint(
            "clinic_id", "patient_id", "channel", "purpose", name="one_consent_a_purpose"
        ),
    )

    patient_id: str
    channel: str
    purpose: str
    given_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    caps: str = "usual"


class InboundMessage(Numbered, table=True):
    """What somebody wrote back; ``provider_id`` is taken once."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("clinic_id", "provider_id", name="each_inbound_message_once"),
    )

    provider_id: str
    channel: str
    sender_mark: str
    body: str = Field(sa_type=Encrypted)
    received_at: datetime = Field(sa_type=Instant)
    understood_as: str = ""
    patients: list[Any] = Field(default_factory=new_list, sa_type=Data)

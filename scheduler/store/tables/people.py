"""Who may come in, and how: accounts, sign-ins, tokens, links and codes. Secrets as hashes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from scheduler.store.columns import Data, Encrypted, Instant
from scheduler.store.tables.keys import Numbered, new_list, to


class Account(Numbered, table=True):
    """A person with roles. A patient's account names the patient, a practitioner's the latter.

    ``totp_last_step``: the newest step of time whose code was shown; None while the second factor
    is only offered. ``email_mark``: by which the address is found without being read.
    """

    __table_args__ = (
        Index("account_by_email", "clinic_id", "email_mark", unique=True),
        to("patient", "patient_id"),
        to("practitioner", "practitioner_id"),
    )

    name: str = Field(sa_type=Encrypted)
    email: str = Field(sa_type=Encrypted)
    email_mark: str
    roles: list[Any] = Field(default_factory=new_list, sa_type=Data)
    patient_id: str | None = None
    practitioner_id: str | None = None
    language: str = "en"
    password_hash: str | None = None
    totp_secret: str | None = Field(default=None, sa_type=Encrypted)
    totp_last_step: int | None = None
    disabled_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    version: int = 1


class SignInTry(SQLModel, table=True):
    """How often somebody has failed to come in; also under an address that nobody has.

    ``mark``: a keyed hash of what was tried on. No clinic has it: who is unknown is of none.
    """

    __tablename__ = "sign_in_try"

    mark: str = Field(primary_key=True)
    failures: int = 0
    last_at: datetime = Field(sa_type=Instant)
    locked_until: datetime | None = Field(default=None, sa_type=Instant)


class SignIn(Numbered, table=True):
    """One browser that is signed in; the token itself is only in its cookie.

    ``seen_at`` moves at most once a minute. ``way``: ``password``, ``code``, ``link`` or
    ``invitation``. ``strong``: nothing more has to be shown; until then only the next step is open.
    ``csrf``: what forms must send back. ``proved_at``: when they last showed who they are.
    """

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("sign_in_by_token", "token_hash", unique=True),
        to("account", "account_id"),
    )

    token_hash: str
    account_id: UUID
    csrf: str
    way: str = "link"
    strong: bool = False
    created_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)
    proved_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class ApiToken(Numbered, table=True):
    """A machine's key: an account's roles, narrowed to those in ``scopes``; ``read``: no more."""

    __tablename__ = "api_token"
    __table_args__ = (
        Index("api_token_by_hash", "token_hash", unique=True),
        to("account", "account_id"),
    )

    token_hash: str
    account_id: UUID
    title: str = ""
    scopes: list[Any] = Field(default_factory=new_list, sa_type=Data)
    created_at: datetime = Field(sa_type=Instant)
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class CalendarFeed(Numbered, table=True):
    """A private address at which a calendar reads an account's visits; one for each device.

    ``title``: what its owner calls the device.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (
        Index("calendar_feed_by_hash", "token_hash", unique=True),
        to("account", "account_id"),
    )

    token_hash: str
    account_id: UUID
    title: str = Field(default="", sa_type=Encrypted)
    created_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class OneTimeLink(Numbered, table=True):
    """A link that signs somebody in, or lets them do one thing, once or until it ends.

    ``purpose``: ``sign-in``, ``invitation``, ``ride``, ``visit``, … ``subject``: what it is about.
    """

    __tablename__ = "one_time_link"
    __table_args__ = (Index("link_by_token", "token_hash", unique=True),)

    token_hash: str
    purpose: str
    account_id: UUID | None = None
    subject: str = ""
    ends_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class OneTimeCode(Numbered, table=True):
    """A short code sent to a contact point; few tries, few minutes."""

    __tablename__ = "one_time_code"
    __table_args__ = (Index("code_of_account", "clinic_id", "account_id"),)

    account_id: UUID
    code_hash: str
    tries: int = 0
    ends_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)

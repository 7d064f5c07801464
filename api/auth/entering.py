"""Signing in and being recognised: cookies, tokens and one-time links, all stored as hashes."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select, update

from scheduler import audit
from scheduler.acting import Actor
from scheduler.errors import NotSignedIn
from scheduler.store.asking import table_of
from scheduler.store.tables import Account, ApiToken, OneTimeLink, SignIn

STAFF_IDLE, STAFF_LONGEST = timedelta(minutes=15), timedelta(hours=12)
PATIENT_IDLE, PATIENT_LONGEST = timedelta(minutes=30), timedelta(hours=24)
SEEN_EVERY = timedelta(minutes=1)


def hashed(token: str) -> str:
    """A token as it is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def begin(
    session: Session, account: Account, *, strong: bool, now: datetime, way: str = "link"
) -> tuple[str, SignIn]:
    """Sign an account in: the token for its cookie, and the row that recognises it.

    The token is always new: one that was planted in a browser is never signed in.
    """
    token = new_token()
    longest = PATIENT_LONGEST if account.patient_id else STAFF_LONGEST
    row = SignIn(
        clinic_id=account.clinic_id,
        token_hash=hashed(token),
        account_id=account.id,
        csrf=new_token(),
        way=way,
        strong=strong,
        created_at=now,
        seen_at=now,
        proved_at=now,
        ends_at=now + longest,
    )
    session.add(row)
    if strong:
        subject = ("account", account.id)
        audit.record(session, actor_of(account), "sign-in", at=now, subject=subject, way=way)
    return token, row


def actor_of(account: Account) -> Actor:
    """An account as somebody who acts."""
    return Actor(
        clinic_id=account.clinic_id,
        account_id=account.id,
        roles=frozenset(account.roles),
        patient_id=account.patient_id,
        practitioner_id=account.practitioner_id,
        language=account.language,
    )


@dataclass(frozen=True)
class SignedIn:
    """A sign-in that is in force, with what its row says of it; ``actor``: whose it is."""

    clinic_id: str
    id: UUID
    account_id: UUID
    csrf: str
    way: str
    strong: bool
    seen_at: datetime
    proved_at: datetime
    actor: Actor


def _asked_every_time() -> Select[Any]:
    """Sign-in and account of a token: the columns that say who is there, and nothing sealed."""
    sign_in = table_of(SignIn).c
    account = table_of(Account).c
    return select_columns(
        *(sign_in[name] for name in ("id", "csrf", "way", "strong", "seen_at", "proved_at")),
        *(sign_in[name] for name in ("ends_at", "ended_at", "clinic_id", "account_id")),
        *(account[name] for name in ("roles", "patient_id", "practitioner_id", "language")),
        account.disabled_at,
    ).where(
        sign_in.token_hash == bindparam("token_hash"),
        account.clinic_id == sign_in.clinic_id,
        account.id == sign_in.account_id,
    )


_RECOGNISING: Final = _asked_every_time()


def recognised(connection: Connection, token: str, *, now: datetime) -> SignedIn | None:
    """Whose cookie it is, while they are neither idle nor away too long; None otherwise."""
    row = connection.execute(_RECOGNISING, {"token_hash": hashed(token)}).first()
    if row is None:
        return None
    idle = PATIENT_IDLE if row.patient_id else STAFF_IDLE
    over = row.ended_at is not None or now >= row.ends_at or now >= row.seen_at + idle
    if over or row.disabled_at is not None:
        return None
    actor = Actor(
        clinic_id=row.clinic_id,
        account_id=row.account_id,
        roles=frozenset(row.roles),
        patient_id=row.patient_id,
        practitioner_id=row.practitioner_id,
        language=row.language,
    )
    return SignedIn(
        clinic_id=row.clinic_id,
        id=row.id,
        account_id=row.account_id,
        csrf=row.csrf,
        way=row.way,
        strong=row.strong,
        seen_at=row.seen_at,
        proved_at=row.proved_at,
        actor=actor,
    )


def seen(session: Session, there: SignedIn, *, now: datetime) -> None:
    """Remember that somebody is still there."""
    _write(session, there, seen_at=now)


def end(session: Session, there: SignedIn, *, now: datetime) -> None:
    """Sign out."""
    _write(session, there, ended_at=now)


def proved(session: Session, there: SignedIn, *, now: datetime) -> None:
    """Remember that somebody has shown once more who they are."""
    _write(session, there, proved_at=now)


def _write(session: Session, there: SignedIn, **values: datetime) -> None:
    session.execute(
        update(SignIn)
        .where(col(SignIn.clinic_id) == there.clinic_id, col(SignIn.id) == there.id)
        .values(**values)
    )


def holder_of_token(session: Session, token: str, *, now: datetime) -> tuple[Account, ApiToken]:
    """Whose API token it is; NotSignedIn where it is nobody's, or no longer."""
    found = session.exec(
        select(ApiToken, Account).where(
            ApiToken.token_hash == hashed(token),
            Account.clinic_id == ApiToken.clinic_id,
            Account.id == ApiToken.account_id,
        )
    ).first()
    if found is None:
        raise NotSignedIn("this token is not known")
    key, account = found
    over = key.revoked_at is not None or (key.ends_at is not None and now >= key.ends_at)
    if over or account.disabled_at is not None:
        raise NotSignedIn("this token is no longer good")
    return account, key


def token_is_good(session: Session, token: str, *, now: datetime) -> bool:
    """Whether an API token is still somebody's."""
    try:
        holder_of_token(session, token, now=now)
    except NotSignedIn:
        return False
    return True


def make_link(
    session: Session,
    account: Account,
    *,
    now: datetime,
    good_for: timedelta,
    purpose: str = "sign-in",
) -> str:
    """The token of a link that signs an account in once, or, as an ``invitation``, halfway."""
    token = new_token()
    session.add(
        OneTimeLink(
            clinic_id=account.clinic_id,
            token_hash=hashed(token),
            purpose=purpose,
            account_id=account.id,
            ends_at=now + good_for,
        )
    )
    return token


def follow_link(session: Session, token: str, *, now: datetime) -> tuple[Account, str]:
    """Whom a one-time link signs in, once, and its purpose; NotSignedIn where it is spent."""
    spent = (
        update(OneTimeLink)
        .where(
            col(OneTimeLink.token_hash) == hashed(token),
            col(OneTimeLink.purpose).in_(("sign-in", "invitation")),
            col(OneTimeLink.used_at).is_(None),
            col(OneTimeLink.revoked_at).is_(None),
            col(OneTimeLink.ends_at) > now,
        )
        .values(used_at=now)
        .returning(
            col(OneTimeLink.clinic_id), col(OneTimeLink.account_id), col(OneTimeLink.purpose)
        )
    )
    row: tuple[str, UUID, str] | None = session.exec(spent).first()
    account = session.get(Account, (row[0], row[1])) if row else None
    if row is None or account is None or account.disabled_at is not None:
        raise NotSignedIn("this link has been used or has ended", fix="ask for a new one")
    return account, row[2]

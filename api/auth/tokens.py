"""Keys of machines: an account's roles, narrowed; ``read`` narrows them to looking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from api.auth import entering
from scheduler import audit
from scheduler.acting import Actor
from scheduler.errors import NotThere, NotUnderstood, NotYours
from scheduler.store.tables import Account, ApiToken

READ: Final = "read"
LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True)
class Wish:
    """A token to be made. ``scopes``: roles, and ``read`` where it may change nothing."""

    title: str
    scopes: list[str]
    good_for: timedelta = timedelta(days=90)


def make(
    session: Session, actor: Actor, account: Account, wish: Wish, *, now: datetime
) -> tuple[str, ApiToken]:
    """A new token, in words that are shown once, and its row; never more than the account may.

    A token of one's own never carries more than one acts with now: a narrow token makes no wide
    one.
    """
    if account.disabled_at is not None:
        raise NotYours("this account is shut out")
    own = actor.account_id == account.id
    most = frozenset(account.roles) & actor.roles if own else frozenset(account.roles)
    scopes = _roles_asked(wish.scopes, most) + [READ] * (READ in wish.scopes)
    token = entering.new_token()
    row = ApiToken(
        clinic_id=account.clinic_id,
        token_hash=entering.hashed(token),
        account_id=account.id,
        title=wish.title,
        scopes=scopes,
        created_at=now,
        ends_at=now + min(wish.good_for, LONGEST),
    )
    session.add(row)
    subject = ("token", row.id)
    audit.record(session, actor, "token.make", at=now, subject=subject, scopes=scopes)
    return token, row


def _roles_asked(scopes: list[str], most: frozenset[str]) -> list[str]:
    """Which roles are asked for: all there are, where only ``read`` or nothing is said."""
    asked = set(scopes) - {READ}
    beyond = sorted(asked - most)
    if beyond or not most:
        raise NotUnderstood(
            f"the account does not have these roles: {', '.join(beyond)}",
            fix=f"scopes are {', '.join([*sorted(most), READ])}",
            place="scopes",
        )
    return sorted(asked or most)


def roles_of(account: Account, key: ApiToken) -> frozenset[str]:
    """With which roles a token acts: those of both, the account's and its own."""
    return frozenset(account.roles) & frozenset(key.scopes)


def only_reads(key: ApiToken) -> bool:
    """Whether a token may change nothing."""
    return READ in key.scopes


def of_account(session: Session, clinic_id: str, account_id: UUID) -> list[ApiToken]:
    """An account's tokens, the newest first."""
    asked = select(ApiToken).where(
        ApiToken.clinic_id == clinic_id, ApiToken.account_id == account_id
    )
    return list(session.exec(asked.order_by(col(ApiToken.created_at).desc(), col(ApiToken.id))))


def revoke(session: Session, actor: Actor, token_id: UUID, *, now: datetime) -> ApiToken:
    """End a token at once; NotThere unless it is one's own or one looks after accounts."""
    row = session.get(ApiToken, (actor.clinic_id, token_id))
    if row is None or (row.account_id != actor.account_id and "admin" not in actor.roles):
        raise NotThere("there is no such token")
    if row.revoked_at is None:
        row.revoked_at = now
        audit.record(session, actor, "token.revoke", at=now, subject=("token", row.id))
    return row

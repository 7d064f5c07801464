"""One-time codes, with which patients come in: eight digits, few minutes, few tries, once."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, func, select, update

from scheduler.store import vault
from scheduler.store.tables import Account, OneTimeCode

DIGITS = 8
GOOD_FOR = timedelta(minutes=10)
TRIES = 5
AN_HOUR = 5
"""Codes that an account may ask for in an hour."""


def issue(session: Session, account: Account, *, now: datetime) -> str | None:
    """A new code, which ends earlier ones; None where too many were asked for."""
    newer_than = now - timedelta(hours=1) + GOOD_FOR
    asked = select(func.count()).where(*_of(account), col(OneTimeCode.ends_at) > newer_than)
    if session.exec(asked).one() >= AN_HOUR:
        return None
    session.execute(
        update(OneTimeCode)
        .where(*_of(account), col(OneTimeCode.used_at).is_(None))
        .values(used_at=now)
    )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    session.add(
        OneTimeCode(
            clinic_id=account.clinic_id,
            account_id=account.id,
            code_hash=_hashed(account, code),
            ends_at=now + GOOD_FOR,
        )
    )
    return code


def answered(session: Session, account: Account, code: str, *, now: datetime) -> bool:
    """Whether it is the account's present code; each try counts, the right one ends it."""
    row = session.exec(
        select(OneTimeCode)
        .where(*_of(account), col(OneTimeCode.used_at).is_(None), col(OneTimeCode.ends_at) > now)
        .with_for_update()
    ).first()
    if row is None or row.tries >= TRIES:
        return False
    row.tries += 1
    if not secrets.compare_digest(row.code_hash, _hashed(account, code.replace(" ", ""))):
        return False
    row.used_at = now
    return True


def _of(account: Account) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    ours = col(OneTimeCode.clinic_id) == account.clinic_id
    return ours, col(OneTimeCode.account_id) == account.id


def _hashed(account: Account, code: str) -> str:
    """Keyed: a hash of eight digits alone would be guessed from a stolen database."""
    return vault.vault().mark(f"code:{account.id}:{code}")

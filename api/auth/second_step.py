"""The second step of staff: a code that changes every half minute, from an app on their phone."""

import secrets
from datetime import datetime

import pyotp
import segno
from sqlmodel import Session

from api.auth import tries
from scheduler.store.tables import Account

STEP_SECONDS = 30
SLACK = 1
"""Steps before and after the present one that are taken, too: clocks differ."""


def offer(account: Account) -> None:
    """Give an account a secret, unless it has confirmed one."""
    if account.totp_last_step is None:
        account.totp_secret = pyotp.random_base32()


def forget(account: Account) -> None:
    """Let an account choose a second step anew."""
    account.totp_secret = account.totp_last_step = None


def address(account: Account) -> str:
    """What an app reads from the picture: an ``otpauth`` address with the secret in it."""
    totp = pyotp.TOTP(account.totp_secret or "")
    return totp.provisioning_uri(name=account.email, issuer_name="careweave")


def picture(account: Account) -> str:
    """The address as a QR code, an SVG element."""
    drawn: str = segno.make(address(account)).svg_inline(scale=4, border=2)
    return drawn


def shown(session: Session, account: Account, code: str, *, now: datetime) -> bool:
    """Whether a code is right and newer than the last one that was shown; each is good once.

    The account is held by whoever asks.
    """
    if not tries.take(session, "second step", account.id, now=now):
        return False
    step = _step_of(account.totp_secret, code.replace(" ", ""), now)
    if step is None or step <= (account.totp_last_step or 0):
        return False
    account.totp_last_step = step
    tries.clear(session, "second step", account.id, now=now)
    return True


def _step_of(secret: str | None, code: str, now: datetime) -> int | None:
    """The step of time to which a code belongs; None where it is of none that is taken."""
    if secret is None:
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in range(present - SLACK, present + SLACK + 1):
        if secrets.compare_digest(totp.at(step * STEP_SECONDS).encode(), code.encode()):
            return step
    return None

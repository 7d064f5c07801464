"""Passwords: hashed with argon2, judged in the same time whether or not there is one."""

from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError

from scheduler.errors import NotUnderstood

SHORTEST, LONGEST = 12, 200
_hashing = PasswordHash.recommended()


@cache
def _nobodys() -> str:
    """A hash for comparing with where there is none, so that this takes as long."""
    return _hashing.hash("nobody has this password")


def hashed(password: str) -> str:
    """A password as it is stored; NotUnderstood where it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise NotUnderstood(
            f"a password has {SHORTEST} to {LONGEST} characters",
            fix="take a few words that you can remember",
            place="password",
        )
    return _hashing.hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Whether it is the password that was stored; as slow where none was."""
    try:
        right = _hashing.verify(password[:LONGEST], stored or _nobodys())
    except PwdlibError:
        return False
    return right and stored is not None

"""Fields that nobody reads in a stolen database: encrypted at rest, found by a keyed hash."""

import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

_of_process: list["Vault"] = []


class NoVault(Exception):
    """The process has no key for encrypted fields; `install` one before the store is used."""


class WrongKey(Exception):
    """An encrypted field was written under another key than this process has."""


class Vault:
    """One key, and what is done with it. ``key``: 32 random bytes, URL-safe base64."""

    def __init__(self, key: str) -> None:
        self._cipher = Fernet(key)
        self._pepper = hashlib.sha256(b"lookup:" + key.encode()).digest()

    def sealed(self, text: str) -> str:
        """The text as it is stored."""
        return self._cipher.encrypt(text.encode()).decode()

    def opened(self, stored: str) -> str:
        """The text that was stored; WrongKey where another key sealed it."""
        try:
            return self._cipher.decrypt(stored.encode()).decode()
        except InvalidToken:
            raise WrongKey from None

    def mark(self, text: str) -> str:
        """A keyed hash by which an exact text is found again without being stored."""
        return hmac.new(self._pepper, text.encode(), hashlib.sha256).hexdigest()


def new_key() -> str:
    """A key for a new store."""
    return Fernet.generate_key().decode()


def install(vault: Vault) -> None:
    """Let this process read and write encrypted fields with this key."""
    _of_process[:] = [vault]


def vault() -> Vault:
    """The vault of this process; NoVault before one is installed."""
    if not _of_process:
        raise NoVault
    return _of_process[0]

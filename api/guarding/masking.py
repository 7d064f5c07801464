"""Secrets in packed pages: written anew each time, so that a page's length says nothing of them.

Whoever can read how long a packed answer is, and have text of their own put into it, learns a
secret in it letter by letter (BREACH, CVE-2013-3587). No page repeats what a stranger may choose;
its token is written differently on each page besides.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error


def masked(token: str) -> str:
    """A token behind a pad of its own, which comes first: no two calls are alike."""
    clear = token.encode()
    pad = secrets.token_bytes(len(clear))
    return urlsafe_b64encode(pad + _both(pad, clear)).decode()


def is_token(sent: str, token: str) -> bool:
    """Whether what was sent is a token, as it is or masked; it takes as long either way."""
    clear = token.encode()
    as_it_is = secrets.compare_digest(sent.encode(), clear)
    return secrets.compare_digest(_unmasked(sent), clear) or as_it_is


def _unmasked(sent: str) -> bytes:
    try:
        read = urlsafe_b64decode(sent.encode())
    except (Error, ValueError):
        return b""
    middle = len(read) // 2
    return _both(read[:middle], read[middle:])


def _both(pad: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(pad, other, strict=False))

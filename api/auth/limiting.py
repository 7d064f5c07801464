"""How many requests somebody may send in a minute, as this process counts them."""

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from scheduler.errors import TooMany
from scheduler.settings import Settings


class RateLimits:
    """The limits of one process."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._account = RateLimitItemPerMinute(settings.requests_a_minute)
        self._address = RateLimitItemPerMinute(settings.sign_ins_a_minute)

    def count_request(self, account: object) -> None:
        """Count a request of an account; TooMany beyond the limit."""
        self._count(self._account, "account", str(account))

    def count_sign_in(self, address: str) -> None:
        """Count somebody at a network address who tries to come in; TooMany beyond the limit."""
        self._count(self._address, "address", address)

    def _count(self, limit: RateLimitItem, kind: str, whom: str) -> None:
        if not self._limiter.hit(limit, kind, whom):
            raise TooMany(f"more than {limit.amount} requests in a minute", fix="wait a minute")

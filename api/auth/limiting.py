"""How many requests somebody may send in a minute, as this process counts them."""

from collections import Counter
from threading import Lock

from scheduler.clock import Clock, now
from scheduler.errors import TooMany
from scheduler.settings import Settings


class RateLimits:
    """The limits of one process; all counting begins anew with each minute of the clock."""

    def __init__(self, settings: Settings, clock: Clock = now) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = Lock()
        self._minute = 0
        self._counted: Counter[tuple[str, str]] = Counter()

    def count_request(self, account: object) -> None:
        """Count a request of an account; TooMany beyond the limit."""
        self._count("account", str(account), self._settings.requests_a_minute)

    def count_sign_in(self, address: str) -> None:
        """Count somebody at a network address who tries to come in; TooMany beyond the limit."""
        self._count("address", address, self._settings.sign_ins_a_minute)

    def _count(self, kind: str, whom: str, most: int) -> None:
        minute = int(self._clock().timestamp()) // 60
        with self._lock:
            if minute != self._minute:
                self._minute, self._counted = minute, Counter()
            self._counted[kind, whom] += 1
            often = self._counted[kind, whom]
        if often > most:
            raise TooMany(f"more than {most} requests in a minute", fix="wait a minute")

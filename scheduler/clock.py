"""The one place that reads the clock; everywhere else "now" is an argument."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_BOOT_TIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

Clock = Callable[[], datetime]
"""What time it is, as an aware instant in UTC; tests and demonstrations pass one that stands."""


def running() -> timedelta:
    """How long the machine has run, with its sleep: what nobody can set, to judge the clock by."""
    return timedelta(seconds=time.clock_gettime(_BOOT_TIME))


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)

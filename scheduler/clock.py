"""The one place that reads the clock; everywhere else "now" is an argument."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""What time it is, as an aware instant in UTC; tests and demonstrations pass one that stands."""


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)

"""What can be measured of reminders alone."""

from enum import StrEnum


class Part(StrEnum):
    """Some of what is measured: only rates are measured on SQLite, too."""

    RATES = "rates"
    MOVES = "moves"
    WORKERS = "workers"
    CROWDS = "crowds"

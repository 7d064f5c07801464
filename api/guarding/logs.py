"""Logs as lines of JSON, in which nothing of a patient stands."""

import sys
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

from scheduler.store.columns import Encrypted, EncryptedData
from scheduler.store.tables import SQLModel

MASK: Final = "***"
_SECRETS: Final = frozenset(
    {"authorization", "code", "cookie", "link", "password", "path", "secret", "token", "url"}
)
PERSONAL: Final = _SECRETS | {
    column.name
    for table in SQLModel.metadata.tables.values()
    for column in table.columns
    if isinstance(column.type, Encrypted | EncryptedData)
}
"""Keys whose values are in no log: all that is encrypted in the store, and what opens doors."""


def masked(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The event, with a mask in place of what may not be told, however deep it lies."""
    return {key: _masked(key, value) for key, value in event.items()}


def _masked(key: str, value: Any) -> Any:
    if key.lower() in PERSONAL:
        return MASK
    if isinstance(value, dict):
        return {k: _masked(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_masked("", entry) for entry in value]
    return value


def _to_standard_error(*_: Any) -> structlog.PrintLogger:
    return structlog.PrintLogger(sys.stderr)


def install() -> None:
    """Let this process log so; one event is one line, whatever characters stand in it."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            masked,
            structlog.processors.JSONRenderer(default=lambda value: type(value).__name__),
        ],
        logger_factory=_to_standard_error,
        cache_logger_on_first_use=False,
    )

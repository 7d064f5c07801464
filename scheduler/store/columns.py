"""Column types: instants that stay aware, texts that are encrypted, plain data as JSON."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

from scheduler.store.vault import vault


class NaiveInstant(ValueError):
    """A datetime without a zone was to be stored; give it one."""


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as UTC on both databases and read back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """The instant in UTC; NaiveInstant where it has no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveInstant(value.isoformat())
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """The instant in UTC."""
        return None if value is None else value.astimezone(UTC)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        """How a value that was read becomes an instant; SQLite has texts, which forget the zone."""
        if dialect.name == "sqlite":
            return _in_utc
        return super().result_processor(dialect, coltype)


def _in_utc(text: str | None) -> datetime | None:
    """The instant of a text of SQLite's: one step, since lists read thousands."""
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


class Encrypted(TypeDecorator[str]):
    """A text that only a process with the key can read."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """The sealed text."""
        return None if value is None else vault().sealed(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        """The text itself."""
        return None if value is None else vault().opened(value)


class EncryptedData(TypeDecorator[Any]):
    """Plain data, a list or mapping, that only a process with the key can read."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        """The sealed data."""
        return None if value is None else vault().sealed(json.dumps(value))

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """The data themselves."""
        return None if value is None else json.loads(vault().opened(value))


Data = JSON(none_as_null=True)
"""Plain data: a list or mapping of texts, numbers, lists and mappings."""

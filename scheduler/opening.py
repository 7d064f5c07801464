"""Opening the store of one installation: its lock, its database, and what has to be right first."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from scheduler.settings import Settings
from scheduler.store import migrating, vault
from scheduler.store.session import Store

OLDEST_TZDATA = (2026, 6)
"""Zone rules older than these show some zones an hour off in the winter of 2026."""


class InUse(Exception):
    """Another process has the database open; a file of SQLite has one at a time."""


class NotReady(Exception):
    """Something has to be put right before the service may start; each line says what."""


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store, migrated and checked; InUse or NotReady where it cannot be used.

    A database of SQLite is made where there is none, and is this process's alone.
    """
    vault.install(vault.Vault(settings.secrets.field_key))
    with _owned(settings):
        store = Store(settings.database_url)
        try:
            if settings.is_sqlite:
                migrating.upgrade(store)
            faults = list(faults_of(settings, store))
            if faults:
                raise NotReady("\n".join(faults))
            yield store
        finally:
            store.close()


@contextmanager
def _owned(settings: Settings) -> Iterator[None]:
    if not settings.is_sqlite:
        yield
        return
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = settings.data / "careweave.lock"
    with path.open("a+", encoding="ascii") as file:
        _lock(file.fileno(), path)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = path.read_text("ascii").strip() or "unknown"
        raise InUse(
            f"process {holder} has {path.parent} open; stop it, or use PostgreSQL for several"
        ) from None


def faults_of(settings: Settings, store: Store) -> Iterator[str]:
    """What would be wrong if the service started now, a line each with what helps."""
    try:
        migrating.refuse_unmigrated(store)
    except migrating.NotMigrated as problem:
        yield f"{problem}: run  careweave migrate"
    else:
        if migrating.differences(store):
            yield "the database lacks tables or columns of its step: restore it, or migrate anew"
    found = tuple(int(part) for part in version("tzdata").split(".")[:2])
    if found < OLDEST_TZDATA:
        yield f"tzdata is {version('tzdata')}, at least 2026.6 is needed: install it"
    if settings.is_sqlite and sqlite3.sqlite_version_info < (3, 35):
        yield f"SQLite is {sqlite3.sqlite_version}, at least 3.35 is needed: use PostgreSQL"
    loopback = settings.host in ("127.0.0.1", "::1", "localhost")
    secure = (settings.public_url or "").startswith("https:")
    if not loopback and not secure:
        yield (
            f"plain HTTP stays on this machine, and {settings.host} does not: put a proxy with TLS "
            "before it and name its address by --public-url https://…"
        )

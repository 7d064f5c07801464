"""A database that is there for one measurement, and gone afterwards."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text

from scheduler.store import migrating, vault
from scheduler.store.session import Store


@contextmanager
def throw_away(address: str | None, key: str) -> Iterator[Store]:
    """A migrated, empty store: a file of SQLite, or a new database on the server of an address.

    ``key``: of its encrypted fields.
    """
    vault.install(vault.Vault(key))
    with _file() if address is None else _database(address) as url:
        store = Store(url)
        try:
            migrating.upgrade(store)
            yield store
        finally:
            store.close()


@contextmanager
def _file() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="careweave-bench-") as folder:
        yield f"sqlite:///{folder}/bench.sqlite"


@contextmanager
def _database(address: str) -> Iterator[str]:
    """A database beside the one that the address names, which is left alone."""
    server = create_engine(address, isolation_level="AUTOCOMMIT", hide_parameters=True)
    name = f"careweave_bench_{secrets.token_hex(4)}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(address).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()

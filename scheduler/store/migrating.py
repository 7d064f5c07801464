"""Bringing a database to the tables that this release knows, and back."""

from importlib import resources
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from scheduler.store.session import Store
from scheduler.store.tables import SQLModel


class NotMigrated(Exception):
    """The database is not at this release's step; run ``careweave migrate``."""


def config(connection: Connection | None = None) -> Config:
    """How alembic is told where the steps are, and on which connection to take them."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("scheduler.store.migrations")))
    config.attributes["connection"] = connection
    return config


def upgrade(store: Store, to: str = "head") -> None:
    """Take every step up to one; all of them without one."""
    with store.engine.begin() as connection:
        command.upgrade(config(connection), to)


def downgrade(store: Store, to: str) -> None:
    """Undo every step after one; ``base`` undoes all."""
    with store.engine.begin() as connection:
        command.downgrade(config(connection), to)


def newest() -> str:
    """The last step that this release knows."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    assert head is not None, "a release has at least one step"  # noqa: S101  (packaging is tested)
    return head


def current(store: Store) -> str | None:
    """The step at which a database is; None for an empty one. Whoever writes is not waited for."""
    with store.asking() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def differences(store: Store) -> list[Any]:
    """What tables and database disagree about; empty where they agree."""
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))


def refuse_unmigrated(store: Store) -> None:
    """NotMigrated unless the database is at this release's last step."""
    found = current(store)
    if found != newest():
        raise NotMigrated(f"the database is at {found}, this release needs {newest()}")

"""A database comes to this release's tables by its steps, and back again."""

import pytest
from sqlalchemy import inspect

from scheduler.store import migrating
from scheduler.store.session import Store


def test_the_steps_lead_to_exactly_the_tables_that_the_code_knows(store: Store) -> None:
    assert migrating.differences(store) == []
    migrating.refuse_unmigrated(store)


def test_every_step_can_be_undone_and_taken_again(store: Store) -> None:
    migrating.downgrade(store, "base")
    assert set(inspect(store.engine).get_table_names()) <= {"alembic_version"}
    migrating.upgrade(store)
    assert migrating.differences(store) == []


def test_a_database_without_its_steps_is_refused(store: Store) -> None:
    migrating.downgrade(store, "base")
    with pytest.raises(migrating.NotMigrated, match="None"):
        migrating.refuse_unmigrated(store)

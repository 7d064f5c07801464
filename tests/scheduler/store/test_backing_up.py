"""A backup is restored into either kind of database, and proves itself."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from pathways import reading
from scheduler.scenarios.giving import scenario_of
from scheduler.scenarios.taking import bring_in
from scheduler.store.backing_up import NotABackup, NotEmpty, NotTheSame, back_up, restore
from scheduler.store.session import Store
from scheduler.store.tables import Patient
from tests import factories
from tests.databases import Databases

NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def kept(store: Store, tmp_path: Path) -> Path:
    """A backup of a clinic with a patient whose name is encrypted."""
    with store.writing() as session:
        bring_in(session, reading.read_scenario(factories.scenario()), now=NOW)
        session.exec(select(Patient)).one().name = "Ada Canary"
    path = tmp_path / "kept.zip"
    back_up(store, path)
    return path


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_was_kept_is_there_again_on_either_kind(
    kept: Path, databases: Databases, kind: str
) -> None:
    other = Store(getattr(databases, kind)())
    done = restore(other, kept)
    assert done.rows["patient"] == 1
    with other.reading() as session:
        assert session.exec(select(Patient.name)).one() == "Ada Canary"
        assert scenario_of(session, "harbor", now=None).patients[0].id == "ada"
    other.close()


def test_no_name_is_to_be_read_in_a_backup(kept: Path) -> None:
    with zipfile.ZipFile(kept) as file:
        assert all(b"Canary" not in file.read(name) for name in file.namelist())


def test_nothing_is_restored_over_rows(store: Store, kept: Path) -> None:
    with pytest.raises(NotEmpty, match="clinic"):
        restore(store, kept)


def test_a_changed_row_is_found(kept: Path, databases: Databases, tmp_path: Path) -> None:
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(kept) as file, zipfile.ZipFile(changed, "w") as out:
        for name in file.namelist():
            out.writestr(name, file.read(name).replace(b"America/New_York", b"Europe/Madrid"))
    other = Store(databases.sqlite())
    with pytest.raises(NotTheSame, match="clinic"):
        restore(other, changed)
    with other.reading() as session:
        assert session.exec(select(Patient)).all() == []
    other.close()


def test_another_file_is_no_backup(databases: Databases, tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    path.write_text("nothing of ours")
    other = Store(databases.sqlite())
    with pytest.raises(NotABackup):
        restore(other, path)
    other.close()

"""What the tests write goes to memory where there is room, and nothing of it stays there."""

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import memory_folder
from tests.memory_folder import write_into_memory


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the machine's memory, with room enough in it."""
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", tempfile.tempdir)
    monkeypatch.setattr(memory_folder, "MEMORY", tmp_path)
    monkeypatch.setattr(memory_folder, "ENOUGH", 0)
    return tmp_path


def test_what_is_written_goes_to_memory_and_is_gone_in_the_end(memory: Path) -> None:
    end = write_into_memory()
    written = Path(tempfile.mkdtemp())
    assert memory in written.parents
    assert Path(os.environ["TMPDIR"]) == written.parent
    end()
    assert [*memory.iterdir()] == []
    assert "TMPDIR" not in os.environ


def test_what_a_killed_run_has_left_is_removed_and_a_running_one_keeps_its_own(
    memory: Path,
) -> None:
    killed, running = memory / "careweave-tests-99999999", memory / f"careweave-tests-{os.getpid()}"
    (killed / "databases").mkdir(parents=True)
    running.mkdir()
    end = write_into_memory()
    assert [*memory.iterdir()] == [running]
    end()


@pytest.mark.parametrize(
    ("free", "flags"), [(6 * 2**30 - 1, 0), (2**40, os.ST_NOEXEC)], ids=["short", "runs nothing"]
)
def test_where_memory_is_short_or_runs_no_program_nothing_changes(
    memory: Path, monkeypatch: pytest.MonkeyPatch, free: int, flags: int
) -> None:
    told = SimpleNamespace(f_bavail=free, f_frsize=1, f_flag=flags)
    monkeypatch.setattr(memory_folder, "ENOUGH", 6 * 2**30)
    monkeypatch.setattr(os, "statvfs", lambda _: told)
    end = write_into_memory()
    written = [*memory.iterdir()]
    end()
    assert written == []
    assert "TMPDIR" not in os.environ


def test_whoever_has_chosen_a_folder_keeps_it(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", "elsewhere")
    write_into_memory()()
    assert [*memory.iterdir()] == []
    assert os.environ["TMPDIR"] == "elsewhere"

"""Where the tests write: into memory, since a database is a thousand files, anew for each test."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of one's own is made in it)
ENOUGH = 6 * 2**30
"""Bytes that must be free there; else the tests write where they always would."""
NAME = "careweave-tests-"


def write_into_memory() -> Callable[[], None]:
    """Let temporary files, also of processes begun here, go to memory from now on; how to end it.

    Whoever has chosen a folder by ``TMPDIR`` keeps it. Ours belongs to this process: what is
    left of one that is gone, as after a kill, is removed here.
    """
    if "TMPDIR" in os.environ or not _has_room():
        return lambda: None
    for old in MEMORY.glob(f"{NAME}*"):
        if not Path("/proc", old.name.removeprefix(NAME)).exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = MEMORY / f"{NAME}{os.getpid()}"
    folder.mkdir(mode=0o711, exist_ok=True)  # the server of PostgreSQL runs as another user
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)

    def end() -> None:
        tempfile.tempdir = None
        del os.environ["TMPDIR"]
        shutil.rmtree(folder, ignore_errors=True)

    return end


def _has_room() -> bool:
    """Whether so much may be written there, and programs run from there, as in a wheel's test."""
    try:
        found = os.statvfs(MEMORY)
    except OSError:
        return False
    runs = not found.f_flag & os.ST_NOEXEC
    return runs and os.access(MEMORY, os.W_OK) and found.f_bavail * found.f_frsize >= ENOUGH

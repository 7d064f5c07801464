"""Throw-away databases: a PostgreSQL server of the tests' own, and files of SQLite."""

import shutil
import subprocess
from pathlib import Path
from uuid import uuid4

from api.bench.postgresql import Server
from scheduler.store import migrating
from scheduler.store.session import Store

ROOT = Path(__file__).parents[1]


def _server() -> Server:
    """A server; its programs are installed first where they are missing, never skipped.

    A process that is killed loses nothing by these settings, only a machine that loses its power.
    """
    subprocess.run([ROOT / "setup/postgresql.sh"], check=True, stdout=subprocess.DEVNULL)
    return Server("fsync=off", "full_page_writes=off")


class Databases:
    """Migrated databases, copied from one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: Server | None = None
        self._migrated: str | None = None
        self._file: Path | None = None

    @property
    def server(self) -> Server:
        """The PostgreSQL server, started when it is first asked for."""
        if self._server is None:
            self._server = _server()
        return self._server

    def sqlite(self) -> str:
        """The address of a new, migrated file of SQLite."""
        if self._file is None:
            self._file = self._folder / "migrated.sqlite"
            _migrate(f"sqlite:///{self._file}")
        copy = self._folder / f"{uuid4().hex}.sqlite"
        shutil.copy(self._file, copy)
        return f"sqlite:///{copy}"

    def postgresql(self) -> str:
        """The address of a new, migrated database of PostgreSQL."""
        if self._migrated is None:
            url = self.server.create()
            _migrate(url)
            self._migrated = url.rpartition("/")[2]
        return self.server.create(like=self._migrated)

    def close(self) -> None:
        """End the server, if there is one."""
        if self._server is not None:
            self._server.close()


def _migrate(url: str) -> None:
    store = Store(url)
    migrating.upgrade(store)
    store.close()

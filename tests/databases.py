"""Throw-away databases: a PostgreSQL server of the tests' own, and files of SQLite."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, text

from scheduler.store import migrating
from scheduler.store.session import Store

ROOT = Path(__file__).parents[1]
READY_WITHIN = 60.0


def _server_programs() -> Path:
    """Where initdb and postgres are; installed first where they are missing, never skipped."""
    found = subprocess.run(
        [ROOT / "setup/postgresql.sh"], check=True, stdout=subprocess.PIPE, text=True
    )
    return Path(found.stdout.strip())


def _unprivileged() -> int | None:
    """The user as whom the server runs where we are root, as whom it refuses to run."""
    if os.getuid() != 0:
        return None
    names = [entry.pw_name for entry in pwd.getpwall()]
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody").pw_uid


class Server:
    """A PostgreSQL server in a folder of its own, gone when it is closed."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="careweave-postgres-"))
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(self.folder, self._user, -1)
        self._programs = _server_programs()
        self._run("initdb", "-D", "data", "-U", "careweave", "-A", "trust", "-N", "-E", "UTF8")
        self.port = _free_port()
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True,
            cwd=self.folder,
            user=self._user,
            stdout=subprocess.DEVNULL,
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [f"port={self.port}", "listen_addresses=127.0.0.1", "max_connections=200"]
        settings += [f"unix_socket_directories={self.folder}", "log_min_messages=fatal"]
        # A process that is killed loses nothing by this, only a machine that loses its power.
        settings += ["fsync=off", "full_page_writes=off"]
        self._process = subprocess.Popen(
            [
                self._programs / "postgres",
                *("-D", "data"),
                *(part for setting in settings for part in ("-c", setting)),
            ],
            cwd=self.folder,
            user=self._user,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + READY_WITHIN
        while not self._answers():
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.05)

    def _answers(self) -> bool:
        engine = create_engine(self.url("postgres"))
        try:
            with engine.connect():
                return True
        except Exception:  # noqa: BLE001  (whatever it is, it is not there yet)
            return False
        finally:
            engine.dispose()

    def kill(self) -> None:
        """End it without warning, as a crash would."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def close(self) -> None:
        """End it and remove what it has written."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql+psycopg://careweave@127.0.0.1:{self.port}/{database}"

    def create(self, *, like: str | None = None) -> str:
        """The address of a new database, empty or like another of its own."""
        name = f"t{uuid4().hex}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            template = f" TEMPLATE {like}" if like else ""
            connection.execute(text(f"CREATE DATABASE {name}{template}"))
        engine.dispose()
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database again."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)"))
        engine.dispose()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
            self._server = Server()
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

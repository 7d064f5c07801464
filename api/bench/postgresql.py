"""A PostgreSQL server of one's own, in a folder that is gone when it is closed."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from api.bench.stopwatch import wait_until

_DEBIAN = Path("/usr/lib/postgresql")


class ProgramsMissing(Exception):
    """PostgreSQL's own programs are not on this machine; its package brings them."""


def program(name: str) -> Path:
    """One of PostgreSQL's programs, such as ``pgbench``; ProgramsMissing where it is not here."""
    releases = sorted(_DEBIAN.glob("*/bin"), key=lambda folder: -int(folder.parent.name))
    found = [folder / name for folder in releases if (folder / name).exists()]
    found += [Path(path) for path in [shutil.which(name)] if path]
    if not found:
        raise ProgramsMissing(f"{name} is not installed; on Debian: apt-get install postgresql")
    return found[0]


class Server:
    """A running server. ``settings``: further ones, each as ``name=value``."""

    def __init__(self, *settings: str) -> None:
        new = ["-D", "data", "-U", "careweave", "-A", "trust", "-N", "-E", "UTF8"]
        self.folder = Path(tempfile.mkdtemp(prefix="careweave-postgres-"))
        self._settings = settings
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(self.folder, self._user, -1)
        subprocess.run(  # noqa: S603  (PostgreSQL's own program)
            [program("initdb"), *new],
            check=True,
            cwd=self.folder,
            user=self._user,
            stdout=subprocess.DEVNULL,
        )
        self.port = _free_port()
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [f"port={self.port}", "listen_addresses=127.0.0.1", "max_connections=200"]
        settings += [f"unix_socket_directories={self.folder}", "log_min_messages=fatal"]
        chosen = [part for setting in (*settings, *self._settings) for part in ("-c", setting)]
        self._process = subprocess.Popen(  # noqa: S603  (PostgreSQL's own program)
            [program("postgres"), "-D", "data", *chosen],
            cwd=self.folder,
            user=self._user,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, most=60)

    def _answers(self) -> bool:
        engine = create_engine(self.url("postgres"))
        try:
            with engine.connect():
                return True
        except OperationalError:  # it is not there yet
            return False
        finally:
            engine.dispose()

    @property
    def process(self) -> int:
        """The id of the process from which all of its others come."""
        return self._process.pid

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
        self._do(f"CREATE DATABASE {name}" + (f" TEMPLATE {like}" if like else ""))
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database again."""
        self._do(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def _do(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def served(*settings: str) -> Iterator[Server]:
    """A server that is there as long as the block runs."""
    server = Server(*settings)
    try:
        yield server
    finally:
        server.close()


def _unprivileged() -> int | None:
    """The user as whom the server runs where we are root, as whom it refuses to run."""
    if os.getuid() != 0:
        return None
    names = [entry.pw_name for entry in pwd.getpwall()]
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody").pw_uid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

"""The service as plain processes: it starts, is ready, ends when asked, and shares nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from scheduler.store.vault import new_key
from tests.databases import Databases

READY_WITHIN = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def careweave(*arguments: str | Path) -> list[str]:
    code = "from api.cli.app import main; main()"
    return [sys.executable, "-c", code, *map(str, arguments)]


@contextmanager
def running(*arguments: str | Path, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        careweave(*arguments),
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until_ready(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("it is not ready")


def test_one_machine_needs_nothing_but_a_folder(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    with running("serve", "--port", str(port), "--data", data, env={}) as process:
        until_ready(process, port)
        assert (data / "secrets.json").stat().st_mode & 0o077 == 0
        other = subprocess.run(
            careweave("check", "--data", data), capture_output=True, text=True, check=False
        )
        assert other.returncode == 2
        assert f"process {process.pid} has" in other.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    checked = subprocess.run(
        careweave("check", "--data", data), capture_output=True, text=True, check=True
    )
    assert "Ready: SQLite" in checked.stdout + checked.stderr


def test_several_processes_share_one_database(databases: Databases) -> None:
    env = {
        "CAREWEAVE_DATABASE": databases.server.create(),
        "CAREWEAVE_FIELD_KEY": new_key(),
        "CAREWEAVE_SIGNING_KEY": "of tests",
    }
    early = subprocess.run(
        careweave("check"),
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (early.returncode, "run  careweave migrate" in early.stderr) == (2, True)
    subprocess.run(careweave("migrate"), env={**os.environ, **env}, check=True)
    one, other = free_port(), free_port()
    with (
        running("serve", "--port", str(one), env=env) as first,
        running("serve", "--port", str(other), env=env) as second,
        running("worker", env=env) as worker,
    ):
        until_ready(first, one)
        until_ready(second, other)
        for process in (first, second, worker):
            process.send_signal(signal.SIGTERM)
        assert [p.wait(timeout=30) for p in (first, second, worker)] == [0, 0, 0]


def test_plain_http_does_not_leave_the_machine(tmp_path: Path) -> None:
    refused = subprocess.run(
        careweave("serve", "--host", "0.0.0.0", "--data", tmp_path / "data"),  # noqa: S104  (refused)
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "plain HTTP stays on this machine" in refused.stderr


ARRIVING = """
import sys, time
from pathlib import Path
from api.demo import loading

def load_once(store, *, now):
    while not Path(sys.argv[-1], "go").exists():
        time.sleep(0.05)
    {then}

loading.load_once = load_once
loading.enter_links = lambda store, settings, *, now: iter(["a link"])
from api.cli.app import main
main()
"""


@contextmanager
def arriving(then: str, port: int, data: Path) -> Iterator[subprocess.Popen[str]]:
    """The service, whose demo clinic arrives when a file is there, and does this then."""
    command = ["serve", "--demo", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(
        [sys.executable, "-c", ARRIVING.format(then=then), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until_ready(process, port)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_service_answers_while_the_demo_clinic_is_on_its_way(tmp_path: Path) -> None:
    with arriving("pass", free_port(), tmp_path) as process:
        (tmp_path / "go").touch()
        assert process.stdout is not None
        for line in process.stdout:
            if "a link" in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=READY_WITHIN) == 0


def test_a_demo_clinic_that_cannot_come_ends_the_service(tmp_path: Path) -> None:
    with arriving("raise RuntimeError", free_port(), tmp_path) as process:
        (tmp_path / "go").touch()
        assert process.wait(timeout=READY_WITHIN) == 1

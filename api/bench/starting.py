"""How soon a service that is started is ready, and how much memory it takes (on Linux alone)."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from api.bench.stopwatch import every, seconds_until

READY_WITHIN: Final = 5.0
"""Seconds from the command to the first answer that the service is ready."""

LARGEST: Final = 250
"""Megabytes of memory that the service may take."""

_LOOK_EVERY: Final = 0.1
_QUIET: Final = 30
_WATCHED: Final = 120.0
_MEGABYTE: Final = 1 << 20
_BEGIN: Final = "from api.cli.app import main; main()"


@dataclass(frozen=True)
class Started:
    """One start. ``seconds``: until it was ready; ``processor``: what it had worked by then.

    ``resident``: megabytes when it was ready. ``with_others``: the most that it took together with
    processes of its own; they bring the demo clinic in or search for a plan, and end.
    """

    name: str
    seconds: float
    processor: float
    resident: float
    with_others: float


def starts() -> Iterator[Started]:
    """Start a service in a new folder, and again in the same; then with the demo clinic."""
    for options, words in (((), ""), (("--demo",), ", with the demo clinic")):
        with TemporaryDirectory(prefix="careweave-bench-") as folder:
            for name in ("first start", "second start"):
                yield _started(name + words, Path(folder) / "data", options)


def _started(name: str, data: Path, options: tuple[str, ...]) -> Started:
    port = _free_port()
    with _running("serve", "--port", str(port), "--data", str(data), *options) as process:
        seconds = seconds_until(lambda: _is_ready(process, port))
        worked, alone = _worked(process.pid), _resident(process.pid)
        most = max([alone, *(_with_others(process.pid) if options else ())])
    return Started(name, seconds, worked, alone, most)


class EndedEarly(Exception):
    """The service ended before it was ready; what it said is the text."""


@contextmanager
def _running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603  (this very program)
        [sys.executable, "-c", _BEGIN, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def _is_ready(process: subprocess.Popen[str], port: int) -> bool:
    if process.poll() is not None:
        raise EndedEarly(process.communicate()[1])
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _worked(process: int) -> float:
    """Seconds that the processor has worked for it."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(process: int) -> float:
    """Megabytes of memory that it holds; none where it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGESIZE") / _MEGABYTE


def _own(process: int) -> float:
    """Megabytes that it holds, with its part of what several hold; none where it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _with_others(process: int) -> Iterator[float]:
    """What it and its children hold, looked at until there has been no child for some seconds."""
    quiet = 0
    for _ in every(_LOOK_EVERY, _WATCHED):
        children = _children(process)
        yield _own(process) + sum(map(_own, children))
        quiet = 0 if children else quiet + 1
        if quiet > _QUIET:
            return


def _children(process: int) -> list[int]:
    threads = Path(f"/proc/{process}/task").iterdir()
    return [int(c) for thread in threads for c in (thread / "children").read_text("ascii").split()]

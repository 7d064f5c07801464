"""A second process beside the search, on the core that it leaves idle.

It is forked, so it holds the same board from its first moment. The first process never waits for
it: it reads what has come, writes what goes without waiting, and kills it in the end. So whatever
becomes of the second one, the worst of it is that no help comes.

That is also why it may be forked while other threads are alive: the command line searches in a
thread, the service hears its parent in one, a test worker talks in one. A lock that one of them
holds at that moment stays shut in the second process for good, where it would stand still if it
ever came to it. It computes, and talks over one socket of its own; it prints nothing, and of the
files that it finds open it closes all, so that nobody waits for their end. The solver's threads
live no longer than a question (`waiting`), and none is being asked when a search begins.
"""

import json
import os
import signal
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

ENOUGH_CORES = 2
AT_ONCE = 1 << 16
"""Bytes that are read at once."""


class Link:
    """One end of a talk between two processes, in lines of JSON. It never waits."""

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(0)
        self.is_open = True
        """Whether the other is there, as far as is known."""
        self._end = end
        self._heard = bytearray()
        self._unsaid = bytearray()

    def say(self, message: object) -> None:
        """Say something, now or, where the other does not listen, later."""
        self._unsaid += json.dumps(message).encode() + b"\n"
        self.go_on()

    def hear(self) -> list[Any]:
        """What the other has said since; what is no JSON is passed over."""
        self.go_on()
        *lines, self._heard = self._heard.split(b"\n")
        said = []
        for line in lines:
            with suppress(ValueError):
                said.append(json.loads(line))
        return said

    def go_on(self) -> None:
        """Read what is there, and write what goes."""
        try:
            while self.is_open:
                read = self._end.recv(AT_ONCE)
                self._heard += read
                self.is_open = bool(read)
        except BlockingIOError:
            pass
        except OSError:
            self.is_open = False
        with suppress(OSError):  # full, or nobody is there any more: who reads finds out
            while self._unsaid and self.is_open:
                del self._unsaid[: self._end.send(self._unsaid)]

    @property
    def has_said_all(self) -> bool:
        """Whether nothing waits to be written, and somebody is there."""
        return self.is_open and not self._unsaid


def can_be_accompanied() -> bool:
    """Whether this machine can fork, and lets this process have a second core."""
    if not hasattr(os, "fork"):
        return False
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) >= ENOUGH_CORES
    return (os.cpu_count() or 1) >= ENOUGH_CORES


@contextmanager
def companion(work: Callable[[Link], None]) -> Iterator[Link | None]:
    """While this lasts, ``work`` is done in a second process; what the two say goes by the link.

    None where the machine has no room for one. When this ends, so does the process, at once. When
    this process dies, the other finds its link closed.
    """
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            child = _fork(work, theirs)
        if child is None:
            yield None
            return
        try:
            yield Link(ours)
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _fork(work: Callable[[Link], None], end: socket.socket) -> int | None:
    """The id of a process that does ``work`` and ends; None where there is no room for it."""
    # A signal between the fork and the first line of the child would be taken for the parent's.
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        with warnings.catch_warnings():
            # Newer Pythons warn of a fork beside threads; why it is safe here stands at the top.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            _do(work, end, held)
    except OSError:
        return None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    return child


def _do(work: Callable[[Link], None], end: socket.socket, signals: set[Any]) -> None:
    """The child's whole life: nothing of it comes back to where it was forked."""
    try:
        # Ctrl-C is heard by both; the parent ends the search and, with it, the child.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        os.closerange(3, end.fileno())
        os.closerange(end.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        work(Link(end))
    finally:
        os._exit(0)  # what the parent registered for its own end is not for the child

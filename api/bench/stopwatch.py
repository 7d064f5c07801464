"""How long something takes: by the clock on the wall, and by the processor's own."""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Took:
    """Median milliseconds of one doing. ``processor``: of this whole process, all threads."""

    wall: float
    processor: float


def in_turn(doings: Mapping[str, Sequence[Callable[[], Any]]], *, warming: int) -> dict[str, Took]:
    """The medians over doings of each kind, of which one is done after the other in every turn.

    So a slow moment of the machine meets all kinds alike. The first turns are not counted.
    """
    wall: dict[str, list[float]] = {name: [] for name in doings}
    processor: dict[str, list[float]] = {name: [] for name in doings}
    for turn in zip(*doings.values(), strict=True):
        for name, do in zip(doings, turn, strict=True):
            began, worked = time.perf_counter(), time.process_time()
            do()
            processor[name].append(1000 * (time.process_time() - worked))
            wall[name].append(1000 * (time.perf_counter() - began))
    return {
        name: Took(*(statistics.median(took[name][warming:]) for took in (wall, processor)))
        for name in doings
    }


class NotInTime(Exception):
    """Something that was waited for did not come."""


def wait_until(it_is: Callable[[], bool], *, most: float = 600) -> None:
    """Sleep until something is so; NotInTime after this many seconds."""
    end = time.monotonic() + most
    while not it_is():
        if time.monotonic() > end:
            raise NotInTime(f"waited {most:.0f} s in vain")
        time.sleep(0.01)


def seconds_until(it_is: Callable[[], bool]) -> float:
    """Sleep until something is so; how long that was, by the clock on the wall."""
    began = time.perf_counter()
    wait_until(it_is)
    return time.perf_counter() - began


def every(seconds: float, most: float) -> Iterator[float]:
    """Go on every so often, for so many seconds at most; how many have gone."""
    began = time.perf_counter()
    while (gone := time.perf_counter() - began) < most:
        yield gone
        time.sleep(seconds)


def seconds() -> float:
    """A clock that only goes forward, to which nobody may set anything."""
    return time.perf_counter()


def pause(length: float) -> None:
    """Sleep so many seconds."""
    time.sleep(max(length, 0))


@dataclass(frozen=True)
class Spent:
    """Seconds that something took. ``processor``: of this process and of others that were named.

    Those of programs that it started and that have ended are among them.
    """

    wall: float
    processor: float


def spent(do: Callable[[], object], *, process: int | None = None) -> Spent:
    """How long something takes, with what a process works for it, and all that it has started."""
    began, worked = time.perf_counter(), _worked(process)
    do()
    return Spent(time.perf_counter() - began, _worked(process) - worked)


def _worked(process: int | None) -> float:
    ended = os.times()
    others = ended.children_user + ended.children_system
    return time.process_time() + others + (_of_family(process) if process else 0.0)


def _of_family(process: int) -> float:
    """What a process and its children have worked; nothing where the system does not tell."""
    whole = 0.0
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may have ended meanwhile
            # After the name, which may hold anything: the state, the parent, … the times.
            told = file.read_text().rpartition(")")[2].split()
            if process in (int(file.parent.name), int(told[1])):
                whole += sum(map(int, told[11:15]))
    return whole / os.sysconf("SC_CLK_TCK")

"""How long something takes: by the clock on the wall, and by the processor's own."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Took:
    """Median milliseconds of one doing. ``processor``: of this whole process, all threads."""

    wall: float
    processor: float


def timed(doings: Sequence[Callable[[], Any]], *, warming: int) -> Took:
    """The medians over doings of the same kind, one after the other; the first are not counted."""
    wall, processor = [], []
    for do in doings[:warming]:
        do()
    for do in doings[warming:]:
        began, worked = time.perf_counter(), time.process_time()
        do()
        processor.append(1000 * (time.process_time() - worked))
        wall.append(1000 * (time.perf_counter() - began))
    return Took(statistics.median(wall), statistics.median(processor))


def wait_until(it_is: Callable[[], bool]) -> None:
    """Sleep until something is so."""
    while not it_is():
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

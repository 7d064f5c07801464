"""How long something takes: by the clock on the wall, and by the processor's own."""

import statistics
import time
from collections.abc import Callable, Sequence
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

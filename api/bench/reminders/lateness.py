"""How late reminders are that are all due at one instant, among many that wait."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from api.bench.reminders.sending import Nowhere, running
from api.bench.stopwatch import pause, seconds
from scheduler.reminders.dispatching import Dispatcher

_TICK = 1.0
_LEAD = 0.5


@dataclass(frozen=True)
class Late:
    """Seconds after the instant at which they were due: of the middle one, of the 99th percent."""

    middle: float
    most: float


def lateness(number: int, worker: Callable[[Nowhere], Dispatcher]) -> Late:
    """Let the alarm clock tick every second over so many that are due halfway between two ticks."""
    sender = Nowhere()
    dispatcher = worker(sender)
    begin = seconds() + _LEAD
    dispatcher.clock = lambda: running(begin)
    ticks = 0
    while len(sender.times) < number:
        pause(begin - _LEAD + ticks * _TICK - seconds())
        dispatcher.run()
        ticks += 1
    return _late([at - begin for at in sender.times])


def _late(times: Sequence[float]) -> Late:
    parts = quantiles(times, n=100)
    return Late(parts[49], parts[98])

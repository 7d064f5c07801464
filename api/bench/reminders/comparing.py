"""Contenders that run in turn, so that whatever else the machine does meets all of them alike."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from api.bench.stopwatch import Spent, spent


class NotAllSent(Exception):
    """A contender left some of what was due: what was measured means nothing."""


@dataclass(frozen=True)
class Contender:
    """Something that takes so many reminders through their states in one run."""

    name: str
    number: int
    prepare: Callable[[], object]
    run: Callable[[], object]


@dataclass(frozen=True)
class Wanted:
    """What a median should come to: of the ratios, or of the values themselves."""

    value: float
    of_ratios: bool = True
    least: bool = True


@dataclass(frozen=True)
class Line:
    """One thing that was measured, several times.

    ``values``: in ``unit``. ``worked``: reminders in a second of the processors' work, the
    database's with it where it is ours. ``ratios``: to something else in the same turn, which
    ``to`` calls by its name.
    """

    name: str
    unit: str
    values: Sequence[float]
    worked: Sequence[float] = ()
    ratios: Sequence[float] = ()
    to: str = ""
    wanted: Wanted | None = None

    @property
    def median(self) -> float:
        """The median value."""
        return median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether it comes to what is wanted; None where nothing is."""
        if self.wanted is None:
            return None
        found = median(self.ratios if self.wanted.of_ratios else self.values)
        return found >= self.wanted.value if self.wanted.least else found <= self.wanted.value


@dataclass
class Race:
    """What the contenders came to, turn by turn."""

    laps: dict[str, list[Spent]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def rates(self, name: str) -> list[float]:
        """Reminders in a second, by the clock."""
        return [self.numbers[name] / lap.wall for lap in self.laps[name]]

    def ratios(self, name: str, to: str) -> list[float]:
        """The rates of one beside those of another in the same turns."""
        pairs = zip(self.rates(name), self.rates(to), strict=True)
        return [one / other for one, other in pairs]

    def line(
        self, title: str, name: str, to: str = "", says: str = "", wanted: Wanted | None = None
    ) -> Line:
        """One contender under a title; ``to``: beside which other, that is called ``says``."""
        worked = [self.numbers[name] / max(lap.processor, 0.01) for lap in self.laps[name]]
        ratios = self.ratios(name, to) if to else ()
        return Line(title, "/s", self.rates(name), worked, ratios, says, wanted)


def race(
    contenders: Iterable[Contender],
    times: int,
    left: Callable[[], int],
    process: int | None = None,
) -> Race:
    """Run each so many times, in turn; NotAllSent where one leaves some of what was due."""
    held = list(contenders)
    found = Race({one.name: [] for one in held}, {one.name: one.number for one in held})
    for _ in range(times):
        for one in held:
            one.prepare()
            found.laps[one.name].append(spent(one.run, process=process))
            if left():
                raise NotAllSent(one.name)
    return found

"""Chance, seeded, and how large a scenario it may make."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
Document = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """From how many to how many there are of each; ``slots`` are grids to choose from."""

    patients: tuple[int, int]
    weeks: tuple[int, int]
    activities: tuple[int, int]
    open_days: tuple[int, int]
    open_hours: tuple[int, int]
    slots: tuple[int, ...]
    frills: tuple[float, ...]
    """How likely each further feature is, such as a turnover or an absence; one of these."""
    changes: float = 0.5
    """How likely the clocks change, where the zone has such days."""
    nights: float = 0.3
    """How likely the clinic is then open at night."""


SMALL = Size(
    patients=(1, 4),
    weeks=(1, 3),
    activities=(2, 4),
    open_days=(3, 6),
    open_hours=(4, 8),
    slots=(5, 10, 15, 15, 20, 30, 30, 60),
    frills=(0.0, 0.1, 0.2, 0.4),
)
NIGHTS = replace(SMALL, weeks=(1, 2), patients=(1, 3), changes=1.0, nights=1.0)
TINY = Size(
    patients=(1, 2),
    weeks=(1, 2),
    activities=(1, 3),
    open_days=(2, 3),
    open_hours=(2, 4),
    slots=(30, 60, 60),
    frills=(0.05, 0.15, 0.3),
)


class Dice:
    """A seeded source of choices."""

    def __init__(self, seed: int, size: Size) -> None:
        self._random = Random(seed)  # noqa: S311 (nothing here is a secret)
        self.size = size
        self._frills = self.pick(size.frills)

    def chance(self, likely: float) -> bool:
        return self._random.random() < likely

    @property
    def frill(self) -> bool:
        """Whether a further feature comes in here."""
        return self.chance(self._frills)

    def between(self, first: int, last: int) -> int:
        return self._random.randint(first, last)

    def within(self, bounds: tuple[int, int]) -> int:
        return self.between(*bounds)

    def pick(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def some(self, choices: Iterable[T], at_least: int = 0, at_most: int = 10**6) -> list[T]:
        """Some of the choices, in their order."""
        listed = list(choices)
        wanted = self.between(min(at_least, len(listed)), min(at_most, len(listed)))
        kept = set(self._random.sample(range(len(listed)), wanted))
        return [choice for number, choice in enumerate(listed) if number in kept]

"""Numbers over time as a line that a page draws: where each point stands, and what it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from api.web.wording import when
from scheduler.care.axis import Point

WIDTH: Final = 640
HEIGHT: Final = 150
EDGE: Final = 28


@dataclass(frozen=True)
class Dot:
    """A number at an instant; ``x`` and ``y`` in the picture, ``label`` in words."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Curve:
    """One line of a picture, ``name`` beside it; ``last``: its last number."""

    name: str
    dots: tuple[Dot, ...]
    last: int

    @property
    def points(self) -> str:
        """As a line of SVG has them."""
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.dots)


@dataclass(frozen=True)
class Picture:
    """Lines over one time; ``marks``: instants that stand out, ``ticks``: levels with a number."""

    curves: tuple[Curve, ...]
    marks: tuple[Dot, ...]
    ticks: tuple[Dot, ...]
    says: str


@dataclass(frozen=True)
class _Frame:
    begin: datetime
    end: datetime
    low: int
    high: int

    def x(self, moment: datetime) -> float:
        whole = (self.end - self.begin).total_seconds() or 1.0
        return EDGE + (moment - self.begin).total_seconds() / whole * (WIDTH - 2 * EDGE)

    def y(self, number: float) -> float:
        share = (number - self.low) / (self.high - self.low)
        return HEIGHT - EDGE / 2 - share * (HEIGHT - EDGE)

    def ticks(self, *numbers: int) -> tuple[Dot, ...]:
        return tuple(Dot(0.0, self.y(number), str(number)) for number in numbers)


_Numbers = Sequence[tuple[datetime, int]]


def _curve(frame: _Frame, name: str, numbers: _Numbers, zone: ZoneInfo) -> Curve:
    dots = (Dot(frame.x(at), frame.y(n), f"{name} {n}, {when(at, zone)}") for at, n in numbers)
    return Curve(name, tuple(dots), numbers[-1][1])


def of_scores(
    points: Sequence[Point], measure: str, highest: int, zone: ZoneInfo
) -> Picture | None:
    """A questionnaire's totals, with the doses that were given; None with fewer than two."""
    numbers = [(p.at, p.total) for p in points if p.name == measure and p.total is not None]
    if len(numbers) < 2:
        return None
    frame = _Frame(numbers[0][0], numbers[-1][0], 0, highest)
    given = [p.at for p in points if p.kind == "dose" and p.status == "fulfilled"]
    marks = tuple(
        Dot(frame.x(at), 0.0, f"dose, {when(at, zone)}")
        for at in given
        if frame.begin <= at <= frame.end
    )
    says = f"{measure} went from {numbers[0][1]} to {numbers[-1][1]} over {len(marks)} doses"
    curve = _curve(frame, measure, numbers, zone)
    return Picture((curve,), marks, frame.ticks(0, highest), says)

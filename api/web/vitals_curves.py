"""Vital signs through a session as curves, each with its baseline and the protocol's lines."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from api.web.texts import marked
from api.web.wording import clock
from pathways.protocol.visiting import Sign
from scheduler.sessions.alarms import baseline
from scheduler.sessions.happenings import Vitals
from scheduler.sessions.limits import Limit, limits_of
from scheduler.sessions.loading import DoseSession
from scheduler.sessions.telling import told

WIDTH: Final = 640
LEFT: Final = 34
TOP: Final = 8
ROOM: Final = 5
"""So much of a sign's own unit stands free above the highest and below the lowest."""

_PANELS: Final[tuple[tuple[str, str, int, tuple[Sign, ...]], ...]] = (
    (marked("Blood pressure"), "mmHg", 190, ("systolic pressure", "diastolic pressure")),
    (marked("Pulse"), marked("per minute"), 110, ("heart rate",)),
    (marked("Oxygen"), "%", 110, ("oxygen saturation",)),
)


@dataclass(frozen=True)
class Spot:
    """A value at a place of the picture; ``says`` it in words."""

    x: float
    y: float
    says: str


@dataclass(frozen=True)
class Line:
    """One sign's values in order of time; ``baseline``: what it was before the drug."""

    sign: Sign
    spots: tuple[Spot, ...]
    baseline: Spot | None

    @property
    def points(self) -> str:
        """As a line of SVG has them."""
        return " ".join(f"{spot.x:.1f},{spot.y:.1f}" for spot in self.spots)


@dataclass(frozen=True)
class Panel:
    """Signs of one unit over one time, from the lowest to the highest value of ``range``.

    ``limits``: where alarms ring, by urgency.
    """

    words: str
    unit: str
    height: int
    range: tuple[int, int]
    lines: tuple[Line, ...]
    limits: tuple[tuple[str, Spot], ...]
    ticks: tuple[Spot, ...]
    dosed: float | None


@dataclass(frozen=True)
class Curves:
    """The panels; ``readings``: the same as rows; ``data``: the same for a script, as JSON."""

    panels: tuple[Panel, ...]
    readings: tuple[Vitals, ...]
    hours: tuple[Spot, ...]
    data: str


@dataclass(frozen=True)
class _Times:
    begin: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        share = (moment - self.begin) / (self.end - self.begin)
        return LEFT + share * (WIDTH - LEFT - 6)


@dataclass(frozen=True)
class _Case:
    """What all panels share."""

    one: DoseSession
    readings: tuple[Vitals, ...]
    before: Vitals | None
    limits: tuple[Limit, ...]
    times: _Times
    dosed: datetime | None

    def values(self, sign: Sign) -> list[tuple[datetime, int]]:
        """A sign's values, in order of time."""
        return [(v.at, int(v.signs[sign])) for v in self.readings if sign in v.signs]


def curves_of(one: DoseSession, now: datetime) -> Curves | None:
    """The curves of a session; None before anything was measured."""
    story, drug = told(one.recorded).until(now), one.at(now).drug
    readings = story.all(Vitals)
    if not readings:
        return None
    ends = [readings[0].at + timedelta(minutes=30), readings[-1].at]
    times = _Times(readings[0].at, max([*ends, *([drug.leaves_from] if drug else [])]))
    before = baseline(story, drug) if drug else None
    dosed = drug.first if drug else None
    case = _Case(one, readings, before, limits_of(one, now), times, dosed)
    panels = tuple(panel for spec in _PANELS if (panel := _panel(case, *spec)) is not None)
    return Curves(panels, readings, tuple(_hours(case)), json.dumps(_data(case, panels)))


def _panel(
    case: _Case, words: str, unit: str, height: int, signs: tuple[Sign, ...]
) -> Panel | None:
    found = {sign: case.values(sign) for sign in signs}
    limits = [limit for limit in case.limits if limit.sign in signs]
    every = [value for values in found.values() for _, value in values]
    if not every:
        return None
    low, high = _range(every, limits)

    def y(value: float) -> float:
        return height - TOP - (value - low) / (high - low) * (height - 2 * TOP)

    return Panel(
        words=words,
        unit=unit,
        height=height,
        range=(low, high),
        lines=tuple(_line(case, sign, values, y) for sign, values in found.items() if values),
        limits=tuple((o.urgency, Spot(LEFT, y(o.at), str(o.at))) for o in limits),
        ticks=tuple(Spot(0, y(v), str(v)) for v in _ticks(low, high)),
        dosed=case.times.x(case.dosed) if case.dosed else None,
    )


def _range(values: Iterable[int], limits: Sequence[Limit]) -> tuple[int, int]:
    known = [*values, *(limit.at for limit in limits)]
    return min(known) - ROOM, max(known) + ROOM


def _ticks(low: int, high: int) -> Iterator[int]:
    """Round numbers between two, five at most."""
    step = next(size for size in (5, 10, 20, 25, 50, 100) if (high - low) / size <= 5)
    yield from range(-(-low // step) * step, high + 1, step)


def _line(case: _Case, sign: Sign, values: Sequence[tuple[datetime, int]], y: Any) -> Line:
    zone = case.one.visit.zone
    spots = [Spot(case.times.x(at), y(v), f"{v}, {clock(at, zone)}") for at, v in values]
    before = case.before.signs.get(sign) if case.before else None
    return Line(sign, tuple(spots), None if before is None else Spot(LEFT, y(before), str(before)))


def _hours(case: _Case) -> Iterator[Spot]:
    """The half hours of the clinic's clock."""
    wall = case.times.begin.astimezone(case.one.visit.zone)
    moment = wall.replace(minute=wall.minute // 30 * 30, second=0, microsecond=0)
    while moment <= case.times.end:
        if moment >= case.times.begin:
            yield Spot(case.times.x(moment), 0, f"{moment:%H:%M}")
        moment += timedelta(minutes=30)


def _data(case: _Case, panels: Iterable[Panel]) -> dict[str, Any]:
    return {
        "times": [round(v.at.timestamp()) for v in case.readings],
        "range": [round(t.timestamp()) for t in (case.times.begin, case.times.end)],
        "dosed": round(case.dosed.timestamp()) if case.dosed else None,
        "panels": [
            {
                "height": panel.height,
                "range": panel.range,
                "series": [[v.signs.get(o.sign) for v in case.readings] for o in panel.lines],
                "baseline": [int(o.baseline.says) if o.baseline else None for o in panel.lines],
                "limits": [[int(spot.says), urgency] for urgency, spot in panel.limits],
            }
            for panel in panels
        ],
    }

"""A course as one picture: programme weeks side by side, everything in them on one axis of days.

Lengths are pixels. The picture is drawn at its own size and scrolled where a screen is narrow, so
that its words stay legible; the names of its lanes are a picture of their own that stays in sight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from pathways.protocol.care import Measure
from scheduler.care.axis import Point
from scheduler.care.course import LANES, Course, Lane, Visit
from scheduler.care.questionnaires import lines_of
from scheduler.care.weeks import Week

WIDE: Final = 920
"""So wide are all weeks together where there are few enough."""
NARROWEST, WIDEST = 30, 104
"""Of one week."""
EDGE: Final = 56
"""What lies before the first week, where anything does."""
HEAD: Final = 44
HOURS: Final = 46
STEP: Final = 13
"""From one mark to another above it, of the same day and lane."""
PAD: Final = 9
LEADING, FOLLOWING = 112, 62
"""Heights of the measure that leads the pathway, and of each of the others."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Column:
    """A week: from ``x`` on, ``number`` and first date; ``here``: it is the present one."""

    x: float
    number: int
    first: date
    here: bool


@dataclass(frozen=True)
class Mark:
    """A visit in its place."""

    x: float
    y: float
    visit: Visit


@dataclass(frozen=True)
class Row:
    """A lane, from ``y`` on; ``middle``: where its name stands."""

    lane: Lane
    y: float
    height: float
    marks: tuple[Mark, ...]

    @property
    def middle(self) -> float:
        """The height at which its name stands."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Bar:
    """A week's hours: attended, planned, and the least that is asked for (None: nothing is)."""

    x: float
    y: float
    attended: float
    planned: float
    least: float | None
    week: Week


@dataclass(frozen=True)
class Dot:
    """A total in its place."""

    x: float
    y: float
    point: Point


@dataclass(frozen=True)
class Threshold:
    """A total that means something, as a line; ``downward``: it is fulfilled below the line."""

    y: float
    name: str
    meaning: str
    total: float
    downward: bool


@dataclass(frozen=True)
class Strip:
    """A measure over time, from ``y`` on, with the lines that its pathway draws."""

    measure: Measure
    y: float
    height: float
    dots: tuple[Dot, ...]
    thresholds: tuple[Threshold, ...]

    @property
    def points(self) -> str:
        """As a line of SVG has them."""
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.dots)

    @property
    def first(self) -> Point:
        """The first total."""
        return self.dots[0].point

    @property
    def last(self) -> Point:
        """The latest total."""
        return self.dots[-1].point


@dataclass(frozen=True)
class Picture:
    """A whole course. ``given``: where the drug was given, ``today``: None where out of sight."""

    width: float
    height: float
    week: float
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    bars_at: float
    strips: tuple[Strip, ...]
    given: tuple[float, ...]
    today: float | None


@dataclass(frozen=True)
class _Axis:
    """Where an instant lies from left to right."""

    course: Course
    weeks: int
    earliest: date

    @property
    def left(self) -> float:
        """Where the first week begins."""
        return EDGE if self.earliest < self.course.enrolment.start else 2.0

    @cached_property
    def week(self) -> float:
        """How wide a week is."""
        return float(max(NARROWEST, min(WIDEST, (WIDE - self.left) // self.weeks)))

    @property
    def width(self) -> float:
        """How wide everything is."""
        return self.left + self.weeks * self.week + 2.0

    def x(self, moment: datetime) -> float:
        """An instant's place; what lies before the first week shares the space there."""
        house = self.course.facts.house
        day = house.day(moment)
        of_day = (moment - house.end_of(day - _DAY)) / _DAY
        days = (day - self.course.enrolment.start).days + min(of_day, 1.0)
        if days < 0:
            before = (self.course.enrolment.start - self.earliest).days
            return 8.0 + (days + before) / before * (self.left - 14.0)
        return self.left + days / 7 * self.week


def picture_of(course: Course, measures: Sequence[Measure]) -> Picture:
    """A course with these measures; those that nobody has answered are left out."""
    measured = [(m, found) for m in measures if (found := course.scores(m.id))]
    axis = _axis_of(course, [point for _, found in measured for point in found])
    rows, y = _rows(course, axis, HEAD)
    bars, bars_at = _bars(course, axis, y), y
    y += HOURS if bars else 0
    strips, y = _strips(axis, measured, y)
    is_seen = 0 < course.week_of(course.today) <= axis.weeks
    return Picture(
        width=axis.width,
        height=y + 4,
        week=axis.week,
        columns=_columns(course, axis),
        rows=rows,
        bars=bars,
        bars_at=bars_at,
        strips=strips,
        given=tuple(axis.x(v.point.at) for v in course.visits if _is_given(v)),
        today=axis.x(course.now) if is_seen else None,
    )


def _is_given(visit: Visit) -> bool:
    return visit.lane == "dose" and visit.state in ("kept", "late")


def _axis_of(course: Course, scores: Iterable[Point]) -> _Axis:
    shown = [*(visit.point for visit in course.visits), *scores]
    days = [course.facts.house.day(point.at) for point in shown]
    last = max((course.week_of(day) for day in days), default=1)
    earliest = min([*days, course.enrolment.start])
    return _Axis(course, max(course.pathway.weeks, last), earliest)


def _columns(course: Course, axis: _Axis) -> tuple[Column, ...]:
    here = course.week_of(course.today)
    return tuple(
        Column(
            axis.left + number * axis.week,
            number + 1,
            course.enrolment.start + number * timedelta(days=7),
            here=number + 1 == here,
        )
        for number in range(axis.weeks)
    )


def _rows(course: Course, axis: _Axis, y: float) -> tuple[tuple[Row, ...], float]:
    found = []
    for lane in LANES:
        visits = [visit for visit in course.visits if visit.lane == lane]
        if not visits:
            continue
        marks, height = _marks(course, axis, visits, y)
        found.append(Row(lane, y, height, marks))
        y += height
    return tuple(found), y


def _marks(
    course: Course, axis: _Axis, visits: Sequence[Visit], y: float
) -> tuple[tuple[Mark, ...], float]:
    """A mark for each visit, in the middle of its day; those of one day above each other."""
    by_day: dict[date, list[Visit]] = {}
    for visit in visits:
        by_day.setdefault(course.facts.house.day(visit.point.at), []).append(visit)
    height = STEP * max(len(found) for found in by_day.values()) + 2 * PAD - 3
    marks = []
    for day, found in by_day.items():
        x = axis.x(course.facts.house.end_of(day - _DAY) + _DAY / 2)
        lowest = y + height / 2 - STEP * (len(found) - 1) / 2
        marks += [Mark(x, lowest + STEP * number, visit) for number, visit in enumerate(found)]
    return tuple(marks), height


def _bars(course: Course, axis: _Axis, y: float) -> tuple[Bar, ...]:
    least = [w.asks_for.hours.least if w.asks_for.hours else None for w in course.weeks]
    most = max([*(w.planned for w in course.weeks), *(float(n or 0) for n in least)], default=0.0)
    if not most:
        return ()
    scale = (HOURS - 2 * PAD) / most
    return tuple(
        Bar(
            x=axis.left + (week.number - 1) * axis.week,
            y=y + HOURS - PAD,
            attended=week.attended * scale,
            planned=week.planned * scale,
            least=asked * scale if asked else None,
            week=week,
        )
        for week, asked in zip(course.weeks, least, strict=True)
    )


def _strips(
    axis: _Axis, measured: Sequence[tuple[Measure, list[Point]]], y: float
) -> tuple[tuple[Strip, ...], float]:
    found: list[Strip] = []
    for measure, points in measured:
        height = FOLLOWING if found else LEADING
        found.append(_strip(axis, measure, points, (y, height)))
        y += height
    return tuple(found), y


def _strip(
    axis: _Axis, measure: Measure, points: Sequence[Point], at: tuple[float, float]
) -> Strip:
    top, height = at

    def level(total: float) -> float:
        share = (total - measure.lowest) / ((measure.highest - measure.lowest) or 1)
        return top + height - PAD - share * (height - 2 * PAD)

    lines = lines_of(measure, points[0].total)
    return Strip(
        measure=measure,
        y=top,
        height=height,
        dots=tuple(Dot(axis.x(p.at), level(p.total or 0), p) for p in points),
        thresholds=tuple(
            Threshold(level(n.total), n.score.id, n.score.meaning, n.total, n.downward)
            for n in lines
        ),
    )

"""A course week by week in words: the same as its picture, for whoever reads or prints it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pathways.protocol.care import Measure
from scheduler.care.axis import Point
from scheduler.care.course import LANES, Course, Lane, Visit
from scheduler.care.deviating import Deviation
from scheduler.care.weeks import Week


@dataclass(frozen=True)
class WeekRow:
    """One week; ``number`` 0 is all that lies before the first.

    ``hours``: None where the pathway asks for none. ``scores``: the last of each measure in it.
    """

    number: int
    first: date
    last: date
    here: bool
    hours: Week | None
    visits: dict[Lane, list[Visit]]
    scores: list[Point]
    deviations: list[Deviation]

    def kept(self, lane: Lane) -> int:
        """How many of a lane they came to."""
        return sum(visit.state in ("kept", "late", "here") for visit in self.visits[lane])

    def missed(self, lane: Lane) -> int:
        """How many of a lane they missed."""
        return sum(visit.state == "missed" for visit in self.visits[lane])


def rows_of(
    course: Course, measures: Sequence[Measure], deviations: Sequence[Deviation]
) -> list[WeekRow]:
    """Every week of a course, with what lies before it where anything does."""
    scores = [point for measure in measures for point in course.scores(measure.id)]
    days = [course.facts.house.day(point.at) for point in scores]
    days += [course.facts.house.day(visit.point.at) for visit in course.visits]
    last = max([course.pathway.weeks, *map(course.week_of, days)])
    begins = 0 if any(day < course.enrolment.start for day in days) else 1
    return [_row(course, number, scores, deviations) for number in range(begins, last + 1)]


def _row(
    course: Course, number: int, scores: Sequence[Point], deviations: Sequence[Deviation]
) -> WeekRow:
    first = course.enrolment.start + (number - 1) * timedelta(days=7)
    day_of = course.facts.house.day

    def is_in(day: date) -> bool:
        return max(course.week_of(day), 0) == number

    held = [visit for visit in course.visits if is_in(day_of(visit.point.at))]
    latest = {point.name: point for point in scores if is_in(day_of(point.at))}
    return WeekRow(
        number=number,
        first=first,
        last=first + timedelta(days=6),
        here=is_in(course.today),
        hours=course.weeks[number - 1] if 1 <= number <= len(course.weeks) else None,
        visits={lane: [visit for visit in held if visit.lane == lane] for lane in LANES},
        scores=list(latest.values()),
        deviations=[one for one in deviations if is_in(one.day)],
    )

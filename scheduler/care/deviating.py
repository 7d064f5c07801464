"""Where a course has left what was promised: judged by its pathway, told one by one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from pathways.model import Activity
from scheduler.care.course import Course
from scheduler.care.requirements.outcomes import unasked, undecided
from scheduler.care.weeks import Week, coming_short

Kind = Literal[
    "risk-undecided",
    "risk-unasked",
    "week-short",
    "week-lost",
    "dose-missed",
    "dose-cancelled",
    "integration-late",
    "integration-missing",
]

URGENT: frozenset[Kind] = frozenset({"risk-undecided", "risk-unasked"})
"""These cannot wait."""

HOUR = timedelta(hours=1)
_HAPPENED = ("checked-in", "fulfilled")


@dataclass(frozen=True)
class Deviation:
    """One thing that is not as it was promised, in which week and on which date.

    ``is_open``: somebody can still do something about it. ``number``: of the dose it is about.
    ``found`` and ``asked``: hours that there are, and that there should be; ``at``: the instant by
    which it was promised. ``week``: the programme week, where it is about one.
    """

    kind: Kind
    day: date
    is_open: bool = False
    number: int = 0
    found: float = 0.0
    asked: float = 0.0
    at: datetime | None = None
    week: Week | None = None


def deviations_of(course: Course) -> list[Deviation]:
    """What is off course, what cannot wait first, then what is open, then the latest."""
    found = [*_risks(course), *_weeks(course), *_doses(course), *_integrations(course)]
    return sorted(
        found, key=lambda one: (one.kind not in URGENT, not one.is_open, -one.day.toordinal())
    )


def _risks(course: Course) -> Iterator[Deviation]:
    day_of = course.facts.house.day
    for answer in undecided(course.facts.answers):
        yield Deviation("risk-undecided", day_of(answer.taken_at), is_open=True, at=answer.taken_at)
    report = unasked(course.facts.answers)
    if report is not None:
        yield Deviation("risk-unasked", day_of(report.taken_at), is_open=True, at=report.taken_at)


def _weeks(course: Course) -> Iterator[Deviation]:
    if not course.visits:
        return
    short = {week.number for week in coming_short(course.weeks, course.today)}
    for week in course.weeks:
        if week.state == "lost" or week.number in short:
            is_open = week.state == "short"
            kind: Kind = "week-short" if is_open else "week-lost"
            yield Deviation(kind, week.first, is_open=is_open, week=week)


def _doses(course: Course) -> Iterator[Deviation]:
    """Doses that fell out, for which nothing else stands."""
    standing = {(row.activity, row.occurrence) for row in _own(course, course.facts.standing)}
    fallen = {
        (row.activity, row.occurrence): row
        for row in _own(course, course.facts.appointments)
        if row.is_dose and row.status in ("noshow", "cancelled")
    }
    for what, row in fallen.items():
        if what not in standing:
            kind: Kind = "dose-missed" if row.status == "noshow" else "dose-cancelled"
            yield Deviation(kind, course.facts.house.day(row.start), number=_number(course, row))


def _integrations(course: Course) -> Iterator[Deviation]:
    """Doses whose integration came later than the pathway promises, or not at all."""
    held = {(row.activity, row.occurrence): row for row in _own(course, course.facts.standing)}
    for activity in course.pathway.activities:
        if activity.after is None or not course.is_integration(activity):
            continue
        for (name, occurrence), row in held.items():
            if name == activity.after.activity and row.is_dose and row.status in _HAPPENED:
                follower = held.get((activity.id, occurrence))
                yield from _follows(course, activity, row, follower)


def _follows(course: Course, activity: Activity, dose: Any, follower: Any) -> Iterator[Deviation]:
    assert activity.after is not None, "it follows"  # noqa: S101  (says why mypy may rest)
    most = activity.after.lag.max
    promised, day = dose.end + most, course.facts.house.day(dose.start)
    known: dict[str, Any] = {
        "day": day,
        "number": _number(course, dose),
        "asked": most / HOUR,
    }
    if follower is None:
        still = course.now <= promised
        yield Deviation("integration-missing", is_open=still, at=promised, **known)
    elif follower.start > promised:
        lag, ahead = (follower.start - dose.end) / HOUR, follower.start > course.now
        yield Deviation("integration-late", is_open=ahead, found=lag, at=follower.start, **known)


def _own(course: Course, rows: Any) -> Iterator[Any]:
    return (row for row in rows if row.enrolment_id == course.enrolment.id)


def _number(course: Course, row: Any) -> int:
    """Which dose of the course it is."""
    if course.protocol is None or row.activity not in course.protocol.activities_by_id:
        return int(row.occurrence)
    first = course.protocol.first_dose_number(course.protocol.activity(row.activity))
    return first + int(row.occurrence) - 1

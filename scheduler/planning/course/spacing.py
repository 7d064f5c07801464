"""The rules on dates, as a walk from day to day needs them: which days count, and for how long."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pathways.model import Activity
from scheduler.planning.board import DaySpacing

if TYPE_CHECKING:
    from scheduler.planning.course.asking import Block, Course, Week

EARLIER = "earlier "
"""Before an activity's name: a session under an earlier enrolment, which counts as another's."""

Counted = tuple[tuple[str, int], ...]
"""Activities and the days on which a session of them stands, in order."""


class Counting:
    """The spacing rules of one patient's pathway, and how evenly a week is spread."""

    def __init__(self, course: "Course") -> None:
        self.course = course
        problem = course.problem
        self.rules = [
            activity
            for activity in problem.pathways[course.patient].activities
            if activity.min_days_between or activity.max_in_days
        ]
        self._standing: dict[int, list[str]] = {}
        for occurrence in course.standing:
            if occurrence.activity.id in course.spaced:
                day = problem.calendar.day_of(course.board.placed[occurrence].start)
                self._standing.setdefault(day, []).append(occurrence.activity.id)
        self._free_days = self._days_of_the_free()

    def _days_of_the_free(self) -> dict[str, list[int]]:
        """The first and last day on which free sessions of an activity may lie, week by week."""
        found: dict[str, list[int]] = {}
        for week in self.course.weeks:
            for block in week.marked:
                found.setdefault(block.activity.id, []).extend(range(week.first, week.first + 7))
        return found

    def history(self) -> Counted:
        """The days of sessions under an earlier enrolment, and of what stands before all days."""
        found = [
            (EARLIER + name, day)
            for name in sorted(self.course.spaced)
            for day in self.course.board.past_days(self.course.patient, name)
        ]
        first = self.course.days.start
        found += [
            (name, day) for day, names in self._standing.items() for name in names if day < first
        ]
        return tuple(sorted(found, key=lambda item: (item[1], item[0])))

    def standing(self, day: int) -> list[tuple[str, int]]:
        """What stands on a day anyway and counts."""
        return [(name, day) for name in self._standing.get(day, ())]

    def kept(self, counted: Counted, day: int) -> Counted:
        """What still counts for a day or a later one."""
        return tuple(item for item in counted if self._matters(item, day))

    def _matters(self, item: tuple[str, int], day: int) -> bool:
        name, held = item
        for rule in self.rules:
            if name.removeprefix(EARLIER) not in (rule.id, rule.spaced_with):
                continue
            most = rule.max_in_days
            reach = held + max((rule.min_days_between or 1) - 1, most.days - 1 if most else 0)
            if any(day <= other <= reach for other in self._rivals(rule)):
                return True
        return self._is_in_an_uneven_week(name, held, day)

    def _rivals(self, rule: Activity) -> Iterable[int]:
        days = list(self._free_days.get(rule.id, ()))
        return days + self._free_days.get(rule.spaced_with or "", [])

    def _is_in_an_uneven_week(self, name: str, held: int, day: int) -> bool:
        return any(
            week.first <= held < day < week.first + 7
            and any(
                b.activity.id == name and self._even(b.activity, week.first) for b in week.marked
            )
            for week in self.course.weeks
        )

    def _even(self, activity: Activity, first: int) -> int:
        """The even gap between two of a week in days; 0 where there is none to keep."""
        start = self.course.problem.day(self.course.problem.patients[self.course.patient].start)
        per_week = activity.per_week((first - start) // 7 + 1)
        return 7 // per_week if activity.min_days_between and per_week > 1 else 0

    def uneven(self, counted: Counted, activity: Activity, day: int, first: int) -> int:
        """What it costs that a day is not evenly after the last of its week."""
        even = self._even(activity, first)
        held = [other for name, other in counted if name == activity.id and first <= other < day]
        if not even or not held:
            return 0
        return abs(day - max(held) - even) * self.course.weights.uneven_day

    def standing_cost(self, counted: Counted, day: int) -> int:
        """The same for what stands on a day anyway."""
        cost = 0
        for name in self._standing.get(day, ()):
            for week in self.course.weeks:
                if week.first <= day < week.first + 7:
                    activity = self.course.problem.pathways[self.course.patient].activity(name)
                    cost += self.uneven(counted, activity, day, week.first)
        return cost

    def allows(self, counted: Counted, activity: Activity, day: int) -> bool:
        """Whether one more session of an activity may stand on a day, after what is counted."""
        for rule in self.rules:
            if activity.id in (rule.id, rule.spaced_with):
                own = [held for name, held in counted if name == rule.id]
                others = {
                    rule.spaced_with,
                    EARLIER + rule.id,
                    EARLIER + (rule.spaced_with or rule.id),
                }
                other = [held for name, held in counted if name in others]
                most = rule.max_in_days
                spacing = DaySpacing(
                    own=own,
                    other=other,
                    is_own=activity.id == rule.id,
                    gap=rule.min_days_between or 0,
                    days=most.days if most else 0,
                    count=most.count if most else 0,
                )
                if spacing.broken_by(day):
                    return False
        return True

    def is_their_turn(
        self, block: "Block", following: tuple[int, ...], week: "Week | None"
    ) -> bool:
        """Whether the marked sessions that have to come before a block in its week stand."""
        for before in block.activity.preceded_by:
            for number, other in enumerate(week.marked if week else ()):
                if other.activity.id == before.activity:
                    needed = sum(o.number <= before.occurrence for o in other.sessions)
                    if following[number] < needed:
                        return False
        return True

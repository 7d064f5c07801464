"""The rules on dates, as a walk from day to day needs them: which days count, and for how long."""

from collections.abc import Iterable
from itertools import product

from pathways.model import Activity
from scheduler.planning.course.course import Course
from scheduler.planning.course.weeks import Block, Week
from scheduler.planning.day_spacing import DaySpacing

EARLIER = "earlier "
"""Before an activity's name: a session under an earlier enrolment, which counts as another's."""

Counted = tuple[tuple[str, int], ...]
"""Activities and the days on which a session of them stands, in order."""


class Counting:
    """The spacing rules of one patient's pathway, and how evenly a week is spread."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.request = course.request
        self.rules = [
            activity
            for activity in course.request.activities
            if activity.min_days_between or activity.max_in_days
        ]
        self._standing = self._days_of_what_stands()
        self._free_days = self._days_of_the_free()

    def _days_of_what_stands(self) -> dict[int, list[str]]:
        """The activities that count and stand on a day anyway."""
        found: dict[int, list[str]] = {}
        for occurrence in self.course.agenda.standing:
            if occurrence.activity.id in self.course.spaced:
                start = self.request.board.placed[occurrence].start
                day = self.course.problem.calendar.day_of(start)
                found.setdefault(day, []).append(occurrence.activity.id)
        return found

    def _days_of_the_free(self) -> dict[str, list[int]]:
        """The days on which free sessions of an activity may lie, week by week."""
        found: dict[str, list[int]] = {}
        for week in self.course.weeks:
            for block in week.marked:
                found.setdefault(block.activity.id, []).extend(range(week.first, week.first + 7))
        return found

    # ---- what counts -----------------------------------------------------------------------

    def history(self) -> Counted:
        """The days of sessions under an earlier enrolment, and of what stands before all days."""
        found = [
            (EARLIER + name, day)
            for name in sorted(self.course.spaced)
            for day in self.request.board.past_days(self.request.patient, name)
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
            and any(b.activity.id == name and self._even(b.activity, week) for b in week.marked)
            for week in self.course.weeks
        )

    # ---- what it costs ---------------------------------------------------------------------

    def _even(self, activity: Activity, week: Week) -> int:
        """The even gap between two of a week in days; 0 where there is none to keep."""
        problem = self.course.problem
        start = problem.day(problem.patients[self.request.patient].start)
        per_week = activity.per_week((week.first - start) // 7 + 1)
        return 7 // per_week if activity.min_days_between and per_week > 1 else 0

    def uneven(self, counted: Counted, activity: Activity, day: int) -> int:
        """What it costs that a day is not evenly after the last of its week."""
        week = self.course.week_of(day)
        even = self._even(activity, week) if week else 0
        if week is None or not even:
            return 0
        held = [other for name, other in counted if name == activity.id]
        held = [other for other in held if week.first <= other < day]
        return abs(day - max(held) - even) * self.request.weights.uneven_day if held else 0

    def standing_cost(self, counted: Counted, day: int) -> int:
        """The same for what stands on a day anyway."""
        pathway = self.course.problem.pathways[self.request.patient]
        names = self._standing.get(day, ())
        return sum(self.uneven(counted, pathway.activity(name), day) for name in names)

    # ---- what is allowed -------------------------------------------------------------------

    def allows(self, counted: Counted, activity: Activity, day: int) -> bool:
        """Whether one more session of an activity may stand on a day, after what is counted."""
        concerned = (rule for rule in self.rules if activity.id in (rule.id, rule.spaced_with))
        return not any(_spacing(rule, counted, activity).broken_by(day) for rule in concerned)

    def is_their_turn(
        self, block: Block, following: tuple[int, ...], marked: tuple[Block, ...]
    ) -> bool:
        """Whether the marked sessions that have to come before a block in its week stand.

        ``following`` is the next number of each marked block of the week.
        """
        for before, (number, other) in product(block.activity.preceded_by, enumerate(marked)):
            if other.activity.id == before.activity:
                needed = sum(o.number <= before.occurrence for o in other.sessions)
                if following[number] < needed:
                    return False
        return True


def _spacing(rule: Activity, counted: Counted, activity: Activity) -> DaySpacing:
    """One rule about one more session of an activity, after what is counted."""
    others = {rule.spaced_with, EARLIER + rule.id, EARLIER + (rule.spaced_with or rule.id)}
    most = rule.max_in_days
    return DaySpacing(
        own=[held for name, held in counted if name == rule.id],
        other=[held for name, held in counted if name in others],
        is_own=activity.id == rule.id,
        gap=rule.min_days_between or 0,
        days=most.days if most else 0,
        count=most.count if most else 0,
    )

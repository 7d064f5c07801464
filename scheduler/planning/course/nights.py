"""What is over by the morning, and what it costs that it did not take place."""

import numpy as np

from scheduler.planning.course.course import Course
from scheduler.planning.course.day import NEVER, Costs
from scheduler.planning.course.spacing import Counting
from scheduler.planning.course.state import Due, Night, Reached, State, Today
from scheduler.planning.course.tables import Tables


class Nights:
    """The nights of one course."""

    def __init__(self, course: Course, counting: Counting, tables: Tables) -> None:
        self.course = course
        self.counting = counting
        self.tables = tables

    def passed(self, reached: Reached, night: Night) -> Reached:
        """What an evening becomes in the morning."""
        settled = self.settled(reached, night)
        axes = ended_axes(reached.state, settled.state, night)
        return Reached(settled.state, _with_new_week(settled.costs.min(axis=axes), night))

    def settled(self, reached: Reached, night: Night) -> Reached:
        """The state in the morning, and the costs with what the night adds, axes as before."""
        state, costs = reached
        day = night.new.day
        over = tuple(due for due in state.to_come if self._latest_day(due) < day)
        leaving_out = self.course.prices.of_leaving_out
        price = sum(leaving_out(self.course.numbered[index]) for index, _ in over)
        after = state.without(over)._replace(counted=self.counting.kept(state.counted, day))
        if night.turns:
            price += self._missed(night.old, state)
            costs = self._with_missed_plain(night.old, costs)
            after = after._replace(next=tuple(0 for _ in night.new.marked))
        return Reached(after, costs + price)

    def _latest_day(self, due: Due) -> int:
        index, anchor = due
        _, high = self.course.request.lag(self.course.numbered[index])
        calendar = self.course.problem.calendar
        return calendar.day_of(min(int(self.tables.ends(anchor).max()) + high, calendar.end - 1))

    def _missed(self, old: Today, state: State) -> int:
        """What the marked sessions cost that found no day in their week."""
        return sum(
            self.course.prices.of_leaving_out(session)
            for block, number in zip(old.marked, state.next, strict=True)
            for session in block.sessions[number:]
        )

    def _with_missed_plain(self, old: Today, costs: Costs) -> Costs:
        for axis, block in enumerate(old.plain):
            price = self.course.prices.of_leaving_out(block.sessions[0])
            missed = np.arange(len(block.sessions), -1, -1, dtype=np.int64) * price
            shape = [1] * costs.ndim
            shape[axis] = len(missed)
            costs = costs + missed.reshape(shape)
        return costs


def ended_axes(before: State, after: State, night: Night) -> tuple[int, ...]:
    """The axes that end over night: those of a week, and of anchors nothing waits for."""
    plain = len(night.old.plain)
    gone = [
        plain + number
        for number, anchor in enumerate(before.anchors)
        if anchor not in after.anchors
    ]
    return (*(range(plain) if night.turns else ()), *gone)


def _with_new_week(costs: Costs, night: Night) -> Costs:
    """An axis for each plain block of a new week, of which none stands yet."""
    plain = night.new.plain
    if not night.turns or not plain:
        return costs
    held = np.full([*(len(block.sessions) + 1 for block in plain), *costs.shape], NEVER)
    held[(0,) * len(plain)] = costs
    return held

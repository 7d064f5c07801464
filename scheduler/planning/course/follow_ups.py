"""What follow-ups cost, along the axes of the anchors that they follow."""

import numpy as np

from scheduler.planning.course.course import Course
from scheduler.planning.course.day import NEVER, Costs
from scheduler.planning.course.state import Aside, Due, Move, Reached, State, Today
from scheduler.planning.course.tables import Tables

MOST_AT_ONCE = 250_000
"""So many sums are made at once, which is two megabytes."""


class FollowUps:
    """The follow-ups of one course."""

    def __init__(self, course: Course, tables: Tables) -> None:
        self.course = course
        self.tables = tables

    def stages(self, reached: Reached, today: Today, move: Move) -> list[Reached]:
        """A state and its costs before the first aside of a move, after it, and so on."""
        stages = [reached]
        for aside in move.asides:
            before = stages[-1]
            priced = before.costs + self.aside_costs(before, today, aside)
            after = before.state.without((aside.due,))
            axis = gone_axis(before.state, after, today)
            stages.append(Reached(after, priced if axis is None else priced.min(axis=axis)))
        return stages

    def aside_costs(self, before: Reached, today: Today, aside: Aside) -> Costs:
        """What an aside costs at least, along the axis of its anchor."""
        occurrence = self.course.numbered[aside.due[0]]
        shape = [1] * before.costs.ndim
        if not aside.placed:
            return np.full(shape, self.course.prices.of_leaving_out(occurrence))
        fills = self.course.request.slots(occurrence) * self.course.idle_on(today.day)
        lags = self.tables.lag_costs(*aside.due, today.day).min(axis=1)
        lags = lags - (fills if self.course.problem.in_person(occurrence) else 0)
        if aside.due in before.state.loosely:
            return np.full(shape, int(lags.min()))
        shape[axis_of(aside.due, before.state, today)] = len(lags)
        along: Costs = lags.reshape(shape)
        return along

    def placed(self, reached: Reached, today: Today, follow: Due) -> Costs:
        """The costs with a follow-up at each of its starts, which are a new last axis.

        The axis of its anchor goes, unless another follow-up waits for the same.
        """
        costs, lags = reached.costs, self.tables.lag_costs(*follow, today.day)
        if follow in reached.state.loosely:
            least: Costs = costs[..., None] + lags.min(axis=0)
            return least
        axis = axis_of(follow, reached.state, today)
        by_anchor = np.moveaxis(costs, axis, 0)
        if is_awaited_by_others(follow, reached.state):
            wide = lags.reshape(lags.shape[0], *(1,) * (costs.ndim - 1), lags.shape[1])
            return np.moveaxis(by_anchor[..., None] + wide, 0, axis)
        return _least_over_anchors(by_anchor, lags)


def _least_over_anchors(by_anchor: Costs, lags: Costs) -> Costs:
    """The least over the first axis of costs, for each start of a follow-up."""
    flat = by_anchor.reshape(len(by_anchor), -1)
    able = (flat.min(axis=1) < NEVER) & (lags.min(axis=1, initial=NEVER) < NEVER)
    flat, lags = flat[able], lags[able]
    least = np.full((flat.shape[1], lags.shape[1]), NEVER, dtype=np.int64)
    many = max(1, MOST_AT_ONCE // max(1, least.size))
    for first in range(0, len(flat), many):
        held = slice(first, first + many)
        np.minimum(least, (flat[held, :, None] + lags[held, None]).min(axis=0), out=least)
    return least.reshape(*by_anchor.shape[1:], lags.shape[1])


def axis_of(due: Due, state: State, today: Today) -> int:
    """The axis of a follow-up's anchor."""
    return len(today.plain) + state.anchors.index(due[1])


def is_awaited_by_others(follow: Due, state: State) -> bool:
    """Whether another follow-up needs to know when the same anchor began."""
    return any(anchor == follow[1] and index != follow[0] for index, anchor in state.due)


def gone_axis(before: State, after: State, today: Today) -> int | None:
    """The axis of an anchor that nothing waits for any more."""
    gone = [anchor for anchor in before.anchors if anchor not in after.anchors]
    return len(today.plain) + before.anchors.index(gone[0]) if gone else None

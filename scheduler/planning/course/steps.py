"""One day's step: from the costs of a state in the morning to those in the evening."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from scheduler.planning.course.course import Course
from scheduler.planning.course.day import NEVER, Costs, part_of
from scheduler.planning.course.follow_ups import FollowUps
from scheduler.planning.course.moves import Moves
from scheduler.planning.course.state import Move, Reached, State, Today
from scheduler.planning.course.tables import Answer, Tables


class Parts(NamedTuple):
    """What a move's costs are put together from.

    ``table`` is what the day costs by the numbers of plain sessions, the follow-up's start, and
    perhaps that of the session which ends the day; ``before`` what the morning costs, the
    follow-up's start as its last axis; ``held`` what the move costs wherever it takes place.
    """

    table: Costs
    before: Costs
    held: int


class Steps:
    """The days of one course."""

    def __init__(self, course: Course, moves: Moves, tables: Tables) -> None:
        self.course = course
        self.moves = moves
        self.tables = tables
        self.follow_ups = FollowUps(course, tables)

    def evening(self, morning: Reached, today: Today, move: Move, after: State) -> Costs | None:
        """The costs of the state that a move leads to, least over all that it leaves open.

        None where the move leads nowhere.
        """
        parts = self.parts(morning, today, move)
        if parts is None:
            return None
        keeps = keeps_last(move, after, today)
        plain, shape = len(today.plain), morning.costs.shape
        ends = [parts.table.shape[-1]] if keeps else []
        result = np.full([*shape[:plain], *parts.before.shape[plain:-1], *ends], NEVER)
        for counts in self.counts(parts, morning.state, today, move):
            step = _step(parts.before, parts.table[counts], counts, keeps=keeps)
            if step is not None:
                into = part_of(result, *(slice(count, None) for count in counts), ...)
                np.minimum(into, step, out=into)
        _forbid_too_early(result, today, move)
        standing = self.course.agenda.anchors_on(today.day)
        return (result + parts.held)[(..., *(None for _ in standing))]

    def counts(
        self, parts: Parts, state: State, today: Today, move: Move
    ) -> Iterator[tuple[int, ...]]:
        """How many of each plain block a day may add to a move."""
        return self.moves.counts(parts.table.shape, state, today, move)

    def parts(self, morning: Reached, today: Today, move: Move) -> Parts | None:
        """What a move's costs are put together from; None where the day has no room for it."""
        answer = self.tables.answer(today, move)
        table = self._table(answer, today, move)
        keys = slice(0, 1) if move.follow is None else slice(1, None)
        table = part_of(table, *(slice(None) for _ in today.plain), keys)
        if not table.size or int(table.min()) >= NEVER:
            return None
        return Parts(table, self._before(morning, today, move), self._held(morning, today, move))

    def _table(self, answer: Answer, today: Today, move: Move) -> Costs:
        """The day's costs with the marked sessions of a move."""
        table = answer.day.open_end
        if move.last is not None:
            number, session = move.last
            position = answer.lasts.index(number)
            index = today.marked[number].sessions[session].index
            starts = answer.day.question.last[position].starts
            own = self.tables.own_costs(index, today.day, starts)
            table = answer.day.closed[position] + own
        return part_of(table, *(slice(None) for _ in today.plain), *marks(move))

    def _before(self, morning: Reached, today: Today, move: Move) -> Costs:
        if move.follow is None:
            return morning.costs[..., None]
        reached = self.follow_ups.stages(morning, today, move)[-1]
        return self.follow_ups.placed(reached, today, move.follow)

    def _held(self, morning: Reached, today: Today, move: Move) -> int:
        """What a move costs wherever on the day it takes place."""
        state, counting = morning.state, self.moves.counting
        cost = counting.standing_cost(state.counted, today.day)
        cost += self.course.agenda.variants(today.day)[move.variant].price
        for number, session in move.chosen:
            block = today.marked[number]
            cost += counting.uneven(state.counted, block.activity, today.day)
            for skipped in block.sessions[state.next[number] : session]:
                cost += self.course.prices.of_leaving_out(skipped)
        return cost


def keeps_last(move: Move, after: State, today: Today) -> bool:
    """Whether the start of what ends the day matters to a follow-up."""
    if move.last is None:
        return False
    anchor = (today.marked[move.last[0]].activity.id, today.day)
    return any(held == anchor for _, held in after.due)


def marks(move: Move) -> tuple[int, ...]:
    """The index of the marked sessions of a move in a day's table."""
    return tuple(1 for _ in move.marked)


def _forbid_too_early(result: Costs, today: Today, move: Move) -> None:
    """What ends the day waits for the plain sessions of the week that have to come first."""
    if move.last is None:
        return
    for before in today.marked[move.last[0]].activity.preceded_by:
        for axis, block in enumerate(today.plain):
            if block.activity.id == before.activity:
                needed = sum(o.number <= before.occurrence for o in block.sessions)
                result[(*(slice(None),) * axis, slice(None, needed))] = NEVER


def _step(before: Costs, table: Costs, counts: tuple[int, ...], *, keeps: bool) -> Costs | None:
    """From the states before to those with so many more of each plain block.

    ``before`` has the key's axis last; ``table`` has it first, and then perhaps that of the
    last offer's start, which is kept or not. None where no state has room for so many more.
    """
    sizes = before.shape[: len(counts)]
    if int(table.min()) >= NEVER or any(c >= n for c, n in zip(counts, sizes, strict=True)):
        return None
    out = tuple(slice(None, n - c) for c, n in zip(counts, sizes, strict=True))
    if keeps:
        kept: Costs = (before[out][..., None] + table).min(axis=-2)
        return kept
    by_key = table if table.ndim == 1 else table.min(axis=1)
    least: Costs = (before[out] + by_key).min(axis=-1)
    return least

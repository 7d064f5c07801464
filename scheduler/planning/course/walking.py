"""The cheapest course of one patient: a walk through the days, exact but for what `asking` omits.

What a day must know of the days before it is little: which marked sessions of the week stand, on
which days the sessions lie that spacing rules count, and which follow-up sessions are still to
come. That is a `State`. Beside it stands an array of costs, an axis for each plain block of the
week (how many stand) and one for each session whose follow-up is still to come (when it began).
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np

from scheduler.planning.asking import Occurrence
from scheduler.planning.course.asking import Block, Course, Week
from scheduler.planning.course.day import NEVER, Costs, Day, Offer, Question
from scheduler.planning.course.spacing import Counting
from scheduler.planning.stopping import Stop, Unfinished

Anchor = tuple[str, int]
"""An activity and the day on which a session of it stands whose follow-up is still to come."""

Due = tuple[int, Anchor]
"""A follow-up that is still to come, by its occurrence's index, and what it follows."""


class State(NamedTuple):
    """What the days before a day leave open; ``next`` is a number for each marked block.

    Follow-ups ``due`` need to know when their anchor began, those due ``loosely`` only the day.
    """

    counted: tuple[tuple[str, int], ...] = ()
    next: tuple[int, ...] = ()
    due: tuple[Due, ...] = ()
    loosely: tuple[Due, ...] = ()

    @property
    def anchors(self) -> list[Anchor]:
        """One for each axis behind those of the plain blocks."""
        return sorted({anchor for _, anchor in self.due}, key=lambda anchor: anchor[::-1])


class Move(NamedTuple):
    """What a day adds: a follow-up, marked sessions, one that ends the day; and what it skips.

    ``asides`` are other follow-ups that are done with on this day: given up, or placed as if they
    met nothing else of the day, which no course can better.
    """

    follow: "Due | None"
    marked: tuple[tuple[int, int], ...]
    last: tuple[int, int] | None
    variant: int = 0
    asides: tuple["Aside", ...] = ()


class Aside(NamedTuple):
    """A follow-up beside that of a day, and whether it is placed or given up."""

    due: "Due"
    placed: bool


@dataclass(frozen=True)
class Origin:
    """Where a state of the next day can come from."""

    state: State
    move: Move | None
    after: State


Layer = dict[State, Costs]

WORK_A_WEEK = 1
"""Units of search that a week walked through counts, which takes a few hundredths of a second."""
AFTER_ALL = 1 << 30
"""A day after all others."""


@dataclass
class Walk:
    """The cheapest course: its cost, where each session starts, in ticks, and meetings skipped."""

    cost: int
    starts: dict[Occurrence, int]
    skipped: tuple[Occurrence, ...] = ()


@dataclass
class Known:
    """Answers that are the same whenever the question is, and when to stop asking."""

    stop: Stop
    days: dict[Question, Day] = field(default_factory=dict)
    weeks: dict[Hashable, int] = field(default_factory=dict)


class Walker:
    """One search through all days; days with equal questions share their answers in ``known``.

    ``loosely``: what follows weeks later counts from the best hour of its anchor's day, which
    makes a course cheaper than it may be, and the search many times shorter.
    """

    def __init__(self, course: Course, known: Known, limit: int, *, loosely: bool = False) -> None:
        self.course = course
        self.problem = course.problem
        self.known = known.days
        self.stop = known.stop
        self.limit = limit
        self.counting = Counting(course)
        self.numbered = {occurrence.index: occurrence for occurrence in course.free}
        self.loose = {
            o.index for o in course.free if loosely and o.anchors and course.follows_late(o)
        }
        self.ends: dict[Anchor, Costs] = {}
        self._offers: dict[tuple[int, int], Offer] = {}
        self._keys: dict[tuple[int, str], Offer] = {}
        self._questions: dict[
            tuple[int, str | None, int, tuple[tuple[int, int], ...]],
            tuple[Day, list[tuple[int, Offer]]],
        ] = {}
        self._lags: dict[tuple[int, Anchor, int], Costs] = {}
        self._own: dict[tuple[int, int], tuple[Offer, Costs]] = {}
        self._to_come = self._least_to_come()
        self.mornings: list[tuple[int, Layer]] = []
        self.from_night: list[dict[State, list[Origin]]] = []
        self.from_day: list[dict[State, list[Origin]]] = []

    # ---- the days --------------------------------------------------------------------------

    def least(self) -> int | None:
        """What the cheapest course costs; None where every one costs more than the limit."""
        end = self._walked()
        return None if end is None else end[1]

    def walk(self) -> Walk | None:
        """The cheapest course; None where every course costs more than the limit."""
        end = self._walked()
        if end is None:
            return None
        state, cost, costs = end
        trail = Trail(self, state, costs)
        return Walk(cost, trail.starts, trail.skipped)

    def _walked(self) -> tuple[State, int, Costs] | None:
        """The cheapest end of all days."""
        layer: Layer = {State(counted=self.counting.history()): np.zeros((), dtype=np.int64)}
        self.evenings: list[Layer] = [layer]
        self.stop.spent += WORK_A_WEEK * (1 + len(self.course.days) // 7)
        week: Week | None = None
        for day in self.course.days:
            if self.stop.due:
                raise Unfinished
            new = self.week_of(day)
            layer = self._night(layer, day, week, new)
            week = new
            self.mornings.append((day, layer))
            layer = self._through(layer, day, week)
            self.evenings.append(layer)
            if not layer:
                return None
        layer = self._night(layer, AFTER_ALL, week, None)
        if not layer:
            return None
        best = min(layer, key=lambda state: int(layer[state].min()))
        return best, int(layer[best].min()) + self.course.sure, layer[best]

    def _least_to_come(self) -> dict[int, int]:
        """What a day and all later ones cost at least: whole weeks, and trips made anyway."""
        found: dict[int, int] = {}
        trips, weeks = 0, 0
        for day in reversed(self.course.days):
            trips += min(
                variant.price + self.course.trip_on(day) * any(f.in_person for f in variant.fixed)
                for variant in self.course.variants(day)
            )
            found[day] = weeks + trips
            if day in self.course.least:
                weeks, trips = weeks + max(trips, self.course.least[day]), 0
                found[day] = weeks
        return found

    def _is_too_dear(self, costs: Costs, day: int) -> bool:
        return int(costs.min()) + self._to_come.get(day, 0) > self.limit

    def week_of(self, day: int) -> Week | None:
        """The week that owns a day; None after the last, or where nothing of it is asked."""
        for week in self.course.weeks:
            if week.first <= day < week.first + 7:
                return week
        return None

    # ---- over night ------------------------------------------------------------------------

    def _night(self, layer: Layer, day: int, old: Week | None, new: Week | None) -> Layer:
        """What is over is paid for; states that no longer differ become one."""
        origins: dict[State, list[Origin]] = defaultdict(list)
        morning: Layer = {}
        for state, costs in layer.items():
            after, settled = self.settle(state, costs, day, old, new)
            axes = self.settled_axes(state, after, old is not new, old)
            held = self.open_week(settled.min(axis=axes), old, new)
            if self._is_too_dear(held, day):
                continue
            origins[after].append(Origin(state, None, after))
            morning[after] = np.minimum(morning[after], held) if after in morning else held
        self.from_night.append(origins)
        return morning

    def settle(
        self, state: State, costs: Costs, day: int, old: Week | None, new: Week | None
    ) -> tuple[State, Costs]:
        """The state in the morning, and the costs with what the night adds, axes as before."""
        over = [item for item in (*state.due, *state.loosely) if self._latest_day(*item) < day]
        price = sum(self.course.left_out_cost(self.numbered[index]) for index, _ in over)
        due = tuple(item for item in state.due if item not in over)
        loosely = tuple(item for item in state.loosely if item not in over)
        following = state.next
        if old is not new:
            price += self._missed(old, state)
            costs = self._with_missed_plain(old, costs)
            following = tuple(0 for _ in new.marked) if new else ()
        counted = self.counting.kept(state.counted, day)
        return State(counted, following, due, loosely), costs + price

    def _latest_day(self, index: int, anchor: Anchor) -> int:
        _, high = self.course.lag(self.numbered[index])
        latest = min(int(self.ends[anchor].max()) + high, self.problem.calendar.end - 1)
        return self.problem.calendar.day_of(latest)

    def _missed(self, week: Week | None, state: State) -> int:
        """What the marked sessions cost that found no day in their week."""
        if week is None:
            return 0
        return sum(
            self.course.left_out_cost(session)
            for block, number in zip(week.marked, state.next, strict=True)
            for session in block.sessions[number:]
        )

    def _with_missed_plain(self, week: Week | None, costs: Costs) -> Costs:
        plain = week.plain if week else ()
        for axis, block in enumerate(plain):
            price = self.course.left_out_cost(block.sessions[0])
            counts = np.arange(len(block.sessions), -1, -1, dtype=np.int64) * price
            shape = [1] * costs.ndim
            shape[axis] = len(counts)
            costs = costs + counts.reshape(shape)
        return costs

    def settled_axes(
        self, before: State, after: State, turns: bool, old: Week | None
    ) -> tuple[int, ...]:
        """The axes that end over night: those of a week, and of anchors nothing waits for."""
        plain = len(old.plain) if old else 0
        gone = [
            plain + number
            for number, anchor in enumerate(before.anchors)
            if anchor not in after.anchors
        ]
        return (*(range(plain) if turns else ()), *gone)

    def open_week(self, costs: Costs, old: Week | None, new: Week | None) -> Costs:
        """An axis for each plain block of a new week, of which none stands yet."""
        if old is new or new is None:
            return costs
        held = np.full([*(len(b.sessions) + 1 for b in new.plain), *costs.shape], NEVER)
        held[(0,) * len(new.plain)] = costs
        return held

    # ---- over day --------------------------------------------------------------------------

    def _through(self, layer: Layer, day: int, week: Week | None) -> Layer:
        origins: dict[State, list[Origin]] = defaultdict(list)
        evening: Layer = {}
        for state, costs in layer.items():
            for move, after in self._moves(state, day, week):
                held = self._moved(state, costs, day, week, move, after)
                if held is None or self._is_too_dear(held, day + 1):
                    continue
                origins[after].append(Origin(state, move, after))
                evening[after] = np.minimum(evening[after], held) if after in evening else held
        self.from_day.append(origins)
        return evening

    def _moves(self, state: State, day: int, week: Week | None) -> Iterator[tuple[Move, State]]:
        """What a day may add to a state, but for plain sessions, and the state that comes out."""
        for follow, asides in ((None, ()), *self._follow_ups(state, day)):
            for marked in self._marked(state, day, week):
                for last in (None, *self._lasts(state, day, week, marked)):
                    for variant in range(len(self.course.variants(day))):
                        move = Move(follow, marked, last, variant, asides)
                        yield self._made(state, day, week, move)

    def _made(self, state: State, day: int, week: Week | None, move: Move) -> tuple[Move, State]:
        counted, following = list(state.counted), list(state.next)
        done = {move.follow, *(aside.due for aside in move.asides)}
        later = [item for item in (*state.due, *state.loosely) if item not in done]
        for number, session in (*move.marked, *([move.last] if move.last else [])):
            block = week.marked[number] if week else None
            if block is None:
                continue
            following[number] = session + 1
            if block.activity.id in self.course.spaced:
                counted.append((block.activity.id, day))
            for follower in block.sessions[session].followers:
                if not follower.locked and follower.index in self.numbered:
                    later.append((follower.index, (block.activity.id, day)))
        counted += self.counting.standing(day)
        later += self._due_after_standing(day)
        due = tuple(sorted(item for item in later if item[0] not in self.loose))
        loosely = tuple(sorted(item for item in later if item[0] in self.loose))
        return move, State(tuple(counted), tuple(following), due, loosely)

    def _due_after_standing(self, day: int) -> list[Due]:
        """The follow-ups of what stands on a day anyway."""
        found = []
        for occurrence, end in self.course.anchors_on(day):
            anchor = (occurrence.activity.id, day)
            self.ends[anchor] = np.array([end], dtype=np.int64)
            found += [(f.index, anchor) for f in occurrence.followers if f.index in self.numbered]
        return found

    def _follow_ups(self, state: State, day: int) -> Iterator[tuple[Due, tuple[Aside, ...]]]:
        """The follow-ups that may start on a day, each with what may be done with beside it.

        What comes before it in its activity is given up; of what comes later, any may be placed.
        """
        able = [due for due in sorted((*state.due, *state.loosely)) if self._may_start(due, day)]
        for number, follow in enumerate(able):
            activity = self.numbered[follow[0]].activity.id
            given_up = tuple(
                Aside(due, placed=False)
                for due in sorted((*state.due, *state.loosely))
                if due < follow and self.numbered[due[0]].activity.id == activity
            )
            later = [Aside(due, placed=True) for due in able[number + 1 :]]
            for size in range(len(later) + 1):
                for placed in combinations(later, size):
                    yield follow, (*given_up, *placed)

    def _may_start(self, due: Due, day: int) -> bool:
        return bool(self._own_offer(due[0], day)[0].starts)

    def _marked(
        self, state: State, day: int, week: Week | None
    ) -> Iterator[tuple[tuple[int, int], ...]]:
        """The marked sessions that do not end the day, in every combination that may be added."""
        found: list[tuple[tuple[int, int], ...]] = [()]
        for number, block in enumerate(week.marked if week else ()):
            if not block.last:
                found += [
                    (*before, (number, session))
                    for before in found
                    for session in self._next_sessions(state, number, day, week, before)
                ]
        yield from found

    def _lasts(
        self, state: State, day: int, week: Week | None, marked: tuple[tuple[int, int], ...]
    ) -> Iterator[tuple[int, int]]:
        for number, block in enumerate(week.marked if week else ()):
            if block.last:
                for session in self._next_sessions(state, number, day, week, marked):
                    yield number, session

    def _next_sessions(
        self,
        state: State,
        number: int,
        day: int,
        week: Week | None,
        beside: tuple[tuple[int, int], ...],
    ) -> Iterator[int]:
        """The numbers within a marked block that may stand on this day beside others."""
        marked = week.marked if week else ()
        block, following = marked[number], list(state.next)
        counted = list(state.counted)
        for other, session in beside:
            following[other] = session + 1
            counted.append((marked[other].activity.id, day))
        least = following[number]
        most = len(block.sessions) if block.numbered else min(least + 1, len(block.sessions))
        if (
            least < most
            and self.counting.allows(tuple(counted), block.activity, day)
            and self.counting.is_their_turn(block, tuple(following), week)
        ):
            for session in range(least, most):
                if self._own_offer(block.sessions[session].index, day)[0].starts:
                    yield session

    def _moved(
        self,
        state: State,
        costs: Costs,
        day: int,
        week: Week | None,
        move: Move,
        after: State,
    ) -> Costs | None:
        """The costs of the state that a move leads to, least over all that it leaves open."""
        table, before, held = self.parts(state, costs, day, week, move)
        if table is None:
            return None
        plain = self._plain(week)
        shape = [*costs.shape[:plain], *before.shape[plain:-1]]
        keeps = self.keeps_last(move, after, day, week)
        result = np.full([*shape, *([table.shape[-1]] if keeps else [])], NEVER, dtype=np.int64)
        for counts in self.counts(table, state, week, move):
            step = self._step(before, table[counts], counts, costs.shape, keeps)
            if step is not None:
                into = tuple(slice(count, None) for count in counts)
                view = _at(result, *into, ...)
                np.minimum(view, step, out=view)
        self._forbid_too_early(result, week, move)
        return (result + held)[(..., *(None for _ in self.course.anchors_on(day)))]

    @staticmethod
    def keeps_last(move: Move, after: State, day: int, week: Week | None) -> bool:
        """Whether the start of what ends the day matters to a follow-up."""
        if move.last is None or week is None:
            return False
        anchor = (week.marked[move.last[0]].activity.id, day)
        return any(held == anchor for _, held in after.due)

    def counts(
        self, table: Costs, state: State, week: Week | None, move: Move
    ) -> Iterator[tuple[int, ...]]:
        """How many of each plain block a day may add; in what order, is left open."""
        following, ranges = list(state.next), []
        for number, session in move.marked:
            following[number] = session + 1
        for axis, block in enumerate(week.plain if week else ()):
            turn = self.counting.is_their_turn(block, tuple(following), week)
            ranges.append(range(table.shape[axis] if turn else 1))
        return product(*ranges)

    def _forbid_too_early(self, result: Costs, week: Week | None, move: Move) -> None:
        """What ends the day waits for the plain sessions of the week that have to come first."""
        if week is None or move.last is None:
            return
        for before in week.marked[move.last[0]].activity.preceded_by:
            for axis, block in enumerate(week.plain):
                if block.activity.id == before.activity:
                    needed = sum(o.number <= before.occurrence for o in block.sessions)
                    result[(*(slice(None),) * axis, slice(None, needed))] = NEVER

    @staticmethod
    def _step(
        before: Costs, table: Costs, counts: tuple[int, ...], shape: tuple[int, ...], keeps: bool
    ) -> Costs | None:
        """From the states before to those with so many more of each plain block.

        ``before`` has the key's axis last; ``table`` has it first, and then perhaps that of the
        last offer's start, which is kept or not.
        """
        if int(table.min()) >= NEVER or any(c >= n for c, n in zip(counts, shape, strict=False)):
            return None
        out = tuple(slice(None, n - c) for c, n in zip(counts, shape, strict=False))
        if table.ndim == 1 or not keeps:
            least = table if table.ndim == 1 else table.min(axis=1)
            return _least(before[out] + least, -1)
        return _least(before[out][..., None] + table, -2)

    def parts(
        self, state: State, costs: Costs, day: int, week: Week | None, move: Move
    ) -> tuple[Costs | None, Costs, int]:
        """The day's table for a move, the costs before it by key, and what the move costs."""
        held = self._held(state, day, week, move)
        answer, offers = self.answer(day, week, move)
        table = answer.open_end
        if move.last is not None and week is not None:
            position = [number for number, _ in offers].index(move.last[0])
            index = week.marked[move.last[0]].sessions[move.last[1]].index
            table = answer.closed[position] + self._own_costs(index, day, offers[position][1])
        marks = self.marks(move)
        table = _at(table, *(slice(None),) * self._plain(week), *marks)
        if move.follow is None:
            return self._useful(table, slice(0, 1), week), costs[..., None], held
        state, costs = self.asides(state, costs, day, week, move)[-1]
        before = self._followed(state, costs, day, week, move.follow)
        return self._useful(table, slice(1, None), week), before, held

    def _useful(self, table: Costs, keys: slice, week: Week | None) -> Costs | None:
        cut = table[(*(slice(None) for _ in range(self._plain(week))), keys)]
        return cut if cut.size and int(cut.min()) < NEVER else None

    @staticmethod
    def _plain(week: Week | None) -> int:
        return len(week.plain) if week else 0

    @staticmethod
    def marks(move: Move) -> tuple[int, ...]:
        """The index of the marked sessions of a move in a day's table."""
        return tuple(1 for _ in move.marked)

    def _held(self, state: State, day: int, week: Week | None, move: Move) -> int:
        """What a move costs wherever on the day it takes place."""
        cost = self.counting.standing_cost(state.counted, day)
        cost += self.course.variants(day)[move.variant].price
        for number, session in (*move.marked, *([move.last] if move.last else [])):
            if week is not None:
                block = week.marked[number]
                cost += self.counting.uneven(state.counted, block.activity, day, week.first)
                skipped = block.sessions[state.next[number] : session]
                cost += sum(self.course.left_out_cost(one) for one in skipped)
        return cost

    # ---- a day's tables --------------------------------------------------------------------

    def answer(
        self, day: int, week: Week | None, move: Move
    ) -> tuple[Day, list[tuple[int, Offer]]]:
        """The walks of a day, and the offers that may end it with the numbers of their blocks."""
        follow = move.follow
        activity = self.numbered[follow[0]].activity.id if follow else self._usual(day)
        key = (day, activity, move.variant, move.marked)
        if key not in self._questions:
            question, offers = self._question(day, week, activity, move)
            if question not in self.known:
                self.known[question] = Day(question)
            self._questions[key] = (self.known[question], offers)
        return self._questions[key]

    def _usual(self, day: int) -> str | None:
        """The follow-up with which the day has been asked about, so as to ask but once."""
        return next((name for held, name, *_ in self._questions if held == day and name), None)

    def _question(
        self, day: int, week: Week | None, follow: str | None, move: Move
    ) -> tuple[Question, list[tuple[int, Offer]]]:
        course = self.course
        plain = [self._offer(b, day) for b in (week.plain if week else ())]
        marked = list(enumerate(week.marked)) if week else []
        chosen = [b.sessions[dict(move.marked)[n]] for n, b in marked if n in dict(move.marked)]
        plain += [self._own_offer(session.index, day)[0] for session in chosen]
        last = [(number, self._offer(b, day)) for number, b in marked if b.last]
        return Question(
            slots=course.slots(day),
            fixed=course.variants(day)[move.variant].fixed,
            plain=tuple(plain),
            keyed=self._keyed(day, follow),
            last=tuple(offer for _, offer in last),
            trip=course.trip_on(day),
            idle=course.idle_on(day),
        ), last

    def _offer(self, block: Block, day: int) -> Offer:
        key = (id(block), day)
        if key not in self._offers:
            self._offers[key] = self.course.offer(block.sessions, day, block)
        return self._offers[key]

    def _keyed(self, day: int, follow: str | None) -> Offer | None:
        if follow is None:
            return None
        if (day, follow) not in self._keys:
            like = [o for o in self.course.free if o.activity.id == follow]
            offer = self.course.offer(like, day, None)
            self._keys[day, follow] = offer._replace(costs=tuple(0 for _ in offer.starts))
        return self._keys[day, follow]

    def key_starts(self, index: int, day: int) -> tuple[int, ...]:
        """The slots at which follow-ups like one may start on a day, its own or not."""
        keyed = self._keyed(day, self.numbered[index].activity.id)
        return keyed.starts if keyed else ()

    def _own_offer(self, index: int, day: int) -> tuple[Offer, Costs]:
        key = (index, day)
        if key not in self._own:
            offer = self.course.offer([self.numbered[index]], day, None)
            self._own[key] = (offer, np.array(offer.costs, dtype=np.int64))
        return self._own[key]

    def _own_costs(self, index: int, day: int, common: Offer) -> Costs:
        """What each start of a common offer costs one of its sessions."""
        offer, costs = self._own_offer(index, day)
        found = dict(zip(offer.starts, costs.tolist(), strict=True))
        own = np.array([found.get(start, NEVER) for start in common.starts], dtype=np.int64)
        begin = self.problem.calendar.day_starts[day]
        occurrence = self.numbered[index]
        starts = begin + self.course.slot * np.array(common.starts, dtype=np.int64)
        self.ends[occurrence.activity.id, day] = starts + self.course.length(occurrence)
        return own

    def asides(
        self, state: State, costs: Costs, day: int, week: Week | None, move: Move
    ) -> list[tuple[State, Costs]]:
        """The state and its costs before the first aside, after it, and so on."""
        stages = [(state, costs)]
        for aside in move.asides:
            state, costs = stages[-1]
            priced = costs + self.aside_costs(state, costs, day, week, aside)
            due = tuple(item for item in state.due if item != aside.due)
            loosely = tuple(item for item in state.loosely if item != aside.due)
            after = state._replace(due=due, loosely=loosely)
            axis = self.gone_axis(state, after, week)
            stages.append((after, priced if axis is None else priced.min(axis=axis)))
        return stages

    def gone_axis(self, before: State, after: State, week: Week | None) -> int | None:
        """The axis of an anchor that nothing waits for any more."""
        gone = [a for a in before.anchors if a not in after.anchors]
        return self._plain(week) + before.anchors.index(gone[0]) if gone else None

    def aside_costs(
        self, state: State, costs: Costs, day: int, week: Week | None, aside: Aside
    ) -> Costs:
        """What an aside costs at least, along the axis of its anchor."""
        occurrence = self.numbered[aside.due[0]]
        if not aside.placed:
            return np.full((1,) * costs.ndim, self.course.left_out_cost(occurrence))
        fills = -(-self.course.length(occurrence) // self.course.slot) * self.course.idle_on(day)
        lags = self.lag_costs(*aside.due, day).min(axis=1)
        lags = lags - (fills if self.problem.in_person(occurrence) else 0)
        if aside.due in state.loosely:
            return np.full((1,) * costs.ndim, int(lags.min()))
        shape = [1] * costs.ndim
        shape[self._plain(week) + state.anchors.index(aside.due[1])] = len(lags)
        along: Costs = lags.reshape(shape)
        return along

    def _followed(
        self, state: State, costs: Costs, day: int, week: Week | None, follow: Due
    ) -> Costs:
        """The costs with a follow-up at each of its starts, which are a new last axis."""
        index, anchor = follow
        if follow in state.loosely:
            least: Costs = costs[..., None] + self.lag_costs(index, anchor, day).min(axis=0)
            return least
        axis = self._plain(week) + state.anchors.index(anchor)
        lags = self.lag_costs(index, anchor, day)
        still = any(held == anchor and other != index for other, held in state.due)
        by_anchor = np.moveaxis(costs, axis, 0)
        if still:
            return np.moveaxis(
                by_anchor[..., None] + lags.reshape(self._wide(lags, costs)), 0, axis
            )
        least = np.full((*by_anchor.shape[1:], lags.shape[1]), NEVER, dtype=np.int64)
        for held, row in zip(by_anchor, lags, strict=True):
            able = row < NEVER
            if able.any() and int(held.min()) < NEVER:
                least[..., able] = np.minimum(least[..., able], held[..., None] + row[able])
        return least

    @staticmethod
    def _wide(lags: Costs, costs: Costs) -> tuple[int, ...]:
        """The shape of lags by anchor and key beside costs whose first axis is the anchor's."""
        return (lags.shape[0], *(1,) * (costs.ndim - 1), lags.shape[1])

    def lag_costs(self, index: int, anchor: Anchor, day: int) -> Costs:
        """What a follow-up costs by its anchor's start and its own on a day."""
        key = (index, anchor, day)
        if key not in self._lags:
            starts = self.key_starts(index, day)
            offer, costs = self._own_offer(index, day)
            own = dict(zip(offer.starts, costs.tolist(), strict=True))
            table = self.course.lag_table(self.numbered[index])
            begin = self.problem.calendar.day_starts[day]
            at = begin + self.course.slot * np.array(starts, dtype=np.int64)
            lags = at[None, :] - self.ends[anchor][:, None]
            mine = np.array([own.get(start, NEVER) for start in starts], dtype=np.int64)
            self._lags[key] = table[np.clip(lags, -1, len(table) - 2)] + mine
        return self._lags[key]


def _at(costs: Costs, *index: Any) -> Costs:
    """The part of an array at an index of numbers and slices."""
    part: Costs = costs[index]
    return part


def _least(costs: Costs, axis: int) -> Costs:
    least: Costs = costs.min(axis=axis)
    return least


class Trail:
    """The way back from the cheapest end to the start of every session."""

    def __init__(self, walker: Walker, end: State, costs: Costs) -> None:
        self.walker = walker
        self.course = walker.course
        self.starts: dict[Occurrence, int] = {}
        self.skipped: tuple[Occurrence, ...] = ()
        index = tuple(int(n) for n in np.unravel_index(int(costs.argmin()), costs.shape))
        state, value = end, int(costs.min())
        weeks = [walker.week_of(day) for day, _ in walker.mornings]
        for number in range(len(walker.mornings), -1, -1):
            old = weeks[number - 1] if number else None
            new = weeks[number] if number < len(weeks) else None
            day = walker.mornings[number][0] if number < len(weeks) else AFTER_ALL
            state, index, value = self._before_night(number, day, (old, new), (state, index, value))
            if number:
                state, index, value = self._before_day(number - 1, old, (state, index, value))

    def _before_night(
        self,
        number: int,
        day: int,
        weeks: tuple[Week | None, Week | None],
        at: tuple[State, tuple[int, ...], int],
    ) -> tuple[State, tuple[int, ...], int]:
        state, index, value = at
        old, new = weeks
        turns = old is not new
        plain = len(new.plain) if new is not None and turns else 0
        for origin in self.walker.from_night[number][state]:
            costs = self.walker.evenings[number][origin.state]
            _, settled = self.walker.settle(origin.state, costs, day, old, new)
            axes = self.walker.settled_axes(origin.state, state, turns, old)
            first = np.moveaxis(settled, axes, tuple(range(len(axes))))
            choice = _at(first, *(slice(None),) * len(axes), *index[plain:])
            if int(choice.min()) == value:
                chosen = np.unravel_index(int(choice.argmin()), choice.shape)
                full = list(index[plain:])
                for axis, position in zip(axes, chosen, strict=True):
                    full.insert(axis, int(position))
                return origin.state, (*full,), int(costs[(*full,)])
        raise AssertionError(f"no way back from the morning of day {day}")

    def _before_day(
        self, number: int, week: Week | None, at: tuple[State, tuple[int, ...], int]
    ) -> tuple[State, tuple[int, ...], int]:
        state, index, value = at
        day, morning = self.walker.mornings[number]
        index = index[: len(index) - len(self.course.anchors_on(day))]
        for origin in self.walker.from_day[number][state]:
            costs = morning[origin.state]
            found = self._by_move(day, week, origin, costs, (index, value))
            if found is not None:
                return origin.state, found, int(costs[found])
        raise AssertionError(f"no way back from the evening of day {day}")

    def _by_move(
        self,
        day: int,
        week: Week | None,
        origin: Origin,
        costs: Costs,
        at: tuple[tuple[int, ...], int],
    ) -> tuple[int, ...] | None:
        """The place in the morning from which a move leads to one in the evening."""
        (index, value), move = at, origin.move
        if move is None:
            return None
        table, before, held = self.walker.parts(origin.state, costs, day, week, move)
        if table is None:
            return None
        keeps = self.walker.keeps_last(move, origin.after, day, week)
        plain = len(week.plain) if week else 0
        rest = index[plain : len(index) - keeps]
        for counts in self.walker.counts(table, origin.state, week, move):
            was = tuple(now - count for now, count in zip(index[:plain], counts, strict=True))
            if any(n < 0 for n in was):
                continue
            ways = before[(*was, *rest)].reshape(-1, *(1,) * (table[counts].ndim - 1))
            ways = ways + table[counts]
            if keeps:
                ways = ways[:, index[-1]]
            if int(ways.min()) + held == value:
                chosen = [int(n) for n in np.unravel_index(int(ways.argmin()), ways.shape)]
                ended = index[-1] if keeps else chosen[1] if len(chosen) > 1 else None
                self._note(day, week, move, (was, counts), (chosen[0], ended))
                stages = self.walker.asides(origin.state, costs, day, week, move)
                place = self._place(stages[-1], move.follow, day, plain, (*was, *rest), chosen[0])
                return self._before_asides(stages, move, day, week, place)
        return None

    def _before_asides(
        self,
        stages: list[tuple[State, Costs]],
        move: Move,
        day: int,
        week: Week | None,
        index: tuple[int, ...],
    ) -> tuple[int, ...]:
        """The index before the asides, whose starts are written down where they are placed."""
        begin = self.course.problem.calendar.day_starts[day]
        for number in range(len(move.asides) - 1, -1, -1):
            (state, costs), (after, _), aside = (
                stages[number],
                stages[number + 1],
                move.asides[number],
            )
            axis = self.walker.gone_axis(state, after, week)
            if axis is not None:
                priced = costs + self.walker.aside_costs(state, costs, day, week, aside)
                line = _at(priced, *index[:axis], slice(None), *index[axis:])
                index = (*index[:axis], int(line.argmin()), *index[axis:])
            if aside.placed:
                lags = self.walker.lag_costs(*aside.due, day)
                own = lags.min(axis=0) if axis is None else lags[index[axis]]
                slot = self.walker.key_starts(aside.due[0], day)[int(own.argmin())]
                self.starts[self.walker.numbered[aside.due[0]]] = begin + self.course.slot * slot
        return index

    def _place(
        self,
        at: tuple[State, Costs],
        follow: Due | None,
        day: int,
        plain: int,
        index: tuple[int, ...],
        key: int,
    ) -> tuple[int, ...]:
        """The index before a follow-up was chosen, with that of its anchor's start."""
        state, costs = at
        if follow is None or follow in state.loosely:
            return index
        axis = plain + state.anchors.index(follow[1])
        if any(a == follow[1] and i != follow[0] for i, a in state.due):
            return index
        lags = self.walker.lag_costs(*follow, day)[:, key]
        line = _at(costs, *index[:axis], slice(None), *index[axis:]) + lags
        return (*index[:axis], int(line.argmin()), *index[axis:])

    def _note(
        self,
        day: int,
        week: Week | None,
        move: Move,
        plain: tuple[tuple[int, ...], tuple[int, ...]],
        chosen: tuple[int, int | None],
    ) -> None:
        """Write down the starts of what a day added."""
        answer, offers = self.walker.answer(day, week, move)
        self.skipped += self.course.variants(day)[move.variant].skipped
        begin = self.course.problem.calendar.day_starts[day]
        was, counts = plain
        ended = None
        if move.last is not None and week is not None and chosen[1] is not None:
            position = [number for number, _ in offers].index(move.last[0])
            ended = (position, chosen[1])
            session = week.marked[move.last[0]].sessions[move.last[1]]
            start = offers[position][1].starts[chosen[1]]
            self.starts[session] = begin + self.course.slot * start
        key = 0
        if move.follow is not None and answer.question.keyed is not None:
            key = chosen[0] + 1
            start = answer.question.keyed.starts[chosen[0]]
            self.starts[self.walker.numbered[move.follow[0]]] = begin + self.course.slot * start
        found = answer.starts((*counts, *self.walker.marks(move)), key, ended)
        sessions = [
            block.sessions[first : first + count]
            for block, first, count in zip(week.plain if week else (), was, counts, strict=True)
        ]
        sessions += [(week.marked[n].sessions[s],) for n, s in move.marked] if week else []
        for block, starts in zip(sessions, found, strict=True):
            for session, start in zip(block, starts, strict=True):
                self.starts[session] = begin + self.course.slot * start

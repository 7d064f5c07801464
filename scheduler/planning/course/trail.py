"""The way back from the cheapest end of a walk to the start of every session.

Only costs are kept on the way forward. So the way back asks of each night and day, the last one
first, which of the states that led here led here at just this cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from scheduler.planning.asking import Occurrence
from scheduler.planning.course.day import Costs, part_of
from scheduler.planning.course.follow_ups import axis_of, gone_axis, is_awaited_by_others
from scheduler.planning.course.nights import Nights, ended_axes
from scheduler.planning.course.state import Due, Layer, Move, Night, Reached, State, Today
from scheduler.planning.course.steps import Parts, Steps, keeps_last, marks

Index = tuple[int, ...]
"""Where in an array of costs."""


@dataclass
class Journal:
    """What a walk has come through: its nights, all costs, and where each state came from.

    ``evenings`` begin before the first night; every other list begins with that night, and the
    last night ends after all days.
    """

    nights: list[Night] = field(default_factory=list)
    mornings: list[Layer] = field(default_factory=list)
    evenings: list[Layer] = field(default_factory=list)
    from_night: list[Mapping[State, list[State]]] = field(default_factory=list)
    from_day: list[Mapping[State, list[tuple[State, Move]]]] = field(default_factory=list)

    def note_night(
        self, night: Night, origins: Mapping[State, list[State]], morning: Layer
    ) -> None:
        """Write down a night, and from which states of the evening its morning comes."""
        self.nights.append(night)
        self.from_night.append(origins)
        self.mornings.append(morning)

    def note_day(self, origins: Mapping[State, list[tuple[State, Move]]], evening: Layer) -> None:
        """Write down an evening, and from which states and moves it comes."""
        self.from_day.append(origins)
        self.evenings.append(evening)


class Place(NamedTuple):
    """A state, where in its array of costs the cheapest course passes, and what stands there."""

    state: State
    at: Index
    value: int


class Way(NamedTuple):
    """How a move led to a place in the evening: numbers of plain sessions before it and added.

    ``rest`` is the index behind those numbers, ``key`` that of the follow-up's start, and ``end``
    that of the start of what ends the day.
    """

    was: Index
    added: Index
    rest: Index
    key: int
    end: int | None


class Trail:
    """The starts, in ticks, that one walk led to, and the meetings that it stays away from."""

    def __init__(self, journal: Journal, nights: Nights, steps: Steps) -> None:
        self.journal = journal
        self.nights = nights
        self.steps = steps
        self.tables = steps.tables
        self.course = steps.course
        self.starts: dict[Occurrence, int] = {}
        self.skipped: tuple[Occurrence, ...] = ()

    def follow_back(self, end: Reached) -> None:
        """Find all starts, from the cheapest place of an end."""
        at = np.unravel_index(int(end.costs.argmin()), end.costs.shape)
        place = Place(end.state, tuple(int(n) for n in at), int(end.costs.min()))
        for number in reversed(range(len(self.journal.nights))):
            place = self._before_night(number, place)
            if number:
                place = self._before_day(number - 1, place)

    # ---- nights ----------------------------------------------------------------------------

    def _before_night(self, number: int, place: Place) -> Place:
        night = self.journal.nights[number]
        # The axes of a new week's plain blocks began in this morning.
        index = place.at[len(night.new.plain) if night.turns else 0 :]
        for origin in self.journal.from_night[number][place.state]:
            costs = self.journal.evenings[number][origin]
            settled = self.nights.settled(Reached(origin, costs), night).costs
            axes = ended_axes(origin, place.state, night)
            ended = np.moveaxis(settled, axes, range(len(axes)))
            ways = part_of(ended, *(slice(None) for _ in axes), *index)
            if int(ways.min()) == place.value:
                full = list(index)
                for axis, at in zip(axes, _cheapest(ways), strict=True):
                    full.insert(axis, at)
                return Place(origin, (*full,), int(costs[(*full,)]))
        raise AssertionError(f"no way back from the morning of day {night.new.day}")

    # ---- days ------------------------------------------------------------------------------

    def _before_day(self, number: int, place: Place) -> Place:
        today = self.journal.nights[number].new
        standing = len(self.course.agenda.anchors_on(today.day))
        evening = place._replace(at=place.at[: len(place.at) - standing])
        for origin, move in self.journal.from_day[number][place.state]:
            costs = self.journal.mornings[number][origin]
            found = self._by_move(Reached(origin, costs), today, move, evening)
            if found is not None:
                return Place(origin, found, int(costs[found]))
        raise AssertionError(f"no way back from the evening of day {today.day}")

    def _by_move(self, morning: Reached, today: Today, move: Move, place: Place) -> Index | None:
        """The place in the morning from which a move leads to one in the evening."""
        parts = self.steps.parts(morning, today, move)
        if parts is None:
            return None
        keeps = keeps_last(move, place.state, today)
        for counts in self.steps.counts(parts, morning.state, today, move):
            way = _way(parts, counts, place, keeps=keeps)
            if way is not None:
                self._note(today, move, way)
                return self._before_follow_ups(morning, today, move, way)
        return None

    def _note(self, today: Today, move: Move, way: Way) -> None:
        """Write down the starts of what a day added."""
        answer = self.tables.answer(today, move)
        question = answer.day.question
        self.skipped += self.course.agenda.variants(today.day)[move.variant].skipped
        key, ended = 0, None
        if move.last is not None and way.end is not None:
            number, session = move.last
            ended = (answer.lasts.index(number), way.end)
            start = question.last[ended[0]].starts[way.end]
            self._write(today.marked[number].sessions[session], today, start)
        if move.follow is not None and question.keyed is not None:
            key = way.key + 1
            start = question.keyed.starts[way.key]
            self._write(self.course.numbered[move.follow[0]], today, start)
        found = answer.day.starts((*way.added, *marks(move)), key, ended)
        for sessions, starts in zip(_added(today, move, way), found, strict=True):
            for session_added, start in zip(sessions, starts, strict=True):
                self._write(session_added, today, start)

    def _write(self, session: Occurrence, today: Today, slot: int) -> None:
        problem = self.course.problem
        self.starts[session] = problem.calendar.day_starts[today.day] + problem.slot * slot

    # ---- follow-ups ------------------------------------------------------------------------

    def _before_follow_ups(self, morning: Reached, today: Today, move: Move, way: Way) -> Index:
        """The index before a move's follow-up and asides, with the starts of their anchors."""
        stages = self.steps.follow_ups.stages(morning, today, move)
        index = (*way.was, *way.rest)
        if move.follow is not None:
            index = self._before_follow(stages[-1], today, move.follow, (index, way.key))
        return self._before_asides(stages, today, move, index)

    def _before_follow(
        self, reached: Reached, today: Today, follow: Due, at: tuple[Index, int]
    ) -> Index:
        """The index before a follow-up was placed at a start, with that of its anchor's start."""
        (index, key), (state, costs) = at, reached
        if follow in state.loosely or is_awaited_by_others(follow, state):
            return index
        axis = axis_of(follow, state, today)
        line = part_of(costs, *index[:axis], slice(None), *index[axis:])
        lags = self.tables.lag_costs(*follow, today.day)[:, key]
        return (*index[:axis], int((line + lags).argmin()), *index[axis:])

    def _before_asides(
        self, stages: list[Reached], today: Today, move: Move, index: Index
    ) -> Index:
        """The index before the asides, whose starts are written down where they are placed."""
        for number in reversed(range(len(move.asides))):
            before, aside = stages[number], move.asides[number]
            axis = gone_axis(before.state, stages[number + 1].state, today)
            if axis is not None:
                priced = before.costs + self.steps.follow_ups.aside_costs(before, today, aside)
                line = part_of(priced, *index[:axis], slice(None), *index[axis:])
                index = (*index[:axis], int(line.argmin()), *index[axis:])
            if aside.placed:
                self._write_aside(today, aside.due, before.state, index)
        return index

    def _write_aside(self, today: Today, due: Due, state: State, index: Index) -> None:
        """Write down the best start after its anchor's, or after any where that is not known."""
        lags = self.tables.lag_costs(*due, today.day)
        loosely = due in state.loosely
        own = lags.min(axis=0) if loosely else lags[index[axis_of(due, state, today)]]
        slot = self.tables.follow_up_starts(due[0], today.day)[int(own.argmin())]
        self._write(self.course.numbered[due[0]], today, slot)


def _cheapest(ways: Costs) -> Index:
    return tuple(int(n) for n in np.unravel_index(int(ways.argmin()), ways.shape))


def _way(parts: Parts, counts: Index, place: Place, *, keeps: bool) -> Way | None:
    """How so many more of each plain block led to a place; None where they did not."""
    plain, index = len(counts), place.at
    was = tuple(now - count for now, count in zip(index[:plain], counts, strict=True))
    if any(n < 0 for n in was):
        return None
    rest, table = index[plain : len(index) - keeps], parts.table[counts]
    by_key = parts.before[(*was, *rest)]
    ways = by_key.reshape(-1, *(1,) * (table.ndim - 1)) + table
    if keeps:
        ways = ways[:, index[-1]]
    if int(ways.min()) + parts.held != place.value:
        return None
    key, *ends = _cheapest(ways)
    return Way(was, counts, rest, key, index[-1] if keeps else next(iter(ends), None))


def _added(today: Today, move: Move, way: Way) -> list[tuple[Occurrence, ...]]:
    """The sessions that a day added, those of plain blocks before the marked ones."""
    plain = [
        block.sessions[first : first + count]
        for block, first, count in zip(today.plain, way.was, way.added, strict=True)
    ]
    return plain + [(today.marked[number].sessions[one],) for number, one in move.marked]

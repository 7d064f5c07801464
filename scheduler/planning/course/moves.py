"""Which moves a day may add to a state, but for plain sessions, and which state comes of each."""

from collections.abc import Iterable, Iterator
from itertools import combinations, product

from scheduler.planning.asking import Occurrence
from scheduler.planning.course.course import Course
from scheduler.planning.course.spacing import Counted, Counting
from scheduler.planning.course.state import Aside, Chosen, Due, Move, State, Today
from scheduler.planning.course.tables import Tables


class Moves:
    """The moves of one course; follow-ups that are ``loose`` only need to know a day."""

    def __init__(
        self, course: Course, counting: Counting, tables: Tables, loose: frozenset[int]
    ) -> None:
        self.course = course
        self.counting = counting
        self.tables = tables
        self.loose = loose

    def of(self, state: State, today: Today) -> Iterator[tuple[Move, State]]:
        """Every move that a day may add to a state, and the state in the evening."""
        variants = range(len(self.course.agenda.variants(today.day)))
        for follow, asides in ((None, ()), *self._follow_ups(state, today.day)):
            for marked in self._marked(state, today):
                for last in (None, *self._lasts(state, today, marked)):
                    for variant in variants:
                        move = Move(follow, marked, last, variant, asides)
                        yield move, self._evening(state, today, move)

    def _evening(self, state: State, today: Today, move: Move) -> State:
        done = {move.follow, *(aside.due for aside in move.asides)}
        later = [item for item in state.to_come if item not in done]
        for number, session in move.chosen:
            later += self._due_after(today.marked[number].sessions[session], today.day)
        for standing, _ in self.course.agenda.anchors_on(today.day):
            later += self._due_after(standing, today.day)
        following, counted = self._with(state, today, move.chosen)
        return State(
            (*counted, *self.counting.standing(today.day)),
            following,
            tuple(sorted(item for item in later if item[0] not in self.loose)),
            tuple(sorted(item for item in later if item[0] in self.loose)),
        )

    def _due_after(self, anchor: Occurrence, day: int) -> Iterator[Due]:
        for follower in anchor.followers:
            if follower.index in self.course.numbered:
                yield follower.index, (anchor.activity.id, day)

    def _with(
        self, state: State, today: Today, chosen: Iterable[Chosen]
    ) -> tuple[tuple[int, ...], Counted]:
        """The next number of each marked block, and the days counted, with sessions added."""
        following, counted = list(state.next), list(state.counted)
        for number, session in chosen:
            following[number] = session + 1
            activity = today.marked[number].activity.id
            if activity in self.course.spaced:
                counted.append((activity, today.day))
        return tuple(following), tuple(counted)

    # ---- follow-ups ------------------------------------------------------------------------

    def _follow_ups(self, state: State, day: int) -> Iterator[tuple[Due, tuple[Aside, ...]]]:
        """The follow-ups that may start on a day, each with what may be done with beside it.

        What comes before it in its activity is given up; of what comes later, any may be placed.
        """
        able = [due for due in sorted(state.to_come) if self.tables.may_start(due[0], day)]
        for number, follow in enumerate(able):
            given_up = [Aside(due, placed=False) for due in self._before(follow, state)]
            later = [Aside(due, placed=True) for due in able[number + 1 :]]
            for size in range(len(later) + 1):
                for placed in combinations(later, size):
                    yield follow, (*given_up, *placed)

    def _before(self, follow: Due, state: State) -> Iterator[Due]:
        """The follow-ups still to come that are before one in its activity."""
        activity = self.course.numbered[follow[0]].activity.id
        for due in sorted(state.to_come):
            if due < follow and self.course.numbered[due[0]].activity.id == activity:
                yield due

    # ---- marked sessions -------------------------------------------------------------------

    def _marked(self, state: State, today: Today) -> Iterator[tuple[Chosen, ...]]:
        """The marked sessions that do not end the day, in every combination that may be added."""
        found: list[tuple[Chosen, ...]] = [()]
        for number, block in enumerate(today.marked):
            if not block.last:
                found += [
                    (*before, (number, session))
                    for before in found
                    for session in self._next_sessions(state, number, today, before)
                ]
        yield from found

    def _lasts(self, state: State, today: Today, marked: tuple[Chosen, ...]) -> Iterator[Chosen]:
        for number, block in enumerate(today.marked):
            if block.last:
                for session in self._next_sessions(state, number, today, marked):
                    yield number, session

    def _next_sessions(
        self, state: State, number: int, today: Today, beside: tuple[Chosen, ...]
    ) -> Iterator[int]:
        """The numbers within a marked block that may stand on this day beside others."""
        block = today.marked[number]
        following, counted = self._with(state, today, beside)
        least, end = following[number], len(block.sessions)
        most = end if block.numbered else min(least + 1, end)
        if (
            least < most
            and self.counting.allows(counted, block.activity, today.day)
            and self.counting.is_their_turn(block, following, today.marked)
        ):
            for session in range(least, most):
                if self.tables.may_start(block.sessions[session].index, today.day):
                    yield session

    # ---- plain sessions --------------------------------------------------------------------

    def counts(
        self, most: tuple[int, ...], state: State, today: Today, move: Move
    ) -> Iterator[tuple[int, ...]]:
        """How many of each plain block a day may add to a move; their order is left open.

        ``most`` is one more than may be added of each.
        """
        following, _ = self._with(state, today, move.marked)
        turns = (self.counting.is_their_turn(b, following, today.marked) for b in today.plain)
        ranges = (range(n if turn else 1) for n, turn in zip(most, turns, strict=False))
        return product(*ranges)

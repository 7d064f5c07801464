"""What sessions cost by themselves: where they start, after what lag, and when left out."""

from collections.abc import Iterable, Iterator

import numpy as np

from scheduler.planning.asking import Occurrence
from scheduler.planning.costing import keeps_booking, lag_terms, moved_term, unplaced_term
from scheduler.planning.course.asking import Request
from scheduler.planning.course.day import NEVER, Costs
from scheduler.planning.course.starts import Attended
from scheduler.planning.placements import booked_placement


class Prices:
    """The prices of one request, in units of cost."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.board = request.board
        self.problem = request.problem
        self.weights = request.weights
        self._lag_tables: dict[str, Costs] = {}

    def of_starts(self, occurrence: Occurrence, begin: int, slots: Iterable[int]) -> Iterator[int]:
        """What starts at slots after a tick cost by themselves.

        That is what is against preferences, what is not as booked, and the lags of follow-ups
        that stand.
        """
        length, slot_ticks = self.request.length(occurrence), self.problem.slot
        wished = self.problem.prefers(self.request.patient, length) >> begin
        followers = [f for f in occurrence.followers if f in self.board.placed and f.asked]
        crowd = self.request.crowd
        is_plain = occurrence.booked is None and not followers
        for slot in slots:
            ticks = slot_ticks * slot
            cost = 0 if wished >> ticks & 1 else self.weights.off_preference
            if crowd is not None:
                cost += crowd.cost(occurrence, begin + ticks)
            if not is_plain:
                cost += self._of_moving(occurrence, begin + ticks)
                for follower in followers:
                    lag = self.board.placed[follower].start - (begin + ticks + length)
                    cost += self.of_lag(follower, lag)
            yield cost

    def _of_moving(self, occurrence: Occurrence, start: int) -> int:
        if occurrence.booked is None or self._keeps_booking(occurrence, start):
            return 0
        return moved_term(self.problem, occurrence)[1]

    def _keeps_booking(self, occurrence: Occurrence, start: int) -> bool:
        booked = booked_placement(self.problem, occurrence)
        faces = self.request.allowed_faces(occurrence)
        crews = [crew for crew, _ in self.board.ledger.crews(occurrence, faces)]
        same = [crew for crew in crews if set(crew) == set(booked.crew)]
        if start != booked.start or not same:
            return False
        served = self.board.ledger.serve(occurrence, start, same, booked.location)
        return served is not None and served[0] == booked.location

    def of_leaving_out(self, occurrence: Occurrence) -> int:
        """What it costs to leave a session or a meeting out."""
        cost = int(getattr(self.weights, unplaced_term(occurrence)))
        return cost + (self.weights.dropped if occurrence.booked is not None else 0)

    def of_lag(self, occurrence: Occurrence, lag: int) -> int:
        """What a lag of so many ticks costs; `NEVER` outside the lags allowed."""
        low, high = self.request.lag(occurrence)
        if not low <= lag <= high:
            return NEVER
        return sum(amount for _, amount in lag_terms(self.problem, occurrence, lag))

    def of_lags(self, occurrence: Occurrence) -> Costs:
        """The cost of each lag in ticks from 0 on; one more at the end says that it is too long.

        The index -1, which is also that last one, stands for negative lags.
        """
        key = occurrence.activity.id
        if key not in self._lag_tables:
            _, high = self.request.lag(occurrence)
            costs = [self.of_lag(occurrence, lag) for lag in range(high + 1)]
            self._lag_tables[key] = np.array([*costs, NEVER], dtype=np.int64)
        return self._lag_tables[key]

    def sure(self, attended: Attended) -> int:
        """What any answer costs: meetings that cannot be attended, or not where booked."""
        places = dict(attended)
        cost = 0
        for occurrence in self.request.meetings:
            place = places.get(occurrence)
            if place is None:
                cost += self.weights.unplaced_other * self.board.wanted(occurrence)
                cost += self.weights.dropped * (occurrence.booked is not None)
            elif occurrence.booked and not keeps_booking(self.problem, occurrence, place):
                cost += moved_term(self.problem, occurrence)[1]
        return cost

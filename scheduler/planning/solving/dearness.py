"""What a dose costs on a day besides what it loses: a part of `scarcity`.

The trip, hours that the patient does not prefer, and how long what follows the dose has to wait:
after a Friday that may be a weekend. Everybody would rather come early in the week, so who comes
when is asked about all together.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from scheduler.planning.asking import Occurrence
from scheduler.planning.calendar import span_mask
from scheduler.planning.problem import Problem
from scheduler.planning.solving.afterwards import FollowUp

Priced = tuple[int, int]
"""What some starts cost, and which these are, a bit for each tick."""


class Dearness:
    """The prices of the days of one patient's doses under one choice of series."""

    def __init__(self, problem: Problem, patient: str, visited: Iterable[int]) -> None:
        """On the days ``visited`` the patient comes anyway."""
        self.problem = problem
        self.patient = patient
        begins = problem.calendar.day_starts
        self._visited = reduce(or_, (span_mask(*begins[day : day + 2]) for day in visited), 0)

    def of(self, dose: Occurrence, starts: int, follow_ups: Iterable[FollowUp]) -> int:
        """What a dose at one of these starts costs at least, and what follows it, each alone."""
        own = min(price for price, held in self._priced(dose, starts) if held)
        return own + sum(self._after(starts, follow_up) for follow_up in follow_ups)

    def _after(self, doses: int, follow_up: FollowUp) -> int:
        """What follows a dose at one of these starts costs at least; no more than left out."""
        begin, end = (doses & -doses).bit_length() - 1, doses.bit_length() + follow_up.latest
        within, doses = follow_up.starts & span_mask(begin, end), doses >> begin
        least = follow_up.price
        for price, starts in self._priced(follow_up.like, within):
            lags = (lag for lag in follow_up.lags if lag.has_room(doses, starts >> begin))
            least = min(least, price + next((lag.price for lag in lags), least))
        return least

    def _priced(self, occurrence: Occurrence, starts: int) -> Iterator[Priced]:
        """Starts by what they cost: off the hours that are preferred, with a trip of their own."""
        weights = self.problem.weights
        length = self.problem.shape(occurrence.activity).length
        preferred = self.problem.prefers(self.patient, length)
        comes = self._visited if self.problem.in_person(occurrence) else starts
        for price, held in (0, preferred), (weights.off_preference, ~preferred):
            yield price, starts & held & comes
            yield price + weights.trip_day, starts & held & ~comes

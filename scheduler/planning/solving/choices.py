"""One choice of series of one patient, and what it does to the doses: a part of `scarcity`."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from ortools.sat.python import cp_model

from pathways.model import Activity
from scheduler.planning.asking import Occurrence
from scheduler.planning.calendar import bits
from scheduler.planning.costing import unplaced_term
from scheduler.planning.problem import Meeting
from scheduler.planning.solving.afterwards import FollowUp
from scheduler.planning.solving.ceilings import footprint
from scheduler.planning.solving.room import Kind

if TYPE_CHECKING:
    from scheduler.planning.solving.scarcity import Scarcity

Variable = cp_model.IntVar
Block = list[Occurrence]
"""The doses of one activity in one week of a patient."""


class Loss(NamedTuple):
    """So much of it stays unplaced if ``missed`` does: ``price`` in cost, ``number`` by count."""

    missed: Variable
    price: int
    number: int


class Dose(NamedTuple):
    """One dose of a block on a day, from any start of a kind, if ``stands`` says so."""

    block: Block
    day: int
    kind: Kind
    stands: Variable


class Choice:
    """One choice of series of one patient: its meetings, and the days of the doses beside them."""

    def __init__(self, scarcity: "Scarcity", patient: str, series: dict[str, str | None]) -> None:
        self.scarcity = scarcity
        self.problem = scarcity.problem
        self.model = scarcity.model
        self.patient = patient
        self.series = series
        self.made = self.model.new_bool_var("")
        self._meetings: dict[int, list[Meeting]] = defaultdict(list)
        self._missed: dict[Meeting, Variable] = {}
        self._days: dict[str, dict[int, list[Variable]]] = defaultdict(lambda: defaultdict(list))
        for name, joined in series.items():
            self._join(self.problem.pathways[patient].activity(name), joined)

    def _join(self, activity: Activity, series: str | None) -> None:
        if series is None:
            meetings = activity.schedule[0].per_week * len(activity.scheduled_weeks)
            self._lose(self.made, self.problem.weights.unplaced_other, meetings)
            return
        for number, meeting in self.problem.meetings(self.patient, activity, series).items():
            found = self.problem.asked.by_key.get((self.patient, activity.id, number))
            if found is None or found.locked:
                continue
            if meeting.state == "unavailable":
                self._lose(self.made, self.problem.weights.unplaced_other, 1)
            elif meeting.state == "open":
                self._meetings[self.problem.calendar.day_of(meeting.start)].append(meeting)

    def _lose(self, missed: Variable, weight: int, number: int) -> None:
        self.scarcity.losses.append(Loss(missed, weight * number, number))

    def add_block(self, block: Block, starts: int, follow_ups: Iterable[FollowUp]) -> None:
        """The doses of one week: on which days, beside which meetings, or not at all."""
        activity, stands, against = block[0].activity, [], defaultdict(list)
        for (day, meetings), mask in self._apart(activity, starts).items():
            variable = self.model.new_bool_var("")
            stands.append(variable)
            self._days[activity.id][day].append(variable)
            kind = Kind(footprint(self.scarcity.board, activity), mask)
            self.scarcity.want(Dose(block, day, kind, variable))
            self._lose_after(variable, mask << self.problem.calendar.day_starts[day], follow_ups)
            for meeting in meetings:
                against[meeting].append(variable)
        missed = self.model.new_int_var(0, len(block), "")
        weight = getattr(self.problem.weights, unplaced_term(block[0]))
        self.scarcity.losses.append(Loss(missed, weight, 1))
        self.model.add(sum(stands) + missed == len(block) * self.made)
        for meeting, variables in against.items():
            self.model.add(sum(variables) <= self._missing(meeting))

    def _lose_after(self, stands: Variable, starts: int, follow_ups: Iterable[FollowUp]) -> None:
        """What follows a dose is lost where nothing may start after it."""
        for follow_up in follow_ups:
            if follow_up.is_lost(starts):
                self._lose(stands, follow_up.price, 1)

    def _apart(self, activity: Activity, starts: int) -> dict[tuple[int, tuple[Meeting, ...]], int]:
        """The starts since midnight, by day and by the meetings that they leave no room for."""
        calendar, shape = self.problem.calendar, self.problem.shape(activity)
        found: dict[tuple[int, tuple[Meeting, ...]], int] = defaultdict(int)
        for start in bits(starts):
            day = calendar.day_of(start)
            begin, end = calendar.day_starts[day : day + 2]
            clear_from = start - shape.gap
            clear_to = end if activity.rest_of_day else start + shape.length
            hit = (m for m in self._meetings[day] if m.start < clear_to and m.end > clear_from)
            found[day, tuple(dict.fromkeys(hit))] |= 1 << start - begin
        return found

    def _missing(self, meeting: Meeting) -> Variable:
        if meeting not in self._missed:
            self._missed[meeting] = self.model.new_bool_var("")
            self._lose(self._missed[meeting], self.problem.weights.unplaced_other, 1)
        return self._missed[meeting]

    def keep_days_apart(self) -> None:
        """One dose of an activity a day, as many days apart and as few in so many as they must."""
        for name, days in self._days.items():
            activity = self.problem.pathways[self.patient].activity(name)
            limits = [(max(1, activity.min_days_between or 0), 1)]
            if activity.max_in_days is not None:
                limits.append((activity.max_in_days.days, activity.max_in_days.count))
            for first, (length, most) in product(days, limits):
                within = [v for day in range(first, first + length) for v in days.get(day, ())]
                self.model.add(sum(within) <= most * self.made)

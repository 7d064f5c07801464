"""One choice of series of one patient, and what it does to the doses: a part of `scarcity`."""

from collections import defaultdict
from collections.abc import Sequence
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
from scheduler.planning.solving.dearness import Dearness
from scheduler.planning.solving.room import Kind

if TYPE_CHECKING:
    from scheduler.planning.solving.scarcity import Scarcity

Variable = cp_model.IntVar
Block = list[Occurrence]
"""The doses of one activity in one week of a patient."""


Apart = tuple[int, tuple[Meeting, ...], tuple[FollowUp, ...]]
"""A day, and the meetings and follow-ups that some starts of it leave no room for."""


class Loss(NamedTuple):
    """So much of it stays unplaced if ``missed`` does: ``price`` in cost, ``number`` by count."""

    missed: Variable
    price: int
    number: int


class Dose(NamedTuple):
    """One dose of a block on a day, from any start of a kind, if ``stands`` says so.

    ``price`` is what it costs there, and what follows it, besides what is lost.
    """

    block: Block
    day: int
    kind: Kind
    stands: Variable
    price: int


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
        self._visited: set[int] = set()
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
                day = self.problem.calendar.day_of(meeting.start)
                self._meetings[day].append(meeting)
                if self.problem.in_person(found, series):
                    self._visited.add(day)

    def _lose(self, missed: Variable, weight: int, number: int) -> None:
        self.scarcity.losses.append(Loss(missed, weight * number, number))

    def add_block(self, block: Block, starts: int, follow_ups: Sequence[FollowUp]) -> None:
        """The doses of one week: on which days, beside which meetings, or not at all."""
        activity, stands, against = block[0].activity, [], defaultdict(list)
        dearness = Dearness(self.problem, self.patient, self._visited)
        for (day, meetings, lost), mask in self._apart(activity, starts, follow_ups).items():
            variable = self.model.new_bool_var("")
            stands.append(variable)
            self._days[activity.id][day].append(variable)
            kind = Kind(footprint(self.scarcity.board, activity), mask)
            kept = [follow_up for follow_up in follow_ups if follow_up not in lost]
            price = dearness.of(block[0], mask << self.problem.calendar.day_starts[day], kept)
            self.scarcity.want(Dose(block, day, kind, variable, price))
            for follow_up in lost:
                self._lose(variable, follow_up.price, 1)
            for meeting in meetings:
                against[meeting].append(variable)
        missed = self.model.new_int_var(0, len(block), "")
        weight = getattr(self.problem.weights, unplaced_term(block[0]))
        self.scarcity.losses.append(Loss(missed, weight, 1))
        self.model.add(sum(stands) + missed == len(block) * self.made)
        for meeting, variables in against.items():
            self.model.add(sum(variables) <= self._missing(meeting))

    def _apart(
        self, activity: Activity, starts: int, follow_ups: Sequence[FollowUp]
    ) -> dict[Apart, int]:
        """The starts since midnight, by day and by what they leave no room for."""
        calendar, shape = self.problem.calendar, self.problem.shape(activity)
        found: dict[Apart, int] = defaultdict(int)
        for start in bits(starts):
            day = calendar.day_of(start)
            begin, end = calendar.day_starts[day : day + 2]
            clear_from = start - shape.gap
            clear_to = end if activity.rest_of_day else start + shape.length
            hit = (m for m in self._meetings[day] if m.start < clear_to and m.end > clear_from)
            lost = (follow_up for follow_up in follow_ups if not follow_up.in_time >> start & 1)
            found[day, tuple(dict.fromkeys(hit)), tuple(lost)] |= 1 << start - begin
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

"""Days of the relaxed question of all doses (`scarcity`) that hold no more than they can at all.

Each is filled in one of its ways (`filling`), so that no answer breaks such a day any more.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model

from scheduler.planning.solving.filling import Fillings, fillings
from scheduler.planning.solving.room import Hours, Kind

if TYPE_CHECKING:
    from scheduler.planning.solving.scarcity import Scarcity


class HeldDays:
    """The days of a question that are filled in one of their ways."""

    def __init__(self, scarcity: "Scarcity") -> None:
        self.scarcity = scarcity
        self.days: set[int] = set()
        """Those that no answer breaks any more."""
        self._tried: set[Hours] = set()

    def hold(self, broken: Iterable[int]) -> bool:
        """Fill all days that have the same hours as one of these; whether any is filled now."""
        before = len(self.days)
        for hours in dict.fromkeys(map(self.scarcity.ceilings.hours, broken)):
            if hours not in self._tried and not self.scarcity.stop.due:
                self._tried.add(hours)
                self._fill(hours)
        return len(self.days) > before

    def _fill(self, hours: Hours) -> None:
        scarcity = self.scarcity
        days = [day for day in scarcity.wanted if scarcity.ceilings.hours(day) == hours]
        kinds = dict.fromkeys(kind for day in days for kind in scarcity.wanted[day])
        found = fillings(hours, scarcity.problem.full_load, [*kinds], scarcity.stop)
        if found is not None:
            for day in days:
                self._fill_day(day, found)
            self.days.update(days)

    def _fill_day(self, day: int, found: Fillings) -> None:
        """What begins in each part of a day is at most what one filling of it begins there."""
        model, kinds = self.scarcity.model, self.scarcity.wanted[day]
        numbers = {kind: len(doses) for kind, doses in kinds.items()}
        filling = found.on(numbers)
        made = [model.new_bool_var("") for _ in filling.rows]
        model.add_exactly_one(made)
        begun = self._begun(filling, numbers, day)
        for part, most in enumerate(filling.rows.T):
            held = cp_model.LinearExpr.weighted_sum(made, most.tolist())
            model.add(cp_model.LinearExpr.sum(begun[part]) <= held)

    def _begun(
        self, filling: Fillings, numbers: dict[Kind, int], day: int
    ) -> dict[int, list[cp_model.IntVar]]:
        """What begins in each part: the doses of each kind are shared out among its parts."""
        model, begun = self.scarcity.model, defaultdict[int, list[cp_model.IntVar]](list)
        for number, (kind, most) in enumerate(numbers.items()):
            stands = [dose.stands for dose in self.scarcity.wanted[day][kind]]
            of_use = [n for n, part in enumerate(filling.parts) if number in part.kinds]
            if len(of_use) == 1:
                begun[of_use[0]] += stands
                continue
            shares = [model.new_int_var(0, most, "") for _ in of_use]
            model.add(cp_model.LinearExpr.sum(shares) == cp_model.LinearExpr.sum(stands))
            for part, share in zip(of_use, shares, strict=True):
                begun[part].append(share)
        return begun

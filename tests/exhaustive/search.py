"""Every plan of a tiny scenario, but for those that already cost more than one that was found."""

from dataclasses import dataclass, field
from itertools import pairwise

from pathways.scenario import Scenario
from tests.exhaustive.asking import Asking, Choice, Wanted
from tests.exhaustive.clinic import Facts, Visit, minute_of
from tests.exhaustive.rules import breaks_any
from tests.exhaustive.serving import Served, Serving

HOUR = 60


class TooLarge(Exception):
    """More plans than anybody wants to wait for."""


@dataclass
class Best:
    """The cheapest plan: what it costs, and what stands in it."""

    cost: int
    missing: int
    choice: Choice = field(default_factory=dict)
    served: list[Served] = field(default_factory=list)
    unplaced: list[Wanted] = field(default_factory=list)


def cheapest_plan(scenario: Scenario, limit: int = 20_000) -> Best:
    """The cheapest of all plans that break no hard rule; TooLarge after ``limit`` steps."""
    search = _Search(Facts(scenario), limit)
    for choice in search.asking.choices():
        search.try_choice(choice)
    assert search.best is not None, "the empty plan is always one"
    return search.best


class _Search:
    def __init__(self, facts: Facts, limit: int) -> None:
        self.facts = facts
        self.asking = Asking(facts)
        self.serving = Serving(facts)
        self.weights = facts.scenario.weights
        self.bookings = {b.identity: b for b in facts.scenario.booked if not b.locked}
        self.locked = [facts.visit_of(booked) for booked in facts.locked]
        self.limit = limit
        self.best: Best | None = None
        self.choice: Choice = {}
        self.wanted: list[Wanted] = []

    def try_choice(self, choice: Choice) -> None:
        self.choice = choice
        self.wanted = self.asking.wanted(choice)
        missing = sum(self._whole_series(key) for key, series in choice.items() if series is None)
        cost, standing = missing, list[Visit]()
        for visit in self.locked:
            cost += self._cost_of(visit, standing)
            standing.append(visit)
        self._go(0, standing, [], cost, missing)

    def _whole_series(self, key: tuple[str, str]) -> int:
        """What it costs to leave a patient in no series of an activity."""
        patient, name = key
        pathway = self.facts.scenario.pathway_of(self.facts.patients[patient])
        activity = pathway.activity(name)
        meetings = sum(activity.per_week(week) for week in activity.scheduled_weeks)
        return meetings * self.weights.unplaced_other

    def _go(
        self, number: int, plan: list[Visit], unplaced: list[Wanted], cost: int, missing: int
    ) -> None:
        self.limit -= 1
        if self.limit < 0:
            raise TooLarge
        if self.best is not None and cost >= self.best.cost:
            return
        if number == len(self.wanted):
            self._finish(plan, unplaced, cost, missing)
            return
        wanted = self.wanted[number]
        if any(self._place_of(key, plan) for key in wanted.keys):
            self._go(number + 1, plan, unplaced, cost, missing)  # locked
            return
        anchors = self._anchors(wanted, plan)
        if anchors is None:
            self._go(number + 1, plan, unplaced, cost, missing)  # not asked for
            return
        options = [
            (self._cost_of(visit, plan), visit)
            for visit in self._candidates(wanted, anchors)
            if not breaks_any(self.facts, visit, plan)
        ]
        for more, visit in sorted(options, key=lambda option: (option[0], option[1].start)):
            self._go(number + 1, [*plan, visit], unplaced, cost + more, missing)
        price = self._price(wanted)
        self._go(number + 1, plan, [*unplaced, wanted], cost + price, missing + price)

    def _price(self, wanted: Wanted) -> int:
        """What it costs to leave an occurrence out."""
        dose_like = wanted.activity.is_dose_like
        return self.weights.unplaced if dose_like else self.weights.unplaced_other

    def _place_of(self, key: tuple[str, str, int], plan: list[Visit]) -> Visit | None:
        patient, name, number = key
        for visit in plan:
            same = (visit.activity.id, visit.number) == (name, number)
            if same and patient in visit.patients:
                return visit
        return None

    def _anchors(self, wanted: Wanted, plan: list[Visit]) -> list[Visit] | None:
        """What a session comes after; None where that is not placed, or not asked for itself."""
        after = wanted.activity.after
        if after is None:
            return []
        found = []
        for patient in wanted.patients:
            key = (patient, after.activity, wanted.number)
            anchor = self._place_of(key, plan)
            if anchor is None or not self._is_asked(key, plan):
                return None
            found.append(anchor)
        return found

    def _is_asked(self, key: tuple[str, str, int], plan: list[Visit]) -> bool:
        """Whether a placed occurrence is asked for; a locked one may not be."""
        wanted = next((item for item in self.wanted if key in item.keys), None)
        return wanted is not None and self._anchors(wanted, plan) is not None

    def _candidates(self, wanted: Wanted, anchors: list[Visit]) -> list[Visit]:
        """Every time for an occurrence that the clinic and its patients would have."""
        meeting = wanted.meeting
        if meeting is not None:
            return [meeting] if self.asking.can_attend(meeting) else []
        starts = [
            visit
            for visit in self.facts.starts_of(wanted.patients, wanted.activity.id)
            if self._is_due(wanted, anchors, visit)
        ]
        return [Visit(v.patients, v.activity, wanted.number, v.start, v.end, v.day) for v in starts]

    def _is_due(self, wanted: Wanted, anchors: list[Visit], visit: Visit) -> bool:
        """Whether a start lies in the occurrence's week, or within its lag."""
        if wanted.week is not None:
            start = self.facts.patients[wanted.patients[0]].start
            return (visit.day - start).days // 7 + 1 == wanted.week
        after = wanted.activity.after
        assert after is not None
        elapsed = 60 * (visit.start - max(anchor.end for anchor in anchors))
        return after.lag.min.total_seconds() <= elapsed <= after.lag.max.total_seconds()

    def _cost_of(self, visit: Visit, plan: list[Visit]) -> int:
        """What a visit adds whatever is placed after it; idle time and faces come last."""
        off = sum(self._is_off(patient, visit) for patient in visit.patients)
        cost = self._trips(visit, plan) + off * self.weights.off_preference
        return cost + self._lag_cost(visit, plan) + self._uneven_cost(visit, plan)

    def _trips(self, visit: Visit, plan: list[Visit]) -> int:
        if not visit.is_in_person:
            return 0
        new = [
            patient
            for patient in visit.patients
            if not any(
                patient in other.patients and other.day == visit.day and other.is_in_person
                for other in plan
            )
        ]
        return len(new) * self.weights.trip_day

    def _is_off(self, patient: str, visit: Visit) -> bool:
        preferred = self.facts.patients[patient].preferred
        if preferred is None or visit.activity.kind == "group":
            return False
        return not self.facts.inside(preferred, visit.day, (visit.start, visit.end))

    def _lag_cost(self, visit: Visit, plan: list[Visit]) -> int:
        """Whole hours from the ideal; a locked visit's anchor may come later than it is counted."""
        after = visit.activity.after
        if after is None or visit.locked:
            return 0
        keys = [(patient, after.activity, visit.number) for patient in visit.patients]
        ends = [anchor.end for key in keys if (anchor := self._place_of(key, plan))]
        return self._hours_off(visit, max(ends)) if len(ends) == len(keys) else 0

    def _hours_off(self, visit: Visit, anchored: int) -> int:
        assert visit.activity.after is not None
        ideal = anchored + int(visit.activity.after.lag.ideal.total_seconds()) // 60
        if visit.start >= ideal:
            return (visit.start - ideal) // HOUR * self.weights.lag_hour
        return (ideal - visit.start) // HOUR * self.weights.lag_hour_early

    def _uneven_cost(self, visit: Visit, plan: list[Visit]) -> int:
        """Days by which the gap to the one before in its week differs from an even one.

        Numbers come in order, so the one before is known; but a locked one may come between.
        """
        alike = [other for other in plan if _of_one_kind(visit, other)]
        if visit.locked or any(other.locked for other in alike):
            return 0
        return self._uneven([*alike, visit]) - self._uneven(alike)

    def _uneven(self, visits: list[Visit]) -> int:
        """The whole of it for visits of one activity."""
        if not visits:
            return 0
        activity, cost = visits[0].activity, 0
        if activity.min_days_between is None or not activity.schedule:
            return 0
        weeks = [w for w in activity.scheduled_weeks for _ in range(activity.per_week(w))]
        for one, other in pairwise(sorted(visits, key=lambda visit: visit.number)):
            week = weeks[one.number - 1]
            if week == weeks[other.number - 1] and activity.per_week(week) >= 2:
                gap = abs((other.day - one.day).days)
                cost += abs(gap - 7 // activity.per_week(week)) * self.weights.uneven_day
        return cost

    def _uneven_beside_locked(self, plan: list[Visit]) -> int:
        asked = [v for v in plan if not v.locked or self._locked_is_asked(v, plan)]
        kinds = {(v.patients, v.activity.id): v for v in self.locked}
        return sum(
            self._uneven([v for v in asked if _of_one_kind(locked, v)]) for locked in kinds.values()
        )

    def _finish(self, plan: list[Visit], unplaced: list[Wanted], cost: int, missing: int) -> None:
        if not all(self._lag_holds(visit, plan) for visit in self.locked):
            return
        if not self._keeps_order(plan) or not self._spends_units_in_order(plan, unplaced):
            return
        cost += self._late_costs(plan)
        sessions = [visit for visit in plan if visit.series is None and not visit.locked]
        room = self.best.cost - cost if self.best else 10**12
        served = self.serving.cheapest(sessions, room)
        if served is not None:
            self.best = Best(cost + served[0], missing, self.choice, served[1], unplaced)
            self.best.served += [Served(v, None, ()) for v in plan if v.series is not None]

    def _late_costs(self, plan: list[Visit]) -> int:
        """What is only known when everything stands: idle time, dropped bookings, locked lags."""
        cost = sum(self._idle(patient, plan) for patient in self.facts.patients)
        placed = {(visit.patients, visit.activity.id, visit.number) for visit in plan}
        cost += self.weights.dropped * sum(name not in placed for name in self.bookings)
        cost += sum(self._moved_meeting(visit) for visit in plan if visit.series is not None)
        cost += sum(self._locked_lag(visit, plan) for visit in self.locked)
        return cost + self._uneven_beside_locked(plan)

    def _idle(self, patient: str, plan: list[Visit]) -> int:
        mine = [v for v in plan if patient in v.patients and v.is_in_person]
        ordered = sorted(mine, key=lambda visit: visit.start)
        slots = [
            max(0, later.start - earlier.end) // self.facts.clinic.slot_minutes
            for earlier, later in pairwise(ordered)
            if earlier.day == later.day
        ]
        return sum(slots) * self.weights.idle_slot

    def _moved_meeting(self, visit: Visit) -> int:
        booked = self.bookings.get((visit.patients, visit.activity.id, visit.number))
        if booked is None:
            return 0
        group = self.facts.series[visit.series or ""]
        kept = visit.start == minute_of(booked.start) and booked.location == group.location
        if kept and set(booked.practitioners) == {group.facilitator}:
            return 0
        soon = self.facts.now <= minute_of(booked.start) < self.facts.now + 48 * HOUR
        return self.weights.moved_soon if soon else self.weights.moved

    def _locked_lag(self, visit: Visit, plan: list[Visit]) -> int:
        """The lag of a locked visit that turns out to be asked for."""
        anchors = self._anchors_of_locked(visit, plan)
        return self._hours_off(visit, max(anchor.end for anchor in anchors)) if anchors else 0

    def _lag_holds(self, visit: Visit, plan: list[Visit]) -> bool:
        """Whether no unlocked anchor lies too near to or too far from a locked visit."""
        anchors, after = self._anchors_of_locked(visit, plan), visit.activity.after
        if after is None or all(anchor.locked for anchor in anchors):
            return True
        elapsed = 60 * (visit.start - max(anchor.end for anchor in anchors))
        return after.lag.min.total_seconds() <= elapsed <= after.lag.max.total_seconds()

    def _anchors_of_locked(self, visit: Visit, plan: list[Visit]) -> list[Visit]:
        """What a locked visit comes after, if it is asked for; nothing else has anchors."""
        after = visit.activity.after
        if after is None or not self._locked_is_asked(visit, plan):
            return []
        found = [
            self._place_of((patient, after.activity, visit.number), plan)
            for patient in visit.patients
        ]
        return [anchor for anchor in found if anchor is not None]

    def _locked_is_asked(self, visit: Visit, plan: list[Visit]) -> bool:
        keys = [(patient, visit.activity.id, visit.number) for patient in visit.patients]
        return all(self._is_asked(key, plan) for key in keys)

    def _keeps_order(self, plan: list[Visit]) -> bool:
        """Whether all that must come first is placed, or done otherwise."""
        return all(
            self._is_done((patient, named.activity, named.occurrence), plan)
            for visit in plan
            if not visit.locked
            for patient in visit.patients
            for named in visit.activity.preceded_by
        )

    def _is_done(self, key: tuple[str, str, int], plan: list[Visit]) -> bool:
        if self._place_of(key, plan) is not None:
            return True
        if self.asking.settled(key, outcomes=("waived", "elsewhere")):
            return True
        if self.asking.settled(key, outcomes=("missed",)):
            return False
        series = self.choice.get(key[:2])
        if series is None:
            return False
        patient = self.facts.patients[key[0]]
        activity = self.facts.scenario.pathway_of(patient).activity(key[1])
        meeting = self.asking.numbered(patient, activity, series).get(key[2])
        return meeting is not None and meeting[1] in ("fallen", "past")

    def _spends_units_in_order(self, plan: list[Visit], unplaced: list[Wanted]) -> bool:
        """No meeting goes without a unit while a later one of its activity has one.

        A meeting that would break another rule as well is not left out for want of a unit.
        """
        return not any(
            self._is_overtaken(wanted.meeting, plan)
            for wanted in unplaced
            if wanted.meeting is not None and self.asking.can_attend(wanted.meeting)
        )

    def _is_overtaken(self, meeting: Visit, plan: list[Visit]) -> bool:
        later = [
            visit
            for visit in plan
            if visit.series == meeting.series
            and visit.patients == meeting.patients
            and visit.start > meeting.start
            and self._paid_by(visit) is not None
            and self._paid_by(visit) == self._paid_by(meeting)
        ]
        others = [visit for visit in plan if visit not in later]
        return bool(later) and not breaks_any(self.facts, meeting, others)

    def _paid_by(self, visit: Visit) -> int | None:
        """The number of the authorization that holds a meeting's date."""
        held = self.facts.patients[visit.patients[0]].authorizations
        for number, paid in enumerate(held):
            if paid.service == visit.activity.needs_authorization and paid.holds(visit.day):
                return number
        return None


def _of_one_kind(one: Visit, other: Visit) -> bool:
    return (one.patients, one.activity.id) == (other.patients, other.activity.id)

"""The hard rules between a patient's appointments: one function a rule, listed at the end."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, product

from ortools.sat.python import cp_model

from benchmarks.interval_model.visits import Linear, Literal, Visit, Visits, weighted
from pathways.model import Activity, MaxInDays
from scheduler.planning.asking import Occurrence
from scheduler.planning.problem import Problem


def nobody_is_in_two_places(visits: Visits) -> None:
    """A patient's appointments keep apart, with the gap before and the rest of day after them."""
    for patient in visits.patients:
        held = visits.of_patient(patient)
        intervals = [_cleared(visits, visit) for visit in held if not visit.is_fixed]
        standing = [kept_clear(visits.problem, visit) for visit in held if visit.is_fixed]
        for start, end in _joined(standing):
            intervals.append(visits.model.new_fixed_size_interval_var(start, end - start, ""))
        visits.model.add_no_overlap(intervals)


def kept_clear(problem: Problem, visit: Visit) -> tuple[int, int]:
    """The stretch in which the patient has nothing else beside what stands at a known time."""
    if not isinstance(visit.start, int) or not isinstance(visit.end, int):
        raise TypeError(f"{visit.occurrence} has no known time")
    day = problem.calendar.day_of(visit.start)
    gap = 0 if visit.occurrence.is_meeting else problem.shape(visit.activity).gap
    until = problem.calendar.day_starts[day + 1] if visit.activity.rest_of_day else visit.end
    return max(visit.start - gap, problem.calendar.day_starts[day]), until


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same stretches, those that overlap as one: what is locked may."""
    held: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if held is not None and start < held[1]:
            held = (held[0], max(held[1], end))
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held


def _cleared(visits: Visits, visit: Visit) -> cp_model.IntervalVar:
    start, end = cleared(visits, visit)
    if isinstance(start, int) and isinstance(end, int):
        return visits.model.new_optional_fixed_size_interval_var(
            start, end - start, visit.stands, ""
        )
    size = visits.model.new_int_var(0, visits.problem.calendar.end, "")
    return visits.model.new_optional_interval_var(start, size, end, visit.stands, "")


def cleared(visits: Visits, visit: Visit) -> tuple[Linear, Linear]:
    """From when to when the patient has nothing else, wherever the visit comes to stand."""
    if not visit.is_session:
        return kept_clear(visits.problem, visit)
    days = visits.problem.calendar.day_starts
    start, end = visit.start, visit.end
    gap = visits.problem.shape(visit.activity).gap
    if gap:
        start = visits.model.new_int_var(0, visits.problem.calendar.end, "")
        midnight = weighted((days[day], on) for day, on in visit.on.items())
        visits.model.add_max_equality(start, [visit.start - gap, midnight])
    if visit.activity.rest_of_day:
        end = visits.model.new_int_var(0, visits.problem.calendar.end, "")
        visits.model.add(end == weighted((days[day + 1], on) for day, on in visit.on.items()))
    return start, end


def numbers_ascend(visits: Visits) -> None:
    """Within a week, and among sessions that come after others, a later number starts later."""
    for one, other in _same_block(visits):
        for earlier, later in product(visits.of[one], visits.of[other]):
            if not (earlier.is_fixed and later.is_fixed):
                visits.model.add(earlier.start + 1 <= later.start).only_enforce_if(
                    earlier.stands, later.stands
                )


def _same_block(visits: Visits) -> Iterator[tuple[Occurrence, Occurrence]]:
    blocks: dict[tuple[str, str, int | None], list[Occurrence]] = {}
    for occurrence in visits.of:
        if not occurrence.is_meeting:
            key = (occurrence.owner, occurrence.activity.id, occurrence.week)
            blocks.setdefault(key, []).append(occurrence)
    for block in blocks.values():
        yield from combinations(sorted(block, key=lambda o: o.number), 2)


@dataclass
class _Dates:
    """On which days an activity's own visits and those counted with them may stand, or do."""

    own: list[tuple[int, Literal]]
    other: list[tuple[int, Literal]]
    own_fixed: list[int]
    other_fixed: list[int]

    def own_within(self, first: int, days: int) -> list[Literal]:
        return [on for day, on in self.own if first <= day < first + days]

    def other_within(self, first: int, days: int) -> list[Literal]:
        return [on for day, on in self.other if first <= day < first + days]

    def standing(self, first: int, days: int) -> int:
        """How many of either kind stand there whatever is decided."""
        fixed = [*self.own_fixed, *self.other_fixed]
        return sum(first <= day < first + days for day in fixed)

    def firsts(self, days: int) -> range:
        """The first days of the windows of so many that hold anything undecided."""
        held = [day for day, _ in [*self.own, *self.other]]
        return range(min(held, default=0) - days + 1, max(held, default=-1) + 1)


def dates_keep_apart(visits: Visits) -> None:
    """``min_days_between`` and ``max_in_days``, counting the activity spaced with it."""
    for patient in visits.patients:
        for activity in visits.problem.pathways[patient].activities:
            if activity.min_days_between or activity.max_in_days:
                dates = _dates(visits, patient, activity)
                if activity.min_days_between:
                    _keep_days_between(visits, activity.min_days_between, dates)
                if activity.max_in_days:
                    _keep_most_in_days(visits, activity.max_in_days, dates)


def _dates(visits: Visits, patient: str, activity: Activity) -> _Dates:
    problem, names = visits.problem, (activity.id, activity.spaced_with)
    dates = _Dates([], [], [], [])
    for visit in visits.of_patient(patient):
        own = visit.activity.id == activity.id
        if own or visit.activity.id == activity.spaced_with:
            if visit.is_fixed:
                (dates.own_fixed if own else dates.other_fixed).extend(visit.on)
            else:
                (dates.own if own else dates.other).extend(visit.on.items())
    dates.other_fixed += [
        problem.day(problem.scenario.local(past.start).date())
        for past in problem.patients[patient].history
        if past.activity in names
    ]
    return dates


def _keep_days_between(visits: Visits, gap: int, dates: _Dates) -> None:
    """Of so many consecutive days one holds one of its own, and then none of the others."""
    for first in dates.firsts(gap):
        own, other = dates.own_within(first, gap), dates.other_within(first, gap)
        window = range(first, first + gap)
        if any(day in window for day in dates.own_fixed):
            visits.model.add(sum(own) + sum(other) == 0)
        elif any(day in window for day in dates.other_fixed):
            visits.model.add(sum(own) == 0)
        else:
            visits.model.add(sum(own) <= 1)
            for one in other:
                visits.model.add(sum(own) + one <= 1)


def _keep_most_in_days(visits: Visits, most: MaxInDays, dates: _Dates) -> None:
    """On so many consecutive days that hold one of its own there are at most ``count``."""
    for first in dates.firsts(most.days):
        own, other = dates.own_within(first, most.days), dates.other_within(first, most.days)
        room = max(0, most.count - dates.standing(first, most.days))
        rule = visits.model.add(sum(own) + sum(other) <= room)
        if not any(first <= day < first + most.days for day in dates.own_fixed):
            some = visits.model.new_bool_var("")
            rule.only_enforce_if(some)
            for one in own:
                visits.model.add_implication(one, some)


def lags_hold(visits: Visits) -> None:
    """What comes after something stands only if that does, and within its lag."""
    for occurrence in visits.of:
        if not occurrence.anchors or not occurrence.asked or not visits.of[occurrence]:
            continue
        fixed = occurrence in visits.fixed
        if fixed and all(anchor in visits.fixed for anchor in occurrence.anchors):
            continue
        counted = visits.anchors_stand(occurrence)
        if not fixed:
            visits.model.add_implication(visits.placed(occurrence), counted)
        low, high = visits.lag(occurrence)
        for visit in visits.of[occurrence]:
            lag = visit.start - visits.last_end(occurrence)
            both = (visit.stands, counted)
            visits.model.add(lag >= low).only_enforce_if(*both)
            visits.model.add(lag <= high).only_enforce_if(*both)


def what_comes_first_is_done(visits: Visits) -> None:
    """``preceded_by``: nothing starts before what it is preceded by has ended."""
    for visit in visits.all:
        for name in visit.occurrence.patients:
            for before in visit.activity.preceded_by:
                key = (name, before.activity, before.occurrence)
                first = visits.problem.asked.by_key.get(key)
                if first is None:
                    _follows_unasked(visits, visit, key)
                elif first is not visit.occurrence:
                    _follows(visits, visit, first)


def _follows_unasked(visits: Visits, visit: Visit, key: tuple[str, str, int]) -> None:
    """What nobody asks for is done if it was waived, or as locked bookings of it end."""
    asked = visits.problem.asked
    if visit.is_fixed or asked.outcome(key) in ("waived", "elsewhere"):
        return
    unasked = [
        visits.fixed[found].end
        for found in asked.by_activity.get(key[:2], ())
        if found.number == key[2] and not found.asked
    ]
    if not unasked:
        visits.model.add(visit.stands == 0)
        return
    visits.model.add(visit.start >= min(unasked)).only_enforce_if(visit.stands)


def _follows(visits: Visits, visit: Visit, first: Occurrence) -> None:
    for ways in visits.of[first]:
        if not (visit.is_fixed and ways.is_fixed):
            visits.model.add(visit.start >= ways.end).only_enforce_if(visit.stands, ways.stands)
    if not visit.is_fixed:
        done = visits.done_anyway(first, "fallen", "past") if first.is_meeting else []
        visits.model.add_bool_or([*done, visits.placed(first)]).only_enforce_if(visit.stands)


def units_last(visits: Visits) -> None:
    """No authorization is used beyond its units."""
    for (patient, number), uses in uses_of_units(visits).items():
        units = visits.problem.patients[patient].authorizations[number].units
        standing = sum(visit.is_fixed for visit, _ in uses)
        free = [use for visit, use in uses if not visit.is_fixed]
        visits.model.add(sum(free) <= max(0, units - standing))


def uses_of_units(visits: Visits) -> dict[tuple[str, int], list[tuple[Visit, Literal]]]:
    """By patient and number of an authorization, the visits that may use a unit of it."""
    uses: dict[tuple[str, int], list[tuple[Visit, Literal]]] = {}
    for visit in visits.all:
        service = visit.activity.needs_authorization
        for name, (day, on) in product(
            visit.occurrence.patients if service else (), visit.on.items()
        ):
            tick = visits.problem.calendar.day_starts[day]
            number = visits.problem.authorization(name, service or "", tick)
            if number is not None:
                uses.setdefault((name, number), []).append((visit, on))
    return uses


def partners_drive_on_different_days(visits: Visits) -> None:
    """Two partners have no two different sessions without driving on one date."""
    for patient in visits.patients:
        partner = visits.problem.patients[patient].partner
        if partner is None or partner < patient:
            continue
        for one, other in product(_doses(visits, patient), _doses(visits, partner)):
            if one is not other and not (one.is_fixed and other.is_fixed):
                for day in set(one.on) & set(other.on):
                    visits.model.add_at_most_one(one.on[day], other.on[day])


def _doses(visits: Visits, patient: str) -> list[Visit]:
    return [visit for visit in visits.of_patient(patient) if visit.activity.no_driving]


RULES: tuple[Callable[[Visits], None], ...] = (
    nobody_is_in_two_places,
    numbers_ascend,
    dates_keep_apart,
    lags_hold,
    what_comes_first_is_done,
    units_last,
    partners_drive_on_different_days,
)

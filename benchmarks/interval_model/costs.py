"""The cost: one function a term of the contract, listed at the end.

What no decision changes is left out of most of them: it costs the same in every plan.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations, permutations

from benchmarks.interval_model.serving import Serving
from benchmarks.interval_model.visits import Linear, Literal, Visit, Visits, domain_of
from pathways.scenario import Booked
from scheduler.planning.asking import Occurrence

Terms = Iterator[Linear]

HOUR, TWO_DAYS = 60 * 60, 48 * 60 * 60


def left_out(visits: Visits, _: Serving) -> Terms:
    """``unplaced``, ``unplaced_other``: asked for, and not placed."""
    weights = visits.problem.weights
    for occurrence in visits.free:
        price = weights.unplaced if occurrence.activity.is_dose_like else weights.unplaced_other
        if not occurrence.is_meeting:
            yield price * (visits.anchors_stand(occurrence) - visits.placed(occurrence))
            continue
        yield price * (-visits.placed(occurrence))
        for joined in visits.done_anyway(occurrence, "open", "unavailable"):
            yield price * joined


def unjoined(visits: Visits, _: Serving) -> Terms:
    """``unplaced_other`` for every meeting of a group of which a patient joins no series."""
    for member in visits.memberships.values():
        if None in member.joined:
            activity = member.activity
            meetings = activity.schedule[0].per_week * len(activity.scheduled_weeks)
            yield visits.problem.weights.unplaced_other * meetings * member.joined[None]


def off_ideal_lag(visits: Visits, _: Serving) -> Terms:
    """``lag_hour``, ``lag_hour_early``: whole hours off the ideal lag."""
    weights, second = visits.problem.weights, visits.problem.calendar.tick_seconds
    hour = HOUR // second
    for visit in visits.all:
        occurrence, after = visit.occurrence, visit.activity.after
        if after is None or not occurrence.anchors or not occurrence.asked:
            continue
        ideal = int(after.lag.ideal.total_seconds()) // second
        late = visit.start - visits.last_end(occurrence) - ideal
        counted = visits.anchors_stand(occurrence)
        for weight, off in ((weights.lag_hour, late), (weights.lag_hour_early, -late)):
            hours = visits.model.new_int_var(0, visits.problem.calendar.end // hour + 1, "")
            rule = visits.model.add(hour * hours >= off - (hour - 1))
            rule.only_enforce_if(visit.stands, counted)
            yield weight * hours


def uneven(visits: Visits, _: Serving) -> Terms:
    """``uneven_day``: days by which neighbours in a week are off an even spread."""
    for block in _blocks(visits).values():
        activity, week = block[0].activity, block[0].week
        even = 7 // activity.per_week(week or 0)
        for (first, one), (second, other) in combinations(enumerate(block), 2):
            between = block[first + 1 : second]
            for earlier in visits.of[one]:
                for later in visits.of[other]:
                    yield _uneven(visits, (earlier, later), between, even)


def _uneven(
    visits: Visits, pair: tuple[Visit, Visit], between: list[Occurrence], even: int
) -> Linear:
    earlier, later = pair
    off = later.day - earlier.day - even
    days = visits.model.new_int_var(0, len(visits.problem.calendar.dates) + 7, "")
    neighbours = [earlier.stands, later.stands, *(~visits.placed(o) for o in between)]
    visits.model.add(days >= off).only_enforce_if(*neighbours)
    visits.model.add(days >= -off).only_enforce_if(*neighbours)
    return visits.problem.weights.uneven_day * days


def _blocks(visits: Visits) -> dict[tuple[str, str, int], list[Occurrence]]:
    """The sessions of one week that should be spread evenly, in the order of their numbers."""
    found: dict[tuple[str, str, int], list[Occurrence]] = defaultdict(list)
    for occurrence in sorted(visits.of, key=lambda o: o.number):
        activity, week = occurrence.activity, occurrence.week
        if week is None or activity.min_days_between is None:
            continue
        if activity.per_week(week) >= 2:
            found[occurrence.owner, activity.id, week].append(occurrence)
    return found


def off_preference(visits: Visits, _: Serving) -> Terms:
    """``off_preference``: sessions outside the hours that a patient prefers."""
    for visit in visits.all:
        if not visit.is_session or visit.is_fixed:
            continue
        length = visits.problem.shape(visit.activity).length
        for name in visit.occurrence.patients:
            wished = domain_of(visits.problem.prefers(name, length) & visit.starts)
            against = visits.model.new_bool_var("")
            inside = visits.model.add_linear_expression_in_domain(visit.start, wished)
            inside.only_enforce_if(visit.stands, ~against)
            yield visits.problem.weights.off_preference * against


def trips_and_idle_slots(visits: Visits, _: Serving) -> Terms:
    """``trip_day`` for each date with somebody to see in person, ``idle_slot`` between two.

    Each visit of a date is the first, or has one before it, at best the nearest, for which it
    pays the slots between.
    """
    for patient in visits.patients:
        here = [v for v in visits.of_patient(patient) if _in_person(visits, v)]
        before: dict[Visit, list[Literal]] = defaultdict(list)
        for earlier, later in permutations(here, 2):
            if set(earlier.on) & set(later.on) and _may_precede(earlier, later):
                follows = visits.model.new_bool_var("")
                before[later].append(follows)
                yield _idle(visits, earlier, later, follows)
        yield from _trips(visits, here, before)


def _trips(visits: Visits, here: list[Visit], before: dict[Visit, list[Literal]]) -> Terms:
    firsts: dict[int, list[Literal]] = defaultdict(list)
    trips = {day: visits.model.new_bool_var("") for visit in here for day in visit.on}
    for visit in here:
        first_on = {day: visits.model.new_bool_var("") for day in visit.on}
        visits.model.add_exactly_one(*first_on.values(), *before[visit], ~visit.stands)
        for day, on in visit.on.items():
            firsts[day].append(first_on[day])
            visits.model.add_implication(first_on[day], on)
            visits.model.add_implication(on, trips[day])
    for day, trip in trips.items():
        visits.model.add(sum(firsts[day]) == trip)
        yield visits.problem.weights.trip_day * trip


def _in_person(visits: Visits, visit: Visit) -> bool:
    return visits.problem.in_person(visit.occurrence, visit.series)


def _may_precede(earlier: Visit, later: Visit) -> bool:
    """Whether both may stand; of what is fixed, in which order."""
    if earlier.occurrence is later.occurrence:
        return False
    if earlier.fixed is not None and later.fixed is not None:
        return (earlier.fixed.start, earlier.fixed.end) <= (later.fixed.start, later.fixed.end)
    return True


def _idle(visits: Visits, earlier: Visit, later: Visit, follows: Literal) -> Linear:
    """The whole slots between, if the later is said to follow the earlier."""
    model, slot = visits.model, visits.problem.slot
    for day, on in later.on.items():
        model.add_bool_or(earlier.on.get(day, visits.no)).only_enforce_if(follows, on)
    model.add_implication(follows, later.stands)
    if not (earlier.is_fixed and later.is_fixed):
        model.add(earlier.end <= later.start).only_enforce_if(follows)
    idle = model.new_int_var(0, visits.problem.calendar.end, "")
    model.add(slot * idle >= later.start - earlier.end - (slot - 1)).only_enforce_if(follows)
    return visits.problem.weights.idle_slot * idle


def new_faces(visits: Visits, serving: Serving) -> Terms:
    """``new_face``: people beyond the first in each family that prefers one."""
    for (patient, root), faces in serving.faces.items():
        need = visits.problem.pathways[patient].activity(root).same_person_need
        if need is not None and need.same_person == "preferred":
            count = visits.model.new_int_var(0, len(faces), "")
            visits.model.add(count >= sum(faces.values()) - 1)
            yield visits.problem.weights.new_face * count


def bookings(visits: Visits, serving: Serving) -> Terms:
    """``moved``, ``moved_soon``, ``dropped``: what was booked and is touched."""
    weights, now = visits.problem.weights, visits.problem.scenario.now
    for occurrence in visits.free:
        booked = occurrence.booked
        if booked is None:
            continue
        soon = now is not None and (booked.start - now).total_seconds() < TWO_DAYS
        placed = visits.placed(occurrence)
        yield weights.dropped * (1 - placed)
        kept = [_kept(visits, serving, visit, booked) for visit in visits.of[occurrence]]
        yield (weights.moved_soon if soon else weights.moved) * (placed - sum(kept))


def _kept(visits: Visits, serving: Serving, visit: Visit, booked: Booked) -> Literal:
    """At most whether a visit stands exactly as booked: start, location and people."""
    model, kept = visits.model, visits.model.new_bool_var("")
    model.add_implication(kept, visit.stands)
    at = visits.problem.calendar.tick_of(booked.start)
    model.add(visit.start == at).only_enforce_if(kept)
    if visit.series is not None:
        group = visits.problem.series[visit.series]
        held = (group.location, {group.facilitator}) == (booked.location, set(booked.practitioners))
        return kept if held else visits.no
    choice = serving.choices[visit]
    if len(set(booked.practitioners)) != len(choice.people):
        return visits.no
    if visit.activity.location_kind is not None:
        model.add_implication(kept, choice.places.get(booked.location or "", visits.no))
    elif booked.location is not None:
        return visits.no
    for person in booked.practitioners:
        able = [held[person] for held in choice.people if person in held]
        model.add_bool_or([visits.no, *able]).only_enforce_if(kept)
    return kept


TERMS: tuple[Callable[[Visits, Serving], Terms], ...] = (
    left_out,
    unjoined,
    off_ideal_lag,
    uneven,
    off_preference,
    trips_and_idle_slots,
    new_faces,
    bookings,
)

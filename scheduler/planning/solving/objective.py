"""What the free occurrences would cost: one function a term, listed at the end."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations

from ortools.sat.python import cp_model

from scheduler.planning.asking import Occurrence
from scheduler.planning.costing import ONE_HOUR, moved_term, unplaced_term
from scheduler.planning.solving.neighbourhood import Linear, Neighbourhood

Terms = Iterator[Linear]


def left_out(near: Neighbourhood) -> Terms:
    """``unplaced``, ``unplaced_other``: asked for, and not placed."""
    for occurrence in near.free:
        weight = getattr(near.problem.weights, unplaced_term(occurrence))
        if occurrence.is_meeting:
            yield weight * (_meeting_wanted(near, occurrence) - near.placed(occurrence))
        elif any(anchor in near.candidates for anchor in occurrence.anchors):
            yield weight * (_all_placed(near, occurrence.anchors) - near.placed(occurrence))
        elif near.board.wanted(occurrence):
            yield weight * (1 - near.placed(occurrence))


def _meeting_wanted(near: Neighbourhood, meeting: Occurrence) -> Linear:
    key = (meeting.owner, meeting.activity.id)
    if key not in near.joined:
        return int(near.board.wanted(meeting))
    asked = []
    for series, joined in near.joined[key].items():
        held = near.problem.meetings(key[0], meeting.activity, series).get(meeting.number)
        if held is not None and held.state in ("open", "unavailable"):
            asked.append(joined)
    return sum(asked)


def _all_placed(near: Neighbourhood, anchors: tuple[Occurrence, ...]) -> Linear:
    if len(anchors) == 1:
        return near.placed(anchors[0])
    both = near.model.new_bool_var("")
    near.model.add(sum(near.placed(a) for a in anchors) <= len(anchors) - 1 + both)
    return both


def unjoined(near: Neighbourhood) -> Terms:
    """``unplaced_other`` for every meeting of a group of which no series is joined."""
    for (patient, name), joined in near.joined.items():
        activity = near.problem.pathways[patient].activity(name)
        meetings = activity.schedule[0].per_week * len(activity.scheduled_weeks)
        yield near.problem.weights.unplaced_other * meetings * (1 - sum(joined.values()))


def off_ideal_lag(near: Neighbourhood) -> Terms:
    """``lag_hour``, ``lag_hour_early``: whole hours off the ideal lag."""
    weights = near.problem.weights
    second = near.problem.calendar.tick_seconds
    hour = ONE_HOUR // second
    for occurrence in (*near.free, *near.standing_followers()):
        after = occurrence.activity.after
        if after is None or not near.days(occurrence):
            continue
        ideal = int(after.lag.ideal.total_seconds()) // second
        off = near.start(occurrence) - near.last_end(occurrence) - ideal
        far = near.problem.calendar.end + ideal
        absent = 1 - near.placed(occurrence)
        if occurrence not in near.candidates:
            absent = sum(1 - near.placed(anchor) for anchor in occurrence.anchors)
        most = near.problem.calendar.end // hour + 1
        for weight, by in ((weights.lag_hour, off), (weights.lag_hour_early, -off)):
            hours = near.model.new_int_var(0, most, "")
            near.model.add(hour * hours >= by - (hour - 1) - far * absent)
            yield weight * hours


def uneven(near: Neighbourhood) -> Terms:
    """``uneven_day``: days by which neighbours in a week are off an even spread."""
    for (_, _, week), block in _blocks(near).items():
        even = 7 // block[0].activity.per_week(week) if block else 0
        for (first, one), (second, other) in combinations(enumerate(block), 2):
            if one not in near.candidates and other not in near.candidates:
                continue
            between = sum(near.placed(o) for o in block[first + 1 : second])
            absent = 2 - near.placed(one) - near.placed(other) + between
            off = near.day_of(other) - near.day_of(one) - even
            # What is locked may stand weeks away from the week that owns its number.
            far = len(near.problem.calendar.dates) + 7
            days = near.model.new_int_var(0, far, "")
            near.model.add(days >= off - far * absent)
            near.model.add(days >= -off - far * absent)
            yield near.problem.weights.uneven_day * days


def _blocks(near: Neighbourhood) -> dict[tuple[str, str, int], list[Occurrence]]:
    """The sessions of one week that should be spread evenly, where any of them is free."""
    found: dict[tuple[str, str, int], list[Occurrence]] = {}
    for occurrence in near.free:
        activity, week = occurrence.activity, occurrence.week
        if week is None or activity.min_days_between is None or occurrence.is_meeting:
            continue
        key = (occurrence.owner, activity.id, week)
        if activity.per_week(week) >= 2 and key not in found:
            held = near.problem.asked.by_activity[occurrence.owner, activity.id]
            same = [o for o in held if o.week == week and near.days(o)]
            found[key] = sorted(same, key=lambda o: o.number)
    return found


def off_preference(near: Neighbourhood) -> Terms:
    """``off_preference``: sessions outside the hours that a patient prefers."""
    for occurrence in near.free:
        if occurrence.is_meeting:
            continue
        length = near.problem.shape(occurrence.activity).length
        for name in occurrence.patients:
            wished = near.problem.prefers(name, length)
            against = [c.chosen for c in near.candidates[occurrence] if not wished >> c.start & 1]
            yield near.problem.weights.off_preference * sum(against)


def trips(near: Neighbourhood) -> Terms:
    """``trip_day`` and ``idle_slot``: dates with a visit, and waiting between two visits."""
    for patient in near.patients:
        by_day: dict[int, list[Occurrence]] = defaultdict(list)
        for occurrence in near.free_of(patient):
            for day in near.days(occurrence):
                if near.visits(occurrence, day):
                    by_day[day].append(occurrence)
        for day, free in by_day.items():
            standing = near.board.visits_on(patient, day)
            if not standing:
                yield near.problem.weights.trip_day * _trip(near, free, day)
            if len(free) + len(standing) > 1:
                yield near.problem.weights.idle_slot * _idle(near, free, standing, day)


def _trip(near: Neighbourhood, free: list[Occurrence], day: int) -> Linear:
    trip = near.model.new_bool_var("")
    for occurrence in free:
        near.model.add(sum(near.visits(occurrence, day)) <= trip)
    return trip


def _idle(
    near: Neighbourhood, free: list[Occurrence], standing: list[Occurrence], day: int
) -> Linear:
    """Slots from the first arrival to the last departure that no visit fills."""
    day_start, day_end = near.problem.calendar.day_starts[day : day + 2]
    length = day_end - day_start
    first = near.model.new_int_var(0, length, "")
    last = near.model.new_int_var(0, length, "")
    filled: Linear = 0
    for occurrence in free:
        held = [
            c for c in near.candidates[occurrence] if c.day == day and near.in_person(c, occurrence)
        ]
        chosen = [c.chosen for c in held]
        absent = 1 - sum(chosen)
        begins = cp_model.LinearExpr.weighted_sum(chosen, [c.start - day_start for c in held])
        ends = cp_model.LinearExpr.weighted_sum(chosen, [c.end - day_start for c in held])
        near.model.add(first <= begins + length * absent)
        near.model.add(last >= ends)
        filled += cp_model.LinearExpr.weighted_sum(chosen, [c.end - c.start for c in held])
    for occurrence in standing:
        placement = near.board.placed[occurrence]
        near.model.add(first <= placement.start - day_start)
        near.model.add(last >= placement.end - day_start)
        filled += placement.end - placement.start
    idle = near.model.new_int_var(0, length // near.problem.slot + 1, "")
    near.model.add(idle * near.problem.slot >= last - first - filled - near.slack(free, standing))
    return idle


def faces(near: Neighbourhood) -> Terms:
    """``new_face``: people beyond the first in each family that prefers one."""
    for family in near.families:
        if family.required:
            continue
        new = [v for name, v in family.faces.items() if name not in family.standing]
        count = near.model.new_int_var(0, len(new), "")
        near.model.add(count >= sum(new) - (0 if family.standing else 1))
        yield near.problem.weights.new_face * count


def bookings(near: Neighbourhood) -> Terms:
    """``moved``, ``moved_soon``, ``dropped``: what stood already and is touched."""
    for occurrence in near.free:
        if occurrence.booked is None:
            continue
        yield near.problem.weights.dropped * (1 - near.placed(occurrence))
        _, cost = moved_term(near.problem, occurrence)
        yield cost * (near.placed(occurrence) - near.kept(occurrence))


TERMS: tuple[Callable[[Neighbourhood], Terms], ...] = (
    left_out,
    unjoined,
    off_ideal_lag,
    uneven,
    off_preference,
    trips,
    faces,
    bookings,
)

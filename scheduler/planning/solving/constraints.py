"""What free occurrences may not do to each other: one function a rule, listed at the end."""

from collections.abc import Callable, Iterator
from itertools import combinations

from ortools.sat.python import cp_model

from pathways.model import Activity, MaxInDays
from scheduler.planning.asking import Occurrence
from scheduler.planning.solving.neighbourhood import Candidate, Family, Neighbourhood


def nobody_is_in_two_places(near: Neighbourhood) -> None:
    """A patient's appointments keep apart, with the gap before and the rest of day after them."""
    for patient in near.patients:
        stretches = [
            (*_kept_clear(near, occurrence, candidate), candidate.chosen)
            for occurrence in near.free_of(patient)
            for candidate in near.candidates[occurrence]
        ]
        _at_most_one_at_a_time(near, stretches)


def _kept_clear(
    near: Neighbourhood, occurrence: Occurrence, candidate: Candidate
) -> tuple[int, int]:
    """The stretch in which the patient has nothing else, if the candidate is chosen."""
    days = near.problem.calendar.day_starts
    gap = 0 if occurrence.is_meeting else near.problem.shape(occurrence.activity).gap
    end = days[candidate.day + 1] if occurrence.activity.rest_of_day else candidate.end
    return max(candidate.start - gap, days[candidate.day]), end


def _at_most_one_at_a_time(
    near: Neighbourhood, stretches: list[tuple[int, int, cp_model.IntVar]]
) -> None:
    """Stretches overlap exactly where one covers another's beginning: one clique for each."""
    ordered = sorted(stretches, key=lambda stretch: stretch[:2])
    running: list[tuple[int, int, cp_model.IntVar]] = []
    for number, stretch in enumerate(ordered):
        running = [held for held in running if held[1] > stretch[0]]
        running.append(stretch)
        last = number + 1 == len(ordered) or ordered[number + 1][0] > stretch[0]
        if last and len(running) > 1:
            near.model.add_at_most_one(chosen for _, _, chosen in running)


def numbers_ascend(near: Neighbourhood) -> None:
    """Within a week, and among sessions that come after others, a later number starts later."""
    for earlier, later in _pairs_in_order(near):
        first, last = max(near.days(earlier)), min(near.days(later))
        if first < last:
            continue
        for day in sorted({*near.days(earlier), *near.days(later)}):
            after = [near.on(earlier, d) for d in near.days(earlier) if d > day]
            until = [near.on(later, d) for d in near.days(later) if d <= day]
            if after and until:
                near.model.add(sum(after) + sum(until) <= 1)
            _ascends_within_day(near, earlier, later, day)


def _pairs_in_order(near: Neighbourhood) -> Iterator[tuple[Occurrence, Occurrence]]:
    blocks: dict[tuple[str, str, int | None], list[Occurrence]] = {}
    for occurrence in near.free:
        if not occurrence.is_meeting and near.candidates[occurrence]:
            key = (occurrence.owner, occurrence.activity.id, occurrence.week)
            blocks.setdefault(key, []).append(occurrence)
    for block in blocks.values():
        yield from combinations(sorted(block, key=lambda o: o.number), 2)


def _ascends_within_day(
    near: Neighbourhood, earlier: Occurrence, later: Occurrence, day: int
) -> None:
    firsts = [c for c in near.candidates[earlier] if c.day == day]
    seconds = [c for c in near.candidates[later] if c.day == day]
    if not firsts or not seconds or (earlier.activity.min_days_between or 0) > 0:
        return
    for start in sorted({c.start for c in firsts}):
        after = [c.chosen for c in firsts if c.start >= start]
        until = [c.chosen for c in seconds if c.start <= start]
        if until:
            near.model.add_at_most_one([*after, *until])


def dates_keep_apart(near: Neighbourhood) -> None:
    """``min_days_between`` and ``max_in_days``, counting the activity spaced with it."""
    for patient in near.patients:
        for activity in near.problem.pathways[patient].activities:
            spacing = _Spacing(near, patient, activity)
            if spacing.own or spacing.other:
                if activity.min_days_between:
                    _keep_days_between(near, activity.min_days_between, spacing)
                if activity.max_in_days:
                    _keep_most_in_days(near, activity.max_in_days, spacing)


class _Spacing:
    """The free occurrences that an activity's rules on dates count, and the days that stand."""

    def __init__(self, near: Neighbourhood, patient: str, activity: Activity) -> None:
        held = near.problem.asked.by_activity
        own = held.get((patient, activity.id), ())
        other = held.get((patient, activity.spaced_with or ""), ())
        self.own = [o for o in own if o in near.candidates]
        self.other = [o for o in other if o in near.candidates]
        self.standing = [day for o in own if o not in near.candidates for day in near.days(o)]
        self.beside = [day for o in other if o not in near.candidates for day in near.days(o)]
        self.beside += near.board.past_days(patient, activity.id)
        if activity.spaced_with:
            self.beside += near.board.past_days(patient, activity.spaced_with)


def _keep_days_between(near: Neighbourhood, gap: int, spacing: _Spacing) -> None:
    """Of ``gap`` consecutive days one holds one of its own; the other keeps as far away."""
    days = sorted({day for occurrence in spacing.own for day in near.days(occurrence)})
    for first in days:
        window = range(first, first + gap)
        within = [near.on(o, day) for o in spacing.own for day in near.days(o) if day in window]
        if len(within) > 1:
            near.model.add(sum(within) <= 1)
    for occurrence in spacing.other:
        for day in near.days(occurrence):
            for first in range(day - gap + 1, day + 1):
                window = range(first, first + gap)
                close = [near.on(o, d) for o in spacing.own for d in near.days(o) if d in window]
                if close:
                    near.model.add(sum(close) + near.on(occurrence, day) <= 1)


def _keep_most_in_days(near: Neighbourhood, most: MaxInDays, spacing: _Spacing) -> None:
    """On so many consecutive days that hold one of its own there are at most ``count``."""
    free = [*spacing.own, *spacing.other]
    days = [day for occurrence in free for day in near.days(occurrence)]
    for first in range(min(days, default=0) - most.days + 1, max(days, default=-1) + 1):
        window = range(first, first + most.days)
        mine = [near.on(o, d) for o in spacing.own for d in near.days(o) if d in window]
        theirs = [near.on(o, d) for o in spacing.other for d in near.days(o) if d in window]
        standing = sum(day in window for day in spacing.standing)
        room = max(0, most.count - standing - sum(day in window for day in spacing.beside))
        if len(mine) + len(theirs) <= room:
            continue
        if standing or not theirs:
            near.model.add(sum(mine) + sum(theirs) <= room)
            continue
        for one in mine:
            slack = len(mine) + len(theirs)
            near.model.add(sum(mine) + sum(theirs) <= room + slack * (1 - one))


def lags_hold(near: Neighbourhood) -> None:
    """What comes after something stands only if that does, and in its lag."""
    for occurrence in near.free:
        if any(anchor in near.candidates for anchor in occurrence.anchors):
            for anchor in occurrence.anchors:
                near.model.add(near.placed(occurrence) <= near.placed(anchor))
                _follow_by_day(near, occurrence, anchor)
            _keep_lag(near, occurrence)
    for occurrence in near.standing_followers():
        _keep_lag_to(near, occurrence)


def _keep_lag_to(near: Neighbourhood, standing: Occurrence) -> None:
    """What stands after free anchors stands in its lag, if they all do."""
    low, high = near.lag(standing)
    far = 2 * near.problem.calendar.end + high
    absent = sum(1 - near.placed(anchor) for anchor in standing.anchors)
    lag = near.start(standing) - near.last_end(standing)
    near.model.add(lag >= low - far * absent)
    near.model.add(lag <= high + far * absent)


def _keep_lag(near: Neighbourhood, occurrence: Occurrence) -> None:
    if not near.candidates[occurrence]:
        return
    low, high = near.lag(occurrence)
    far = near.problem.calendar.end + high
    absent = 1 - near.placed(occurrence)
    start, end = near.start(occurrence), near.last_end(occurrence)
    near.model.add(start - end >= low - far * absent)
    near.model.add(start - end <= high)


def _follow_by_day(near: Neighbourhood, occurrence: Occurrence, anchor: Occurrence) -> None:
    """By each day no follower without its anchor before: says little, and bounds well."""
    if anchor not in near.candidates or len(occurrence.anchors) > 1:
        return
    low, high = near.lag(occurrence)
    calendar = near.problem.calendar
    for day in near.days(occurrence):
        start, end = calendar.day_starts[day], calendar.day_starts[day + 1]
        before = [c.chosen for c in near.candidates[anchor] if c.end + low < end]
        until = [near.on(occurrence, d) for d in near.days(occurrence) if d <= day]
        near.model.add(sum(until) <= sum(before))
        late = [c.chosen for c in near.candidates[anchor] if c.end + high >= start]
        since = [near.on(occurrence, d) for d in near.days(occurrence) if d >= day]
        near.model.add(sum(since) <= sum(late))


def what_comes_first_is_done(near: Neighbourhood) -> None:
    """``preceded_by``, where what comes first is free as well."""
    for occurrence in near.free:
        for name in occurrence.patients:
            for before in occurrence.activity.preceded_by:
                first = near.problem.asked.by_key.get((name, before.activity, before.occurrence))
                if first in near.candidates:
                    _starts_once_done(near, occurrence, first)


def _starts_once_done(near: Neighbourhood, occurrence: Occurrence, first: Occurrence) -> None:
    done = near.fallen(first)
    for candidate in near.candidates[occurrence]:
        ended = [c.chosen for c in near.candidates[first] if c.end <= candidate.start]
        near.model.add(candidate.chosen <= sum(ended) + sum(done))


def units_last(near: Neighbourhood) -> None:
    """No authorization is used beyond its units."""
    uses: dict[tuple[str, str, int], list[cp_model.IntVar]] = {}
    for occurrence in near.free:
        service = occurrence.activity.needs_authorization
        for name in occurrence.patients if service else ():
            for candidate in near.candidates[occurrence]:
                number = near.problem.authorization(name, service or "", candidate.start)
                if number is not None:
                    uses.setdefault((name, service or "", number), []).append(candidate.chosen)
    for key, chosen in uses.items():
        units = near.problem.patients[key[0]].authorizations[key[2]].units
        near.model.add(sum(chosen) <= units - near.board.units[key])


def units_go_to_earlier_meetings(near: Neighbourhood) -> None:
    """No meeting goes without a unit while a later one of its activity uses one.

    A meeting that another session keeps the patient from has no claim to a unit.
    """
    for meetings in _paid_meetings(near).values():
        for number, (occurrence, candidate) in enumerate(meetings):
            reasons = [candidate.chosen, *_kept_from(near, occurrence, candidate)]
            for _, later in meetings[number + 1 :]:
                near.model.add(later.chosen <= sum(reasons))


def _paid_meetings(
    near: Neighbourhood,
) -> dict[tuple[str, str, str | None, int], list[tuple[Occurrence, Candidate]]]:
    """The meetings of one series that one authorization pays for, in order of time."""
    found: dict[tuple[str, str, str | None, int], list[tuple[Occurrence, Candidate]]] = {}
    for occurrence in near.free:
        service = occurrence.activity.needs_authorization
        if service is None or not occurrence.is_meeting:
            continue
        for candidate in near.candidates[occurrence]:
            number = near.problem.authorization(occurrence.owner, service, candidate.start)
            if number is not None:
                key = (occurrence.owner, occurrence.activity.id, candidate.series, number)
                found.setdefault(key, []).append((occurrence, candidate))
    return {key: sorted(held, key=lambda pair: pair[1].start) for key, held in found.items()}


def _kept_from(
    near: Neighbourhood, meeting: Occurrence, candidate: Candidate
) -> list[cp_model.IntVar]:
    """What keeps a patient from a meeting, if it is chosen."""
    chosen = []
    for occurrence in near.free_of(meeting.owner):
        for other in near.candidates[occurrence] if occurrence is not meeting else ():
            start, end = _kept_clear(near, occurrence, other)
            if start < candidate.end and candidate.start < end:
                chosen.append(other.chosen)
    return chosen


def partners_drive_on_different_days(near: Neighbourhood) -> None:
    """Two partners have no two different sessions without driving on one date."""
    doses = [o for o in near.free if o.activity.no_driving]
    for one, other in combinations(doses, 2):
        partners = {near.problem.patients[name].partner for name in one.patients}
        if partners & set(other.patients):
            for day in set(near.days(one)) & set(near.days(other)):
                near.model.add(near.on(one, day) + near.on(other, day) <= 1)


def meetings_have_seats(near: Neighbourhood) -> None:
    """No more patients attend a meeting than have a seat."""
    held: dict[tuple[str, int], list[cp_model.IntVar]] = {}
    for occurrence in near.free:
        for candidate in near.candidates[occurrence]:
            if candidate.series is not None:
                held.setdefault((candidate.series, candidate.start), []).append(candidate.chosen)
    for (series, start), chosen in held.items():
        left = near.problem.seats(series) - near.board.seats[series, start]
        if len(chosen) > left:
            near.model.add(sum(chosen) <= left)


def one_face_where_required(near: Neighbourhood) -> None:
    """A session is served by a face of its family; where one is required, there is one."""
    for family in near.families:
        for occurrence in family.members:
            _served_by_family(near, family, occurrence)
        if family.required:
            near.model.add(sum(family.faces.values()) <= max(1, len(family.standing)))


def _served_by_family(near: Neighbourhood, family: Family, occurrence: Occurrence) -> None:
    """A start stands only with one of the faces that are free then."""
    by_faces: dict[frozenset[str], list[cp_model.IntVar]] = {}
    able = near.faces_at(occurrence)
    for candidate in near.candidates[occurrence]:
        faces = frozenset(name for name, mask in able.items() if mask >> candidate.start & 1)
        by_faces.setdefault(faces, []).append(candidate.chosen)
    for faces, chosen in by_faces.items():
        near.model.add(sum(chosen) <= sum(family.faces[name] for name in sorted(faces)))


Constraint = Callable[[Neighbourhood], None]

CONSTRAINTS: tuple[Constraint, ...] = (
    nobody_is_in_two_places,
    numbers_ascend,
    dates_keep_apart,
    lags_hold,
    what_comes_first_is_done,
    units_last,
    units_go_to_earlier_meetings,
    partners_drive_on_different_days,
    meetings_have_seats,
    one_face_where_required,
)

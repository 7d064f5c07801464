"""What one patient may still do on each day, everything else standing as it is on a board.

``Course`` is the question that `walking` answers. It says of each free session at which slots of
which days it could start and what that costs by itself. What it leaves out makes plans cheaper and
never dearer, so that an answer is a bound at least: the order of two sessions of a day, units that
run out, and series of a group that a patient might rather stay away from.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from pathways.model import Activity
from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board, Placement, booked_placement
from scheduler.planning.calendar import bits, span_mask
from scheduler.planning.costing import keeps_booking, lag_terms, moved_term, unplaced_term
from scheduler.planning.course.day import NEVER, Costs, Fixed, Offer
from scheduler.planning.ledger import face_position

LATE = timedelta(days=7)
"""A follow-up that may not come sooner than this is one that comes late."""

Faces = Mapping[str, frozenset[str]]
"""Who may be met, by the activity that heads a family; a family left out meets anyone."""


class NotAWalk(ValueError):
    """The weeks of ``patient`` hold something that a walk through days cannot say."""

    def __init__(self, patient: str, why: str) -> None:
        super().__init__(f"{patient}: {why}")
        self.patient = patient


@dataclass(frozen=True)
class Block:
    """The free sessions of one activity in one week, in order.

    ``last`` ends its day; ``marked`` has its days counted by a rule; anything else is plain.
    ``numbered``: which of them stands where makes a difference. ``most`` may stand on one day.
    """

    activity: Activity
    sessions: tuple[Occurrence, ...]
    last: bool
    marked: bool
    most: int
    numbered: bool


class Variant(NamedTuple):
    """What takes place on a day anyway, and the meetings that the patient stays away from."""

    fixed: tuple[Fixed, ...]
    price: int
    skipped: tuple[Occurrence, ...]


@dataclass(frozen=True)
class Week:
    """What the weeks of the pathway own: plain blocks, and those that a walk has to remember."""

    first: int
    plain: tuple[Block, ...]
    marked: tuple[Block, ...]


class Course:
    """The question for one patient, who has none but locked appointments on the board.

    The series of groups are those of the board; without ``meetings`` none is attended, and waiting
    costs nothing. Raises `NotAWalk` where sessions are shared with
    a partner, where something follows what does not end its day, or off the grid of slots.
    """

    def __init__(
        self,
        board: Board,
        patient: str,
        faces: Faces,
        *,
        meetings: bool = True,
        free: Collection[Occurrence] | None = None,
    ) -> None:
        self.board = board
        self.problem = board.problem
        self.patient = patient
        self.faces = faces
        self.weights = self.problem.weights
        self.counts_waiting = meetings
        self.least: dict[int, int] = {}
        """What whole weeks cost at least, by their first days; nothing where not known."""
        self.slot = self.problem.slot
        mine = self.problem.of_patient(patient)
        self.is_whole = free is None
        asked = [o for o in mine if not o.locked] if free is None else free
        self.free = [o for o in asked if not o.is_meeting and len(o.patients) == 1]
        self.meetings = [o for o in asked if meetings and o.is_meeting]
        self.standing = [o for o in mine if o in board.placed]
        self._refuse_what_is_no_walk()
        board.open = frozenset(asked)
        self.days_asked: range | None = None
        self.may_skip = False
        """Whether the patient may stay away from meetings that could be attended."""
        self.variants_by_day: dict[int, list[Variant]] = {}
        self.starts: dict[Occurrence, int] = {}
        self._lag_tables: dict[str, Costs] = {}
        self._find_starts()
        board.open = frozenset()

    def _refuse_what_is_no_walk(self) -> None:
        for occurrence in self.free:
            free = [follower for follower in occurrence.followers if follower in self.free]
            if free and not occurrence.activity.rest_of_day:
                raise NotAWalk(self.patient, f"{occurrence} is followed, and does not end its day")
            if occurrence.anchors and (free or occurrence.activity.rest_of_day):
                raise NotAWalk(
                    self.patient, f"{occurrence} follows, and is followed or ends its day"
                )
            if any(anchor.is_meeting for anchor in occurrence.anchors):
                raise NotAWalk(self.patient, f"{occurrence} follows a meeting")
        if not self.problem.keeps_slots:
            raise NotAWalk(self.patient, "the grid shifts within a day")

    # ---- starts ----------------------------------------------------------------------------

    def _find_starts(self) -> None:
        shared: dict[tuple[str, int | None], int] = {}
        for occurrence in self.free:
            alone = occurrence.booked is None and not self._has_standing_neighbours(occurrence)
            alone = alone and not any(f in self.board.placed for f in occurrence.followers)
            key = (occurrence.activity.id, occurrence.week)
            if occurrence.week is not None and alone and key in shared:
                self.starts[occurrence] = shared[key]
                continue
            self.starts[occurrence] = self._starts_of(occurrence)
            if alone:
                shared[key] = self.starts[occurrence]

    def _has_standing_neighbours(self, occurrence: Occurrence) -> bool:
        held = self.problem.asked.by_activity[self.patient, occurrence.activity.id]
        return any(other in self.board.placed for other in held)

    def _starts_of(self, occurrence: Occurrence) -> int:
        board = self.board
        domain = self._domain(occurrence)
        for _, mask in board.rules(occurrence, domain):
            domain &= mask
        domain &= self._after_meetings(occurrence)
        if not domain:
            return 0
        return board.ledger.servable(occurrence, self.allowed_faces(occurrence), domain)

    def _after_meetings(self, occurrence: Occurrence) -> int:
        """The starts after all meetings that have to come first; none where one is missed."""
        ends, places = [0], dict(self.attended)
        for before in occurrence.activity.preceded_by:
            key = (self.patient, before.activity, before.occurrence)
            meeting = self.problem.asked.by_key.get(key)
            if meeting is not None and meeting in self.meetings and self.board.wanted(meeting):
                place = places.get(meeting)
                ends.append(place.end if place else self.problem.calendar.end)
        return span_mask(max(ends), self.problem.calendar.end)

    def _domain(self, occurrence: Occurrence) -> int:
        if not occurrence.anchors or occurrence.anchors[0] in self.board.placed:
            return self.board.domain(occurrence)
        anchor = occurrence.anchors[0]
        held = self.starts.get(anchor, 0)
        if not held:
            return 0
        length = self.problem.shape(anchor.activity).length
        low, high = self.lag(occurrence)
        first = (held & -held).bit_length() - 1 + length + low
        last = held.bit_length() - 1 + length + high
        return self.problem.starts(self.length(occurrence)) & span_mask(
            first, min(last + 1, self.problem.calendar.end)
        )

    def lag(self, occurrence: Occurrence) -> tuple[int, int]:
        """The shortest and the longest lag in ticks."""
        after = occurrence.activity.after
        if after is None:
            raise NotAWalk(self.patient, f"{occurrence} follows nothing")
        second = self.problem.calendar.tick_seconds
        low, high = int(after.lag.min.total_seconds()), int(after.lag.max.total_seconds())
        return -(-low // second), high // second

    def follows_late(self, occurrence: Occurrence) -> bool:
        """Whether it comes so long after its anchor that weeks lie between."""
        return self.lag(occurrence)[0] * self.problem.calendar.tick_seconds > LATE.total_seconds()

    def length(self, occurrence: Occurrence) -> int:
        """How long a session is, in ticks."""
        return self.problem.shape(occurrence.activity).length

    def allowed_faces(self, occurrence: Occurrence) -> set[str] | None:
        """Who may meet its need for the same person: those chosen and those who must."""
        must = self.board.faces(occurrence)
        chosen = self.faces.get(family_of(occurrence.activity))
        if chosen is None or face_position(occurrence) is None:
            return must
        return set(chosen) if must is None else must & chosen

    # ---- weeks and days --------------------------------------------------------------------

    @cached_property
    def weeks(self) -> list[Week]:
        """The weeks of the pathway."""
        held: dict[int, dict[str, list[Occurrence]]] = defaultdict(lambda: defaultdict(list))
        for occurrence in self.free:
            if occurrence.week is not None:
                held[occurrence.week][occurrence.activity.id].append(occurrence)
        start = self.problem.day(self.problem.patients[self.patient].start)
        return [
            self._week(start + 7 * (week - 1), held.get(week, {}).values())
            for week in range(1, self.problem.pathways[self.patient].weeks + 1)
            if self.is_whole or week in held
        ]

    @cached_property
    def days(self) -> range:
        """The days that the question is about; of a part only those on which it may lie."""
        day_of = self.problem.calendar.day_of
        days = list(self._anchors)
        for mask in filter(None, self.starts.values()):
            days += [day_of((mask & -mask).bit_length() - 1), day_of(mask.bit_length() - 1)]
        days += [day_of(place.start) for _, place in self.attended]
        if self.is_whole:
            days += [*self.fixed, *(week.first for week in self.weeks)]
        return range(max(0, min(days, default=0)), max(days, default=-1) + 1)

    def _week(self, first: int, groups: Iterable[list[Occurrence]]) -> Week:
        blocks = [block for group in groups for block in self._blocks(group)]
        return Week(
            first,
            tuple(b for b in blocks if not b.last and not b.marked),
            tuple(b for b in blocks if b.last or b.marked),
        )

    def _blocks(self, group: list[Occurrence]) -> Iterator[Block]:
        activity = group[0].activity
        marked = activity.id in self.spaced
        numbered = self._differ(group)
        if numbered and not marked and not activity.rest_of_day:
            # Each is asked for by itself, as if their order did not matter.
            for o in group:
                yield Block(activity, (o,), last=False, marked=False, most=1, numbered=False)
            return
        once = marked or activity.rest_of_day or bool(activity.min_days_between)
        most = 1 if once else len(group)
        sessions = tuple(sorted(group, key=lambda o: o.number))
        yield Block(activity, sessions, activity.rest_of_day, marked, most, numbered)

    def _differ(self, group: list[Occurrence]) -> bool:
        """Whether it makes a difference which of some sessions of a week stands where."""
        named = {
            (before.activity, before.occurrence)
            for activity in self.problem.pathways[self.patient].activities
            for before in activity.preceded_by
        }
        followed = {len(o.followers) for o in group}
        return len(group) > 1 and (
            len(followed) > 1
            or any((o.activity.id, o.number) in named for o in group)
            or any(o.booked or self._has_standing_neighbours(o) for o in group)
            or any(f in self.board.placed for o in group for f in o.followers)
        )

    @cached_property
    def spaced(self) -> set[str]:
        """The activities whose days a rule counts."""
        found: set[str] = set()
        for activity in self.problem.pathways[self.patient].activities:
            if activity.min_days_between or activity.max_in_days:
                found |= {activity.id, *([activity.spaced_with] if activity.spaced_with else [])}
        return found

    def own_costs(self, occurrence: Occurrence, begin: int, slots: Iterable[int]) -> Iterator[int]:
        """What starts at slots after a tick cost by themselves: against preferences, as booked."""
        wished = self.problem.prefers(self.patient, self.length(occurrence)) >> begin
        followers = [f for f in occurrence.followers if f in self.board.placed and f.asked]
        if occurrence.booked is None and not followers:
            off = self.weights.off_preference
            yield from (0 if wished >> self.slot * slot & 1 else off for slot in slots)
            return
        for slot in slots:
            cost = 0 if wished >> self.slot * slot & 1 else self.weights.off_preference
            if occurrence.booked and not self._kept_at(occurrence, begin + self.slot * slot):
                cost += moved_term(self.problem, occurrence)[1]
            end = begin + self.slot * slot + self.length(occurrence)
            for follower in followers:
                cost += self.lag_cost(follower, self.board.placed[follower].start - end)
            yield cost

    def _kept_at(self, occurrence: Occurrence, start: int) -> bool:
        booked = booked_placement(self.problem, occurrence)
        faces = self.allowed_faces(occurrence)
        crews = [c for c, _ in self.board.ledger.crews(occurrence, faces)]
        same = [crew for crew in crews if set(crew) == set(booked.crew)]
        if start != booked.start or not same:
            return False
        served = self.board.ledger.serve(occurrence, start, same, booked.location)
        return served is not None and served[0] == booked.location

    def left_out_cost(self, occurrence: Occurrence) -> int:
        """What it costs to leave a session or a meeting out."""
        cost = int(getattr(self.weights, unplaced_term(occurrence)))
        return cost + (self.weights.dropped if occurrence.booked is not None else 0)

    def lag_cost(self, occurrence: Occurrence, lag: int) -> int:
        """What so long a lag costs; `NEVER` outside the lags allowed."""
        low, high = self.lag(occurrence)
        if not low <= lag <= high:
            return NEVER
        return sum(amount for _, amount in lag_terms(self.problem, occurrence, lag))

    def lag_table(self, occurrence: Occurrence) -> Costs:
        """The cost of each lag in ticks from 0 on; one more at the end says that it is too long.

        The index -1, which is also that last one, stands for negative lags.
        """
        key = occurrence.activity.id
        if key not in self._lag_tables:
            _, high = self.lag(occurrence)
            costs = [self.lag_cost(occurrence, lag) for lag in range(high + 1)]
            self._lag_tables[key] = np.array([*costs, NEVER], dtype=np.int64)
        return self._lag_tables[key]

    def trip_on(self, day: int) -> int:
        """What it costs to come on a day."""
        return self.weights.trip_day if self._is_asked_about(day) else 0

    def idle_on(self, day: int) -> int:
        """What a slot of waiting costs on a day."""
        return self.weights.idle_slot if self.counts_waiting and self._is_asked_about(day) else 0

    def _is_asked_about(self, day: int) -> bool:
        return self.days_asked is None or day in self.days_asked

    def of_week(self, week: Week) -> "Course":
        """The question for one week alone, which never costs more than the week in company.

        What follows its sessions on later days costs neither trips nor waiting there; it may even
        fill what another week waits through. What comes weeks later is left out.
        """
        alone = copy(self)
        alone.days_asked = range(week.first, week.first + 7)
        sessions = {o for block in (*week.plain, *week.marked) for o in block.sessions}
        alone.free = [o for o in self.free if o in sessions or sessions & set(o.anchors)]
        alone.free = [o for o in alone.free if not o.anchors or not self.follows_late(o)]
        alone.starts = {o: self.starts[o] for o in alone.free}
        alone.standing, alone.least, alone.variants_by_day = [], {}, {}
        alone.__dict__["weeks"] = [week]
        alone.__dict__["fixed"] = {d: f for d, f in self.fixed.items() if d in alone.days_asked}
        alone.__dict__["_anchors"] = {}
        day_of = self.problem.calendar.day_of
        alone.__dict__["attended"] = [
            (o, place) for o, place in self.attended if day_of(place.start) in alone.days_asked
        ]
        alone.__dict__.pop("days", None)
        return alone

    def filled_by_follow_ups(self) -> int:
        """The most waiting that follow-ups may fill in weeks other than their anchors'."""
        slots = sum(
            -(-self.length(o) // self.slot)
            for o in self.free
            if o.anchors and self.problem.in_person(o)
        )
        return slots * self.weights.idle_slot

    def anchors_on(self, day: int) -> list[tuple[Occurrence, int]]:
        """What stands on a day and has free follow-ups, with its end in ticks."""
        return self._anchors.get(day, [])

    @cached_property
    def _anchors(self) -> dict[int, list[tuple[Occurrence, int]]]:
        found: dict[int, list[tuple[Occurrence, int]]] = defaultdict(list)
        for occurrence in self.standing:
            if occurrence.asked and any(f in self.starts for f in occurrence.followers):
                place = self.board.placed[occurrence]
                found[self.problem.calendar.day_of(place.start)].append((occurrence, place.end))
        if any(len(held) > 1 for held in found.values()):
            raise NotAWalk(self.patient, "two appointments of a day that stand are followed")
        return found

    @cached_property
    def attended(self) -> list[tuple[Occurrence, Placement]]:
        """The meetings that the patient can attend."""
        found = []
        for occurrence in self.meetings:
            place = self.board.attendance(occurrence)
            wanted = place is not None and self.board.wanted(occurrence)
            if wanted and place and not self.board.broken_by_attending(occurrence):
                found.append((occurrence, place))
        return found

    @cached_property
    def sure(self) -> int:
        """What any answer costs: meetings that cannot be attended, or not where booked."""
        places = dict(self.attended)
        cost = 0
        for occurrence in self.meetings:
            place = places.get(occurrence)
            if place is None:
                cost += self.weights.unplaced_other * self.board.wanted(occurrence)
                cost += self.weights.dropped * (occurrence.booked is not None)
            elif occurrence.booked and not keeps_booking(self.problem, occurrence, place):
                cost += moved_term(self.problem, occurrence)[1]
        return cost

    @cached_property
    def fixed(self) -> dict[int, tuple[Fixed, ...]]:
        """What takes place anyway, by day."""
        held: dict[int, list[Fixed]] = defaultdict(list)
        placed = [*self.attended, *((o, self.board.placed[o]) for o in self.standing)]
        for occurrence, place in placed:
            day = self.problem.calendar.day_of(place.start)
            in_person = self.problem.in_person(occurrence, place.series)
            held[day].append(Fixed(*self._stretch(place), in_person))
        for day, stretches in held.items():
            stretches.sort()
            if stretches[-1].end > self.slots(day):
                raise NotAWalk(self.patient, f"an appointment of day {day} crosses midnight")
            if any(a.end > b.start for a, b in pairwise(stretches)):
                raise NotAWalk(self.patient, f"appointments of day {day} overlap on the grid")
        return {day: tuple(stretches) for day, stretches in held.items()}

    def slots(self, day: int) -> int:
        """How many slots a day has, the last one perhaps cut short."""
        begin, end = self.problem.calendar.day_starts[day : day + 2]
        return -(-(end - begin) // self.slot)

    def variants(self, day: int) -> list["Variant"]:
        """What may take place on a day anyway: all of it, or less at the price of meetings."""
        if day not in self.variants_by_day:
            self.variants_by_day[day] = list(self._variants_of(day))
        return self.variants_by_day[day]

    def _variants_of(self, day: int) -> Iterator["Variant"]:
        yield Variant(self.fixed.get(day, ()), 0, ())
        if not self.may_skip:
            return
        meetings = [o for o, p in self.attended if self.problem.calendar.day_of(p.start) == day]
        for size in range(1, len(meetings) + 1):
            for skipped in combinations(meetings, size):
                gone = {self._stretch(place) for o, place in self.attended if o in skipped}
                kept = tuple(f for f in self.fixed[day] if (f.start, f.end) not in gone)
                yield Variant(kept, sum(self.left_out_cost(o) for o in skipped), skipped)

    def _stretch(self, place: Placement) -> tuple[int, int]:
        """From which slot of its day to which something stands."""
        begin = self.problem.calendar.day_starts[self.problem.calendar.day_of(place.start)]
        return (place.start - begin) // self.slot, -((begin - place.end) // self.slot)

    def offer(self, sessions: Iterable[Occurrence], day: int, block: Block | None) -> Offer:
        """Where any of some like sessions may start on a day; costs are those of the first."""
        listed = list(sessions)
        first = listed[0]
        begin, end = self.problem.calendar.day_starts[day : day + 2]
        mask = 0
        for occurrence in listed:
            mask |= self.starts[occurrence]
        length = -(-self.length(first) // self.slot)
        gap = self.problem.shape(first.activity).gap // self.slot
        starts = [tick // self.slot for tick in bits(mask >> begin & span_mask(0, end - begin))]
        costs = self.own_costs(first, begin, starts)
        in_person = self.problem.in_person(first)
        most = min(block.most, len(block.sessions)) if block else 1
        return Offer(tuple(starts), tuple(costs), length, gap, in_person, most)


def family_of(activity: Activity) -> str:
    """The activity that heads the family of one."""
    return activity.same_person_as or activity.id

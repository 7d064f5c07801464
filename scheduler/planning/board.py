"""Where else each occurrence of a plan in the making could stand.

The board answers, rule by rule, from which starts an occurrence could stand with everything else
left as it is; the planner, the last pass over what is left and the reasons all ask it.
"""

from collections.abc import Iterable, Iterator

from pathways.plan import Rule
from scheduler.planning.asking import Occurrence
from scheduler.planning.calendar import span_mask
from scheduler.planning.day_spacing import DaySpacing
from scheduler.planning.placements import Placement, Placements, face_of
from scheduler.planning.problem import Meeting, Shape


class Board(Placements):
    """The placements of a plan in the making, always within every hard rule."""

    def allowed(self, occurrence: Occurrence) -> int:
        """The starts from which a session could stand, everything else left as it is."""
        return self.allowed_within(occurrence, self.domain(occurrence))

    def allowed_within(self, occurrence: Occurrence, domain: int) -> int:
        """The same, of some starts."""
        mask = domain
        for _, allowed in self.rules(occurrence, domain):
            mask &= allowed
            if not mask:
                return 0
        return mask & self.ledger.servable(occurrence, self.faces(occurrence), mask)

    def domain(self, occurrence: Occurrence) -> int:
        """The grid starts of its week, or of its lag, from which it would end on its day."""
        reach = self.reach(occurrence)
        starts = self.problem.starts(self.problem.shape(occurrence.activity).length)
        return starts & self.problem.calendar.day_mask(*reach) if reach else 0

    def reach(self, occurrence: Occurrence) -> tuple[int, int] | None:
        """The first and last day on which it could lie; None while an anchor does not stand."""
        last_day = len(self.problem.calendar.dates) - 1
        if occurrence.week is not None:
            start = self.problem.patients[occurrence.owner].start
            first = self.problem.day(start) + 7 * (occurrence.week - 1)
            return first, min(first + 6, last_day)
        end = self.anchored(occurrence)
        if end is None:
            return None
        latest = end + self.problem.lag(occurrence.activity)[1]
        day_of = self.problem.calendar.day_of
        return day_of(end), min(day_of(min(latest, self.problem.calendar.end - 1)) + 3, last_day)

    def anchored(self, occurrence: Occurrence) -> int | None:
        """The end of the later of its anchors; None unless all of them stand."""
        ends = [self.placed[a].end for a in occurrence.anchors if self._anchors(a)]
        return max(ends) if ends and len(ends) == len(occurrence.anchors) else None

    def _anchors(self, occurrence: Occurrence) -> bool:
        """Whether something may come after it: it stands, and is asked for."""
        if occurrence not in self.placed or not occurrence.asked:
            return False
        if occurrence.is_meeting and occurrence.locked:
            meeting = self.meeting(occurrence)
            return meeting is None or meeting.state != "fallen"
        return not occurrence.anchors or self.anchored(occurrence) is not None

    def wanted(self, occurrence: Occurrence) -> bool:
        """Whether an occurrence is asked for as the board stands."""
        if not occurrence.asked or (occurrence.anchors and self.anchored(occurrence) is None):
            return False
        if occurrence.is_meeting and not occurrence.locked:
            meeting = self.meeting(occurrence)
            return meeting is not None and meeting.state in ("open", "unavailable")
        return True

    def is_open(self, occurrence: Occurrence) -> bool:
        """Whether any plan may do something else with it than this board does."""
        if occurrence.locked:
            return False
        if occurrence.is_meeting:
            fixed = self.problem.locked_series(occurrence.owner, occurrence.activity)
            return fixed is None or self.wanted(occurrence)
        return True

    def meeting(self, occurrence: Occurrence) -> Meeting | None:
        """The meeting that bears its number in the series that its patient has joined."""
        series = self.series.get((occurrence.owner, occurrence.activity.id))
        if series is None:
            return None
        held = self.problem.meetings(occurrence.owner, occurrence.activity, series)
        return held.get(occurrence.number)

    def rules(self, occurrence: Occurrence, domain: int) -> Iterator[tuple[Rule, int]]:
        """Each rule about the patient and the time, and the starts that it allows.

        Only the starts of ``domain`` matter. Who and what serves a session is the ledger's.
        """
        yield from self.problem.static(occurrence).items()
        shape = self.problem.shape(occurrence.activity)
        days = self._days(domain)
        yield "spacing", self._spacing(occurrence, shape, days)
        yield "order", self._order(occurrence, shape.length)
        yield "lag", self._lag(occurrence, shape.length)
        yield "authorization", self._authorized(occurrence, days)
        yield "partner", self._apart_from_partner(occurrence, days)

    def _days(self, domain: int) -> range:
        if not domain:
            return range(0)
        first = self.problem.calendar.day_of((domain & -domain).bit_length() - 1)
        return range(first, self.problem.calendar.day_of(domain.bit_length() - 1) + 1)

    def _spacing(self, occurrence: Occurrence, shape: Shape, days: Iterable[int]) -> int:
        mask = self.problem.horizon
        for day in days:
            for name in occurrence.patients:
                for other in self.on(name, day):
                    mask &= ~self._blocked_by(occurrence, shape, other, day)
        for day in self.unspaced_days(occurrence, days):
            mask &= ~self.problem.calendar.day_mask(day)
        return mask

    def _blocked_by(self, occurrence: Occurrence, shape: Shape, other: Occurrence, day: int) -> int:
        """The starts of a day that an appointment of the same patient leaves no room for."""
        if other is occurrence:
            return 0
        placement = self.placed[other]
        starts, end = self.problem.calendar.day_starts[day], self.problem.calendar.end
        free = 0
        if not occurrence.activity.rest_of_day:
            gap = self.problem.shape(other.activity).gap
            free |= span_mask(starts, placement.start - gap - shape.length + 1)
        if not other.activity.rest_of_day:
            free |= span_mask(max(placement.end + shape.gap, 0), end)
        return self.problem.calendar.day_mask(day) & ~free

    def roomy(self, occurrence: Occurrence, domain: int) -> int:
        """The starts that the rules on dates allow, whatever else the patient has on the day."""
        mask = domain
        for day in self.unspaced_days(occurrence, self._days(domain)):
            mask &= ~self.problem.calendar.day_mask(day)
        return mask

    def unspaced_days(self, occurrence: Occurrence, days: Iterable[int]) -> Iterator[int]:
        """The days on which it would come too close to others, or be one too many."""
        rules = [
            rule for name in occurrence.patients for rule in self._spacing_rules(occurrence, name)
        ]
        for day in days:
            if any(rule.broken_by(day) for rule in rules):
                yield day

    def _spacing_rules(self, occurrence: Occurrence, patient: str) -> Iterator[DaySpacing]:
        """The rules on dates that a placement for this patient would have to keep.

        Its own activity's, and those of the patient's activities that are spaced with it.
        """
        name = occurrence.activity.id
        for activity in self.problem.pathways[patient].activities:
            if name not in (activity.id, activity.spaced_with):
                continue
            if activity.min_days_between is None and activity.max_in_days is None:
                continue
            own = self._dates_of(patient, activity.id, occurrence)
            other = list(self.past_days(patient, activity.id))
            if activity.spaced_with is not None:
                other += self._dates_of(patient, activity.spaced_with, occurrence)
                other += self.past_days(patient, activity.spaced_with)
            most = activity.max_in_days
            yield DaySpacing(
                own=own,
                other=other,
                is_own=activity.id == name,
                gap=activity.min_days_between or 0,
                days=most.days if most else 0,
                count=most.count if most else 0,
            )

    def _dates_of(self, patient: str, activity: str, but: Occurrence) -> list[int]:
        return [
            self.problem.calendar.day_of(self.placed[found].start)
            for found in self.problem.asked.by_activity.get((patient, activity), ())
            if found in self.placed and found is not but
        ]

    def past_days(self, patient: str, activity: str) -> Iterator[int]:
        """The days of a patient's earlier sessions of an activity."""
        for past in self.problem.patients[patient].history:
            if past.activity == activity:
                yield self.problem.day(self.problem.scenario.local(past.start).date())

    def _order(self, occurrence: Occurrence, length: int) -> int:
        low, high = 0, self.problem.calendar.end
        for other, before in self._neighbours(occurrence):
            placement = self.placed.get(other)
            if placement is not None and before:
                low = max(low, placement.start)
            elif placement is not None:
                # Two that start together overlap, which is another rule's to say.
                high = min(high, placement.start + 1)
        low, high = self._preceded(occurrence, length, low, high)
        return span_mask(low, high)

    def _neighbours(self, occurrence: Occurrence) -> Iterator[tuple[Occurrence, bool]]:
        """The occurrences that it must not overtake, and whether each comes before it."""
        for found in self.problem.asked.by_activity[occurrence.owner, occurrence.activity.id]:
            same_block = found.week == occurrence.week and found.owner == occurrence.owner
            if found is not occurrence and same_block:
                yield found, found.number < occurrence.number

    def _preceded(
        self, occurrence: Occurrence, length: int, low: int, high: int
    ) -> tuple[int, int]:
        for name in occurrence.patients:
            for before in occurrence.activity.preceded_by:
                low = max(low, self.done_at((name, before.activity, before.occurrence)))
            for activity in self.problem.pathways[name].activities:
                named = [(b.activity, b.occurrence) for b in activity.preceded_by]
                if (occurrence.activity.id, occurrence.number) in named:
                    for later in self.problem.asked.by_activity.get((name, activity.id), ()):
                        if later in self.placed and later is not occurrence:
                            high = min(high, self.placed[later].start - length + 1)
        return low, high

    def done_at(self, key: tuple[str, str, int]) -> int:
        """The tick from which an occurrence is done; past the horizon where it never is."""
        never = self.problem.calendar.end
        found = self.problem.asked.by_key.get(key)
        if found is None:
            outcome = self.problem.asked.outcome(key)
            ends = [self.placed[o].end for o in self._unasked(key)]
            return 0 if outcome in ("waived", "elsewhere") else min(ends, default=never)
        if found in self.open:
            return 0
        if found.is_meeting:
            # A meeting that fell out or lies before now is done, a locked one not only at its end.
            meeting = self.meeting(found)
            if meeting is not None and meeting.state in ("fallen", "past"):
                return 0
        if found in self.placed:
            return self.placed[found].end
        return never

    def _unasked(self, key: tuple[str, str, int]) -> list[Occurrence]:
        """Locked bookings of an occurrence that nothing asks for; they stand all the same."""
        held = self.problem.asked.by_activity.get(key[:2], ())
        return [o for o in held if o.number == key[2] and not o.asked]

    def _lag(self, occurrence: Occurrence, length: int) -> int:
        low, high = 0, self.problem.calendar.end
        end = self.anchored(occurrence)
        if end is not None:
            shortest, longest = self.problem.lag(occurrence.activity)
            low, high = end + shortest, end + longest + 1
        mask = span_mask(max(low, 0), min(high, self.problem.calendar.end))
        for follower in occurrence.followers:
            if follower in self.placed and follower.asked:
                mask &= self._lag_before(occurrence, follower, length)
        return mask

    def _lag_before(self, occurrence: Occurrence, follower: Occurrence, length: int) -> int:
        """The starts that keep the lag to a follower that stands."""
        others = [a for a in follower.anchors if a is not occurrence]
        if any(other not in self.placed for other in others):
            return self.problem.horizon
        shortest, longest = self.problem.lag(follower.activity)
        latest = self.placed[follower].start - shortest
        earliest = self.placed[follower].start - longest
        if any(self.placed[other].end > latest for other in others):
            return 0
        if any(self.placed[other].end >= earliest for other in others):
            earliest = 0
        return span_mask(max(0, earliest - length), max(0, latest - length + 1))

    def _authorized(self, occurrence: Occurrence, days: Iterable[int]) -> int:
        service = occurrence.activity.needs_authorization
        if service is None:
            return self.problem.horizon
        mask = 0
        for day in days:
            if all(self.has_unit(name, service, day) for name in occurrence.patients):
                mask |= self.problem.calendar.day_mask(day)
        return mask

    def has_unit(self, patient: str, service: str, day: int) -> bool:
        """Whether an authorization covers a service on a day and still has a unit."""
        tick = self.problem.calendar.day_starts[day]
        number = self.problem.authorization(patient, service, tick)
        if number is None:
            return False
        units = self.problem.patients[patient].authorizations[number].units
        return self.units[patient, service, number] < units

    def _apart_from_partner(self, occurrence: Occurrence, days: Iterable[int]) -> int:
        """Partners have no two different sessions without driving on one date."""
        mask = self.problem.horizon
        if not occurrence.activity.no_driving:
            return mask
        partners = [self.problem.patients[name].partner for name in occurrence.patients]
        for day in days:
            for name in filter(None, partners):
                held = [o for o in self.on(name, day) if o.activity.no_driving]
                if any(other is not occurrence for other in held):
                    mask &= ~self.problem.calendar.day_mask(day)
        return mask

    # ---- group meetings -------------------------------------------------------------------

    def attendance(self, occurrence: Occurrence) -> Placement | None:
        """The one placement that a meeting has in the series that its patient has joined."""
        meeting = self.meeting(occurrence)
        series = self.series.get((occurrence.owner, occurrence.activity.id))
        if meeting is None or series is None:
            return None
        group = self.problem.series[series]
        people = (group.facilitator,)
        return Placement(meeting.start, meeting.end, group.location, people, (), series)

    def broken_by_attending(self, occurrence: Occurrence) -> set[Rule]:
        """The rules that keep a patient from a meeting, everything else left as it is."""
        meeting, place = self.meeting(occurrence), self.attendance(occurrence)
        if meeting is None or place is None or place.series is None:
            return {"group"}
        broken: set[Rule] = set() if meeting.state == "open" else {"availability"}
        if self.seats[place.series, meeting.start] >= self.problem.seats(place.series):
            broken.add("capacity")
        day = self.problem.calendar.day_of(meeting.start)
        length = meeting.end - meeting.start
        shape = Shape(length, 0, (), (), ())
        masks: dict[Rule, int] = {
            "spacing": self._spacing(occurrence, shape, [day]),
            "order": span_mask(*self._preceded(occurrence, length, 0, self.problem.calendar.end)),
            "lag": self._lag(occurrence, length),
            "authorization": self._authorized(occurrence, [day]),
        }
        return broken | {rule for rule, mask in masks.items() if not mask >> meeting.start & 1}

    def faces(self, occurrence: Occurrence) -> set[str] | None:
        """The people who alone may meet its ``same_person`` need; None where any may."""
        need = occurrence.activity.same_person_need
        if need is None or need.same_person != "required":
            return None
        met: set[str] | None = None
        for name in occurrence.patients:
            faces = self.family_faces(name, occurrence)
            if faces:
                met = faces if met is None else met | faces
        return met if met is None or len(met) == 1 else set()

    def family_faces(self, patient: str, occurrence: Occurrence) -> set[str]:
        """Who meets the ``same_person`` needs of a patient's other sessions of the family."""
        faces = set()
        for activity in self.problem.pathways[patient].family(occurrence.activity.id):
            for found in self.problem.asked.by_activity.get((patient, activity.id), ()):
                if found in self.placed and found is not occurrence:
                    face = face_of(found, self.placed[found])
                    faces |= {face} if face else set()
        return faces

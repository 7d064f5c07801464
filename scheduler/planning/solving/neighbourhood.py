"""The exact question for a few occurrences, with everything else on the board left as it is.

Every start that the board allows an occurrence is a yes-or-no variable of a CP-SAT model. What
the occurrences would do to the rest of the board is settled before: starts that break something
there are no candidates. The constraints say what the occurrences do to each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ortools.sat.python import cp_model

from scheduler.planning.asking import Occurrence
from scheduler.planning.board import Board
from scheduler.planning.calendar import Span, bits, span_mask
from scheduler.planning.ledger import face_position
from scheduler.planning.placements import Placement, booked_placement, face_of
from scheduler.planning.solving.posing import Membership

Linear = cp_model.LinearExpr | int


@dataclass(frozen=True)
class Candidate:
    """One way in which an occurrence may stand, and the variable that says whether it does."""

    start: int
    end: int
    day: int
    series: str | None
    chosen: cp_model.IntVar


@dataclass(frozen=True)
class Family:
    """A patient's free sessions that should, or must, have one face.

    ``faces`` says of each person whether they are one of the patient's, ``standing`` are those
    who are already.
    """

    patient: str
    required: bool
    members: list[Occurrence]
    faces: dict[str, cp_model.IntVar]
    standing: set[str]


class Neighbourhood:
    """The variables of some occurrences, which have been taken off the board before.

    ``memberships`` are group activities whose series is chosen anew; their meetings are among
    the occurrences. The sessions named in ``within`` may start only there, a bit for each tick.
    """

    def __init__(
        self,
        board: Board,
        free: Iterable[Occurrence],
        memberships: Iterable[Membership] = (),
        within: Mapping[Occurrence, int] | None = None,
    ) -> None:
        self.board = board
        self.problem = board.problem
        self.model = cp_model.CpModel()
        self.memberships = list(memberships)
        self._within = within or {}
        self.free = sorted(free, key=lambda o: (len(_chain(o)), o.index))
        self.joined: dict[Membership, dict[str, cp_model.IntVar]] = {}
        self.candidates: dict[Occurrence, list[Candidate]] = {}
        self._days: dict[tuple[Occurrence, int], cp_model.IntVar] = {}
        self.keeps: dict[Occurrence, cp_model.IntVar] = {}
        self._last_ends: dict[Occurrence, cp_model.IntVar] = {}
        for key in self.memberships:
            self._choose_series(key)
        board.open = frozenset(self.free)
        for occurrence in self.free:
            self.candidates[occurrence] = list(self._candidates_of(occurrence))
            self.model.add_at_most_one(c.chosen for c in self.candidates[occurrence])
            self._add_days(occurrence)
        board.open = frozenset()

    # ---- candidates ------------------------------------------------------------------------

    def _choose_series(self, key: Membership) -> None:
        activity = self.problem.pathways[key[0]].activity(key[1])
        names = self.problem.options(key[0], activity)
        self.joined[key] = {name: self.model.new_bool_var("") for name in names}
        self.model.add_at_most_one(self.joined[key].values())

    def _candidates_of(self, occurrence: Occurrence) -> Iterator[Candidate]:
        if occurrence.is_meeting:
            yield from self._meetings_of(occurrence)
            return
        length = self.problem.shape(occurrence.activity).length
        starts = self._starts(occurrence)
        for start in bits(starts & self._within.get(occurrence, starts)):
            yield self._candidate(start, start + length, None)

    def _candidate(self, start: int, end: int, series: str | None) -> Candidate:
        day = self.problem.calendar.day_of(start)
        return Candidate(start, end, day, series, self.model.new_bool_var(""))

    def _meetings_of(self, occurrence: Occurrence) -> Iterator[Candidate]:
        key = (occurrence.owner, occurrence.activity.id)
        before = self.board.series.get(key)
        for series in self.joined.get(key, {before} if before else ()):
            self.board.series[key] = series
            place = self.board.attendance(occurrence)
            if place is None or self.board.meeting(occurrence) is None:
                continue
            if self.board.wanted(occurrence) and not self.board.broken_by_attending(occurrence):
                candidate = self._candidate(place.start, place.end, series)
                if key in self.joined:
                    self.model.add_implication(candidate.chosen, self.joined[key][series])
                yield candidate
        self.board.series[key] = before

    def _starts(self, occurrence: Occurrence) -> int:
        """The starts that the rest of the board allows, whatever its free anchors do."""
        if not any(anchor in self.candidates for anchor in occurrence.anchors):
            return self.board.allowed(occurrence)
        first, last = self._lag_span(occurrence)
        if last <= first:
            return 0
        length = self.problem.shape(occurrence.activity).length
        domain = self.problem.starts(length) & span_mask(first, last)
        for _, mask in self.board.rules(occurrence, domain):
            domain &= mask
        faces = self.board.faces(occurrence)
        return self.board.ledger.servable(occurrence, faces, domain) if domain else 0

    def _lag_span(self, occurrence: Occurrence) -> Span:
        """From the earliest to the latest start that any choice of its anchors leaves."""
        earliest, latest = [], []
        for anchor in occurrence.anchors:
            ends = self.ends(anchor)
            if not ends:
                return 0, 0
            earliest.append(min(ends))
            latest.append(max(ends))
        low, high = self.lag(occurrence)
        return max(earliest) + low, min(max(latest) + high + 1, self.problem.calendar.end)

    def ends(self, anchor: Occurrence) -> list[int]:
        """The ends that an anchor, free or standing, may have."""
        if anchor in self.candidates:
            return [candidate.end for candidate in self.candidates[anchor]]
        return [self.board.placed[anchor].end] if anchor in self.board.placed else []

    def lag(self, occurrence: Occurrence) -> Span:
        """The shortest and the longest lag in ticks; any at all where it comes after nothing."""
        if occurrence.activity.after is None:
            return 0, self.problem.calendar.end
        return self.problem.lag(occurrence.activity)

    def _add_days(self, occurrence: Occurrence) -> None:
        """One variable for each day on which it may lie, which is the sum of its starts there."""
        by_day: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for candidate in self.candidates[occurrence]:
            by_day[candidate.day].append(candidate.chosen)
        for day, chosen in by_day.items():
            if len(chosen) == 1:
                self._days[occurrence, day] = chosen[0]
            else:
                self._days[occurrence, day] = self.model.new_bool_var("")
                self.model.add(cp_model.LinearExpr.sum(chosen) == self._days[occurrence, day])

    # ---- what the constraints speak of -----------------------------------------------------

    def on(self, occurrence: Occurrence, day: int) -> Linear:
        """1 if it stands on a day."""
        if occurrence in self.candidates:
            return self._days.get((occurrence, day), 0)
        placement = self.board.placed.get(occurrence)
        return int(placement is not None and self.problem.calendar.day_of(placement.start) == day)

    def days(self, occurrence: Occurrence) -> list[int]:
        """The days on which it may stand."""
        if occurrence in self.candidates:
            return sorted({candidate.day for candidate in self.candidates[occurrence]})
        placement = self.board.placed.get(occurrence)
        return [self.problem.calendar.day_of(placement.start)] if placement else []

    def placed(self, occurrence: Occurrence) -> Linear:
        """1 if it stands at all."""
        if occurrence not in self.candidates:
            return int(occurrence in self.board.placed)
        days = [self._days[occurrence, day] for day in self.days(occurrence)]
        return cp_model.LinearExpr.sum(days) if days else 0

    def start(self, occurrence: Occurrence) -> Linear:
        """Its start in ticks, 0 if it does not stand."""
        if occurrence not in self.candidates:
            placement = self.board.placed.get(occurrence)
            return placement.start if placement else 0
        return _weighted((c.chosen, c.start) for c in self.candidates[occurrence])

    def end(self, occurrence: Occurrence) -> Linear:
        """Its end in ticks, 0 if it does not stand."""
        if occurrence not in self.candidates:
            placement = self.board.placed.get(occurrence)
            return placement.end if placement else 0
        return _weighted((c.chosen, c.end) for c in self.candidates[occurrence])

    def day_of(self, occurrence: Occurrence) -> Linear:
        """The number of its day, 0 if it does not stand."""
        return _weighted((self.on(occurrence, day), day) for day in self.days(occurrence))

    def last_end(self, occurrence: Occurrence) -> Linear:
        """The end of the later of its anchors."""
        ends = [self.end(anchor) for anchor in occurrence.anchors]
        if len(ends) == 1:
            return ends[0]
        if occurrence not in self._last_ends:
            latest = self.model.new_int_var(0, self.problem.calendar.end, "")
            self.model.add_max_equality(latest, ends)
            self._last_ends[occurrence] = latest
        return self._last_ends[occurrence]

    def standing_followers(self) -> list[Occurrence]:
        """What stands whatever the free occurrences do, but comes after one of them."""
        found = dict.fromkeys(follower for o in self.free for follower in o.followers)
        return [
            o
            for o in found
            if o.asked and o not in self.candidates and o in self.board.placed
            if all(a in self.candidates or a in self.board.placed for a in o.anchors)
        ]

    def in_person(self, candidate: Candidate, occurrence: Occurrence) -> bool:
        """Whether the patient comes to the clinic, if the candidate is chosen."""
        return self.problem.in_person(occurrence, candidate.series)

    def visits(self, occurrence: Occurrence, day: int) -> list[cp_model.IntVar]:
        """The candidates on a day for which the patient comes to the clinic."""
        held = self.candidates[occurrence]
        return [c.chosen for c in held if c.day == day and self.in_person(c, occurrence)]

    def kept(self, occurrence: Occurrence) -> Linear:
        """1 if it stands exactly as booked: start, location and people."""
        booked = booked_placement(self.problem, occurrence)
        at = [
            c.chosen
            for c in self.candidates[occurrence]
            if c.start == booked.start and self._as_booked(occurrence, c, booked)
        ]
        if not at:
            return 0
        if occurrence not in self.keeps:
            self.keeps[occurrence] = self.model.new_bool_var("")
            self.model.add(self.keeps[occurrence] <= sum(at))
            face = face_of(occurrence, booked)
            for family in self.families if face else ():
                if occurrence in family.members:
                    self.model.add_implication(self.keeps[occurrence], family.faces[str(face)])
        return self.keeps[occurrence]

    def _as_booked(self, occurrence: Occurrence, candidate: Candidate, booked: Placement) -> bool:
        """Whether the booked people and place are free at the booked start."""
        if candidate.series is not None:
            group = self.problem.series[candidate.series]
            return (booked.location, set(booked.crew)) == (group.location, {group.facilitator})
        shape = self.problem.shape(occurrence.activity)
        ledger, bit = self.board.ledger, 1 << booked.start
        places = shape.locations if occurrence.activity.location_kind else (None,)
        if booked.location not in places:
            return False
        if booked.location and not ledger.place_starts(booked.location, shape.length) & bit:
            return False
        return any(
            set(crew) == set(booked.crew) and ledger.monitored(shape, free & bit, crew)
            for crew, free in ledger.crews(occurrence, self.board.faces(occurrence))
        )

    def slack(self, free: list[Occurrence], standing: list[Occurrence]) -> int:
        """Ticks that idle gaps of a day may lose in rounding down to whole slots, at most."""
        slot = self.problem.slot
        edges = [c.start for o in free for c in self.candidates[o]]
        edges += [c.end for o in free for c in self.candidates[o]]
        for occurrence in standing:
            edges += [self.board.placed[occurrence].start, self.board.placed[occurrence].end]
        if len({edge % slot for edge in edges}) <= 1:
            return 0
        return (slot - 1) * (len(free) + len(standing) - 1)

    def fallen(self, meeting: Occurrence) -> list[Linear]:
        """The choices of series under which a meeting counts as done without taking place."""
        key = (meeting.owner, meeting.activity.id)
        standing = self.board.series.get(key)
        done: list[Linear] = []
        for series, joined in self.joined.get(key, {standing: 1} if standing else {}).items():
            held = self.problem.meetings(key[0], meeting.activity, series).get(meeting.number)
            if held is not None and held.state in ("fallen", "past"):
                done.append(joined)
        return done

    def faces_at(self, occurrence: Occurrence) -> dict[str, int]:
        """Who may meet its ``same_person`` need, and at which starts."""
        position = face_position(occurrence)
        able: dict[str, int] = {}
        if position is None:
            return able
        shape = self.problem.shape(occurrence.activity)
        domain = self.problem.horizon
        for crew, free in self.board.ledger.crews(occurrence, self.board.faces(occurrence)):
            held = self.board.ledger.monitored(shape, free & domain, crew)
            able[crew[position]] = able.get(crew[position], 0) | held
        return able

    @cached_property
    def families(self) -> list[Family]:
        """The families that the free occurrences belong to, patient by patient."""
        members: dict[tuple[str, str], list[Occurrence]] = {}
        for occurrence in self.free:
            if face_position(occurrence) is not None:
                root = occurrence.activity.same_person_as or occurrence.activity.id
                for name in self._faced(occurrence):
                    members.setdefault((name, root), []).append(occurrence)
        return [self._family(patient, held) for (patient, _), held in members.items()]

    @staticmethod
    def _faced(occurrence: Occurrence) -> tuple[str, ...]:
        """For whom a face counts: both partners where required, the owner where preferred."""
        need = occurrence.activity.same_person_need
        both = need is not None and need.same_person == "required"
        return occurrence.patients if both else (occurrence.owner,)

    def _family(self, patient: str, members: list[Occurrence]) -> Family:
        names = sorted({name for member in members for name in self.faces_at(member)})
        need = members[0].activity.same_person_need
        return Family(
            patient=patient,
            required=need is not None and need.same_person == "required",
            members=members,
            faces={name: self.model.new_bool_var("") for name in names},
            standing=self.board.family_faces(patient, members[0]),
        )

    @cached_property
    def patients(self) -> list[str]:
        """Those whose occurrences are free."""
        return sorted({name for occurrence in self.free for name in occurrence.patients})

    def free_of(self, patient: str) -> list[Occurrence]:
        """The free occurrences in which a patient takes part."""
        return [occurrence for occurrence in self.free if patient in occurrence.patients]


def _weighted(terms: Iterable[tuple[Linear, int]]) -> Linear:
    total: Linear = 0
    variables, factors = [], []
    for variable, factor in terms:
        if isinstance(variable, int):
            total += variable * factor
        else:
            variables.append(variable)
            factors.append(factor)
    return cp_model.LinearExpr.weighted_sum(variables, factors) + total if variables else total


def _chain(occurrence: Occurrence) -> list[Occurrence]:
    """The anchors before it, and those before them."""
    found: list[Occurrence] = []
    for anchor in occurrence.anchors:
        found += [anchor, *_chain(anchor)]
    return found

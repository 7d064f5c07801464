"""The variables: whether each occurrence stands, when, and in which series."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ortools.sat.python import cp_model

from pathways.model import Activity
from scheduler.planning.asking import Occurrence
from scheduler.planning.calendar import bits, span_mask
from scheduler.planning.placements import Placement
from scheduler.planning.problem import Meeting, Problem

Linear = cp_model.LinearExpr | int
Literal = cp_model.IntVar


@dataclass(eq=False)
class Visit:
    """One way in which an occurrence may stand: a session, or a meeting of one series.

    ``stands`` says whether it does, ``on`` on which day, in numbers of the horizon. ``fixed`` is
    where it stands whatever is decided; ``starts`` are all ticks at which a session may start.
    """

    occurrence: Occurrence
    stands: Literal
    start: Linear
    end: Linear
    on: dict[int, Literal]
    series: str | None = None
    fixed: Placement | None = None
    starts: int = 0

    @property
    def activity(self) -> Activity:
        """What it is an occurrence of."""
        return self.occurrence.activity

    @property
    def is_session(self) -> bool:
        """Whether somebody has to be found who serves it."""
        return not self.occurrence.is_meeting

    @property
    def day(self) -> Linear:
        """The number of its day; 0 where it does not stand."""
        return weighted(self.on.items())

    @property
    def is_fixed(self) -> bool:
        """Whether it stands whatever is decided: no rule between two such is the plan's to keep."""
        return self.fixed is not None


@dataclass(eq=False)
class Membership:
    """A patient's group activity: the series joined, None where a patient joins none."""

    patient: str
    activity: Activity
    joined: dict[str | None, Literal] = field(default_factory=dict)


class Visits:
    """All visits of some patients; what is ``fixed`` stands, whoever's it is."""

    def __init__(
        self, problem: Problem, patients: Iterable[str], fixed: Mapping[Occurrence, Placement]
    ) -> None:
        self.problem = problem
        self.model = cp_model.CpModel()
        self.yes = self.model.new_constant(1)
        self.no = self.model.new_constant(0)
        self.patients = list(patients)
        self.fixed = fixed
        self.of: dict[Occurrence, list[Visit]] = {}
        self.memberships = {
            (member.patient, member.activity.id): member for member in self._memberships()
        }
        self._ends: dict[Occurrence, Linear] = {}
        self._placed: dict[Occurrence, Literal] = {}
        self._counting: dict[Occurrence, Literal] = {}
        for occurrence in sorted(self._occurrences(), key=lambda o: (depth(o), o.index)):
            self.of[occurrence] = list(self._visits(occurrence))
            self.model.add_at_most_one(visit.stands for visit in self.of[occurrence])

    def _occurrences(self) -> dict[Occurrence, None]:
        held = (o for name in self.patients for o in self.problem.of_patient(name))
        return dict.fromkeys(held)

    def _memberships(self) -> Iterator[Membership]:
        for patient in self.patients:
            for activity in self.problem.pathways[patient].activities:
                if activity.kind == "group":
                    member = Membership(patient, activity)
                    options: list[str | None] = [*self.problem.options(patient, activity)]
                    if self.problem.locked_series(patient, activity) is None:
                        options.append(None)
                    member.joined = {name: self.model.new_bool_var("") for name in options}
                    self.model.add_exactly_one(member.joined.values())
                    yield member

    # ---- the ways in which an occurrence may stand -----------------------------------------

    def _visits(self, occurrence: Occurrence) -> Iterator[Visit]:
        placement = self.fixed.get(occurrence)
        if placement is not None:
            day = self.problem.calendar.day_of(placement.start)
            series = placement.series
            start, end = placement.start, placement.end
            yield Visit(occurrence, self.yes, start, end, {day: self.yes}, series, placement)
        elif occurrence.is_meeting:
            yield from self._attendances(occurrence)
        else:
            yield from self._session(occurrence)

    def _attendances(self, occurrence: Occurrence) -> Iterator[Visit]:
        for series, joined, meeting in self.meetings(occurrence):
            day = self.problem.calendar.day_of(meeting.start)
            if meeting.state == "open" and self._is_paid(occurrence, day):
                stands = self.model.new_bool_var("")
                self.model.add_implication(stands, joined)
                yield Visit(occurrence, stands, meeting.start, meeting.end, {day: stands}, series)

    def meetings(self, occurrence: Occurrence) -> Iterator[tuple[str, Literal, Meeting]]:
        """The meeting that bears an occurrence's number in each series that could be joined."""
        member = self.memberships[occurrence.owner, occurrence.activity.id]
        for series, joined in member.joined.items():
            if series is not None:
                held = self.problem.meetings(member.patient, member.activity, series)
                if occurrence.number in held:
                    yield series, joined, held[occurrence.number]

    def done_anyway(self, occurrence: Occurrence, *states: str) -> list[Literal]:
        """The choices of series in which an occurrence's meeting is in one of these states."""
        return [joined for _, joined, held in self.meetings(occurrence) if held.state in states]

    def _is_paid(self, occurrence: Occurrence, day: int) -> bool:
        service, tick = (
            occurrence.activity.needs_authorization,
            self.problem.calendar.day_starts[day],
        )
        return service is None or all(
            self.problem.authorization(name, service, tick) is not None
            for name in occurrence.patients
        )

    def _session(self, occurrence: Occurrence) -> Iterator[Visit]:
        starts = self._starts(occurrence)
        if not starts:
            return
        edges = self.problem.calendar.day_starts
        start = self.model.new_int_var_from_domain(domain_of(starts), "")
        stands = self.model.new_bool_var("")
        on = {day: self.model.new_bool_var("") for day in self._days(starts)}
        self.model.add(sum(on.values()) == stands)
        for day, chosen in on.items():
            self.model.add(start >= edges[day]).only_enforce_if(chosen)
            self.model.add(start < edges[day + 1]).only_enforce_if(chosen)
        length = self.problem.shape(occurrence.activity).length
        yield Visit(occurrence, stands, start, start + length, on, starts=starts)

    def _starts(self, occurrence: Occurrence) -> int:
        """The starts that would be open to it in an empty clinic."""
        mask = self.problem.starts(self.problem.shape(occurrence.activity).length)
        for allowed in self.problem.static(occurrence).values():
            mask &= allowed
        mask &= span_mask(*self._reach(occurrence))
        for day in self._days(mask):
            if not self._is_paid(occurrence, day):
                mask &= ~self.problem.calendar.day_mask(day)
        return mask

    def _days(self, starts: int) -> list[int]:
        """The days on which any of the starts lies, in order."""
        return list(dict.fromkeys(self.problem.calendar.day_of(tick) for tick in bits(starts)))

    def _reach(self, occurrence: Occurrence) -> tuple[int, int]:
        """From where to where in its week, or after all that its anchors may do."""
        days = self.problem.calendar.day_starts
        if occurrence.week is not None:
            start = self.problem.patients[occurrence.owner].start
            first = self.problem.day(start) + 7 * (occurrence.week - 1)
            return days[first], days[min(first + 7, len(days) - 1)]
        low, high = self.lag(occurrence)
        ends = [self._possible_ends(anchor) for anchor in occurrence.anchors]
        if not all(ends):
            return 0, 0
        earliest = max(min(held) for held in ends) + low
        return max(earliest, 0), max(max(held) for held in ends) + high + 1

    def _possible_ends(self, anchor: Occurrence) -> list[int]:
        if anchor in self.fixed:
            return [self.fixed[anchor].end]
        if anchor.is_meeting:
            return [visit.end for visit in self.of[anchor] if isinstance(visit.end, int)]
        length = self.problem.shape(anchor.activity).length
        return [start + length for start in bits(self._starts(anchor))]

    def lag(self, occurrence: Occurrence) -> tuple[int, int]:
        """The shortest and the longest lag in ticks."""
        after = occurrence.activity.after
        if after is None:
            return 0, self.problem.calendar.end
        second = self.problem.calendar.tick_seconds
        shortest, longest = after.lag.min.total_seconds(), after.lag.max.total_seconds()
        return -(-int(shortest) // second), int(longest) // second

    # ---- what rules and costs speak of -----------------------------------------------------

    @cached_property
    def all(self) -> list[Visit]:
        """Every visit of the patients."""
        return [visit for held in self.of.values() for visit in held]

    @cached_property
    def _of_patient(self) -> dict[str, list[Visit]]:
        held: dict[str, list[Visit]] = {name: [] for name in self.problem.patients}
        for visit in self.all:
            for name in visit.occurrence.patients:
                held[name].append(visit)
        return held

    def of_patient(self, patient: str) -> list[Visit]:
        """The visits in which a patient takes part."""
        return self._of_patient[patient]

    @cached_property
    def seats_taken(self) -> Counter[tuple[str, int]]:
        """By series and start, the seats of those of whom it is settled that they attend."""
        taken: Counter[tuple[str, int]] = Counter()
        for occurrence, placement in self.fixed.items():
            if placement.series is not None:
                taken[placement.series, placement.start] += len(occurrence.patients)
        return taken

    @cached_property
    def free(self) -> list[Occurrence]:
        """The occurrences about which there is something to decide."""
        return [occurrence for occurrence in self.of if occurrence not in self.fixed]

    def placed(self, occurrence: Occurrence) -> Literal:
        """Whether an occurrence stands in any way."""
        if occurrence not in self._placed:
            held = [visit.stands for visit in self.of[occurrence]]
            placed = held[0] if len(held) == 1 else self.no
            if len(held) > 1:
                placed = self.model.new_bool_var("")
                self.model.add(sum(held) == placed)
            self._placed[occurrence] = placed
        return self._placed[occurrence]

    def anchors_stand(self, occurrence: Occurrence) -> Literal:
        """At least whether all that it comes after is placed and itself asked for."""
        held = [self._counts(anchor) for anchor in occurrence.anchors]
        if len(held) <= 1:
            return held[0] if held else self.yes
        both = self.model.new_bool_var("")
        self.model.add(both >= sum(held) - len(held) + 1)
        for one in held:
            self.model.add_implication(both, one)
        return both

    def _counts(self, anchor: Occurrence) -> Literal:
        """Whether something may come after it; a locked one may not be asked for itself."""
        if anchor not in self._counting:
            self._counting[anchor] = self._whether_it_counts(anchor)
        return self._counting[anchor]

    def _whether_it_counts(self, anchor: Occurrence) -> Literal:
        if not anchor.asked:
            return self.no
        if anchor not in self.fixed:
            return self.placed(anchor)
        if anchor.is_meeting:
            takes_place = self.model.new_bool_var("")
            self.model.add(takes_place == 1 - sum(self.done_anyway(anchor, "fallen")))
            return takes_place
        return self.anchors_stand(anchor) if anchor.anchors else self.yes

    def last_end(self, occurrence: Occurrence) -> Linear:
        """The end of the later of its anchors, where they all stand."""
        return self.latest([self.end_of(anchor) for anchor in occurrence.anchors])

    def latest(self, ends: list[Linear]) -> Linear:
        """The last of some ends."""
        if len(ends) == 1:
            return ends[0]
        latest = self._moment()
        self.model.add_max_equality(latest, ends)
        return latest

    def end_of(self, anchor: Occurrence) -> Linear:
        """Its end in whichever way it stands; anything where it does not."""
        if anchor not in self._ends:
            held = self.of[anchor]
            end: Linear = held[0].end if len(held) == 1 else self._moment()
            for visit in held if len(held) > 1 else ():
                self.model.add(end == visit.end).only_enforce_if(visit.stands)
            self._ends[anchor] = end
        return self._ends[anchor]

    def _moment(self) -> cp_model.IntVar:
        return self.model.new_int_var(0, self.problem.calendar.end, "")


def domain_of(mask: int) -> cp_model.Domain:
    """The numbers of the bits that are set."""
    return cp_model.Domain.from_values(list(bits(mask)))


def weighted(terms: Iterable[tuple[int, Literal]]) -> Linear:
    """The sum of so much for each variable that is chosen."""
    held = list(terms)
    factors, variables = [factor for factor, _ in held], [variable for _, variable in held]
    return cp_model.LinearExpr.weighted_sum(variables, factors)


def depth(occurrence: Occurrence) -> int:
    """How many occurrences stand before it in its chain of anchors."""
    return 1 + max((depth(anchor) for anchor in occurrence.anchors), default=-1)

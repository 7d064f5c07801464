"""Who and what serves each session: a variable for every choice, and nothing serves two at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from ortools.sat.python import cp_model

from benchmarks.interval_model.visits import Literal, Visit, Visits, domain_of
from pathways.scenario import Location
from scheduler.planning.asking import Occurrence
from scheduler.planning.calendar import span_mask, spread, starts_inside
from scheduler.planning.placements import Placement
from scheduler.planning.problem import Problem

Family = tuple[str, str]
"""A patient, and the activity after which a family is named."""


@dataclass
class Choice:
    """Of one session: which location, who meets each need, which monitor for each stage."""

    places: dict[str, Literal] = field(default_factory=dict)
    people: list[dict[str, Literal]] = field(default_factory=list)
    monitors: list[dict[str, Literal]] = field(default_factory=list)


class Taken:
    """What is taken before anything is decided: busy times, groups, and what is fixed."""

    def __init__(self, visits: Visits) -> None:
        self.problem: Problem = visits.problem
        self.people: dict[str, int] = defaultdict(int)
        self.busy: dict[str, int] = defaultdict(int)
        self.held: dict[str, int] = defaultdict(int)
        self.loads: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self._take_what_is_not_planned()
        for occurrence, placement in visits.fixed.items():
            if placement.series is None:
                self._take(occurrence, placement)

    def _take_what_is_not_planned(self) -> None:
        for group in self.problem.clinic.groups:
            for span in self.problem.group_spans(group):
                self.people[group.facilitator] |= span_mask(*span)
                self.held[group.location] |= span_mask(*span)
        for place in self.problem.clinic.locations:
            for span in self.problem.busy_spans(place):
                self.busy[place.id] |= span_mask(*span)
        for person in self.problem.clinic.practitioners:
            for span in self.problem.busy_spans(person):
                self.people[person.id] |= span_mask(*span)

    def _take(self, occurrence: Occurrence, placement: Placement) -> None:
        mask = span_mask(placement.start, placement.end)
        for person in placement.crew:
            self.people[person] |= mask
        if placement.location is not None:
            self.held[placement.location] |= mask
        for monitor, start, end, load in self._stages(occurrence, placement):
            for tick in range(start, end):
                self.loads[monitor][tick] += load

    def _stages(
        self, occurrence: Occurrence, placement: Placement
    ) -> Iterator[tuple[str, int, int, int]]:
        """Who holds a stage, from when to when, and how much of them it takes."""
        stages = self.problem.shape(occurrence.activity).stages
        for stage, monitor in zip(stages, placement.monitors, strict=False):
            if monitor is not None and stage.load:
                start = placement.start + stage.offset
                yield monitor, start, start + stage.length, stage.load

    def place_starts(self, place: Location, length: int) -> int:
        """The starts at which a location is free for so long, turnover included."""
        if place.kind == "virtual":
            return self.problem.horizon
        turnover = self.problem.calendar.ticks(place.turnover)
        near = spread(self.held[place.id] << turnover, length + 2 * turnover)
        return self.problem.horizon & ~near & ~spread(self.busy[place.id], length)

    def person_starts(self, person: str, offset: int, length: int) -> int:
        """The starts of a session from whose offset on a person is on duty and free so long."""
        free = starts_inside(self.problem.duty(person), length)
        return (free & ~spread(self.people[person], length)) >> offset

    def runs(self, person: str) -> Iterator[tuple[int, int, int]]:
        """Stretches in which a monitor holds stages already, and how much of them these take."""
        profile = self.loads[person]
        edges = sorted({tick + end for tick in profile for end in (0, 1)})
        for start, end in pairwise(edges):
            load = min(profile.get(start, 0), self.problem.full_load)
            if load:
                yield start, end, load


class Serving:
    """The choices of all sessions that are to be decided."""

    def __init__(self, visits: Visits) -> None:
        self.visits = visits
        self.problem = visits.problem
        self.taken = Taken(visits)
        self.choices: dict[Visit, Choice] = {}
        self._people: dict[str, list[tuple[cp_model.IntervalVar, int]]] = defaultdict(list)
        self._places: dict[str, list[cp_model.IntervalVar]] = defaultdict(list)
        for visit in visits.all:
            if visit.is_session and not visit.is_fixed:
                self.choices[visit] = self._choose(visit)
        self._nothing_serves_two()
        self._one_face_where_required()

    def _choose(self, visit: Visit) -> Choice:
        shape, choice = self.problem.shape(visit.activity), Choice()
        if visit.activity.location_kind is not None:
            records = [self.problem.locations[name] for name in shape.locations]
            free = {r.id: self.taken.place_starts(r, shape.length) for r in records}
            choice.places = self._one_of(visit, free)
            self._take_places(visit, choice)
        for able in self._able(visit):
            held = {name: self.taken.person_starts(name, 0, shape.length) for name in able}
            choice.people.append(self._one_of(visit, held))
            for person, chosen in choice.people[-1].items():
                self._take(visit, person, (0, shape.length, self.problem.full_load), chosen)
        self._different_people(choice)
        for stage in shape.stages:
            chosen_of: dict[str, Literal] = {}
            if stage.load:
                names = self.problem.monitors()
                parts = (stage.offset, stage.length)
                chosen_of = self._one_of(
                    visit, {name: self.taken.person_starts(name, *parts) for name in names}
                )
                for person, chosen in chosen_of.items():
                    self._take(visit, person, (*parts, stage.load), chosen)
            choice.monitors.append(chosen_of)
        return choice

    def _able(self, visit: Visit) -> Iterator[list[str]]:
        """For each need of a practitioner, those with the role and the skill."""
        for need in visit.activity.role_needs:
            yield [
                person.id
                for person in self.problem.clinic.practitioners
                if need.role in person.roles and need.skill in (None, *person.skills)
            ]

    def _different_people(self, choice: Choice) -> None:
        for person in {name for held in choice.people for name in held}:
            self.visits.model.add_at_most_one(
                held[person] for held in choice.people if person in held
            )

    def _one_of(self, visit: Visit, free: dict[str, int]) -> dict[str, Literal]:
        """Exactly one of these where the visit stands, each only from the starts it is free."""
        model = self.visits.model
        able = {name: mask & visit.starts for name, mask in free.items() if mask & visit.starts}
        options = {name: model.new_bool_var("") for name in able}
        for name, chosen in options.items():
            if able[name] != visit.starts:
                starts = domain_of(able[name])
                model.add_linear_expression_in_domain(visit.start, starts).only_enforce_if(chosen)
        model.add(sum(options.values()) == visit.stands)
        return options

    def _take(self, visit: Visit, person: str, part: tuple[int, int, int], chosen: Literal) -> None:
        """A practitioner is taken for a part of a visit: its offset, length and load."""
        offset, length, load = part
        interval = self.visits.model.new_optional_fixed_size_interval_var(
            visit.start + offset, length, chosen, ""
        )
        self._people[person].append((interval, load))

    def _take_places(self, visit: Visit, choice: Choice) -> None:
        length = self.problem.shape(visit.activity).length
        for name, chosen in choice.places.items():
            place = self.problem.locations[name]
            if place.kind != "virtual":
                kept = length + self.problem.calendar.ticks(place.turnover)
                interval = self.visits.model.new_optional_fixed_size_interval_var(
                    visit.start, kept, chosen, ""
                )
                self._places[name].append(interval)

    def _nothing_serves_two(self) -> None:
        model, full = self.visits.model, self.problem.full_load
        for intervals in self._places.values():
            model.add_no_overlap(intervals)
        for person, held in self._people.items():
            for start, end, load in self.taken.runs(person):
                held.append((model.new_fixed_size_interval_var(start, end - start, ""), load))
            if all(load == full for _, load in held):
                model.add_no_overlap([interval for interval, _ in held])
            else:
                intervals, loads = [interval for interval, _ in held], [load for _, load in held]
                model.add_cumulative(intervals, loads, full)

    # ---- one face in a family --------------------------------------------------------------

    @cached_property
    def faces(self) -> dict[Family, dict[str, Literal]]:
        """By family, whether each person is a face of it; those who stand are."""
        faces: dict[Family, dict[str, Literal]] = {}
        for visit in self.visits.all:
            for family in families_of(visit):
                held = faces.setdefault(family, {})
                for person, chosen in self._faces_of(visit).items():
                    if person not in held:
                        held[person] = self.visits.model.new_bool_var("")
                    self.visits.model.add_implication(chosen, held[person])
        return faces

    def _faces_of(self, visit: Visit) -> dict[str, Literal]:
        for number, need in enumerate(visit.activity.role_needs):
            if need.same_person is None:
                continue
            if visit.fixed is None:
                return self.choices[visit].people[number]
            if number < len(visit.fixed.crew):
                return {visit.fixed.crew[number]: self.visits.yes}
        return {}

    def _one_face_where_required(self) -> None:
        for visit in self.visits.all:
            need = visit.activity.same_person_need
            if need is not None and need.same_person == "required" and not visit.is_fixed:
                for family in families_of(visit):
                    faces = self.faces[family].values()
                    self.visits.model.add(sum(faces) <= 1).only_enforce_if(visit.stands)


def families_of(visit: Visit) -> Iterable[Family]:
    """The families in which a visit shows a face: both partners' if one face is required."""
    need = visit.activity.same_person_need
    if need is None:
        return []
    both = need.same_person == "required"
    names = visit.occurrence.patients if both else (visit.occurrence.owner,)
    return [(name, visit.activity.same_person_as or visit.activity.id) for name in names]

"""Who and what serves free occurrences that could take it from each other.

One patient's sessions never compete: the patient is in one of them at a time. With several
patients, or with turnover between two sessions of one, each choice becomes a variable.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TypeVar

from ortools.sat.python import cp_model

from scheduler.planning.asking import Occurrence
from scheduler.planning.ledger import face_position
from scheduler.planning.placements import Placement
from scheduler.planning.solving.neighbourhood import Neighbourhood

K = TypeVar("K")


@dataclass
class Choices:
    """Of one occurrence: which crew, which location, and which monitor for each stage."""

    crews: dict[tuple[str, ...], cp_model.IntVar] = field(default_factory=dict)
    places: dict[str, cp_model.IntVar] = field(default_factory=dict)
    monitors: list[dict[str, cp_model.IntVar]] = field(default_factory=list)


class Serving:
    """The choices of all free sessions, and that nothing serves two of them at once."""

    def __init__(self, near: Neighbourhood) -> None:
        self.near = near
        self.choices: dict[Occurrence, Choices] = {}
        self._starts: dict[Occurrence, cp_model.IntVar] = {}
        self._people: dict[str, list[tuple[cp_model.IntervalVar, int]]] = defaultdict(list)
        self._places: dict[str, list[cp_model.IntervalVar]] = defaultdict(list)
        if self._compete():
            for occurrence in near.free:
                if not occurrence.is_meeting and near.candidates[occurrence]:
                    self._choose(occurrence)
            self._nothing_serves_two()

    def _compete(self) -> bool:
        """Whether two of the sessions have no patient in common, or need time between them."""
        locations = self.near.problem.clinic.locations
        held = [set(occurrence.patients) for occurrence in self.near.free]
        apart = bool(held) and not set.intersection(*held)
        return apart or any(place.turnover for place in locations)

    def _choose(self, occurrence: Occurrence) -> None:
        near, choices = self.near, Choices()
        self.choices[occurrence] = choices
        shape = near.problem.shape(occurrence.activity)
        ledger = near.board.ledger
        start = near.model.new_int_var(0, near.problem.calendar.end, "")
        near.model.add(start == near.start(occurrence))
        self._starts[occurrence] = start
        crews = dict(ledger.crews(occurrence, near.board.faces(occurrence)))
        choices.crews = self._one_of(occurrence, crews)
        for crew, chosen in choices.crews.items():
            for person in crew:
                self._take(occurrence, person, 0, shape.length, near.problem.full_load, chosen)
        if occurrence.activity.location_kind is not None:
            free = {place: ledger.place_starts(place, shape.length) for place in shape.locations}
            choices.places = self._one_of(occurrence, free)
            self._take_places(occurrence, choices)
        for stage in shape.stages:
            held: dict[str, cp_model.IntVar] = {}
            if stage.load:
                able = {m: ledger.monitor_starts(m, stage) for m in near.problem.monitors()}
                held = self._one_of(occurrence, able)
                for monitor, chosen in held.items():
                    self._take(occurrence, monitor, stage.offset, stage.length, stage.load, chosen)
            choices.monitors.append(held)

    def hint(self, occurrence: Occurrence, stood: Placement | None) -> None:
        """Let the search begin with who and what served an occurrence, if it stood."""
        if occurrence not in self.choices:
            return
        held, add = self.choices[occurrence], self.near.model.add_hint
        for crew, chosen in held.crews.items():
            add(chosen, stood is not None and crew == stood.crew)
        for place, chosen in held.places.items():
            add(chosen, stood is not None and place == stood.location)
        for number, monitors in enumerate(held.monitors):
            for monitor, chosen in monitors.items():
                add(chosen, stood is not None and monitor == stood.monitors[number])

    def _one_of(self, occurrence: Occurrence, free: dict[K, int]) -> dict[K, cp_model.IntVar]:
        """One variable an option; exactly one is chosen if the occurrence stands."""
        near = self.near
        options = {}
        for option, mask in free.items():
            able = [c.chosen for c in near.candidates[occurrence] if mask >> c.start & 1]
            if able:
                options[option] = near.model.new_bool_var("")
                barred = [c.chosen for c in near.candidates[occurrence] if not mask >> c.start & 1]
                if barred:
                    near.model.add(sum(barred) + options[option] <= 1)
        near.model.add(sum(options.values()) == near.placed(occurrence))
        return options

    def _take(
        self,
        occurrence: Occurrence,
        person: str,
        offset: int,
        length: int,
        load: int,
        chosen: cp_model.IntVar,
    ) -> None:
        interval = self.near.model.new_optional_fixed_size_interval_var(
            self._starts[occurrence] + offset, length, chosen, ""
        )
        self._people[person].append((interval, load))

    def _take_places(self, occurrence: Occurrence, choices: Choices) -> None:
        near = self.near
        length = near.problem.shape(occurrence.activity).length
        for place, chosen in choices.places.items():
            record = near.problem.locations[place]
            if record.kind != "virtual":
                kept = length + near.problem.calendar.ticks(record.turnover)
                interval = near.model.new_optional_fixed_size_interval_var(
                    self._starts[occurrence], kept, chosen, ""
                )
                self._places[place].append(interval)

    def _nothing_serves_two(self) -> None:
        near = self.near
        for intervals in self._places.values():
            near.model.add_no_overlap(intervals)
        for person, held in self._people.items():
            if all(load == near.problem.full_load for _, load in held):
                near.model.add_no_overlap(interval for interval, _ in held)
                continue
            held += [
                (near.model.new_fixed_size_interval_var(tick, 1, ""), load)
                for tick, load in near.board.ledger.load[person].items()
                if load
            ]
            near.model.add_cumulative(
                [interval for interval, _ in held],
                [load for _, load in held],
                near.problem.full_load,
            )

    def agree_with_faces(self) -> None:
        """The crew that serves a session of a family has one of the family's faces in it."""
        for family in self.near.families:
            for occurrence in family.members:
                position = face_position(occurrence)
                if occurrence in self.choices and position is not None:
                    for crew, chosen in self.choices[occurrence].crews.items():
                        self.near.model.add_implication(chosen, family.faces[crew[position]])

"""What takes place on each day anyway: meetings attended, and appointments that stand."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import combinations, pairwise
from typing import NamedTuple

from scheduler.planning.asking import Occurrence
from scheduler.planning.course.asking import NotAWalk
from scheduler.planning.course.day import Fixed
from scheduler.planning.course.pricing import Prices
from scheduler.planning.course.starts import Attended
from scheduler.planning.placements import Placement


class Variant(NamedTuple):
    """What takes place on a day, and the meetings that the patient stays away from at a price."""

    fixed: tuple[Fixed, ...]
    price: int
    skipped: tuple[Occurrence, ...]


class Agenda:
    """A patient's days before anything free is placed; days count from the calendar's first."""

    def __init__(self, prices: Prices, attended: Attended, standing: list[Occurrence]) -> None:
        self.prices = prices
        self.request = prices.request
        self.problem = prices.problem
        self.attended = attended
        self.standing = standing
        self._variants: dict[int, list[Variant]] = {}

    def within(self, days: range) -> "Agenda":
        """The agenda of some days, of which nothing that stands is counted or followed."""
        attended = [(o, place) for o, place in self.attended if self._day(place) in days]
        alone = Agenda(self.prices, attended, [])
        alone.fixed = {day: fixed for day, fixed in self.fixed.items() if day in days}
        return alone

    def _day(self, place: Placement) -> int:
        return self.problem.calendar.day_of(place.start)

    @cached_property
    def fixed(self) -> dict[int, tuple[Fixed, ...]]:
        """What takes place anyway, by day, in order; raises `NotAWalk` off the grid of a day.

        Off it may lie what every session fills its slots beside.
        """
        held: dict[int, list[Fixed]] = defaultdict(list)
        placed = [*self.attended, *((o, self.request.board.placed[o]) for o in self.standing)]
        self._refuse_parts_of_slots([place for _, place in placed])
        for occurrence, place in placed:
            in_person = self.problem.in_person(occurrence, place.series)
            held[self._day(place)].append(Fixed(*self._stretch(place), in_person))
        for day, stretches in held.items():
            stretches.sort()
            self._refuse_off_the_grid(day, stretches)
        return {day: tuple(stretches) for day, stretches in held.items()}

    def _refuse_off_the_grid(self, day: int, stretches: list[Fixed]) -> None:
        if stretches[-1].end > self.slots(day):
            raise NotAWalk(self.request.patient, f"an appointment of day {day} crosses midnight")
        if any(a.end > b.start for a, b in pairwise(stretches)):
            raise NotAWalk(self.request.patient, f"appointments of day {day} overlap on the grid")

    def _refuse_parts_of_slots(self, placed: list[Placement]) -> None:
        """A session that does not fill its slot may end in that in which something else begins."""
        slot, begins = self.problem.slot, self.problem.calendar.day_starts
        begun = any((place.start - begins[self._day(place)]) % slot for place in placed)
        if begun and any(self.request.length(o) % slot for o in self.request.free):
            raise NotAWalk(self.request.patient, "two appointments may share a slot")

    def _stretch(self, place: Placement) -> tuple[int, int]:
        """From which slot of its day to which something stands."""
        begin, slot = self.problem.calendar.day_starts[self._day(place)], self.problem.slot
        return (place.start - begin) // slot, -((begin - place.end) // slot)

    def slots(self, day: int) -> int:
        """How many slots a day has, the last one perhaps cut short."""
        begin, end = self.problem.calendar.day_starts[day : day + 2]
        return -(-(end - begin) // self.problem.slot)

    def anchors_on(self, day: int) -> list[tuple[Occurrence, int]]:
        """What stands on a day and has free follow-ups, with its end in ticks."""
        return self.anchors.get(day, [])

    @cached_property
    def anchors(self) -> dict[int, list[tuple[Occurrence, int]]]:
        """The same by day; raises `NotAWalk` where a day has two of them."""
        found: dict[int, list[tuple[Occurrence, int]]] = defaultdict(list)
        for occurrence in self.standing:
            if occurrence.asked and any(f in self.request.free for f in occurrence.followers):
                place = self.request.board.placed[occurrence]
                found[self._day(place)].append((occurrence, place.end))
        if any(len(held) > 1 for held in found.values()):
            raise NotAWalk(
                self.request.patient, "two appointments of a day that stand are followed"
            )
        return found

    def variants(self, day: int) -> list[Variant]:
        """What may take place on a day anyway: all of it, or less at the price of meetings."""
        if day not in self._variants:
            self._variants[day] = list(self._variants_of(day))
        return self._variants[day]

    def _variants_of(self, day: int) -> Iterator[Variant]:
        yield Variant(self.fixed.get(day, ()), 0, ())
        if not self.request.may_skip:
            return
        meetings = [(o, self._stretch(p)) for o, p in self.attended if self._day(p) == day]
        for size in range(1, len(meetings) + 1):
            for left_out in combinations(meetings, size):
                gone = {stretch for _, stretch in left_out}
                kept = tuple(f for f in self.fixed[day] if (f.start, f.end) not in gone)
                skipped = tuple(meeting for meeting, _ in left_out)
                yield Variant(kept, sum(map(self.prices.of_leaving_out, skipped)), skipped)

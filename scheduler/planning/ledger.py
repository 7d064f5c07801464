"""Who and what is taken when: locations, practitioners, and how much of each monitor."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING, Any

from pathways.model import Activity
from scheduler.planning.asking import Occurrence
from scheduler.planning.calendar import span_mask, spread, starts_inside
from scheduler.planning.problem import Problem, Shape, StagePlan

if TYPE_CHECKING:
    from scheduler.planning.placements import Placement


def stage_spans(
    problem: Problem, occurrence: Occurrence, placement: "Placement"
) -> Iterator[tuple[StagePlan, range]]:
    """The stages of a session that stands somewhere, and the ticks of each.

    Those of a locked booking that lasts longer than its pathway says are as they are booked.
    """
    shape, known = problem.shape(occurrence.activity), dict[str, range]()
    if placement.end - placement.start != shape.length and occurrence.booked is not None:
        tick_of = problem.calendar.tick_of
        stages = occurrence.booked.stages
        known = {stage.id: range(tick_of(stage.start), tick_of(stage.end)) for stage in stages}
    for stage in shape.stages:
        at = placement.start + stage.offset
        yield stage, known.get(stage.id) or range(at, at + stage.length)


class Ledger:
    """Masks of taken ticks, by location, by practitioner, and by how loaded a monitor is.

    Only locked bookings may overlap each other, and those are never given back.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.busy: dict[str, int] = defaultdict(int)
        self.held: dict[str, int] = defaultdict(int)
        self.used: dict[str, int] = defaultdict(int)
        self.load: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.loaded: dict[str, int] = defaultdict(int)
        self._over: dict[tuple[str, int], int] = defaultdict(int)
        self._loads = problem.loads()
        self._monitors = problem.monitors()
        self._duty: dict[tuple[str, int], int] = {}
        self._free: dict[str, dict[tuple[int, ...], int]] = defaultdict(dict)
        """What was found free of a location or a person, until anything is taken or given back."""
        self._blocks()

    def _blocks(self) -> None:
        """What is taken before anything is planned: busy times and the meetings of groups."""
        clinic = self.problem.clinic
        for place in clinic.locations:
            for start, end in self.problem.busy_spans(place):
                self.busy[_place(place.id)] |= span_mask(start, end)
        for person in clinic.practitioners:
            for start, end in self.problem.busy_spans(person):
                self.busy[person.id] |= span_mask(start, end)
        for group in clinic.groups:
            for start, end in self.problem.group_spans(group):
                self.busy[group.facilitator] |= span_mask(start, end)
                self.held[_place(group.location)] |= span_mask(start, end)

    def take(self, occurrence: Occurrence, placement: "Placement") -> None:
        """Enter what a session takes; a group meeting takes its room and people anyway."""
        self._enter(occurrence, placement, 1)

    def release(self, occurrence: Occurrence, placement: "Placement") -> None:
        """Give back what a session took."""
        self._enter(occurrence, placement, -1)

    def _enter(self, occurrence: Occurrence, placement: "Placement", by: int) -> None:
        if placement.series is not None:
            return
        stretch = span_mask(placement.start, placement.end)
        for person in placement.crew:
            self._mark(self.used, person, stretch, by)
        if placement.location is not None:
            self._mark(self.used, _place(placement.location), stretch, by)
        spans = stage_spans(self.problem, occurrence, placement)
        for (stage, span), monitor in zip(spans, placement.monitors, strict=False):
            if monitor is not None and stage.load:
                self._burden(monitor, span, stage.load, by)

    def _mark(self, masks: dict[str, int], key: str, stretch: int, by: int) -> None:
        masks[key] = masks[key] | stretch if by > 0 else masks[key] & ~stretch
        self._free[key].clear()

    def _burden(self, monitor: str, span: range, share: int, by: int) -> None:
        load = self.load[monitor]
        self._free[monitor].clear()
        for tick in span:
            load[tick] += by * share
        for amount, alike in groupby(span, key=load.__getitem__):
            first, *others = alike
            stretch = span_mask(first, first + 1 + len(others))
            self._set(self.loaded, monitor, stretch, amount > 0)
            for weight in self._loads:
                over = amount + weight > self.problem.full_load
                self._set(self._over, (monitor, weight), stretch, over)

    @staticmethod
    def _set(masks: dict[Any, int], key: object, stretch: int, on: bool) -> None:
        masks[key] = masks[key] | stretch if on else masks[key] & ~stretch

    # ---- from which starts something is free ----------------------------------------------

    def place_starts(self, place: str, length: int) -> int:
        """The starts at which a location is free for so long, turnover included."""
        known = self._free[_place(place)]
        if (length,) not in known:
            known[length,] = self._place_starts(place, length)
        return known[length,]

    def _place_starts(self, place: str, length: int) -> int:
        record = self.problem.locations[place]
        if record.kind == "virtual":
            return self.problem.horizon
        turnover = self.problem.calendar.ticks(record.turnover)
        key = _place(place)
        taken = self.held[key] | self.used[key]
        near = spread(taken << turnover, length + 2 * turnover)
        return self.problem.horizon & ~near & ~spread(self.busy[key], length)

    def person_starts(self, person: str, length: int) -> int:
        """The starts at which a practitioner is on duty and free for so long."""
        known = self._free[person]
        if (length,) not in known:
            taken = self.busy[person] | self.used[person] | self.loaded[person]
            known[length,] = self._on_duty(person, length) & ~spread(taken, length)
        return known[length,]

    def _on_duty(self, person: str, length: int) -> int:
        key = (person, length)
        if key not in self._duty:
            self._duty[key] = starts_inside(self.problem.duty(person), length)
        return self._duty[key]

    def monitor_starts(self, monitor: str, stage: StagePlan) -> int:
        """The starts of a *session* at which a monitor can hold one of its stages."""
        known, key = self._free[monitor], (stage.offset, stage.length, stage.load)
        if key not in known:
            taken = self.busy[monitor] | self.used[monitor] | self._over[monitor, stage.load]
            free = self._on_duty(monitor, stage.length) & ~spread(taken, stage.length)
            known[key] = free >> stage.offset
        return known[key]

    def room_to_monitor(self, tick: int) -> int:
        """How much all monitors together can take on at a tick, in shares of their load."""
        return sum(self._room_of(monitor, tick) for monitor in self._monitors)

    def _room_of(self, monitor: str, tick: int) -> int:
        taken = self.busy[monitor] | self.used[monitor] | ~self._on_duty(monitor, 1)
        return 0 if taken >> tick & 1 else self.problem.full_load - self.load[monitor][tick]

    def locatable(self, shape: Shape, needed: bool, domain: int) -> int:
        """The starts of the domain at which some location is free."""
        if not needed:
            return domain
        mask = 0
        for place in shape.locations:
            mask |= self.place_starts(place, shape.length) & domain
            if mask == domain:
                break
        return mask

    def crews(
        self, occurrence: Occurrence, faces: set[str] | None
    ) -> Iterator[tuple[tuple[str, ...], int]]:
        """The crews who may serve it, and the starts at which each is free."""
        shape = self.problem.shape(occurrence.activity)
        free: dict[str, int] = {}
        position = face_position(occurrence)
        for crew in shape.crews:
            if faces is not None and position is not None and crew[position] not in faces:
                continue
            mask = self.problem.horizon
            for person in crew:
                if person not in free:
                    free[person] = self.person_starts(person, shape.length)
                mask &= free[person]
            yield crew, mask

    def monitored(self, shape: Shape, domain: int, without: tuple[str, ...] = ()) -> int:
        """The starts of the domain at which every stage that needs one finds a monitor."""
        for stage in shape.stages:
            if stage.load:
                covered = 0
                for monitor in self._monitors:
                    if monitor not in without:
                        covered |= self.monitor_starts(monitor, stage) & domain
                        if covered == domain:
                            break
                domain = covered
        return domain

    def servable(self, occurrence: Occurrence, faces: set[str] | None, domain: int) -> int:
        """The starts of the domain at which a location, a crew and monitors are free."""
        shape = self.problem.shape(occurrence.activity)
        domain = self.locatable(shape, occurrence.activity.location_kind is not None, domain)
        monitors = set(self._monitors)
        plain = self.monitored(shape, domain)
        mask = 0
        for crew, free in self.crews(occurrence, faces):
            if monitors.isdisjoint(crew):
                mask |= free & plain
            else:
                mask |= self.monitored(shape, free & domain, crew)
            if mask == domain:
                break
        return mask

    def serve(
        self,
        occurrence: Occurrence,
        start: int,
        crews: list[tuple[str, ...]],
        place: str | None = None,
    ) -> tuple[str | None, tuple[str, ...], tuple[str | None, ...]] | None:
        """A free location, the first free crew and monitors at a start; None if there are none.

        ``place`` is taken before others where it is free.
        """
        shape = self.problem.shape(occurrence.activity)
        places = self.free_places(occurrence, start)
        if not places:
            return None
        for crew in crews:
            if all(self._person_free(person, start, shape.length) for person in crew):
                monitors = self._free_monitors(shape, crew, start)
                if monitors is not None:
                    return place if place in places else places[0], crew, monitors
        return None

    def free_places(self, occurrence: Occurrence, start: int) -> "list[str] | list[None]":
        """The locations that are free for a session at a start; None stands for none needed."""
        if occurrence.activity.location_kind is None:
            return [None]
        shape = self.problem.shape(occurrence.activity)
        return [p for p in shape.locations if self._place_free(p, start, shape.length)]

    def _person_free(self, person: str, start: int, length: int) -> bool:
        """Whether a practitioner is on duty and free from a start on; one start, quickly."""
        if not self._on_duty(person, length) >> start & 1:
            return False
        taken = self.busy[person] | self.used[person] | self.loaded[person]
        return _clear(taken, start, length)

    def _place_free(self, place: str, start: int, length: int) -> bool:
        """Whether a location is free from a start on, turnover included."""
        record = self.problem.locations[place]
        if record.kind == "virtual":
            return True
        turnover = self.problem.calendar.ticks(record.turnover)
        taken = self.held[_place(place)] | self.used[_place(place)]
        before = max(0, start - turnover)
        return _clear(self.busy[_place(place)], start, length) and _clear(
            taken, before, start + length + turnover - before
        )

    def _monitor_free(self, monitor: str, start: int, stage: StagePlan) -> bool:
        """Whether a monitor can hold a stage that begins at a tick."""
        if not self._on_duty(monitor, stage.length) >> start & 1:
            return False
        taken = self.busy[monitor] | self.used[monitor] | self._over[monitor, stage.load]
        return _clear(taken, start, stage.length)

    def monitors_for(
        self, activity: Activity, placement: "Placement"
    ) -> tuple[str | None, ...] | None:
        """Monitors with room, those of the placement where they have; None where a stage has none.

        Its location and people are not looked at.
        """
        shape = self.problem.shape(activity)
        return self._free_monitors(shape, placement.crew, placement.start, placement.monitors)

    def _free_monitors(
        self,
        shape: Shape,
        crew: tuple[str, ...],
        start: int,
        wished: tuple[str | None, ...] = (),
    ) -> tuple[str | None, ...] | None:
        """A monitor with room for each stage, the wished where free; None where one finds none."""
        found: list[str | None] = []
        for stage, wish in zip_longest(shape.stages, wished):
            if not stage.load:
                found.append(None)
                continue
            at = start + stage.offset
            able = [name for name in self._monitors if name not in crew]
            free = [name for name in able if self._monitor_free(name, at, stage)]
            if not free:
                return None
            found.append(wish if wish in free else self._steadiest(free, found, at))
        return tuple(found)

    def has_room(self, activity: Activity, placement: "Placement") -> bool:
        """Whether exactly this location, these people and these monitors are free."""
        shape, start = self.problem.shape(activity), placement.start
        place = placement.location
        if place is not None and not self._place_free(place, start, shape.length):
            return False
        return all(self._person_free(name, start, shape.length) for name in placement.crew) and all(
            monitor is not None and self._monitor_free(monitor, start + stage.offset, stage)
            for stage, monitor in zip(shape.stages, placement.monitors, strict=True)
            if stage.load
        )

    def _steadiest(self, free: list[str], before: list[str | None], tick: int) -> str:
        """Of free monitors the busiest, so that others stay whole, rather one who is there."""
        return max(free, key=lambda name: (self.load[name][tick], name in before))


def _clear(mask: int, start: int, length: int) -> bool:
    """Whether no bit is set in a stretch."""
    return not mask >> start & ((1 << length) - 1)


def _place(location: str) -> str:
    """A location's key beside those of people, which may bear the same id."""
    return f"@{location}"


def face_position(occurrence: Occurrence) -> int | None:
    """Which of its role needs asks for the same person every time, if any."""
    for number, need in enumerate(occurrence.activity.role_needs):
        if need.same_person:
            return number
    return None

"""What a plan in the making has placed, what that takes, and how it is taken back."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from scheduler.planning.asking import Occurrence
from scheduler.planning.ledger import Ledger
from scheduler.planning.problem import Problem


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an occurrence stands: ticks, location, people in the order of needs, monitors."""

    start: int
    end: int
    location: str | None = None
    crew: tuple[str, ...] = ()
    monitors: tuple[str | None, ...] = ()
    series: str | None = None


class Placements:
    """What stands where, what it takes, and the way back; it asks no rule."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.placed: dict[Occurrence, Placement] = {}
        self.series: dict[tuple[str, str], str | None] = {}
        self.ledger = Ledger(problem)
        self.agenda: dict[tuple[str, int], list[Occurrence]] = defaultdict(list)
        self.units: Counter[tuple[str, str, int]] = Counter()
        self.seats: Counter[tuple[str, int]] = Counter()
        self.journal: list[tuple[Occurrence, Placement | None]] = []
        self.open: frozenset[Occurrence] = frozenset()
        """Taken off to be asked about: what must follow them may stand anywhere, for now."""
        self._stand_locked()
        self.journal.clear()

    def _stand_locked(self) -> None:
        for occurrence in self.problem.occurrences:
            if occurrence.locked:
                self.place(occurrence, booked_placement(self.problem, occurrence))
        for patient in self.problem.scenario.patients:
            for activity in self.problem.pathways[patient.id].activities:
                fixed = self.problem.locked_series(patient.id, activity)
                if fixed is not None:
                    self.series[patient.id, activity.id] = fixed

    def place(self, occurrence: Occurrence, placement: Placement) -> None:
        """Let an occurrence stand somewhere; the caller knows that it may, and that it does not."""
        if occurrence in self.placed:
            raise ValueError(f"{occurrence} stands already")
        self.journal.append((occurrence, None))
        self.placed[occurrence] = placement
        self.ledger.take(occurrence, placement)
        self._count(occurrence, placement, 1)
        for key in self._days_of(occurrence, placement):
            self.agenda[key].append(occurrence)

    def remove(self, occurrence: Occurrence) -> Placement:
        """Take an occurrence off the board."""
        placement = self.placed.pop(occurrence)
        self.journal.append((occurrence, placement))
        self.ledger.release(occurrence, placement)
        self._count(occurrence, placement, -1)
        for key in self._days_of(occurrence, placement):
            self.agenda[key].remove(occurrence)
        return placement

    def undo(self, mark: int = 0) -> None:
        """Put everything back to where it stood when the journal had ``mark`` entries."""
        entries, self.journal = self.journal[mark:], self.journal[:mark]
        for occurrence, before in reversed(entries):
            if before is None:
                self.remove(occurrence)
            else:
                self.place(occurrence, before)
        del self.journal[mark:]

    def _days_of(self, occurrence: Occurrence, placement: Placement) -> Iterator[tuple[str, int]]:
        """The days on which it stands in each patient's agenda."""
        calendar = self.problem.calendar
        first, last = calendar.day_of(placement.start), calendar.day_of(placement.end - 1)
        days = (first,) if first == last else (first, last)
        return ((name, day) for name in occurrence.patients for day in days)

    def _count(self, occurrence: Occurrence, placement: Placement, by: int) -> None:
        service = occurrence.activity.needs_authorization
        if service is not None:
            for name in occurrence.patients:
                number = self.problem.authorization(name, service, placement.start)
                if number is not None:
                    self.units[name, service, number] += by
        if placement.series is not None:
            self.seats[placement.series, placement.start] += by * len(occurrence.patients)

    def visits_on(self, patient: str, day: int) -> list[Occurrence]:
        """A patient's appointments of a day for which they come to the clinic."""
        return [
            o for o in self.on(patient, day) if self.problem.in_person(o, self.placed[o].series)
        ]

    def standing_on(self, day: int) -> list[Occurrence]:
        """All that stands on a day, each once."""
        held = (self.on(name, day) for name in self.problem.patients)
        return list(dict.fromkeys(occurrence for agenda in held for occurrence in agenda))

    def on(self, patient: str, day: int) -> list[Occurrence]:
        """A patient's appointments on a day."""
        return self.agenda.get((patient, day), [])


def face_of(occurrence: Occurrence, placement: Placement) -> str | None:
    """Who meets the ``same_person`` need of a placed session."""
    for need, person in zip(occurrence.activity.role_needs, placement.crew, strict=False):
        if need.same_person:
            return person
    return None


def booked_placement(problem: Problem, occurrence: Occurrence) -> Placement:
    """Where the booking of an occurrence stands; ValueError where it has none."""
    if occurrence not in problem.bookings:
        problem.bookings[occurrence] = _booked_placement(problem, occurrence)
    return problem.bookings[occurrence]


def _booked_placement(problem: Problem, occurrence: Occurrence) -> Placement:
    booked = occurrence.booked
    if booked is None:
        raise ValueError(f"{occurrence} is not booked")
    held = {stage.id: stage.practitioner for stage in booked.stages}
    return Placement(
        start=problem.calendar.tick_of(booked.start),
        end=problem.calendar.tick_of(booked.end),
        location=booked.location,
        crew=booked.practitioners,
        monitors=tuple(held.get(stage.id) for stage in occurrence.activity.stages),
        series=problem.booked_series(occurrence),
    )

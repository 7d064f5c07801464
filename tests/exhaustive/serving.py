"""Places, people and monitors for visits whose times stand: every way, until the cheapest."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from pathways.scenario import Booked
from tests.exhaustive.clinic import Facts, Span, Visit, held_stages, minute_of, overlap

Hold = tuple[str, Span, Fraction]
"""A monitor, when they hold a stage, and how much of them it takes."""


@dataclass(frozen=True)
class Served:
    """A visit with its place, its people and the monitors of its stages."""

    visit: Visit
    location: str | None
    crew: tuple[str, ...]
    monitors: tuple[str | None, ...] = ()


class Serving:
    """Who serves what: the hard rules of places and people, and what their choice costs."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.weights = facts.scenario.weights
        self.bookings = {booked.identity: booked for booked in facts.scenario.booked}
        activities = [a for pathway in facts.scenario.pathways for a in pathway.activities]
        # Asked a million times; by the activity itself, since two pathways may use one id.
        self.needs = {id(a): a.role_needs for a in activities}
        self.one_face = {id(a): a.same_person_need for a in activities}
        self.standing = [
            Served(facts.visit_of(booked), booked.location, booked.practitioners)
            for booked in facts.locked
        ]
        self.locked_holds = [
            (monitor, span, _share(facts.visit_of(booked), stage))
            for booked in facts.locked
            for stage, monitor, span in held_stages(booked)
        ]

    def cheapest(self, visits: list[Visit], below: int) -> tuple[int, list[Served]] | None:
        """The cheapest way to serve the visits for less than ``below``; None where none is."""
        best: tuple[int, list[Served]] | None = None
        least = self.cost([])
        choices = [self._choices(visit) for visit in visits]
        for served in self._ways(choices, []):
            if below <= least:
                break
            cost = self.cost(served)
            if cost < below:
                monitored = self._monitored(served)
                if monitored is not None:
                    best, below = (cost, monitored), cost
        return best

    def _choices(self, visit: Visit) -> list[Served]:
        crews = self.facts.crews(visit)
        return [
            Served(visit, location, crew)
            for location in self.facts.locations(visit)
            for crew in crews
        ]

    def _ways(self, choices: list[list[Served]], served: list[Served]) -> Iterator[list[Served]]:
        if len(served) == len(choices):
            yield served
            return
        for more in choices[len(served)]:
            if not any(self._clash(more, other) for other in served) and not self._strange(
                more, served
            ):
                yield from self._ways(choices, [*served, more])

    def _clash(self, one: Served, other: Served) -> bool:
        spans = (one.visit.start, one.visit.end), (other.visit.start, other.visit.end)
        if set(one.crew) & set(other.crew) and overlap(*spans):
            return True
        if one.location is None or one.location != other.location:
            return False
        place = self.facts.places[one.location]
        wider = (spans[0][0] - place.turnover, spans[0][1] + place.turnover)
        return place.kind != "virtual" and overlap(wider, spans[1])

    def _strange(self, one: Served, served: list[Served]) -> bool:
        """Whether it breaks a ``required`` same person with what stands or is served already."""
        return any(
            len(self._faces(patient, root, [*self.standing, *served, one])) > 1
            for patient, root in self._families(one.visit, "required")
        )

    def _families(self, visit: Visit, mode: str) -> Iterator[tuple[str, str]]:
        need = self.one_face[id(visit.activity)]
        if need is not None and need.same_person == mode:
            for patient in visit.patients:
                yield patient, visit.activity.same_person_as or visit.activity.id

    def _faces(self, patient: str, root: str, served: list[Served]) -> set[str]:
        """The different people who meet a family's need for one patient."""
        return {
            item.crew[number]
            for item in served
            if patient in item.visit.patients
            and root in (item.visit.activity.id, item.visit.activity.same_person_as)
            for number, need in enumerate(self.needs[id(item.visit.activity)])
            if need.same_person is not None and number < len(item.crew)
        }

    def cost(self, served: list[Served]) -> int:
        """What the people and places cost: new faces, and bookings that are moved."""
        return self._new_faces(served) + sum(map(self._moved, served))

    def _new_faces(self, served: list[Served]) -> int:
        together = [*self.standing, *served]
        families = {
            (patient, root)
            for item in together
            for patient, root in self._families(item.visit, "preferred")
        }
        cost = 0
        for patient, root in families:
            owned = [item for item in together if item.visit.patients[0] == patient]
            cost += max(0, len(self._faces(patient, root, owned)) - 1)
        return cost * self.weights.new_face

    def _moved(self, served: Served) -> int:
        visit = served.visit
        booked = self.bookings.get((visit.patients, visit.activity.id, visit.number))
        if booked is None or self._is_as_booked(served, booked):
            return 0
        soon = self.facts.now <= minute_of(booked.start) < self.facts.now + 48 * 60
        return self.weights.moved_soon if soon else self.weights.moved

    def _is_as_booked(self, served: Served, booked: Booked) -> bool:
        return (
            served.visit.start == minute_of(booked.start)
            and served.location == booked.location
            and set(served.crew) == set(booked.practitioners)
        )

    def _monitored(self, served: list[Served]) -> list[Served] | None:
        """The same with monitors for every stage, or None where there are not enough."""
        stages = [
            (number, position, span, _share(item.visit, stage.id))
            for number, item in enumerate(served)
            for position, (stage, span) in enumerate(
                self.facts.stages(item.visit.activity, item.visit.start)
            )
            if stage.monitor_ratio
        ]
        taken = [(name, (i.visit.start, i.visit.end)) for i in served for name in i.crew]
        holds = self._held(stages, taken, list(self.locked_holds))
        if holds is None:
            return None
        named = {stage[:2]: hold[0] for stage, hold in zip(stages, holds, strict=True)}
        return [
            Served(
                item.visit,
                item.location,
                item.crew,
                tuple(named.get((number, at)) for at in range(len(item.visit.activity.stages))),
            )
            for number, item in enumerate(served)
        ]

    def _held(
        self,
        stages: list[tuple[int, int, Span, Fraction]],
        taken: list[tuple[str, Span]],
        holds: list[Hold],
    ) -> list[Hold] | None:
        """A monitor for each stage, none of whom is taken or holds more than one whole."""
        if any(
            overlap(span, other) and name == who for who, other, _ in holds for name, span in taken
        ):
            return None
        if not stages:
            return []
        _, _, span, share = stages[0]
        for name in self.facts.monitors(span):
            hold = (name, span, share)
            if not any(who == name and overlap(span, other) for who, other in taken) and (
                _fits(hold, holds)
            ):
                rest = self._held(stages[1:], taken, [*holds, hold])
                if rest is not None:
                    return [hold, *rest]
        return None


def _share(visit: Visit, name: str) -> Fraction:
    """How much of a monitor a stage takes."""
    ratios = {stage.id: stage.monitor_ratio for stage in visit.activity.stages}
    return Fraction(1, ratios.get(name) or 1)


def _fits(hold: Hold, holds: list[Hold]) -> bool:
    """Whether a monitor can hold one more stage at every instant of it."""
    name, span, share = hold
    beside = [(other, part) for who, other, part in holds if who == name and overlap(span, other)]
    instants = [span[0], *(other[0] for other, _ in beside if span[0] <= other[0] < span[1])]
    return all(
        share + sum(part for other, part in beside if other[0] <= instant < other[1]) <= 1
        for instant in instants
    )

"""Whether a session that is only tried would find a place and people, all else standing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from pathways.model import RoleNeed, Stage
from pathways.plan import Rule as Reason
from pathways.scenario import Practitioner
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.rules import monitors, resources
from scheduler.planning.verifying.visits import StageOfVisit, Visit, face

Combination = frozenset[Reason]


class Resourcing:
    """Who and what is free when, remembered for all occurrences that ask the same."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._places: dict[tuple[str, datetime, datetime], bool] = {}
        self._people: dict[tuple[str, RoleNeed, datetime, datetime], bool] = {}
        self._monitors: dict[tuple[str, int, datetime, datetime], bool] = {}

    def lacking(self, visit: Visit) -> Iterator[Combination]:
        """What a session must lack: for each choice that lacks least, the rules it breaks."""
        place = frozenset[Reason]() if self._has_place(visit) else frozenset[Reason](("location",))
        for people in self._people_lacking(visit):
            yield place | people

    def _has_place(self, visit: Visit) -> bool:
        kind = visit.activity.location_kind
        return kind is None or any(
            self._place_is_free(visit, location.id)
            for location in self._case.locations.values()
            if location.kind == kind
        )

    def _place_is_free(self, visit: Visit, name: str) -> bool:
        key = (name, visit.start, visit.end)
        if key not in self._places:
            location = self._case.locations[name]
            taken = resources.location_breaches(self._case, visit, location)
            unready = resources.turnover_breaches(self._case, visit, location)
            self._places[key] = not any(True for _ in chain(taken, unready))
        return self._places[key]

    def _people_lacking(self, visit: Visit) -> Iterator[Combination]:
        fit = [self._fit(visit, need) for need in visit.activity.role_needs]
        watching = [self._watching(visit, part, stage) for part, stage in _monitored(visit)]
        teams = list(_teams(fit))
        if any(_all_watched(watching, team) for team in teams):
            yield frozenset()
            return
        if not all(watching):
            yield frozenset(("monitor",) if teams else ("monitor", "practitioner"))
            return
        yield frozenset(("practitioner",))
        if teams:
            yield frozenset(("monitor",))

    def _fit(self, visit: Visit, need: RoleNeed) -> list[str]:
        people = self._case.takings.people
        return [
            name
            for name in people
            if self._person_is_free(visit, need, name) and self._is_the_face(visit, need, name)
        ]

    def _person_is_free(self, visit: Visit, need: RoleNeed, name: str) -> bool:
        key = (name, need, visit.start, visit.end)
        if key not in self._people:
            found = resources.person_breaches(self._case, visit, need, name)
            self._people[key] = not any(True for _ in found)
        return self._people[key]

    def _is_the_face(self, visit: Visit, need: RoleNeed, name: str) -> bool:
        if need.same_person != "required":
            return True
        faces = (face(other) for other in resources.relatives(self._case, visit))
        return all(found is None or found[1] == name for found in faces)

    def _watching(self, visit: Visit, part: StageOfVisit, stage: Stage) -> list[str]:
        people = self._case.takings.people.values()
        return [p.id for p in people if self._may_watch(visit, part, stage, p)]

    def _may_watch(
        self, visit: Visit, part: StageOfVisit, stage: Stage, person: Practitioner
    ) -> bool:
        key = (person.id, stage.monitor_ratio or 0, part.start, part.end)
        if key not in self._monitors:
            found = monitors.monitor_breaches(self._case, visit, part, stage, person)
            self._monitors[key] = not any(True for _ in found)
        return self._monitors[key]


def _monitored(visit: Visit) -> Iterator[tuple[StageOfVisit, Stage]]:
    begins = visit.start
    for stage in visit.activity.stages:
        ends = begins + timedelta(minutes=stage.minutes)
        if stage.monitor_ratio:
            yield StageOfVisit(stage.id, begins, ends, None), stage
        begins = ends


def _teams(fit: list[list[str]], chosen: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """All ways to meet each need by a person of its own."""
    if len(chosen) == len(fit):
        yield chosen
        return
    for name in fit[len(chosen)]:
        if name not in chosen:
            yield from _teams(fit, (*chosen, name))


def _all_watched(watching: list[list[str]], team: tuple[str, ...]) -> bool:
    """Whether each stage has a monitor who is not on the team that the needs take."""
    return all(set(names) - set(team) for names in watching)

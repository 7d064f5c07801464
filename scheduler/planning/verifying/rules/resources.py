"""Locations and practitioners: of the right kind, on duty, and taken by one thing at a time."""

from collections.abc import Iterator
from datetime import timedelta

from pathways.model import Activity, RoleNeed
from pathways.scenario import Location
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.rules.rule import Breach
from scheduler.planning.verifying.takings import Taking
from scheduler.planning.verifying.visits import Visit, face


def _with(visit: Visit, taking: Taking) -> tuple[Visit, ...]:
    return (visit, taking.visit) if taking.visit is not None else (visit,)


def it_is_at_one_free_location_of_its_kind(case: Case, visit: Visit) -> Iterator[Breach]:
    """At none where none is needed; a virtual one holds any number."""
    kind = visit.activity.location_kind
    if visit.is_group:
        return
    if kind is None or visit.location is None:
        if kind is not None or visit.location is not None:
            words = f"is at {visit.location or 'no location'}, and needs {kind or 'none'}"
            yield Breach((visit,), words)
        return
    location = case.locations.get(visit.location)
    if location is None:
        yield Breach((visit,), f"there is no location {visit.location}")
    elif location.kind != kind:
        yield Breach((visit,), f"{location.id} is of kind {location.kind}, not {kind}")
    else:
        yield from location_breaches(case, visit, location)


def location_breaches(case: Case, visit: Visit, location: Location) -> Iterator[Breach]:
    """What takes a location during a visit; nothing does if it is virtual."""
    if location.kind == "virtual":
        return
    for taking in (
        *case.takings.at(location.id, visit.start, visit.end),
        *case.takings.busy_at(location.id, visit.start, visit.end),
    ):
        if taking.visit is not visit:
            yield Breach(_with(visit, taking), f"{location.id} is taken by {taking.what}")


def a_location_has_its_turnover(case: Case, visit: Visit) -> Iterator[Breach]:
    """So many minutes between two sessions or meetings, not around ``busy``."""
    location = case.locations.get(visit.location or "")
    if not visit.is_group and location is not None:
        yield from turnover_breaches(case, visit, location)


def turnover_breaches(case: Case, visit: Visit, location: Location) -> Iterator[Breach]:
    """What takes a location too shortly before or after a visit."""
    if location.kind == "virtual" or not location.turnover:
        return
    turnover = timedelta(minutes=location.turnover)
    for taking in case.takings.at(location.id, visit.start - turnover, visit.end + turnover):
        if taking.visit is not visit and not taking.overlaps(visit.start, visit.end):
            words = f"{location.id} needs {location.turnover} minutes between it and {taking.what}"
            yield Breach(_with(visit, taking), words)


def each_need_has_a_person_of_its_own(case: Case, visit: Visit) -> Iterator[Breach]:
    """In the order of ``needs``: role and skill, on duty and theirs alone throughout."""
    if visit.is_group:
        return
    needs = visit.activity.role_needs
    if len(visit.practitioners) != len(needs):
        words = f"has {len(visit.practitioners)} practitioners, and needs {len(needs)}"
        yield Breach((visit,), words)
    for number, (need, name) in enumerate(zip(needs, visit.practitioners, strict=False)):
        if name in visit.practitioners[:number]:
            yield Breach((visit,), f"{name} meets two of its needs")
        yield from person_breaches(case, visit, need, name)


def person_breaches(case: Case, visit: Visit, need: RoleNeed, name: str) -> Iterator[Breach]:
    """Why this person cannot meet this need of a visit."""
    person = case.takings.people.get(name)
    if person is None:
        yield Breach((visit,), f"there is no practitioner {name}")
        return
    if need.role not in person.roles:
        yield Breach((visit,), f"{name} is no {need.role}")
    if need.skill is not None and need.skill not in person.skills:
        yield Breach((visit,), f"{name} lacks the skill {need.skill}")
    if not case.takings.is_on_duty(person, visit.day, visit.start, visit.end):
        yield Breach((visit,), f"{name} is away or outside their hours")
    for taking in case.takings.of(name, visit.start, visit.end):
        if taking.visit is not visit:
            yield Breach(_with(visit, taking), f"{name} is taken by {taking.what}")
    for _, holder in case.takings.held(name, visit.start, visit.end):
        yield Breach((visit, holder), f"{name} monitors {holder.place} meanwhile")


def one_person_serves_a_family(case: Case, visit: Visit) -> Iterator[Breach]:
    """``required``: all the patient's occurrences of the family have the same person."""
    mine = None if visit.is_group else face(visit)
    if mine is None or mine[0].same_person != "required":
        return
    for other in relatives(case, visit):
        theirs = face(other)
        if theirs is not None and theirs[1] != mine[1]:
            words = f"{mine[1]} serves it, and {theirs[1]} serves {other.place}"
            yield Breach((visit, other), words)


def relatives(case: Case, visit: Visit) -> Iterator[Visit]:
    """The other visits of its patients in its family of activities."""
    for patient in visit.patients:
        family: tuple[Activity, ...] = case.scenario.pathway_of(patient).family(visit.activity.id)
        for activity in family:
            for other in case.of_activity(patient, activity.id):
                if other is not visit:
                    yield other


def a_prescriber_is_on_site(case: Case, visit: Visit) -> Iterator[Breach]:
    """One for all of each stage that asks for it; they may be busy or booked."""
    begins = visit.start
    for stage in visit.activity.stages:
        ends = begins + timedelta(minutes=stage.minutes)
        if stage.prescriber_on_site and not any(
            case.takings.is_on_duty(person, visit.day, begins, ends)
            for person in case.takings.prescribers
        ):
            yield Breach((visit,), f"no prescriber is on site for all of {stage.id}")
        begins = ends

"""What a patient needs to have: clearances, authorizations, a partner who is not dosed, a seat."""

from collections.abc import Iterator

from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.rules.rule import Breach
from scheduler.planning.verifying.visits import Visit


def its_date_is_cleared(_case: Case, visit: Visit) -> Iterator[Breach]:
    """It lies inside a clearance of each kind that the activity needs."""
    for patient in visit.patients:
        for kind in visit.activity.needs_clearance:
            if not any(c.kind == kind and c.holds(visit.day) for c in patient.clearances):
                yield Breach((visit,), f"{patient.id} has no {kind} clearance on {visit.day}")


def its_date_is_authorized(case: Case, visit: Visit) -> Iterator[Breach]:
    """It lies inside an authorization of its service that still has a unit."""
    service = visit.activity.needs_authorization
    if service is None:
        return
    for patient in visit.patients:
        found = case.authorized(patient, service, visit.day)
        if found is None:
            yield Breach((visit,), f"{patient.id} has no authorization {service} on {visit.day}")
            continue
        using = [v for v in case.units_used(patient, found) if v is not visit]
        if len(using) + 1 > found.units:
            together = sorted((visit, *using), key=lambda v: v.start, reverse=True)
            words = f"{len(together)} use {service} of {patient.id}, which has {found.units} units"
            yield Breach(tuple(together), words)


def partners_have_no_two_such_sessions_on_a_date(case: Case, visit: Visit) -> Iterator[Breach]:
    """Partners are never given two different ``no_driving`` sessions on the same date."""
    if not visit.activity.no_driving:
        return
    for patient in visit.patients:
        partner = case.partner(patient)
        for other in case.on_day(partner, visit.day) if partner else ():
            if other is visit or other.day != visit.day or not other.activity.no_driving:
                continue
            words = f"on the date of {other.place}, and neither partner could drive"
            yield Breach((visit, other), words)


def a_meeting_has_a_seat_for_everybody(case: Case, visit: Visit) -> Iterator[Breach]:
    """Not more patients than the series and its location have seats."""
    if not visit.is_group:
        return
    series, location = case.series_of(visit), case.locations.get(visit.location or "")
    limits = [thing.capacity for thing in (series, location) if thing and thing.capacity]
    present = [other for other in case.attendees(visit) if other is not visit]
    if limits and len(present) + 1 > min(limits):
        words = f"{len(present) + 1} attend a meeting that has {min(limits)} seats"
        yield Breach((visit, *present), words)

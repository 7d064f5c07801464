"""Units that a payer has approved: what is used, what is planned, and what they do not reach."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity
from scheduler.care.facts import Facts
from scheduler.store.tables import Appointment, Authorization

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Usage:
    """One authorization: units used by what took place, planned by what stands, and left."""

    authorization: Authorization
    used: Fraction
    planned: Fraction
    lost: tuple[Appointment, ...]

    @property
    def left(self) -> Fraction:
        """Units that nothing has used yet; what is planned counts as left."""
        return self.authorization.units - self.used

    @property
    def left_percent(self) -> Fraction:
        """The same, of a hundred."""
        return self.left * 100 / max(self.authorization.units, 1)


def usage_of(protocol: LibraryPathway, facts: Facts, authorization: Authorization) -> Usage:
    """How far the units of an authorization reach, in order of time."""
    used: Fraction | int = 0
    planned: Fraction | int = 0
    taken: Fraction | int = 0
    days: set[date] = set()
    lost = []
    for appointment, activity in _billed(protocol, facts, authorization.service):
        day = facts.house.day(appointment.start)
        if _holding(facts, authorization.service, day) is not authorization:
            continue
        units = units_of(authorization.unit, appointment, activity, counted=day in days)
        if taken + units > authorization.units:
            lost.append(appointment)
            continue
        taken += units
        days.add(day)
        if appointment.status == "fulfilled":
            used += units
        else:
            planned += units
    return Usage(authorization, Fraction(used), Fraction(planned), tuple(lost))


def units_of(
    unit: str, appointment: Appointment, activity: LibraryActivity, *, counted: bool
) -> Fraction | int:
    """What an appointment takes; ``counted``: whether its date has taken a unit already."""
    if unit == "days":
        return 0 if counted else 1
    if unit == "hours":
        return Fraction((appointment.end - appointment.start) / _HOUR).limit_denominator(60)
    if unit == "devices":
        return devices_of(activity, appointment.occurrence)
    return 1


def devices_of(activity: LibraryActivity, occurrence: int) -> int:
    """The nasal devices of an occurrence, the last number for all that follow; 1 where none are."""
    if not activity.devices:
        return 1
    return activity.devices[min(occurrence, len(activity.devices)) - 1]


def at_risk(protocol: LibraryPathway, facts: Facts, service: str) -> list[Appointment]:
    """The appointments of a service for which no unit is left, or no authorization holds."""
    rows = [a for a in facts.authorizations if a.service == service]
    lost = [row for one in rows for row in usage_of(protocol, facts, one).lost]
    outside = [
        appointment
        for appointment, _ in _billed(protocol, facts, service)
        if _holding(facts, service, facts.house.day(appointment.start)) is None
    ]
    return sorted([*lost, *outside], key=lambda a: a.start)


def _billed(
    protocol: LibraryPathway, facts: Facts, service: str
) -> Iterator[tuple[Appointment, LibraryActivity]]:
    kinds = {a.id: a for a in protocol.activities if a.needs_authorization == service}
    for appointment in facts.standing:
        if appointment.activity in kinds:
            yield appointment, kinds[appointment.activity]


def _holding(facts: Facts, service: str, day: date) -> Authorization | None:
    return next(
        (a for a in facts.authorizations if a.service == service and a.first <= day <= a.last),
        None,
    )

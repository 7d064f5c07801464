"""How large a scenario may be: far above any clinic, and below what no machine ends in a day.

What is planned is asked for one by one, and a day has a start for every slot. A slip of the pen
(a million a week, a patient of the next century) would keep the planner busy for ever, and say
nothing. The limits are house values, an order of magnitude above the largest clinics.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from math import prod
from typing import NamedTuple

from pathways import timing
from pathways.model import Activity, Pathway, RoleNeed
from pathways.record import Fault
from pathways.scenario import Practitioner, Scenario

MOST_OCCURRENCES = 100_000
"""A thousand patients with a hundred sessions and meetings each."""
MOST_STARTS = 500_000
"""Fourteen years of quarter hours, or nearly one of single minutes."""
MOST_CREWS = 100_000
"""Ways to staff one session: three different people out of forty-seven."""


class _Stretch(NamedTuple):
    """The dates between which something of a scenario may lie, and the place that says so."""

    place: str
    first: date
    last: date


def size_faults(scenario: Scenario) -> Iterator[Fault]:
    """Where a scenario is larger than any clinic; it must be whole in all other ways."""
    yield from _too_many_occurrences(scenario)
    yield from _too_long(scenario)
    yield from _too_many_crews(scenario)


def _too_many_occurrences(scenario: Scenario) -> Iterator[Fault]:
    of_pathway = {pathway.id: _occurrences(pathway) for pathway in scenario.pathways}
    asked = sum(of_pathway[patient.pathway] for patient in scenario.patients)
    if asked > MOST_OCCURRENCES:
        says = f"ask for {asked:,} sessions and meetings; at most {MOST_OCCURRENCES:,} are planned"
        yield "patients", f"{says} at once: mend the weeks and per_week of a pathway, or split it"


def _occurrences(pathway: Pathway) -> int:
    return sum(_scheduled(_anchor(pathway, activity)) for activity in pathway.activities)


def _anchor(pathway: Pathway, activity: Activity) -> Activity:
    """The activity with a schedule that this one comes after, at however many removes."""
    while activity.after is not None:
        activity = pathway.activity(activity.after.activity)
    return activity


def _scheduled(activity: Activity) -> int:
    return sum(b.per_week * (b.weeks.last - b.weeks.first + 1) for b in activity.schedule)


def _too_long(scenario: Scenario) -> Iterator[Fault]:
    stretches = [*_enrolments(scenario), *_bookings(scenario)]
    if not stretches:
        return
    first = min(stretch.first for stretch in stretches)
    last = max(stretch.last for stretch in stretches)
    slot = scenario.clinic.slot_minutes
    starts = ((last - first).days + 1) * timing.MINUTES_A_DAY // slot
    if starts > MOST_STARTS:
        says = f"what is planned runs from {first} to {last}, {starts:,} slots of {slot} minutes"
        fix = "mend this date, the weeks and lags of the pathway, or slot_minutes"
        yield _outlier(stretches).place, f"{says}; at most {MOST_STARTS:,} are planned: {fix}"


def _enrolments(scenario: Scenario) -> Iterator[_Stretch]:
    spans = {pathway.id: _span(pathway) for pathway in scenario.pathways}
    for number, patient in enumerate(scenario.patients):
        last = patient.start + spans[patient.pathway]
        yield _Stretch(f"patients[{number}].start", patient.start, last)


def _span(pathway: Pathway) -> timedelta:
    """From the start of a pathway to the last date on which anything of it may lie."""
    lags = (activity.after.lag.max for activity in pathway.activities if activity.after)
    return sum(lags, timedelta(weeks=pathway.weeks))


def _bookings(scenario: Scenario) -> Iterator[_Stretch]:
    for number, booked in enumerate(scenario.booked):
        dates = [timing.local_date(m, scenario.clinic.zone) for m in (booked.start, booked.end)]
        yield _Stretch(f"booked[{number}].start", *dates)


def _outlier(stretches: list[_Stretch]) -> _Stretch:
    """The one that lies farthest from the one in the middle."""
    middle = sorted(stretch.first for stretch in stretches)[(len(stretches) - 1) // 2]
    return max(stretches, key=lambda s: max(abs(s.first - middle), abs(s.last - middle)))


def _too_many_crews(scenario: Scenario) -> Iterator[Fault]:
    people = scenario.clinic.practitioners
    for number, pathway in enumerate(scenario.pathways):
        for of_pathway, activity in enumerate(pathway.activities):
            crews = prod(_able(people, need) for need in activity.role_needs)
            if crews > MOST_CREWS:
                place = f"pathways[{number}].activities[{of_pathway}].needs"
                says = f"can be met in {crews:,} ways; at most {MOST_CREWS:,} are tried"
                yield place, f"{says}: ask for fewer people, or tell them apart by skill"


def _able(people: tuple[Practitioner, ...], need: RoleNeed) -> int:
    return sum(need.role in p.roles and need.skill in (None, *p.skills) for p in people)

"""What a plan really costs: every term of the contract, computed from the appointments alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from pathways.plan import Cost, Term
from pathways.scenario import Booked
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.local_time import in_utc
from scheduler.planning.verifying.verdict import Finding
from scheduler.planning.verifying.visits import Visit, face

_HOUR = timedelta(hours=1)
_SOON = timedelta(hours=48)

Flaws = Iterator[tuple[Term, int]]
"""Terms, and how often or how much of each; weights come later."""


def what_is_unplaced(case: Case) -> Flaws:
    """Each occurrence asked for without an appointment; a series not joined counts whole."""
    for occurrence in case.asked.values():
        if occurrence.identity in case.placed:
            continue
        activity = occurrence.activity
        if occurrence.number == 0:
            yield "unplaced_other", sum(map(activity.per_week, activity.scheduled_weeks))
        else:
            yield "unplaced" if activity.is_dose_like else "unplaced_other", 1


def lags_beside_the_ideal(case: Case) -> Flaws:
    """Whole hours by which what comes after starts later or earlier than would be ideal."""
    for identity, occurrence in case.asked.items():
        visit, after = case.placed.get(identity), occurrence.activity.after
        if visit is None or occurrence.anchor is None or after is None:
            continue
        late = visit.start - occurrence.anchor.end - after.lag.ideal
        if late > timedelta():
            yield "lag_hour", late // _HOUR
        else:
            yield "lag_hour_early", -late // _HOUR


def uneven_days(case: Case) -> Flaws:
    """Days by which neighbours in a week are not 7 / per_week apart, rounded down."""
    weeks: dict[tuple[str, str, int], list[date]] = defaultdict(list)
    for identity, occurrence in case.asked.items():
        visit = case.placed.get(identity)
        if visit is None or occurrence.week is None:
            continue
        if occurrence.activity.min_days_between is not None:
            key = (occurrence.owner.id, occurrence.activity.id, occurrence.week)
            weeks[key].append(visit.day)
    for (owner, name, week), days in weeks.items():
        pathway = case.scenario.pathway_of(case.patients[owner])
        even = 7 // pathway.activity(name).per_week(week)
        for before, after in pairwise(sorted(days)):
            yield "uneven_day", abs((after - before).days - even)


def sessions_beside_what_is_preferred(case: Case) -> Flaws:
    """Once for each patient with a table of preferred hours that do not hold the session."""
    for visit in case.visits:
        for patient in () if visit.is_group else visit.patients:
            if patient.preferred is not None and not case.local.inside(
                patient.preferred, visit.day, visit.start, visit.end
            ):
                yield "off_preference", 1


def _days_in_person(case: Case) -> dict[tuple[str, date], list[Visit]]:
    days: dict[tuple[str, date], list[Visit]] = defaultdict(list)
    for visit in case.visits:
        for patient in visit.patients if visit.modality == "in-person" else ():
            days[patient.id, visit.day].append(visit)
    return days


def days_with_a_trip(case: Case) -> Flaws:
    """Each date on which a patient comes in."""
    yield "trip_day", len(_days_in_person(case))


def idle_slots(case: Case) -> Flaws:
    """Whole grid slots between one in-person appointment and the next of that date."""
    slot = timedelta(minutes=case.scenario.clinic.slot_minutes)
    for visits in _days_in_person(case).values():
        for before, after in pairwise(sorted(visits, key=lambda v: (v.start, v.end))):
            yield "idle_slot", max(0, (after.start - before.end) // slot)


def new_faces(case: Case) -> Flaws:
    """For each patient and family with ``preferred``: the people beyond the first."""
    faces: dict[tuple[str, str], set[str]] = defaultdict(set)
    for visit in case.visits:
        found = face(visit)
        if found is not None and found[0].same_person == "preferred":
            root = visit.activity.same_person_as or visit.activity.id
            # A couple's session counts for its owner, whose id sorts first.
            faces[visit.patients[0].id, root].add(found[1])
    for people in faces.values():
        yield "new_face", len(people) - 1


def bookings_moved_or_dropped(case: Case) -> Flaws:
    """Each unlocked booking that stands otherwise in the plan, or not at all."""
    for booked in case.scenario.booked:
        if booked.locked:
            continue
        visit = case.placed.get(booked.identity)
        if visit is None:
            yield "dropped", 1
        elif not _stays(booked, visit):
            soon = case.now is not None and in_utc(booked.start) - case.now < _SOON
            yield "moved_soon" if soon else "moved", 1


def _stays(booked: Booked, visit: Visit) -> bool:
    same_people = set(booked.practitioners) == set(visit.practitioners)
    return booked.start == visit.start and booked.location == visit.location and same_people


TERMS: Final[tuple[Callable[[Case], Flaws], ...]] = (
    what_is_unplaced,
    lags_beside_the_ideal,
    uneven_days,
    sessions_beside_what_is_preferred,
    days_with_a_trip,
    idle_slots,
    new_faces,
    bookings_moved_or_dropped,
)


def cost_of(case: Case) -> Cost:
    """The cost of the plan, zeros left out."""
    amounts: Counter[Term] = Counter()
    for term in TERMS:
        for name, amount in term(case):
            amounts[name] += amount * getattr(case.scenario.weights, name)
    terms = {name: amount for name, amount in amounts.items() if amount}
    return Cost(total=sum(terms.values()), terms=terms)


def cost_adds_up(case: Case, cost: Cost) -> Iterator[Finding]:
    """The plan's own terms and total are what it costs."""
    stated = case.plan.cost
    for name in dict.fromkeys((*stated.terms, *cost.terms)):
        says, is_really = stated.terms.get(name, 0), cost.terms.get(name, 0)
        if says != is_really:
            yield Finding(f"cost.terms.{name}", "cost", f"is {says}, and should be {is_really}")
    if stated.total != cost.total:
        yield Finding("cost.total", "cost", f"is {stated.total}, and should be {cost.total}")


def bound_and_status_fit(case: Case, cost: Cost) -> Iterator[Finding]:
    """No plan costs less than the bound; optimal exactly where the bound is the cost."""
    bound, status = case.plan.bound, case.plan.status
    if bound > cost.total:
        yield Finding("bound", "bound", f"is {bound}, more than the cost of {cost.total}")
    elif (bound == cost.total) != (status == "optimal"):
        words = f"is {status}, with a bound of {bound} and a cost of {cost.total}"
        yield Finding("status", "status", words)

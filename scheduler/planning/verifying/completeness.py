"""Whether a plan answers all that is asked, once, and nothing else."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from pathways.model import Activity
from pathways.plan import JoinedSeries, Unplaced
from pathways.scenario import Patient
from scheduler.planning.verifying.asking import Occurrence
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.trying import attendance_at, obstacles_to
from scheduler.planning.verifying.verdict import Finding
from scheduler.planning.verifying.visits import Visit


def the_plan_is_for_this_clinic(case: Case) -> Iterator[Finding]:
    """``scenario`` is the clinic's id."""
    if case.plan.scenario != case.scenario.clinic.id:
        words = f"is {case.plan.scenario!r}; the clinic is {case.scenario.clinic.id!r}"
        yield Finding("scenario", "scenario", words)


def everybody_in_it_exists(case: Case) -> Iterator[Finding]:
    """Patients and activities of all appointments."""
    yield from case.unreadable


def ids_are_unique(case: Case) -> Iterator[Finding]:
    """Those of appointments."""
    times = Counter(appointment.id for appointment in case.plan.appointments)
    for number, appointment in enumerate(case.plan.appointments):
        if times[appointment.id] > 1:
            place = f"appointments[{number}]"
            yield Finding(place, "id", f"{appointment.id!r} stands {times[appointment.id]} times")


def patients_join_series_that_they_may_join(case: Case) -> Iterator[Finding]:
    """One series an activity: the one that is fixed, else one that qualifies."""
    seen: set[tuple[str, str]] = set()
    for number, entry in enumerate(case.plan.groups):
        place = f"groups[{number}] ({entry.patient}/{entry.activity})"
        words = _wrong_with(case, entry)
        if (entry.patient, entry.activity) in seen:
            words = "stands twice"
        seen.add((entry.patient, entry.activity))
        if words is not None:
            yield Finding(place, "groups", words)


def _wrong_with(case: Case, entry: JoinedSeries) -> str | None:
    patient, series = case.patients.get(entry.patient), case.series.get(entry.series)
    if patient is None:
        return f"there is no patient {entry.patient}"
    if series is None:
        return f"there is no series {entry.series}"
    activity = _group_activity(case, patient, entry.activity)
    if activity is None:
        return f"{patient.pathway} has no group {entry.activity}"
    if not case.may_join(patient, activity, series):
        return f"{series.id} does not qualify, or another series is fixed"
    return None


def _group_activity(case: Case, patient: Patient, name: str) -> Activity | None:
    groups = (a for a in case.activities(patient) if a.kind == "group")
    return next((activity for activity in groups if activity.id == name), None)


def nothing_is_placed_twice(case: Case) -> Iterator[Finding]:
    """One appointment an occurrence."""
    for visit in case.visits:
        first = case.placed[visit.identity]
        if first is not visit:
            yield Finding(visit.place, "occurrence", f"is placed already, by {first.place}")


def everything_asked_for_is_answered(case: Case) -> Iterator[Finding]:
    """Each occurrence is placed or stands in ``unplaced``."""
    named = {(entry.patient, entry.activity, entry.occurrence) for entry in case.plan.unplaced}
    for occurrence in case.asked.values():
        key = (occurrence.owner.id, occurrence.activity.id, occurrence.number)
        if occurrence.identity not in case.placed and key not in named:
            yield Finding(occurrence.name, "unplaced", "is neither placed nor named as unplaced")


def unplaced_names_what_is_asked_for(case: Case) -> Iterator[Finding]:
    """Only that, once, and only what has no appointment."""
    seen: set[tuple[str, str, int]] = set()
    for number, entry in enumerate(case.plan.unplaced):
        key = (entry.patient, entry.activity, entry.occurrence)
        place = place_of_unplaced(number, entry)
        occurrence = asked_in(case, entry)
        if occurrence is None:
            yield Finding(place, "unplaced", "is not asked for")
        elif occurrence.identity in case.placed:
            placed = case.placed[occurrence.identity].place
            yield Finding(place, "unplaced", f"is placed by {placed}")
        elif key in seen:
            yield Finding(place, "unplaced", "stands twice")
        seen.add(key)


def place_of_unplaced(number: int, entry: Unplaced) -> str:
    """Where an entry of ``unplaced`` stands."""
    return f"unplaced[{number}] ({entry.patient}/{entry.activity}/{entry.occurrence})"


def asked_in(case: Case, entry: Unplaced) -> Occurrence | None:
    """What an entry of ``unplaced`` speaks of; a couple's stands under its owner alone."""
    return case.asked_under.get((entry.patient, entry.activity, entry.occurrence))


def booked_and_locked_stands_as_it_is(case: Case) -> Iterator[Finding]:
    """Every locked appointment is in the plan, unchanged."""
    kept = {visit.identity for visit in case.visits if visit.locked}
    for number, booked in enumerate(case.scenario.booked):
        if not booked.locked or booked.identity in kept:
            continue
        place = f"booked[{number}] ({'+'.join(booked.patients)}/{booked.activity}"
        changed = booked.identity in case.placed
        words = "is locked, and was changed" if changed else "is locked, and is missing"
        yield Finding(f"{place}/{booked.occurrence})", "locked", words)


def units_go_to_the_earlier_meetings(case: Case) -> Iterator[Finding]:
    """No meeting lacks an authorization's unit that a later unlocked one of its activity uses."""
    for occurrence in case.asked.values():
        if occurrence.meeting is None or occurrence.identity in case.placed:
            continue
        visit = attendance_at(occurrence, occurrence.meeting)
        later = next(_later_users(case, visit), None)
        if later is not None and obstacles_to(case, visit) == {"authorization"}:
            words = f"lacks a unit of the authorization that {later.place} uses later"
            yield Finding(occurrence.name, "authorization", words)


def _later_users(case: Case, visit: Visit) -> Iterator[Visit]:
    patient = visit.patients[0]
    found = case.authorized(patient, visit.activity.needs_authorization, visit.day)
    if found is not None:
        for other in case.of_activity(patient, visit.activity.id):
            if other.start > visit.start and found.holds(other.day) and not other.locked:
                yield other


def nobody_comes_unasked(case: Case) -> Iterator[Finding]:
    """Every appointment that may be moved is one that is asked for."""
    for visit in case.visits:
        if case.occurrence(visit) is None and not visit.locked:
            yield Finding(visit.place, "occurrence", "is not asked for")


def what_is_locked_may_be_unasked(case: Case) -> Iterator[Finding]:
    """A locked appointment that is not asked for: a warning."""
    for visit in case.visits:
        if case.occurrence(visit) is None and visit.locked:
            yield Finding(visit.place, "occurrence", "is locked, and is not asked for")


Judge = Callable[[Case], Iterator[Finding]]

FAULTS: Final[tuple[Judge, ...]] = (
    the_plan_is_for_this_clinic,
    everybody_in_it_exists,
    ids_are_unique,
    patients_join_series_that_they_may_join,
    nothing_is_placed_twice,
    nobody_comes_unasked,
    everything_asked_for_is_answered,
    unplaced_names_what_is_asked_for,
    booked_and_locked_stands_as_it_is,
    units_go_to_the_earlier_meetings,
)
WARNINGS: Final[tuple[Judge, ...]] = (what_is_locked_may_be_unasked,)

"""Where in the calendar an appointment lies: grid, hours, closures, a patient's own time."""

from collections.abc import Iterator

from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.rules.rule import Breach
from scheduler.planning.verifying.visits import Visit


def a_session_starts_on_the_grid(case: Case, visit: Visit) -> Iterator[Breach]:
    """Its start is a whole number of slots in minutes of the wall clock."""
    if not visit.is_group and not case.local.is_on_grid(visit.start):
        slot = case.scenario.clinic.slot_minutes
        yield Breach((visit,), f"{case.local.text(visit.start)} is not on the {slot} minute grid")


def nothing_crosses_midnight(case: Case, visit: Visit) -> Iterator[Breach]:
    """It ends on the date of its start, at the midnight that ends it at the latest."""
    if visit.end > case.local.midnight_after(visit.day):
        yield Breach((visit,), f"ends {case.local.text(visit.end)}, after its date")


def a_session_lies_inside_the_clinics_hours(case: Case, visit: Visit) -> Iterator[Breach]:
    """Inside one window of them; groups may lie outside."""
    hours = case.scenario.clinic.hours
    if not visit.is_group and not case.local.inside(hours, visit.day, visit.start, visit.end):
        yield Breach((visit,), f"{_stretch(case, visit)} is outside the clinic's hours")


def nothing_happens_on_a_closure(case: Case, visit: Visit) -> Iterator[Breach]:
    """No session and no meeting on a closed date."""
    if case.local.is_closed(visit.day):
        yield Breach((visit,), case.local.closure_text(visit.day))


def its_date_is_not_unavailable(_case: Case, visit: Visit) -> Iterator[Breach]:
    """Not on a date that one of its patients is away."""
    for patient in visit.patients:
        if any(away.holds(visit.day) for away in patient.unavailable):
            yield Breach((visit,), f"{patient.id} is unavailable on {visit.day}")


def it_lies_inside_the_patients_available_time(case: Case, visit: Visit) -> Iterator[Breach]:
    """Every appointment, groups included, inside one window of each of its patients."""
    for patient in visit.patients:
        if not case.local.inside(patient.available, visit.day, visit.start, visit.end):
            yield Breach((visit,), f"{patient.id} is not available {_stretch(case, visit)}")


def its_end_lies_in_a_ride_window(case: Case, visit: Visit) -> Iterator[Breach]:
    """Where nobody drives afterwards: from ≤ end < to, or the midnight that ends a window."""
    if not visit.activity.no_driving:
        return
    midnight = case.local.midnight_after(visit.day)
    for patient in visit.patients:
        if patient.rides is None:
            continue
        windows = case.local.windows(patient.rides, visit.day)
        if not any(w.start <= visit.end < w.end or visit.end == w.end == midnight for w in windows):
            yield Breach((visit,), f"{patient.id} has no ride at {case.local.text(visit.end)}")


def nothing_unlocked_starts_before_now(case: Case, visit: Visit) -> Iterator[Breach]:
    """The past is not planned."""
    if case.now is not None and visit.start < case.now and not visit.locked:
        yield Breach((visit,), f"starts before now, {case.local.text(case.now)}")


def _stretch(case: Case, visit: Visit) -> str:
    return f"{case.local.text(visit.start)} to {case.local.text(visit.end)}"

"""How the appointments of one patient keep apart, on a date and across dates."""

from collections.abc import Iterator
from typing import NamedTuple

from pathways.model import Activity, MaxInDays
from pathways.scenario import Patient
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.rules.rule import Breach
from scheduler.planning.verifying.visits import Visit


def no_two_appointments_of_a_patient_overlap(case: Case, visit: Visit) -> Iterator[Breach]:
    """They may touch."""
    for patient in visit.patients:
        for day in visit.days:
            for other in case.on_day(patient, day):
                if other is not visit and other.overlaps(visit.start, visit.end):
                    yield Breach((visit, other), f"overlaps {other.place} of {patient.id}")


def _others_on_its_date(case: Case, visit: Visit) -> Iterator[Visit]:
    for patient in visit.patients:
        for other in case.on_day(patient, visit.day):
            if other is not visit and other.day == visit.day:
                yield other


def a_gap_lies_before_it(case: Case, visit: Visit) -> Iterator[Breach]:
    """The patient's previous appointment of that date ends ``gap_before`` minutes earlier."""
    for other in _others_on_its_date(case, visit):
        for late, early in ((visit, other), (other, visit)):
            gap = late.activity.gap_before
            if not gap:
                continue
            idle = (late.start - early.end).total_seconds()
            if 0 <= idle < gap * 60:
                words = f"needs {gap} minutes after {early.place}"
                yield Breach((late, early), words)


def the_rest_of_the_day_is_free(case: Case, visit: Visit) -> Iterator[Breach]:
    """Nothing follows a session with ``rest_of_day`` on its date."""
    for other in _others_on_its_date(case, visit):
        for early, late in ((visit, other), (other, visit)):
            if early.activity.rest_of_day and late.start >= early.end:
                words = f"the rest of the day is free after {early.place}"
                yield Breach((late, early), words)


class _Entry(NamedTuple):
    """Something that a rule of spacing counts; ``visit`` is None for history."""

    ordinal: int
    visit: Visit | None
    own: bool


def _counted(case: Case, patient: Patient, activity: Activity, visit: Visit) -> list[_Entry]:
    """What an activity's rules count, the visit first; history is nobody's own."""
    entries = [_Entry(visit.day.toordinal(), visit, visit.activity.id == activity.id)]
    for name in dict.fromkeys((activity.id, activity.spaced_with or activity.id)):
        entries += [
            _Entry(other.day.toordinal(), other, name == activity.id)
            for other in case.of_activity(patient, name)
            if other is not visit
        ]
        entries += [
            _Entry(case.local.day(past.start).toordinal(), None, own=False)
            for past in patient.history
            if past.activity == name
        ]
    return entries


def dates_lie_far_enough_apart(case: Case, visit: Visit) -> Iterator[Breach]:
    """``min_days_between``: dates of neighbours, one of them its own, differ by at least that."""
    for patient in visit.patients:
        for activity in case.counting(patient, visit.activity.id):
            if activity.min_days_between:
                entries = _counted(case, patient, activity, visit)
                yield from _too_close(visit, entries, activity.id, activity.min_days_between)


def _too_close(visit: Visit, entries: list[_Entry], name: str, least: int) -> Iterator[Breach]:
    this, *others = entries
    for other in others:
        days = abs(other.ordinal - this.ordinal)
        if days < least and (this.own or other.own):
            together = (visit, other.visit) if other.visit else (visit,)
            place = other.visit.place if other.visit else "one of an earlier enrolment"
            words = f"is {days} days from {place}; {name} asks for {least} days between"
            yield Breach(together, words)


def no_window_of_days_holds_too_many(case: Case, visit: Visit) -> Iterator[Breach]:
    """``max_in_days``: at most ``count`` on any so many consecutive dates, one its own."""
    for patient in visit.patients:
        for activity in case.counting(patient, visit.activity.id):
            if activity.max_in_days is not None:
                entries = _counted(case, patient, activity, visit)
                yield from _too_many(entries, activity.id, activity.max_in_days)


def _too_many(entries: list[_Entry], name: str, limit: MaxInDays) -> Iterator[Breach]:
    this = entries[0].ordinal
    for first in sorted({e.ordinal for e in entries if this - limit.days < e.ordinal <= this}):
        inside = [e for e in entries if first <= e.ordinal < first + limit.days]
        if len(inside) > limit.count and any(entry.own for entry in inside):
            together = tuple(entry.visit for entry in inside if entry.visit is not None)
            words = f"{len(inside)} of {name} within {limit.days} days; {limit.count} may be"
            yield Breach(together, words)

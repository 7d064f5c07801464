"""In which order, and how far apart, the steps of a pathway come."""

from collections.abc import Iterator

from pathways.model import OccurrenceOf
from pathways.scenario import Patient
from pathways.timing import duration_text
from scheduler.planning.verifying.asking import week_of
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.rules.rule import Breach
from scheduler.planning.verifying.visits import Visit


def a_scheduled_session_lies_in_its_week(case: Case, visit: Visit) -> Iterator[Breach]:
    """Its number belongs to one week of the pathway, counted from the owner's start."""
    occurrence = case.occurrence(visit)
    if occurrence is not None and occurrence.dates and visit.day not in occurrence.dates:
        first, *_, last = occurrence.dates
        yield Breach((visit,), f"belongs to week {occurrence.week}, {first} to {last}")


def a_lag_is_kept(case: Case, visit: Visit) -> Iterator[Breach]:
    """From the end of its anchor, the later one of a couple, at least min and at most max."""
    occurrence = case.occurrence(visit)
    if occurrence is not None and occurrence.anchor is not None:
        yield from _lag_breaches(visit, occurrence.anchor)
    if visit.identity not in case.placed:
        for follower, anchor in _followers(case, visit):
            yield from _lag_breaches(follower, anchor)


def _followers(case: Case, visit: Visit) -> Iterator[tuple[Visit, Visit]]:
    """The visits that would be asked for if this one were placed, each with its later anchor."""
    for patient in visit.patients:
        for activity in case.activities(patient):
            if activity.after is None or activity.after.activity != visit.activity.id:
                continue
            for follower in case.of_activity(patient, activity.id):
                if follower.number == visit.number and follower.activity == activity:
                    yield from _with_anchor(case, follower, visit)


def _with_anchor(case: Case, follower: Visit, anchor: Visit) -> Iterator[tuple[Visit, Visit]]:
    anchors = [anchor]
    for patient in follower.patients:
        if patient not in anchor.patients:
            placed = case.of_activity(patient, anchor.activity.id)
            found = [v for v in placed if v.number == anchor.number and case.occurrence(v)]
            if not found:
                return
            anchors.append(found[0])
    yield follower, max(anchors, key=lambda visit: visit.end)


def _lag_breaches(visit: Visit, anchor: Visit) -> Iterator[Breach]:
    after = visit.activity.after
    passed = visit.start - anchor.end
    if after is not None and not after.lag.min <= passed <= after.lag.max:
        limits = f"{duration_text(after.lag.min)} to {duration_text(after.lag.max)}"
        words = f"starts {_hours(passed.total_seconds())} after {anchor.place}, and should {limits}"
        yield Breach((visit, anchor), words)


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:g} hours"


def numbers_ascend_in_time(case: Case, visit: Visit) -> Iterator[Breach]:
    """Within a week of a schedule, and throughout for what comes after something else."""
    week = _week(case, visit)
    if week is None and visit.activity.after is None:
        return
    for patient in visit.patients:
        for other in case.of_activity(patient, visit.activity.id):
            if _descends(visit, other) and _week(case, other) == week:
                words = f"numbers {visit.number} and {other.number} do not ascend in time"
                yield Breach((visit, other), words)


def _descends(one: Visit, other: Visit) -> bool:
    """Whether the one with the lower number begins later."""
    first, second = (one, other) if one.number < other.number else (other, one)
    return first.number < second.number and first.start > second.start


def _week(case: Case, visit: Visit) -> int | None:
    occurrence = case.occurrence(visit)
    return occurrence.week if occurrence else week_of(visit.activity, visit.number)


def what_comes_first_has_ended(case: Case, visit: Visit) -> Iterator[Breach]:
    """Nothing starts before each occurrence named in ``preceded_by`` is done."""
    for patient in visit.patients:
        for before in visit.activity.preceded_by:
            yield from _waits(case, visit, patient, before)
        for other in _waiting(case, visit, patient):
            if other.start < visit.end and other is not visit:
                yield Breach((other, visit), f"starts before {visit.place} has ended")


def _waits(case: Case, visit: Visit, patient: Patient, before: OccurrenceOf) -> Iterator[Breach]:
    name = f"{before.activity}/{before.occurrence}"
    state = _state(case, patient, before)
    if state == "missed":
        yield Breach((visit,), f"{name} of {patient.id}, which has to come first, was missed")
    elif state is None:
        yield Breach((visit,), f"{name} of {patient.id}, which has to come first, is not placed")
    elif isinstance(state, Visit) and state.end > visit.start:
        yield Breach((visit, state), f"starts before {state.place} has ended")


def _state(case: Case, patient: Patient, before: OccurrenceOf) -> Visit | str | None:
    """``done``, ``missed``, the visit that places it, or None where nothing does."""
    activity = next((a for a in case.activities(patient) if a.id == before.activity), None)
    if activity is None:
        return None
    outcome = case.asking.outcome(patient, activity, before.occurrence)
    if outcome is not None:
        return "missed" if outcome == "missed" else "done"
    if activity.kind == "group":
        meeting = case.meetings(patient, activity).get(before.occurrence)
        past = meeting is not None and case.now is not None and meeting.start < case.now
        if past or (meeting is not None and meeting.fallen):
            return "done"
    placed = case.of_activity(patient, before.activity)
    return next((visit for visit in placed if visit.number == before.occurrence), None)


def _waiting(case: Case, visit: Visit, patient: Patient) -> Iterator[Visit]:
    """What may not start before a visit has ended."""
    for activity in case.activities(patient):
        for before in activity.preceded_by:
            named = (before.activity, before.occurrence) == (visit.activity.id, visit.number)
            if named and _state(case, patient, before) not in ("done", "missed"):
                yield from case.of_activity(patient, activity.id)

"""The rules between a visit and the rest of a plan that no later visit can mend."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from pathways import timing
from pathways.model import Activity
from pathways.scenario import Group
from tests.exhaustive.clinic import Facts, Visit, overlap

Rule = Callable[[Facts, Visit, list[Visit]], bool]
"""Whether adding the visit to those that stand breaks the rule."""


def breaks_any(facts: Facts, visit: Visit, plan: list[Visit]) -> bool:
    return any(rule(facts, visit, plan) for rule in RULES)


def _shared(visit: Visit, plan: list[Visit]) -> Iterator[Visit]:
    """The visits with a patient of this one."""
    return (other for other in plan if set(visit.patients) & set(other.patients))


def _of_one_day(visit: Visit, plan: list[Visit]) -> Iterator[tuple[Visit, Visit]]:
    """This visit with each of its patients' others on the date, the earlier one first."""
    for other in _shared(visit, plan):
        if other.day == visit.day:
            yield (visit, other) if visit.start < other.start else (other, visit)


def patient_is_in_two_places(_: Facts, visit: Visit, plan: list[Visit]) -> bool:
    span = (visit.start, visit.end)
    return any(overlap(span, (other.start, other.end)) for other in _shared(visit, plan))


def something_follows_on_the_day(_: Facts, visit: Visit, plan: list[Visit]) -> bool:
    return any(
        earlier.activity.rest_of_day and later.end > earlier.end
        for earlier, later in _of_one_day(visit, plan)
    )


def gap_before_is_too_short(_: Facts, visit: Visit, plan: list[Visit]) -> bool:
    return any(
        later.start - earlier.end < later.activity.gap_before
        for earlier, later in _of_one_day(visit, plan)
    )


def numbers_do_not_ascend(_: Facts, visit: Visit, plan: list[Visit]) -> bool:
    """Within the block of a week, and among all that comes after something."""
    return any(
        (other.number < visit.number) != (other.start < visit.start)
        for other in _shared(visit, plan)
        if other.activity.id == visit.activity.id
        and not _is_meeting(visit)
        and _block(other) == _block(visit)
    )


def _block(visit: Visit) -> int | None:
    """The week that owns a number; for ``after``, which has no weeks, the same for all."""
    activity = visit.activity
    weeks = [w for w in activity.scheduled_weeks for _ in range(activity.per_week(w))]
    return weeks[visit.number - 1] if visit.number <= len(weeks) else None


def _is_meeting(visit: Visit) -> bool:
    return visit.activity.kind == "group"


def _dates_beside(
    facts: Facts, patient: str, owner: Activity, plan: list[Visit]
) -> list[tuple[date, bool]]:
    """The dates that an activity's spacing counts, and whether each is one of its own.

    What took place earlier is counted, but nobody's own any more: it is not judged again.
    """
    found = [
        (other.day, other.activity.id, other.activity.id == owner.id)
        for other in plan
        if patient in other.patients
    ]
    found += [
        (timing.local_date(past.start, facts.zone), past.activity, False)
        for past in facts.patients[patient].history
    ]
    return [(day, own) for day, name, own in found if name in (owner.id, owner.spaced_with)]


def _spacing_owners(facts: Facts, visit: Visit) -> Iterator[tuple[str, Activity]]:
    """Whose spacing a visit may break: its own activity's, and those that count it as well."""
    for patient in visit.patients:
        for activity in facts.scenario.pathway_of(facts.patients[patient]).activities:
            if visit.activity.id in (activity.id, activity.spaced_with):
                yield patient, activity


def days_between_are_too_few(facts: Facts, visit: Visit, plan: list[Visit]) -> bool:
    for patient, owner in _spacing_owners(facts, visit):
        least = owner.min_days_between or 0
        own = owner.id == visit.activity.id
        for day, is_own in _dates_beside(facts, patient, owner, plan):
            if (own or is_own) and abs((day - visit.day).days) < least:
                return True
    return False


def days_hold_too_many(facts: Facts, visit: Visit, plan: list[Visit]) -> bool:
    for patient, owner in _spacing_owners(facts, visit):
        if owner.max_in_days is None:
            continue
        own = owner.id == visit.activity.id
        dates = [(visit.day, own), *_dates_beside(facts, patient, owner, plan)]
        for back in range(owner.max_in_days.days):
            first = visit.day - timedelta(days=back)
            last = first + timedelta(days=owner.max_in_days.days - 1)
            held = [is_own for day, is_own in dates if first <= day <= last]
            if any(held) and len(held) > owner.max_in_days.count:
                return True
    return False


def order_is_reversed(_: Facts, visit: Visit, plan: list[Visit]) -> bool:
    """Whether a visit starts before one that it must follow has ended, or makes one do so."""
    for other in _shared(visit, plan):
        if _must_follow(visit, other) and visit.start < other.end:
            return True
        if _must_follow(other, visit) and other.start < visit.end:
            return True
    return False


def _must_follow(later: Visit, earlier: Visit) -> bool:
    key = (earlier.activity.id, earlier.number)
    return key in [(named.activity, named.occurrence) for named in later.activity.preceded_by]


def units_run_out(facts: Facts, visit: Visit, plan: list[Visit]) -> bool:
    service = visit.activity.needs_authorization
    if service is None:
        return False
    for patient in visit.patients:
        held = [
            paid
            for paid in facts.patients[patient].authorizations
            if paid.service == service and paid.holds(visit.day)
        ]
        used = [
            other
            for other in plan
            if patient in other.patients
            and other.activity.needs_authorization == service
            and held
            and held[0].holds(other.day)
        ]
        if not held or len(used) >= held[0].units:
            return True
    return False


def partners_are_both_dosed(facts: Facts, visit: Visit, plan: list[Visit]) -> bool:
    partners = {facts.patients[name].partner for name in visit.patients} - {None}
    return visit.activity.no_driving and any(
        other.activity.no_driving and other.day == visit.day and partners & set(other.patients)
        for other in plan
    )


def seats_run_out(facts: Facts, visit: Visit, plan: list[Visit]) -> bool:
    if visit.series is None:
        return False
    group = facts.series[visit.series]
    bound = facts.places[group.location].capacity
    seats = group.capacity if bound is None else min(group.capacity, bound)
    beside = [
        other
        for other in plan
        if (other.start, other.end) == (visit.start, visit.end)
        and (other.series == group.id or _is_locked_into(other, group))
    ]
    return len(beside) >= seats


def _is_locked_into(visit: Visit, group: Group) -> bool:
    """Whether a locked meeting, which names no series, is one of this series."""
    booked = visit.booked if visit.series is None else None
    return booked is not None and (booked.activity, booked.location) == (
        group.activity,
        group.location,
    )


RULES: tuple[Rule, ...] = (
    patient_is_in_two_places,
    something_follows_on_the_day,
    gap_before_is_too_short,
    numbers_do_not_ascend,
    days_between_are_too_few,
    days_hold_too_many,
    order_is_reversed,
    units_run_out,
    partners_are_both_dosed,
    seats_run_out,
)

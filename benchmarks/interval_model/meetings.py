"""Groups: seats at a meeting, and who has a claim to a unit."""

from collections import defaultdict
from collections.abc import Iterator

from benchmarks.interval_model.rules import cleared, uses_of_units
from benchmarks.interval_model.visits import Literal, Visit, Visits


def meetings_have_seats(visits: Visits) -> None:
    """No more patients attend a meeting than have a seat."""
    for key, attending in _attending(visits).items():
        visits.model.add(
            sum(visit.stands for visit in attending) <= max(0, seats_left(visits, key))
        )


def _attending(visits: Visits) -> dict[tuple[str, int], list[Visit]]:
    held: dict[tuple[str, int], list[Visit]] = defaultdict(list)
    for visit in visits.all:
        if visit.series is not None and not visit.is_fixed and isinstance(visit.start, int):
            held[visit.series, visit.start].append(visit)
    return held


def seats_left(visits: Visits, key: tuple[str, int]) -> int:
    """The seats of a meeting beside those that are taken whatever is decided."""
    return visits.problem.seats(key[0]) - visits.seats_taken[key]


def units_go_to_earlier_meetings(visits: Visits) -> None:
    """No meeting goes without a unit while a later one of its series uses one of the same.

    One that something else keeps the patient from has no claim.
    """
    attending, uses = _attending(visits), uses_of_units(visits)
    for (patient, _), held in uses.items():
        meetings = [v for v, _ in held if v.series is not None and not v.is_fixed]
        for meeting in meetings:
            later = [v for v in meetings if _follows(v, meeting)]
            if later:
                reasons = list(_kept_from(visits, patient, meeting))
                reasons += _overdue(visits, patient, meeting)
                reasons += _out_of_lag(visits, meeting)
                reasons += _seats_run_out(visits, meeting, attending)
                reasons += _units_run_out(visits, meeting, later, held)
                for other in later:
                    visits.model.add(other.stands <= meeting.stands + sum(reasons))


def _follows(later: Visit, meeting: Visit) -> bool:
    same = (later.series, later.activity.id) == (meeting.series, meeting.activity.id)
    return same and _start(later) > _start(meeting)


def _start(meeting: Visit) -> int:
    return meeting.start if isinstance(meeting.start, int) else 0


def _end(meeting: Visit) -> int:
    return meeting.end if isinstance(meeting.end, int) else 0


def _kept_from(visits: Visits, patient: str, meeting: Visit) -> Iterator[Literal]:
    """What may lie in the way of a meeting: no more than one of these is needed."""
    for visit in visits.of_patient(patient):
        if visit.occurrence is not meeting.occurrence and set(visit.on) & set(meeting.on):
            start, end = cleared(visits, visit) if not visit.is_fixed else (visit.start, visit.end)
            in_the_way = visits.model.new_bool_var("")
            visits.model.add_implication(in_the_way, visit.stands)
            visits.model.add(start < meeting.end).only_enforce_if(in_the_way)
            visits.model.add(end > meeting.start).only_enforce_if(in_the_way)
            yield in_the_way


def _overdue(visits: Visits, patient: str, meeting: Visit) -> Iterator[Literal]:
    """What is locked, should come after the meeting, and starts before that has ended."""
    key = (meeting.activity.id, meeting.occurrence.number)
    for visit in visits.of_patient(patient):
        first = [(before.activity, before.occurrence) for before in visit.activity.preceded_by]
        if visit.fixed is not None and key in first and visit.fixed.start < _end(meeting):
            yield visits.yes


def _out_of_lag(visits: Visits, meeting: Visit) -> Iterator[Literal]:
    """What is locked, counts its lag from the meeting, and would then be too near or too far."""
    for follower, placement in visits.fixed.items():
        if meeting.occurrence not in follower.anchors:
            continue
        others = [anchor for anchor in follower.anchors if anchor is not meeting.occurrence]
        end = visits.latest([meeting.end, *map(visits.end_of, others)])
        shortest, longest = visits.lag(follower)
        for broken in (end > placement.start - shortest, end < placement.start - longest):
            lies_in_the_way = visits.model.new_bool_var("")
            visits.model.add(broken).only_enforce_if(lies_in_the_way)
            for other in others:
                visits.model.add_implication(lies_in_the_way, visits.placed(other))
            yield lies_in_the_way


def _seats_run_out(
    visits: Visits, meeting: Visit, attending: dict[tuple[str, int], list[Visit]]
) -> Iterator[Literal]:
    key = (meeting.series or "", _start(meeting))
    others = [visit.stands for visit in attending[key] if visit is not meeting]
    full = visits.model.new_bool_var("")
    visits.model.add(sum(others) >= seats_left(visits, key)).only_enforce_if(full)
    yield full


def _units_run_out(
    visits: Visits, meeting: Visit, later: list[Visit], held: list[tuple[Visit, Literal]]
) -> Iterator[Literal]:
    """Whether others than the later meetings use up what there is."""
    patient = meeting.occurrence.owner
    service, (day,) = meeting.activity.needs_authorization or "", meeting.on
    number = visits.problem.authorization(patient, service, visits.problem.calendar.day_starts[day])
    units = visits.problem.patients[patient].authorizations[number or 0].units
    others = [use for visit, use in held if visit is not meeting and visit not in later]
    used_up = visits.model.new_bool_var("")
    visits.model.add(sum(others) >= units).only_enforce_if(used_up)
    yield used_up

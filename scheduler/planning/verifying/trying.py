"""Placing one occurrence where it is not, all else standing: which rules that would break."""

from datetime import datetime

from pathways.plan import Rule as Reason
from scheduler.planning.verifying.asking import Occurrence
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.meetings import Meeting
from scheduler.planning.verifying.rules import OF_TIME
from scheduler.planning.verifying.visits import Visit


def session_at(case: Case, occurrence: Occurrence, start: datetime) -> Visit:
    """The session as it would be if it began at an instant; nobody and no place chosen yet."""
    end = start + occurrence.activity.length
    days = case.local.days_touched(start, end)
    return Visit(
        place=occurrence.name,
        identity=occurrence.identity,
        patients=occurrence.patients,
        activity=occurrence.activity,
        number=occurrence.number,
        start=start,
        end=end,
        day=days[0],
        days=days,
        modality=occurrence.activity.modality,
    )


def attendance_at(occurrence: Occurrence, meeting: Meeting) -> Visit:
    """The patient's place in a meeting."""
    return Visit(
        place=occurrence.name,
        identity=occurrence.identity,
        patients=occurrence.patients,
        activity=occurrence.activity,
        number=occurrence.number,
        start=meeting.start,
        end=meeting.end,
        day=meeting.day,
        days=(meeting.day,),
        modality=meeting.series.modality,
        location=meeting.series.location,
        practitioners=(meeting.series.facilitator,),
    )


def obstacles_to(case: Case, visit: Visit) -> frozenset[Reason]:
    """The rules that a visit would break wherever and with whomever it takes place."""
    return frozenset(
        rule.reason for rule in OF_TIME if rule.reason and any(True for _ in rule.find(case, visit))
    )

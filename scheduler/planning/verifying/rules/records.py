"""Whether an appointment says of itself what its activity asks for."""

from collections.abc import Iterator
from datetime import timedelta

from pathways import timing
from pathways.plan import Note
from scheduler.planning.verifying.case import Case
from scheduler.planning.verifying.rules.rule import Breach
from scheduler.planning.verifying.visits import Visit


def a_session_has_the_modality_of_its_activity(_case: Case, visit: Visit) -> Iterator[Breach]:
    """In person or virtual, as the pathway says."""
    if not visit.is_group and visit.modality != visit.activity.modality:
        yield Breach((visit,), f"is {visit.modality}, and should be {visit.activity.modality}")


def a_session_takes_as_long_as_its_activity(_case: Case, visit: Visit) -> Iterator[Breach]:
    """Its end is its start and the minutes of the activity, or of all stages."""
    length = visit.end - visit.start
    if not visit.is_group and length != visit.activity.length:
        yield Breach((visit,), f"takes {length}, and should take {visit.activity.length}")


def stages_run_one_after_another(_case: Case, visit: Visit) -> Iterator[Breach]:
    """Each stage in its order, without a gap, with its minutes; a monitor only with a ratio."""
    if [part.id for part in visit.stages] != [stage.id for stage in visit.activity.stages]:
        names = ", ".join(stage.id for stage in visit.activity.stages) or "none"
        yield Breach((visit,), f"its stages should be: {names}")
        return
    begins = visit.start
    for part, stage in zip(visit.stages, visit.activity.stages, strict=True):
        ends = begins + timedelta(minutes=stage.minutes)
        if (part.start, part.end) != (begins, ends):
            yield Breach((visit,), f"{stage.id} should begin where the stage before it ends")
        if part.practitioner is not None and stage.monitor_ratio is None:
            yield Breach((visit,), f"{stage.id} has no ratio, and so no practitioner")
        begins = ends


def a_group_appointment_is_its_meeting(case: Case, visit: Visit) -> Iterator[Breach]:
    """At the meeting with its number, with the series' modality, location and facilitator."""
    occurrence = case.occurrence(visit)
    if occurrence is None or occurrence.meeting is None:
        return
    meeting = occurrence.meeting
    if (visit.start, visit.end) != (meeting.start, meeting.end):
        begins = case.local.text(meeting.start)
        yield Breach((visit,), f"meeting {visit.number} of {meeting.series.id} begins {begins}")
    if visit.modality != meeting.series.modality:
        yield Breach((visit,), f"{meeting.series.id} is {meeting.series.modality}")
    if visit.location != meeting.series.location:
        yield Breach((visit,), f"{meeting.series.id} meets at {meeting.series.location}")
    if visit.practitioners != (meeting.series.facilitator,):
        yield Breach((visit,), f"{meeting.series.id} is led by {meeting.series.facilitator}")


def a_session_after_which_nobody_drives_says_so(case: Case, visit: Visit) -> Iterator[Breach]:
    """It carries a no-driving note until the next date at the clinic's hour of driving."""
    if not visit.activity.no_driving:
        return
    clinic = case.scenario.clinic
    until = timing.next_day_at(visit.day, clinic.resume_driving, clinic.zone)
    notes = [note for note in visit.notes if note.kind == "no-driving"]
    if not notes:
        yield Breach((visit,), f"has no note of kind no-driving until {case.local.text(until)}")
    elif not all(_ends(note, until) for note in notes):
        yield Breach((visit,), f"its note should be until {case.local.text(until)}")


def _ends(note: Note, until: object) -> bool:
    return note.until is not None and note.until == until

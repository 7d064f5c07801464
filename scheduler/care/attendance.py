"""Who stayed away without notice, how often, and whom that calls."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, select

from pathways.service import Attendance, service_rules
from scheduler import work
from scheduler.care.facts import Facts
from scheduler.store.tables import Appointment, Enrolment, Task
from scheduler.work import Wanted

BY_PATIENT = "pat"
"""With this begins every reason for which a patient has cancelled."""


@dataclass(frozen=True)
class Absences:
    """What is counted in one enrolment: unexcused absences, and the last of them in a row."""

    unexcused: tuple[Appointment, ...]
    in_a_row: int


def absences_of(facts: Facts, enrolment: Enrolment) -> Absences:
    """The absences of an enrolment; whoever gave notice in time is excused."""
    notice = service_rules().attendance
    over = [
        a
        for a in facts.appointments
        if a.enrolment_id == enrolment.id and (a.status == "fulfilled" or _stayed_away(a, notice))
    ]
    row = 0
    for appointment in reversed(over):
        if appointment.status == "fulfilled":
            break
        row += 1
    return Absences(tuple(a for a in over if a.status != "fulfilled"), row)


def _stayed_away(appointment: Appointment, attendance: Attendance) -> bool:
    if appointment.status == "noshow":
        return True
    by_patient = (appointment.cancel_reason or "").startswith(BY_PATIENT)
    notice = appointment.start - appointment.changed_at
    return appointment.status == "cancelled" and by_patient and notice < attendance.notice


def follow_up(session: Session, facts: Facts, enrolment: Enrolment, *, now: datetime) -> None:
    """Open the tasks that an enrolment's absences ask for, each once; nobody is discharged."""
    for wanted in _wanted(facts, enrolment, now):
        if not _was_opened(session, enrolment.clinic_id, wanted):
            work.open_task(session, enrolment.clinic_id, wanted, now=now)


def _was_opened(session: Session, clinic_id: str, wanted: Wanted) -> bool:
    """Whether the task was ever on the list: what was done about an absence is not asked again."""
    found = select(Task.id).where(Task.clinic_id == clinic_id, Task.key == wanted.whole_key)
    return session.exec(found).first() is not None


def _wanted(facts: Facts, enrolment: Enrolment, now: datetime) -> Iterator[Wanted]:
    counted, rules = absences_of(facts, enrolment), service_rules().attendance
    number = len(counted.unexcused)
    due = facts.house.end_of(facts.house.day(now))
    steps = (
        (number >= rules.outreach_after, "outreach", "coordinator", "call the patient today"),
        (number >= rules.therapist_after, "therapist-contact", "therapist", "talk with them"),
        (
            number >= rules.review_after or counted.in_a_row >= rules.review_in_a_row,
            "team-review",
            "programme director",
            "look at the plan together; nobody is discharged for this",
        ),
    )
    last = counted.unexcused[-1].id if counted.unexcused else None
    for applies, kind, owner, says in steps:
        if applies:
            yield Wanted(
                kind,
                owner,
                due,
                f"{number} absence{'s' if number > 1 else ''} without notice: {says}",
                key=f"{enrolment.id}:{last}",
                patient_id=enrolment.patient_id,
                rule="R-41",
            )

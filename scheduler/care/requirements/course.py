"""What must have happened in the course before a dose, and what must stand beside it."""

from collections.abc import Iterator
from datetime import timedelta

from pathways.protocol.activities import THERAPY
from pathways.protocol.course import Evaluation
from pathways.safety import courses, therapy
from scheduler.care.requirements.requirement import Case, Requirement


def therapy_stands_beside_the_dose(case: Case) -> Iterator[Requirement]:
    """R-01: psychotherapy is planned in the week of every dose."""
    week, least = case.week_of(case.appointment.start), timedelta(minutes=therapy.THERAPY_MINUTES)
    held = [
        session
        for session in case.with_purpose(*THERAPY)
        if case.week_of(session.start) == week and session.end - session.start >= least
    ]
    yield case.asks(
        therapy.therapy_stands_beside_every_planned_dose,
        "therapy",
        met=len(held) >= therapy.THERAPY_SESSIONS_A_WEEK,
        says=f"week {week} has this dose and no psychotherapy",
        fix=f"plan individual therapy in week {week}",
    )


def preparation_has_taken_place(case: Case) -> Iterator[Requirement]:
    """R-02: a preparation session was completed, or waived, before the first dose."""
    prepares = {activity.id for activity in case.protocol.with_purpose("preparation")}
    if not case.is_first_dose or not prepares:
        return
    held = [s for s in case.with_purpose("preparation") if s.status == "fulfilled"]
    settled = case.enrolment.settled if case.enrolment else []
    waived = [s for s in settled if s["activity"] in prepares and s["outcome"] != "missed"]
    yield case.asks(
        therapy.preparation_is_planned_before_the_first_dose,
        "preparation",
        met=len(held) + len(waived) >= therapy.PREPARATION_SESSIONS,
        says="no preparation session has taken place",
        fix="hold it before the first dose, or let a prescriber waive it",
    )


def evaluations_say_that_it_goes_on(case: Case) -> Iterator[Requirement]:
    """R-13: later doses wait for the decision on going on."""
    decided = {e["id"]: e for e in (case.enrolment.evaluations if case.enrolment else [])}
    for evaluation in case.protocol.evaluations:
        if not gates(case, evaluation):
            continue
        decision = decided.get(evaluation.id)
        says = f"nobody has recorded: {evaluation.title}"
        if decision is not None:
            says = f"{evaluation.title} was answered with no"
        yield case.asks(
            courses.later_doses_wait_for_the_evaluation,
            evaluation.id,
            met=decision is not None and bool(decision["goes_on"]),
            says=says,
            fix=f"the {evaluation.by} evaluates, and records whether it goes on",
        )


def gates(case: Case, evaluation: Evaluation) -> bool:
    """Whether a dose comes so late that an evaluation must have been recorded before it."""
    if evaluation.after_dose is not None:
        return case.number > evaluation.after_dose
    doses = case.with_purpose("dose")
    if not doses or evaluation.gate_day is None:
        return False
    first = case.facts.house.day(doses[0].start)
    return (case.day - first).days >= evaluation.gate_day


def integration_follows_before_the_next_dose(case: Case) -> Iterator[Requirement]:
    """R-36: the integration of the dose before was completed, or waived."""
    given = [d for d in case.with_purpose("dose") if d.start < case.appointment.start]
    if not given or given[-1].status != "fulfilled":
        return
    before = given[-1]
    kinds = {
        activity.id
        for activity in case.protocol.with_purpose("integration")
        if activity.after and activity.after.activity == before.activity
    }
    key = {(name, before.occurrence) for name in kinds}
    held = [a for a in case.of_course if (a.activity, a.occurrence) in key]
    settled = case.enrolment.settled if case.enrolment else []
    waived = [s for s in settled if (s["activity"], s["occurrence"]) in key]
    yield case.asks(
        therapy.every_dose_has_an_integration_session,
        "integration",
        met=not kinds
        or any(a.status == "fulfilled" for a in held)
        or any(s["outcome"] != "missed" for s in waived),
        says="the integration session of the dose before has not taken place",
        fix="hold it before this dose, or let a therapist waive it",
    )

"""Couples: each partner dosed alone, the joint session once both are clear again."""

from collections.abc import Iterator
from datetime import timedelta

from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity
from pathways.safety.planned import Course, PlannedClinic, PlannedDose
from pathways.safety.rule import Finding, Strength, pathway_rule, plan_rule

JOINT_WITHIN = timedelta(days=7)  # house: from the next day to a week after the later dose


@pathway_rule(
    "R-38", Strength.HARD, override=("prescriber",), sources=("SEED", "COUPLE-24", "SOUL")
)
def partners_are_dosed_apart(pathway: LibraryPathway) -> Iterator[Finding]:
    """Each partner is dosed alone; dosing both at once is a flag that a prescriber sets."""
    if pathway.couples is not None and pathway.couples.conjoint:
        says = "the library doses both partners at once"
        yield Finding("couples.conjoint", says, "write conjoint = false; a prescriber may set it")
    for dose in pathway.doses:
        if dose.with_partner:
            place = f"{pathway.place_of(dose)}.with_partner"
            yield Finding(place, "one appointment doses both partners", "leave it out")


@pathway_rule(
    "R-38", Strength.HARD, override=("prescriber",), sources=("SEED", "COUPLE-24", "SOUL")
)
def the_joint_session_waits_for_both_doses(pathway: LibraryPathway) -> Iterator[Finding]:
    """A joint session follows the later dose, from the next day on and within a week of it."""
    if pathway.track != "couples":
        return
    if pathway.couples is None:
        yield Finding("couples", "a couples' track says nothing of its sessions", "add [couples]")
        return
    for dose in pathway.doses:
        if not any(_joins(pathway, name, dose) for name in pathway.couples.joint):
            says = "no joint session follows this dose within a week"
            fix = "add one: with_partner, after this dose, at most P7D from the drug, and with the"
            skill = f" skill {pathway.couples.therapist_skill!r}"
            yield Finding(pathway.place_of(dose), says, fix + skill)


def _joins(pathway: LibraryPathway, name: str, dose: LibraryActivity) -> bool:
    session = pathway.activity(name)
    if session.after is None or session.after.activity != dose.id or pathway.couples is None:
        return False
    skilled = any(need.skill == pathway.couples.therapist_skill for need in session.role_needs)
    lag = session.after.lag
    in_time = timedelta() < lag.min and lag.max + dose.after_last_drug <= JOINT_WITHIN
    return session.with_partner and skilled and in_time


def _pairs(clinic: PlannedClinic) -> Iterator[tuple[Course, Course]]:
    """Each couple once, the partner whose id sorts first in front."""
    for course in clinic.courses:
        partner = clinic.course_of(course.patient.partner or "")
        if partner is not None and course.patient.id < partner.patient.id:
            yield course, partner


@plan_rule("R-38", Strength.HARD, override=("prescriber",), sources=("SEED", "COUPLE-24", "SOUL"))
def partners_are_never_planned_to_be_dosed_together(clinic: PlannedClinic) -> Iterator[Finding]:
    """The dose visits of two partners never overlap."""
    for one, other in _pairs(clinic):
        for dose in one.doses:
            for theirs in other.doses:
                start = max(dose.appointment.start, theirs.appointment.start)
                if start < min(dose.appointment.end, theirs.appointment.end):
                    says = f"overlaps {other.place(theirs.appointment)}"
                    yield Finding(one.place(dose.appointment), says, "plan them on separate days")


@plan_rule("R-38", Strength.HARD, override=("prescriber",), sources=("SEED", "COUPLE-24", "SOUL"))
def the_joint_session_is_planned_after_both_doses(clinic: PlannedClinic) -> Iterator[Finding]:
    """A joint session is planned from the day after the later dose, at most a week after it."""
    for one, other in _pairs(clinic):
        for activity, session in one.sessions("couples"):
            if activity.after is None:
                continue
            later = max(
                _doses(one, other, activity.after.activity, session.occurrence),
                key=lambda dose: dose.last_drug,
                default=None,
            )
            if later is None:
                continue
            late = session.start > later.last_drug + JOINT_WITHIN
            if late or one.day(session.start) <= later.day:
                fix = "plan it from the day after the later dose, within a week"
                yield Finding(one.place(session), "does not follow both doses in time", fix)


def _doses(one: Course, other: Course, activity: str, number: int) -> Iterator[PlannedDose]:
    """The doses of both partners that a joint session follows."""
    for course in (one, other):
        for dose in course.doses:
            if (dose.activity.id, dose.appointment.occurrence) == (activity, number):
                yield dose

"""The rest of the day: no driving, no machinery, no papers, no therapy until the next one."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pathways import timing
from pathways.protocol import LibraryPathway
from pathways.protocol.visiting import NoDriving
from pathways.safety.planned import Course, PlannedClinic, PlannedDose
from pathways.safety.rule import Finding, Strength, pathway_rule, plan_rule

GAP_BEFORE = 30  # house, from LUMIN: therapy ends half an hour before the visit, in minutes
AFTERNOON = 13 * 60  # LUMIN: doses after groups and therapy; the hour: house
NOTE_SPEAKS_OF = ("drive", "heavy machinery", "sleep")  # PI-2019, SEED
FULL_DAY = timedelta(hours=24)  # NERVANA, ZEN
FORM_DUE = timedelta(days=7)  # R-48, from PMF-2024, LUCIDO-7D: calendar days, holidays count
LAST_MINUTE = timing.MINUTES_A_DAY - 1  # house: a day's deadline is its last minute


@pathway_rule("R-30", Strength.HARD, sources=("SEED", "SPR-HCP", "PI-2019"))
def every_dose_carries_the_no_driving_note(pathway: LibraryPathway) -> Iterator[Finding]:
    """Every dose, also at home, carries the note: no driving, no machinery until the next day."""
    for dose in pathway.doses:
        if not dose.no_driving:
            place = f"{pathway.place_of(dose)}.no_driving"
            yield Finding(place, "carries no note", "write no_driving = true")
    words = pathway.no_driving.words.lower()
    for subject in NOTE_SPEAKS_OF:
        if subject not in words:
            says = f"the note does not speak of {subject!r}"
            yield Finding("no_driving.words", says, f"name {subject!r} in the note")


def resumes_driving(course: Course, dose: PlannedDose) -> datetime:
    """When the patient may drive again: the next day at the hour set, after a full day if asked.

    The clinic's hour or the pathway's, whichever is later; the note may be longer, never shorter.
    """
    clinic = course.scenario.clinic
    hour = clinic.resume_driving
    return drives_again(course.protocol.no_driving, dose.first_drug, hour=hour, zone=clinic.zone)


def drives_again(note: NoDriving, first_drug: datetime, *, hour: int, zone: ZoneInfo) -> datetime:
    """When driving is allowed again after a drug that was first given at an instant (R-30).

    ``hour``: the clinic's own, in minutes since midnight; the later of it and the note's counts.
    Always the next calendar day of the clinic, never "plus 24 hours"; where the note asks for a
    full day of elapsed time as well, the later of the two.
    """
    day = timing.local_date(first_drug, zone)
    next_day = timing.next_day_at(day, max(hour, note.wake_time), zone)
    return max(next_day, first_drug + FULL_DAY) if note.full_day else next_day


def form_due(first_drug: datetime, zone: ZoneInfo) -> datetime:
    """The last minute in which the monitoring form of a session may be filed (R-48)."""
    return timing.instant(timing.local_date(first_drug, zone) + FORM_DUE, LAST_MINUTE, zone)


@plan_rule("R-30", Strength.HARD, sources=("SEED", "SPR-HCP", "NERVANA"))
def the_note_lasts_until_the_next_day(clinic: PlannedClinic) -> Iterator[Finding]:
    """A planned dose carries the note, and the note lasts until driving is safe again."""
    for course in clinic.courses:
        for dose in course.doses:
            until = resumes_driving(course, dose)
            ends = [n.until for n in dose.appointment.notes if n.kind == "no-driving" and n.until]
            if not ends or max(ends) < until:
                says = f"ends {course.clock(max(ends))}" if ends else "carries no note"
                fix = f"write a no-driving note until {course.clock(until)}"
                yield Finding(course.place(dose.appointment), says, fix)


@plan_rule("R-31", Strength.SOFT, override=("coordinator",), sources=("KETWELL", "NERVANA"))
def a_patient_who_may_not_drive_needs_a_ride(clinic: PlannedClinic) -> Iterator[Finding]:
    """An in-person appointment that begins before the note ends is flagged: a ride is needed."""
    for course in clinic.courses:
        for dose in course.doses:
            until = resumes_driving(course, dose)
            for later in course.beginning_in(dose.appointment.end, until):
                if later.modality == "in-person":
                    says = f"begins before driving is allowed again ({course.clock(until)})"
                    yield Finding(course.place(later), says, "arrange a ride, or move it")


@plan_rule("R-31", Strength.HARD, sources=("KETWELL", "NERVANA"))
def nothing_is_signed_after_a_dose(clinic: PlannedClinic) -> Iterator[Finding]:
    """Nobody signs consents, agreements or legal papers for 24 hours after a dose."""
    for course in clinic.courses:
        signs = {a.id for a in course.protocol.activities if a.signs_papers}
        signing = [a for a in course.appointments if a.activity in signs]
        for dose in course.doses:
            until = dose.first_drug + course.protocol.no_driving.no_decisions
            for later in signing:
                if dose.first_drug <= later.start < until:
                    fix = f"sign from {course.clock(until)} on"
                    yield Finding(course.place(later), "papers are signed after a dose", fix)


@pathway_rule("R-32", Strength.HARD, override=("prescriber",), sources=("LUMIN", "FEDER-25"))
def nothing_follows_a_dose_on_its_day(pathway: LibraryPathway) -> Iterator[Finding]:
    """After a dose the patient has no further appointment until the next day."""
    for dose in pathway.doses:
        if not dose.rest_of_day:
            place = f"{pathway.place_of(dose)}.rest_of_day"
            yield Finding(place, "appointments may follow on the day", "write rest_of_day = true")


@pathway_rule("R-32", Strength.SOFT, override=("prescriber",), sources=("LUMIN", "house"))
def therapy_ends_half_an_hour_before_a_dose(pathway: LibraryPathway) -> Iterator[Finding]:
    """Therapy on the day of a dose ends at least 30 minutes before the visit."""
    for dose in pathway.doses:
        if dose.gap_before < GAP_BEFORE:
            place = f"{pathway.place_of(dose)}.gap_before"
            yield Finding(place, f"{dose.gap_before} minutes", f"write at least {GAP_BEFORE}")


@plan_rule("R-32", Strength.HARD, override=("prescriber",), sources=("LUMIN", "FEDER-25"))
def nothing_is_planned_after_a_dose_on_its_day(clinic: PlannedClinic) -> Iterator[Finding]:
    """No appointment of a patient begins after a dose on its day."""
    for course in clinic.courses:
        for dose in course.doses:
            midnight = timing.next_day_at(dose.day, 0, course.scenario.clinic.zone)
            for later in course.beginning_in(dose.first_drug, midnight):
                if later is not dose.appointment:
                    says = f"begins after {dose.appointment.activity} on the same day"
                    yield Finding(course.place(later), says, "plan it before, or on another day")


@plan_rule("R-32", Strength.SOFT, override=("prescriber",), sources=("LUMIN", "house"))
def doses_are_planned_in_the_afternoon(clinic: PlannedClinic) -> Iterator[Finding]:
    """The drug is given in the afternoon, so that groups and therapy come first."""
    for course in clinic.courses:
        for dose in course.doses:
            noon = timing.instant(dose.day, AFTERNOON, course.scenario.clinic.zone)
            if dose.first_drug < noon:
                says = f"the drug is given {course.clock(dose.first_drug)}"
                fix = f"give it from {timing.clock_text(AFTERNOON)} on"
                yield Finding(course.place(dose.appointment), says, fix)

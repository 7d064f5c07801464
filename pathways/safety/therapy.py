"""Therapy: no dose without it, before the first one and after every one."""

from collections.abc import Iterator
from datetime import timedelta

from pathways import timing
from pathways.protocol import LibraryPathway
from pathways.protocol.activities import THERAPY, LibraryActivity, Purpose
from pathways.protocol.record import Route
from pathways.safety.planned import Course, PlannedClinic, PlannedDose
from pathways.safety.rule import Finding, Strength, pathway_rule, plan_rule

THERAPY_SESSIONS_A_WEEK = 1  # MONTREAL-F: an hour a week; AHCCCS: at least one session
THERAPY_MINUTES = 50  # AHCCCS
PREPARATION_SESSIONS = 1  # JOURNEY-OPS; two or three elsewhere (SAGE, HANYA)
LEAD_IN = timedelta(days=14)  # MONTREAL-F
EARLIEST_INTEGRATION = 8 * 60  # house: 08:00 on the next day, in minutes
LATEST_INTEGRATION: dict[Route, timedelta] = {  # BALANCE, from the time the drug was last given
    "nasal": timedelta(hours=72),
    "intravenous": timedelta(hours=72),
    "intramuscular": timedelta(hours=72),
    "sublingual": timedelta(hours=168),
}
BEGINS_THERAPY: frozenset[Purpose] = THERAPY | frozenset[Purpose]({"preparation", "group"})


def _is_therapy(activity: LibraryActivity) -> bool:
    return activity.purpose in THERAPY and activity.length >= timedelta(minutes=THERAPY_MINUTES)


@pathway_rule(
    "R-01", Strength.GATE, override=("prescriber",), sources=("SEED", "MONTREAL-F", "AHCCCS")
)
def therapy_runs_in_every_week_with_a_dose(pathway: LibraryPathway) -> Iterator[Finding]:
    """Every week with a dose holds at least one psychotherapy session of at least 50 minutes."""
    for week in sorted(set(pathway.dose_weeks)):
        sessions = sum(a.per_week(week) for a in pathway.activities if _is_therapy(a))
        if sessions < THERAPY_SESSIONS_A_WEEK:
            says = f"week {week} holds a dose and no psychotherapy of {THERAPY_MINUTES} minutes"
            yield Finding("activities", says, f"schedule individual therapy in week {week}")


@plan_rule(
    "R-01", Strength.GATE, override=("prescriber",), sources=("SEED", "MONTREAL-F", "AHCCCS")
)
def therapy_stands_beside_every_planned_dose(clinic: PlannedClinic) -> Iterator[Finding]:
    """Every planned week with a dose has a psychotherapy session of at least 50 minutes planned."""
    for course in clinic.courses:
        held = {course.week(a.start) for kind, a in course.sessions(*THERAPY) if _is_therapy(kind)}
        for dose in course.doses:
            week = course.week(dose.appointment.start)
            if week not in held:
                says = f"week {week} has this dose and no psychotherapy session"
                yield Finding(course.place(dose.appointment), says, "plan one in that week")


@pathway_rule(
    "R-02", Strength.GATE, override=("prescriber",), sources=("JOURNEY-OPS", "SAGE", "HANYA")
)
def preparation_comes_before_the_first_dose(pathway: LibraryPathway) -> Iterator[Finding]:
    """The first dose waits until at least one preparation session has taken place."""
    prepares = {activity.id for activity in pathway.with_purpose("preparation")}
    first = pathway.doses[0] if pathway.doses else None
    if first is None:
        return
    waits_for = [b.occurrence for b in first.preceded_by if b.activity in prepares]
    if max(waits_for, default=0) < PREPARATION_SESSIONS:
        fix = "name a preparation session in preceded_by"
        yield Finding(pathway.place_of(first), "the first dose waits for no preparation", fix)


@pathway_rule("R-02", Strength.SOFT, override=("prescriber",), sources=("MONTREAL-F",))
def therapy_begins_two_weeks_before_the_first_dose(pathway: LibraryPathway) -> Iterator[Finding]:
    """Psychotherapy begins at least 14 days before the first dose."""
    begins = [min(a.scheduled_weeks) for a in pathway.activities if _begins_therapy(a)]
    if not begins or not pathway.dose_weeks:
        return
    lead = timedelta(weeks=pathway.dose_weeks[0] - min(begins))
    if lead < LEAD_IN:
        says = f"therapy begins {lead.days} days before the week of the first dose"
        fix = f"begin {LEAD_IN.days} days earlier, or say why not in departures"
        yield Finding(pathway.place_of(pathway.doses[0]), says, fix)


def _begins_therapy(activity: LibraryActivity) -> bool:
    return activity.purpose in BEGINS_THERAPY and bool(activity.schedule)


@plan_rule(
    "R-02", Strength.GATE, override=("prescriber",), sources=("JOURNEY-OPS", "SAGE", "HANYA")
)
def preparation_is_planned_before_the_first_dose(clinic: PlannedClinic) -> Iterator[Finding]:
    """A preparation session is planned, or has been waived, before the first planned dose."""
    for course in clinic.courses:
        if not course.doses:
            continue
        first = course.doses[0].appointment
        ends = [appointment.end for _, appointment in course.sessions("preparation")]
        waived = any(
            course.waived(activity.id, 1)
            for activity in course.protocol.with_purpose("preparation")
        )
        if not waived and not any(end <= first.start for end in ends):
            says = "no preparation session ends before it"
            yield Finding(course.place(first), says, "plan the preparation first")


@plan_rule("R-02", Strength.SOFT, override=("prescriber",), sources=("MONTREAL-F",))
def therapy_is_planned_two_weeks_before_the_first_dose(clinic: PlannedClinic) -> Iterator[Finding]:
    """The first planned session of therapy lies at least 14 days before the first planned dose."""
    for course in clinic.courses:
        sessions = [appointment for _, appointment in course.sessions(*BEGINS_THERAPY)]
        if not course.doses or not sessions or course.departs_from("R-02"):
            continue
        first = course.doses[0]
        lead = first.day - course.day(sessions[0].start)
        if lead < LEAD_IN:
            says = f"therapy begins {lead.days} days before the first dose"
            yield Finding(course.place(first.appointment), says, "begin therapy earlier")


def _integrations_of(pathway: LibraryPathway, dose: LibraryActivity) -> list[LibraryActivity]:
    return [
        activity
        for activity in pathway.with_purpose("integration")
        if activity.after and activity.after.activity == dose.id
    ]


@pathway_rule(
    "R-36", Strength.GATE, override=("therapist", "prescriber"), sources=("BALANCE", "JOURNEY-OPS")
)
def every_dose_has_an_integration_session(pathway: LibraryPathway) -> Iterator[Finding]:
    """Every dose is followed by an integration session of its own."""
    for dose in pathway.doses:
        if not _integrations_of(pathway, dose):
            fix = f"add a session of purpose integration with after = {{activity = {dose.id!r}, …}}"
            yield Finding(pathway.place_of(dose), "no integration session follows this dose", fix)


@pathway_rule(
    "R-36",
    Strength.SOFT,
    override=("therapist",),
    sources=("BALANCE", "INNERMOST", "JOURNEY-OPS"),
)
def integration_comes_within_its_window(pathway: LibraryPathway) -> Iterator[Finding]:
    """Integration begins within 72 hours (168 after a lozenge) of the drug being last given."""
    latest = LATEST_INTEGRATION[pathway.route]
    for dose in pathway.doses:
        for session in _integrations_of(pathway, dose):
            if session.after and session.after.lag.max + dose.after_last_drug > latest:
                most = timing.duration_text(latest - dose.after_last_drug)
                place = f"{pathway.place_of(session)}.after.lag.max"
                says = f"reaches past {latest.total_seconds() / 3600:.0f} hours after the drug"
                yield Finding(place, says, f"write at most {most}, counted from the visit's end")


def _integration_after(course: Course, dose: PlannedDose) -> Iterator[tuple[str, int]]:
    for session in _integrations_of(course.protocol, dose.activity):
        yield session.id, dose.appointment.occurrence


@plan_rule(
    "R-36",
    Strength.SOFT,
    override=("therapist",),
    sources=("BALANCE", "INNERMOST", "JOURNEY-OPS"),
)
def integration_is_planned_in_its_window(clinic: PlannedClinic) -> Iterator[Finding]:
    """Integration is planned from 08:00 of the next day to 72 (168) hours after the drug."""
    for course in clinic.courses:
        zone = course.scenario.clinic.zone
        for dose in course.doses:
            earliest = timing.next_day_at(dose.day, EARLIEST_INTEGRATION, zone)
            latest = dose.last_drug + LATEST_INTEGRATION[course.protocol.route]
            for name, number in _integration_after(course, dose):
                session = course.appointment(name, number)
                if session and not earliest <= session.start <= latest:
                    says = f"begins {course.clock(session.start)}"
                    fix = f"plan it from {course.clock(earliest)} to {course.clock(latest)}"
                    yield Finding(course.place(session), says, fix)


@plan_rule(
    "R-36", Strength.GATE, override=("therapist", "prescriber"), sources=("BALANCE", "JOURNEY-OPS")
)
def integration_is_planned_before_the_next_dose(clinic: PlannedClinic) -> Iterator[Finding]:
    """The next dose waits until the integration of the one before has taken place or is waived."""
    for course in clinic.courses:
        for dose, following in zip(course.doses, course.doses[1:], strict=False):
            for name, number in _integration_after(course, dose):
                session = course.appointment(name, number)
                done = session is not None and session.end <= following.appointment.start
                if not done and not course.waived(name, number):
                    says = f"{name} {number} is not planned before it"
                    place = course.place(following.appointment)
                    yield Finding(place, says, f"plan {name} {number} before this dose")


@pathway_rule("R-37", Strength.SOFT, override=("therapist",), sources=("SEED", "WILK-17"))
def integration_uses_the_therapy_of_the_pathway(pathway: LibraryPathway) -> Iterator[Finding]:
    """Integration works with CBT, or with DBT where that is the pathway's therapy."""
    for session in pathway.with_purpose("integration"):
        if session.method != pathway.therapy:
            says = f"works with {session.method}, the pathway with {pathway.therapy}"
            place = f"{pathway.place_of(session)}.method"
            yield Finding(place, says, f"write method = {pathway.therapy!r}")


@pathway_rule("R-37", Strength.GATE, override=("therapist",), sources=("FEDER-25", "ACCEL"))
def exposure_keeps_off_dose_days(pathway: LibraryPathway) -> Iterator[Finding]:
    """Trauma exposure is never on the day of a dose."""
    for session in pathway.with_purpose("exposure"):
        apart = session.min_days_between or 0
        if apart < 1 or session.spaced_with not in {dose.id for dose in pathway.doses}:
            says = "may fall on the day of a dose"
            fix = "write min_days_between = 1 and spaced_with the dose of those weeks"
            yield Finding(pathway.place_of(session), says, fix)


@pathway_rule("R-37", Strength.GATE, override=("therapist",), sources=("FEDER-25", "FEDER-NCT"))
def exposure_waits_for_the_doses_before_it(pathway: LibraryPathway) -> Iterator[Finding]:
    """Trauma exposure belongs to the course from its fifth dose on (or as the template says)."""
    given = {dose.id: pathway.first_dose_number(dose) for dose in pathway.doses}
    for session in pathway.with_purpose("exposure"):
        if pathway.exposure is None:
            fix = "add [exposure] with the dose from which it may begin"
            yield Finding("exposure", "the pathway exposes and does not say from when", fix)
            continue
        needed = pathway.exposure.from_dose - 1
        doses = [before for before in session.preceded_by if before.activity in given]
        waits_for = [given[before.activity] + before.occurrence - 1 for before in doses]
        if max(waits_for, default=0) < needed:
            place = f"{pathway.place_of(session)}.preceded_by"
            says = f"does not wait until {needed} doses have been given"
            yield Finding(place, says, f"name dose {needed} of the course")


@plan_rule("R-37", Strength.GATE, override=("therapist",), sources=("FEDER-25", "ACCEL"))
def exposure_is_planned_off_dose_days(clinic: PlannedClinic) -> Iterator[Finding]:
    """No exposure is planned on the day of a dose or before the dose from which it may begin."""
    for course in clinic.courses:
        days = {dose.day for dose in course.doses}
        for _, session in course.sessions("exposure"):
            if course.day(session.start) in days:
                fix = "plan it on another day"
                yield Finding(course.place(session), "is planned on the day of a dose", fix)
            given = sum(dose.appointment.end <= session.start for dose in course.doses)
            from_dose = course.protocol.exposure.from_dose if course.protocol.exposure else 1
            if given < from_dose - 1:
                says = f"comes after {given} doses"
                fix = f"plan it once {from_dose - 1} have been given"
                yield Finding(course.place(session), says, fix)

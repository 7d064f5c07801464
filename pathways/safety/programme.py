"""The programme around the doses: hours, days and the mix of every week."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from pathways.levels import Level, levels
from pathways.protocol import LibraryPathway
from pathways.protocol.activities import PSYCHIATRIC, LibraryActivity, Purpose
from pathways.safety.planned import Course, PlannedClinic
from pathways.safety.rule import Finding, Strength, pathway_rule, plan_rule

BILLABLE_MINUTES = 180  # NY-IOS, CAREP-H0015: a day counts from three hours on
CASELOAD = 16  # AHCCCS
HOUR = timedelta(hours=1)


def _least_and_most_hours(pathway: LibraryPathway, week: int) -> tuple[float, float]:
    """Programme hours of a week without, and with, the sessions that follow others.

    A session that follows another may fall into the next week: it cannot be counted on, and must
    not be forgotten.
    """
    sure = sum(a.per_week(week) * a.counted_minutes for a in pathway.activities)
    following = sum(
        pathway.activity(a.after.activity).per_week(week) * a.counted_minutes
        for a in pathway.activities
        if a.after
    )
    return sure / 60, (sure + following) / 60


@pathway_rule(
    "R-33",
    Strength.GATE,
    override=("clinical director",),
    sources=("ASAM-PREP", "CAREP-H0015", "AHCCCS", "NY-IOS", "PROSPERITY"),
)
def every_week_has_the_hours_of_its_level(pathway: LibraryPathway) -> Iterator[Finding]:
    """IOP weeks hold 9-19 programme hours, PHP weeks at least 20, outpatient weeks fewer than 9."""
    for week in range(1, pathway.weeks + 1):
        level = levels()[pathway.level_in(week)]
        for hours in dict.fromkeys(_least_and_most_hours(pathway, week)):
            if level.hours is not None and not level.hours.hold(hours):
                says = f"week {week} holds {hours:.1f} programme hours"
                fix = f"{level.title} asks for {level.hours}"
                yield Finding("activities", says, fix)


@pathway_rule(
    "R-33",
    Strength.GATE,
    override=("clinical director",),
    sources=("CAREP-H0015", "AHCCCS", "ENCORE"),
)
def every_week_has_the_days_of_its_level(pathway: LibraryPathway) -> Iterator[Finding]:
    """IOP weeks hold groups on at least 3 days, PHP weeks on 5."""
    for week in range(1, pathway.weeks + 1):
        level = levels()[pathway.level_in(week)]
        meetings = sum(a.per_week(week) for a in pathway.with_purpose("group"))
        if level.days_a_week is not None and meetings < level.days_a_week.least:
            says = f"week {week} holds {meetings} group meetings"
            fix = f"{level.title} asks for {level.days_a_week.least} days"
            yield Finding("activities", says, fix)


def _weeks(course: Course) -> Iterator[tuple[int, Level]]:
    for week in range(1, course.protocol.weeks + 1):
        yield week, levels()[course.protocol.level_in(week)]


@plan_rule(
    "R-33",
    Strength.GATE,
    override=("clinical director",),
    sources=("ASAM-PREP", "CAREP-H0015", "AHCCCS", "NY-IOS", "PROSPERITY"),
)
def every_planned_week_has_the_hours_of_its_level(clinic: PlannedClinic) -> Iterator[Finding]:
    """A planned week holds the programme hours of its level; below, it cannot be confirmed."""
    for course in clinic.courses:
        for week, level in _weeks(course):
            hours = sum(course.programme_time(week).values(), timedelta()) / HOUR
            if level.hours is not None and not level.hours.hold(hours):
                says = f"{hours:.2f} programme hours are planned"
                fix = f"{level.title} asks for {level.hours}"
                yield Finding(f"{course.patient.id}: week {week}", says, fix)


@plan_rule(
    "R-33",
    Strength.GATE,
    override=("clinical director",),
    sources=("CAREP-H0015", "AHCCCS", "ENCORE"),
)
def every_planned_week_has_the_days_of_its_level(clinic: PlannedClinic) -> Iterator[Finding]:
    """A planned IOP week has 3 days of at least 180 programme minutes, a PHP week 5."""
    least = timedelta(minutes=BILLABLE_MINUTES)
    for course in clinic.courses:
        for week, level in _weeks(course):
            days = sum(held >= least for held in course.programme_time(week).values())
            if level.days_a_week is not None and days < level.days_a_week.least:
                says = f"{days} days of {BILLABLE_MINUTES} minutes are planned"
                fix = f"{level.title} asks for {level.days_a_week.least}"
                yield Finding(f"{course.patient.id}: week {week}", says, fix)


@pathway_rule("R-34", Strength.SOFT, override=("coordinator",), sources=("LUMIN", "house"))
def time_in_the_chair_is_no_programme_hour(pathway: LibraryPathway) -> Iterator[Finding]:
    """Dose visits never count as hours of the programme."""
    for dose in pathway.doses:
        if dose.programme_hours:
            place = f"{pathway.place_of(dose)}.programme_hours"
            yield Finding(place, "counts as programme hours", "write programme_hours = false")


@plan_rule("R-34", Strength.SOFT, override=("coordinator",), sources=("LUMIN", "house"))
def a_lost_group_is_made_up_in_its_week(clinic: PlannedClinic) -> Iterator[Finding]:
    """A group meeting that could not be planned is made up in the same week, or decided on."""
    for course in clinic.courses:
        for name, number in course.lost:
            if course.protocol.activity(name).purpose != "group":
                continue
            says = "is not planned: move the dose, take a make-up, or accept a short week"
            fix = "propose a make-up in the same week"
            yield Finding(f"{course.patient.id}: {name} {number}", says, fix)


def _sessions(pathway: LibraryPathway, week: int, purposes: frozenset[Purpose], least: int) -> int:
    return sum(
        activity.per_week(week)
        for activity in pathway.activities
        if activity.purpose in purposes and _minutes(activity) >= least
    )


def _minutes(activity: LibraryActivity) -> float:
    return activity.meeting_minutes or activity.length / timedelta(minutes=1)


@pathway_rule("R-39", Strength.SOFT, override=("programme director",), sources=("AHCCCS",))
def every_week_has_its_mix(pathway: LibraryPathway) -> Iterator[Finding]:
    """IOP and PHP weeks hold 1 individual session, 2 groups and 1 with the prescriber."""
    individual: frozenset[Purpose] = frozenset({"individual"})
    for week in range(1, pathway.weeks + 1):
        mix = levels()[pathway.level_in(week)].mix
        if mix is None:
            continue
        for purposes, minutes, least, what in (
            (individual, mix.individual_minutes, mix.individual, "individual sessions"),
            (frozenset[Purpose]({"group"}), mix.group_minutes, mix.groups, "groups"),
            (PSYCHIATRIC, 1, mix.psychiatric, "sessions with the prescriber"),
        ):
            held = _sessions(pathway, week, purposes, minutes)
            if held < least:
                says = f"week {week} holds {held} {what} of {minutes} minutes"
                yield Finding("activities", says, f"plan at least {least}")


_Meeting = tuple[str, datetime, tuple[str, ...]]
"""What meets where, when, and with whom."""


@plan_rule("R-39", Strength.HARD, sources=("AHCCCS", "house"))
def a_group_holds_no_more_than_its_cap(clinic: PlannedClinic) -> Iterator[Finding]:
    """A group meeting holds at most 10 patients, fewer where a payer says so."""
    present: Counter[_Meeting] = Counter()
    caps: dict[_Meeting, int] = {}
    for course in clinic.everybodys:
        for activity, meeting in course.sessions("group"):
            week = course.week(meeting.start)
            if week not in range(1, course.protocol.weeks + 1):
                continue  # booked outside the course: no level says how many
            cap = levels()[course.protocol.level_in(week)].group_cap
            place = f"{activity.id} at {meeting.location}"
            # Several series may meet online at once; each has a facilitator of its own.
            key = (place, meeting.start, meeting.practitioners)
            present[key] += 1
            if cap is not None:
                caps[key] = min(cap.patients, caps.get(key, cap.patients))
    for key, most in sorted(caps.items()):
        if present[key] > most:
            place, start, _ = key
            says = f"{present[key]} patients on {clinic.clock(start)}"
            yield Finding(place, says, f"at most {most}: open another series")


@plan_rule("R-39", Strength.SOFT, override=("programme director",), sources=("AHCCCS",))
def a_therapist_has_no_more_than_the_caseload(clinic: PlannedClinic) -> Iterator[Finding]:
    """A therapist sees at most 16 patients in individual therapy."""
    patients: dict[str, set[str]] = defaultdict(set)
    for course in clinic.everybodys:
        for _, session in course.sessions("individual"):
            for person in session.practitioners:
                patients[person].add(course.patient.id)
    for person, cases in sorted(patients.items()):
        if len(cases) > CASELOAD:
            yield Finding(person, f"sees {len(cases)} patients", f"at most {CASELOAD}")

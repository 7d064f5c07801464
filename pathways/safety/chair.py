"""The visit itself: time in the chair, monitoring, who watches, when the house closes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from pathways import timing
from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity, Phase, ProtocolStage
from pathways.protocol.record import Route
from pathways.safety.planned import Course, PlannedClinic, PlannedDose
from pathways.safety.rule import Finding, Strength, pathway_rule, plan_rule

REST_BETWEEN_DEVICES = 5  # JJ-MISS, minutes
CHAIR_MINUTES: dict[Route, dict[Phase, int]] = {
    "nasal": {"check-in": 30, "discharge": 15},  # KLAR, BEING
    "intravenous": {"check-in": 30, "dosing": 40, "discharge": 15},  # MIDWEST, ANDRADE-17, house
    "intramuscular": {"check-in": 20, "dosing": 5, "discharge": 15},  # SAGE, house
    "sublingual": {"check-in": 20, "dosing": 20, "discharge": 15},  # SAGE, house
}
MONITORING_MINUTES: dict[Route, int] = {
    "nasal": 120,  # PI-2019, PMF-2024, CODE-G2083
    "intravenous": 60,  # KETINF: 30-60 minutes; house: the longer
    "intramuscular": 120,  # house
    "sublingual": 120,  # house
}
AT_HOME = 1  # PVD: one clinician watches one patient on video


@pathway_rule(
    "R-21", Strength.HARD, override=("charge nurse",), sources=("KLAR", "BEING", "KETINF", "SAGE")
)
def the_chair_is_held_for_the_whole_visit(pathway: LibraryPathway) -> Iterator[Finding]:
    """Chair and room are held from preparation to leaving, not for the time of the drug alone."""
    for dose in pathway.doses:
        for phase, least in _least_minutes(pathway, dose).items():
            minutes = dose.minutes_of(phase)
            if minutes < least:
                place = f"{pathway.place_of(dose)}.stages"
                yield Finding(place, f"{minutes} minutes of {phase}", f"plan at least {least}")


def _least_minutes(pathway: LibraryPathway, dose: LibraryActivity) -> dict[Phase, int]:
    rests = max(dose.devices, default=1) - 1
    return {"dosing": REST_BETWEEN_DEVICES * rests, **CHAIR_MINUTES[pathway.route]}


def _monitored_too_short(pathway: LibraryPathway) -> Iterator[Finding]:
    least = MONITORING_MINUTES[pathway.route]
    for dose in pathway.doses:
        minutes = dose.minutes_of("monitoring")
        if minutes < least:
            place = f"{pathway.place_of(dose)}.stages"
            says = f"{minutes} minutes of monitoring after the drug"
            yield Finding(place, says, f"plan at least {least}")


@pathway_rule("R-22", Strength.HARD, sources=("PI-2019", "PMF-2024", "CODE-G2083"))
def esketamine_is_monitored_for_two_hours(pathway: LibraryPathway) -> Iterator[Finding]:
    """After esketamine, monitoring lasts at least 120 minutes from the last device."""
    if pathway.treatment == "esketamine":
        yield from _monitored_too_short(pathway)


@pathway_rule("R-22", Strength.HARD, override=("prescriber",), sources=("KETINF", "house"))
def ketamine_is_monitored_long_enough(pathway: LibraryPathway) -> Iterator[Finding]:
    """After ketamine, monitoring lasts 60 minutes (infusion) or 120 (injection, lozenge)."""
    if pathway.treatment == "ketamine":
        yield from _monitored_too_short(pathway)


@plan_rule("R-22", Strength.HARD, sources=("PI-2019", "PMF-2024", "CODE-G2083", "house"))
def planned_monitoring_is_long_enough(clinic: PlannedClinic) -> Iterator[Finding]:
    """Planned monitoring ends no earlier than the route's minimum after the drug was last given."""
    for course in clinic.courses:
        least = timedelta(minutes=MONITORING_MINUTES[course.protocol.route])
        for dose in course.doses:
            watched = dose.watched_until - dose.last_drug
            if watched < least:
                says = f"monitored for {watched}"
                yield Finding(course.place(dose.appointment), says, f"monitor for {least}")


@plan_rule(
    "R-19",
    Strength.HARD,
    override=("charge nurse", "prescriber"),
    sources=("KLAR", "MIDWEST", "ESK-READY", "house"),
)
def a_late_dose_leaves_room_before_closing(clinic: PlannedClinic) -> Iterator[Finding]:
    """A dose visit ends early enough for an overrun before the clinic closes."""
    for course in clinic.courses:
        buffer = course.protocol.chair.overrun_buffer
        for dose in course.doses:
            closes = _closing_time(course, dose)
            if closes is not None and dose.appointment.end + buffer > closes:
                says = f"ends {course.clock(dose.appointment.end)}, closing {closes:%H:%M}"
                fix = f"end it {timing.duration_text(buffer)} before"
                yield Finding(course.place(dose.appointment), says, fix)


def _closing_time(course: Course, dose: PlannedDose) -> datetime | None:
    """When the opening hours end in which a dose begins; None outside them."""
    clinic = course.scenario.clinic
    for window in clinic.hours.on(dose.day):
        opened = timing.interval(dose.day, window, clinic.zone)
        if opened.start <= dose.appointment.start < opened.end:
            return course.scenario.local(opened.end)
    return None


def _watched(dose: LibraryActivity) -> list[ProtocolStage]:
    """The stages from the first drug to the end of the monitoring."""
    return [stage for stage in dose.stages if stage.phase in ("dosing", "monitoring")]


@pathway_rule("R-28", Strength.HARD, sources=("PTIMES", "PI-2019"))
def a_prescriber_is_on_site_while_the_drug_acts(pathway: LibraryPathway) -> Iterator[Finding]:
    """A prescriber is on site from the first drug to the end of the monitoring."""
    for dose in pathway.doses:
        for stage in _watched(dose):
            if not stage.prescriber_on_site:
                place = f"{pathway.place_of(dose)}.stages ({stage.id})"
                fix = "write prescriber_on_site = true"
                yield Finding(place, "no prescriber need be on site", fix)


@pathway_rule("R-28", Strength.HARD, sources=("PTIMES", "PI-2019"))
def somebody_watches_while_the_drug_acts(pathway: LibraryPathway) -> Iterator[Finding]:
    """A monitor holds every stage from the first drug to the end of the monitoring."""
    for dose in pathway.doses:
        for stage in _watched(dose):
            if stage.monitor_ratio is None:
                place = f"{pathway.place_of(dose)}.stages ({stage.id})"
                yield Finding(place, "nobody watches", "write a monitor_ratio")


@pathway_rule(
    "R-28", Strength.SOFT, override=("charge nurse",), sources=("PTIMES", "FINN", "PVD", "house")
)
def a_nurse_watches_no_more_patients_than_she_can(pathway: LibraryPathway) -> Iterator[Finding]:
    """One nurse watches at most 3 patients, 2 in the first hour after the drug, 1 at home."""
    for dose in pathway.doses:
        for stage, since in _since_first_drug(dose):
            most = _most_watched(pathway, since)
            if (stage.monitor_ratio or 0) > most:
                place = f"{pathway.place_of(dose)}.stages ({stage.id})"
                says = f"one nurse for {stage.monitor_ratio} patients"
                yield Finding(place, says, f"write monitor_ratio = {most}")


def _since_first_drug(dose: LibraryActivity) -> Iterator[tuple[ProtocolStage, timedelta]]:
    since = timedelta()
    for stage in _watched(dose):
        yield stage, since
        since += timedelta(minutes=stage.minutes)


def _most_watched(pathway: LibraryPathway, since: timedelta) -> int:
    if pathway.setting == "home":
        return AT_HOME
    staff = pathway.staff
    return staff.peak_limit if since < staff.peak else staff.per_nurse


@plan_rule("R-28", Strength.SOFT, override=("charge nurse",), sources=("PTIMES", "FINN", "house"))
def first_doses_of_one_nurse_are_staggered(clinic: PlannedClinic) -> Iterator[Finding]:
    """One nurse's patients are first given the drug at least 20 minutes apart."""
    watched = [
        (watcher, dose.first_drug, course, dose)
        for course in clinic.everybodys
        for dose in course.doses
        if (watcher := dose.watcher_at_start()) is not None
    ]
    for _, of_one_nurse in groupby(sorted(watched, key=_by_nurse_and_time), key=lambda w: w[0]):
        for (watcher, earlier, *_), (_, later, course, dose) in pairwise(of_one_nurse):
            stagger = course.protocol.staff.stagger
            if later - earlier < stagger:
                says = f"{watcher} gives another patient the drug {later - earlier} before"
                fix = f"begin {timing.duration_text(stagger)} apart, or with another nurse"
                yield Finding(course.place(dose.appointment), says, fix)


def _by_nurse_and_time(
    watched: tuple[str, datetime, Course, PlannedDose],
) -> tuple[str, datetime, str]:
    return watched[0], watched[1], watched[2].patient.id

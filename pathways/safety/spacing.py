"""Days between doses, and how many of them fit into a week."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity
from pathways.protocol.record import Route
from pathways.safety.planned import Course, PlannedClinic
from pathways.safety.rule import Finding, Strength, pathway_rule, plan_rule

FULL_DAY_BETWEEN = 2  # house: dates that differ by two have one full day between them
ROUTE_GAP: dict[Route, int] = {  # RELIEVUS for infusions (48-96 hours); the others: house
    "nasal": 2,
    "intravenous": 2,
    "intramuscular": 3,
    "sublingual": 3,
}
IN_SEVEN_DAYS: dict[Route, int] = {  # ONA, PHILLIPS, JOURNEY-OPS; injections: house
    "nasal": 2,
    "intravenous": 3,
    "intramuscular": 2,
    "sublingual": 2,
}


def _counts_earlier_doses(pathway: LibraryPathway, dose: LibraryActivity) -> bool:
    """Whether the rules of spacing reach back to the activity before this one in the course."""
    number = pathway.doses.index(dose)
    return number == 0 or dose.spaced_with == pathway.doses[number - 1].id


def _too_close(pathway: LibraryPathway, least: int) -> Iterator[Finding]:
    for dose in pathway.doses:
        gap = dose.min_days_between or 0
        if gap < least:
            place = f"{pathway.place_of(dose)}.min_days_between"
            yield Finding(place, f"{gap} days between two doses", f"write at least {least}")


@pathway_rule("R-14", Strength.HARD, sources=("RELIEVUS", "house"))
def a_full_day_lies_between_two_doses(pathway: LibraryPathway) -> Iterator[Finding]:
    """Two doses never fall on neighbouring days: at least one full day lies between them."""
    yield from _too_close(pathway, FULL_DAY_BETWEEN)
    for dose in pathway.doses:
        if not _counts_earlier_doses(pathway, dose):
            place = f"{pathway.place_of(dose)}.spaced_with"
            says = "does not count the doses of the course before it"
            yield Finding(place, says, "name the dose activity that comes before it")


@pathway_rule("R-14", Strength.SOFT, override=("prescriber",), sources=("RELIEVUS", "house"))
def doses_keep_the_gap_of_their_route(pathway: LibraryPathway) -> Iterator[Finding]:
    """Two doses are at least 2 days apart (nasal, infusion) or 3 (injection, lozenge)."""
    yield from _too_close(pathway, ROUTE_GAP[pathway.route])


def _dates(course: Course) -> list[tuple[date, str]]:
    """The date and the name of every dose, those of an earlier enrolment included, in order."""
    kinds = {dose.id for dose in course.protocol.doses}
    past = [
        (course.day(session.start), f"{course.patient.id}: earlier {session.activity}")
        for session in course.patient.history
        if session.activity in kinds
    ]
    return sorted(past + [(dose.day, course.place(dose.appointment)) for dose in course.doses])


def _planned_too_close(course: Course, least: int) -> Iterator[Finding]:
    for (earlier, _), (later, place) in pairwise(_dates(course)):
        apart = (later - earlier).days
        if 0 < apart < least:
            says = f"{apart} days after the dose of {earlier:%a %d %b}"
            yield Finding(place, says, f"plan it at least {least} days later")


@plan_rule("R-14", Strength.HARD, sources=("RELIEVUS", "house"))
def a_full_day_is_planned_between_two_doses(clinic: PlannedClinic) -> Iterator[Finding]:
    """No two planned doses of a patient fall on neighbouring days."""
    for course in clinic.courses:
        yield from _planned_too_close(course, FULL_DAY_BETWEEN)


@plan_rule("R-14", Strength.SOFT, override=("prescriber",), sources=("RELIEVUS", "house"))
def planned_doses_keep_the_gap_of_their_route(clinic: PlannedClinic) -> Iterator[Finding]:
    """Planned doses are at least 2 days apart (nasal, infusion) or 3 (injection, lozenge)."""
    for course in clinic.courses:
        yield from _planned_too_close(course, ROUTE_GAP[course.protocol.route])


@plan_rule("R-15", Strength.HARD, sources=("ONA", "PHILLIPS", "JOURNEY-OPS"))
def nobody_is_dosed_twice_on_a_day(clinic: PlannedClinic) -> Iterator[Finding]:
    """A patient has at most one dose on a calendar day."""
    for course in clinic.courses:
        for (earlier, _), (later, place) in pairwise(_dates(course)):
            if earlier == later:
                fix = "plan one of them on another day"
                yield Finding(place, f"a second dose on {later:%a %d %b}", fix)


@pathway_rule(
    "R-15",
    Strength.HARD,
    override=("prescriber",),
    sources=("ONA", "PHILLIPS", "JOURNEY-OPS", "house"),
)
def seven_days_hold_no_more_doses_than_the_route_allows(
    pathway: LibraryPathway,
) -> Iterator[Finding]:
    """Any 7 consecutive days hold at most 2 doses, 3 where the drug is infused."""
    most = IN_SEVEN_DAYS[pathway.route]
    for dose in pathway.doses:
        rule = dose.max_in_days
        capped = rule is not None and rule.days >= 7 and rule.count <= most
        # Dates at least g days apart: at most 7/g of them, rounded up, fit into 7 days.
        fits_by_gap = -(-7 // max(dose.min_days_between or 0, 1)) <= most
        if not capped and not fits_by_gap:
            place = f"{pathway.place_of(dose)}.max_in_days"
            fix = f"write {{days = 7, count = {most}}}"
            yield Finding(place, f"more than {most} doses fit into 7 days", fix)


@plan_rule(
    "R-15",
    Strength.HARD,
    override=("prescriber",),
    sources=("ONA", "PHILLIPS", "JOURNEY-OPS", "house"),
)
def no_seven_planned_days_hold_too_many_doses(clinic: PlannedClinic) -> Iterator[Finding]:
    """Any 7 consecutive days of a plan hold at most 2 doses, 3 where the drug is infused."""
    for course in clinic.courses:
        most = IN_SEVEN_DAYS[course.protocol.route]
        dates = _dates(course)
        for (first, _), (last, place) in zip(dates, dates[most:], strict=False):
            if (last - first).days < 7:
                says = f"dose {most + 1} within the 7 days from {first:%a %d %b}"
                yield Finding(place, says, "plan it after those 7 days")

"""The shape of a course: how many doses in which weeks, who looks at it, what comes after."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from pathways.protocol import LibraryPathway
from pathways.protocol.activities import LibraryActivity
from pathways.protocol.course import Evaluation
from pathways.protocol.record import Route, Treatment
from pathways.safety.planned import Course, PlannedClinic, PlannedDose
from pathways.safety.rule import Finding, Strength, pathway_rule, plan_rule

ONE_DAY = timedelta(days=1)

ESKETAMINE_WEEKS = (
    (2, 2, 2, 2, 1, 1, 1, 1),  # LIOBM, ONA: treatment-resistant depression
    (2, 2, 2, 2),  # SPR-MDSI, ONA: acute suicidal ideation, then stop
)
KETAMINE_WEEKS: dict[Route, tuple[tuple[int, ...], ...]] = {
    "intravenous": ((3, 3), (2, 2, 2)),  # PHILLIPS, FEDER-25; WILK-21
    "intramuscular": ((1,) * 4, (1,) * 5, (1,) * 6),  # KAP-RCT: four or five; six: house
    "sublingual": ((1,) * 6,),  # JOURNEY-OPS: at most one a week; six: house
    "nasal": (),
}
EVALUATED_FROM, EVALUATED_TO = 24, 28  # EPOC, ONA: at the end of four weeks; from day 24: house
CHECKED_AFTER = (3, 6)  # RELIEVUS, PHILLIPS: doses after which a response is looked for
EVALUATED = "induction-evaluation"
INTERVALS: dict[Treatment, tuple[int, int]] = {
    "esketamine": (7, 14),  # LIOBM, ONA
    "ketamine": (7, 84),  # PHILLIPS, NYK; the longest: house
}


def doses_by_week(pathway: LibraryPathway) -> tuple[int, ...]:
    """How many doses each week holds, from the first week with one to the last."""
    counted = Counter(pathway.dose_weeks)
    first, last = min(counted, default=1), max(counted, default=0)
    return tuple(counted[week] for week in range(first, last + 1))


@pathway_rule(
    "R-11", Strength.GATE, override=("prescriber",), sources=("LIOBM", "ONA", "SPR-MDSI", "MIMS-HK")
)
def esketamine_follows_its_label(pathway: LibraryPathway) -> Iterator[Finding]:
    """Esketamine: twice a week for four weeks, then once a week for four, or an end after four."""
    if pathway.treatment != "esketamine" or pathway.phase != "induction":
        return
    weeks = doses_by_week(pathway)
    if weeks not in ESKETAMINE_WEEKS:
        says = f"doses by week are {', '.join(map(str, weeks))}"
        fix = "2 a week for 4 weeks, then 1 for 4 weeks; with acute suicidal ideation end after 4"
        yield Finding("activities", says, fix)


@pathway_rule(
    "R-12",
    Strength.SOFT,
    override=("prescriber",),
    sources=("PHILLIPS", "WILK-21", "KIT-RW", "KAP-RCT", "JOURNEY-OPS"),
)
def ketamine_follows_a_known_series(pathway: LibraryPathway) -> Iterator[Finding]:
    """Ketamine: 3 infusions a week for 2 weeks or 2 for 3; 4-6 weekly injections; 6 lozenges."""
    if pathway.treatment != "ketamine" or pathway.phase != "induction":
        return
    weeks = doses_by_week(pathway)
    known = KETAMINE_WEEKS[pathway.route]
    if weeks not in known:
        fix = " or ".join(", ".join(map(str, series)) for series in known) or "choose another route"
        says = f"doses by week are {', '.join(map(str, weeks))} ({pathway.route})"
        yield Finding("activities", says, f"known series: {fix}")


@pathway_rule("R-13", Strength.GATE, override=("prescriber",), sources=("EPOC", "ONA"))
def an_evaluation_ends_the_induction(pathway: LibraryPathway) -> Iterator[Finding]:
    """Esketamine: benefit is evaluated on day 24-28, and every dose from day 28 on waits for it."""
    if pathway.treatment != "esketamine" or pathway.phase != "induction":
        return
    found = [e for e in pathway.evaluations if _ends_the_induction(pathway, e)]
    if not found:
        says = "no evaluation between day 24 and 28 gates the doses from day 28 on"
        fix = "add one with from_day, to_day, gate_day and an activity that comes after dose 1"
        yield Finding("evaluations", says, fix)
    for evaluation in found:
        yield from _doses_that_do_not_wait(pathway, evaluation)


def _doses_that_do_not_wait(pathway: LibraryPathway, evaluation: Evaluation) -> Iterator[Finding]:
    first_week = pathway.dose_weeks[0]
    for dose in pathway.doses:
        latest = 7 * (max(dose.scheduled_weeks, default=first_week) - first_week + 1) - 1
        waits = any(before.activity == evaluation.activity for before in dose.preceded_by)
        if latest >= (evaluation.gate_day or EVALUATED_TO) and not waits:
            says = f"may be given on day {latest} and does not wait for {evaluation.activity!r}"
            fix = "split off the doses from then on, and name the evaluation there"
            yield Finding(f"{pathway.place_of(dose)}.preceded_by", says, fix)


def _ends_the_induction(pathway: LibraryPathway, evaluation: Evaluation) -> bool:
    session = pathway.activity(evaluation.activity)
    if session.after is None or session.after.activity != pathway.doses[0].id:
        return False
    gates = (evaluation.gate_day or EVALUATED_TO + 1) <= EVALUATED_TO
    # A lag is elapsed time: half a day of play at either end still is the same calendar day.
    early = session.after.lag.min > (EVALUATED_FROM - 1) * ONE_DAY
    return gates and early and session.after.lag.max < (EVALUATED_TO + 1) * ONE_DAY


@pathway_rule("R-13", Strength.GATE, override=("prescriber",), sources=("RELIEVUS", "PHILLIPS"))
def a_response_is_looked_for_in_the_series(pathway: LibraryPathway) -> Iterator[Finding]:
    """Ketamine: a prescriber looks for a response after the third and after the sixth dose."""
    if pathway.treatment != "ketamine" or pathway.phase != "induction":
        return
    for number in CHECKED_AFTER:
        if number <= len(pathway.dose_weeks) and not _checked_after(pathway, number):
            says = f"nobody has to look for a response after dose {number}"
            fix = f"add an evaluation after_dose = {number}, and let the next dose wait for it"
            yield Finding("evaluations", says, fix)


def _checked_after(pathway: LibraryPathway, number: int) -> bool:
    checks = {e.activity for e in pathway.evaluations if e.after_dose == number}
    follows = any(
        number in _doses_before(pathway, session)
        for session in pathway.activities
        if session.id in checks
    )
    going_on = [d for d in pathway.doses if pathway.first_dose_number(d) == number + 1]
    waits = [any(before.activity in checks for before in d.preceded_by) for d in going_on]
    return follows and (all(waits) if going_on else number == len(pathway.dose_weeks))


def _doses_before(pathway: LibraryPathway, session: LibraryActivity) -> set[int]:
    """The numbers of the doses for which a session waits."""
    first = {dose.id: pathway.first_dose_number(dose) for dose in pathway.doses}
    return {
        first[before.activity] + before.occurrence - 1
        for before in session.preceded_by
        if before.activity in first
    }


@pathway_rule("R-13", Strength.GATE, override=("prescriber",), sources=("EPOC", "ONA"))
def maintenance_needs_an_evaluated_induction(pathway: LibraryPathway) -> Iterator[Finding]:
    """Esketamine maintenance is given only where the induction has been evaluated."""
    if pathway.treatment != "esketamine" or pathway.phase == "induction":
        return
    for dose in pathway.doses:
        if EVALUATED not in dose.needs_clearance:
            place = f"{pathway.place_of(dose)}.needs_clearance"
            yield Finding(place, "the induction need not have helped", f"add {EVALUATED!r}")


@plan_rule("R-13", Strength.GATE, override=("prescriber",), sources=("EPOC", "ONA", "RELIEVUS"))
def later_doses_wait_for_the_evaluation(clinic: PlannedClinic) -> Iterator[Finding]:
    """No dose that an evaluation gates is planned before that evaluation."""
    for course in clinic.courses:
        for evaluation in course.protocol.evaluations:
            session = course.appointment(evaluation.activity, 1)
            for dose in course.doses:
                if course.waived(evaluation.activity, 1) or not _gated(course, evaluation, dose):
                    continue
                if session is None or session.end > dose.appointment.start:
                    fix = f"plan {evaluation.activity} first"
                    place = course.place(dose.appointment)
                    yield Finding(place, f"comes before {evaluation.title!r} is answered", fix)


def _gated(course: Course, evaluation: Evaluation, dose: PlannedDose) -> bool:
    if evaluation.after_dose is not None:
        return dose.number > evaluation.after_dose
    since = (dose.day - course.doses[0].day).days
    return evaluation.gate_day is not None and since >= evaluation.gate_day


@pathway_rule("R-16", Strength.GATE, override=("prescriber",), sources=("SEED",))
def maintenance_never_starts_by_itself(pathway: LibraryPathway) -> Iterator[Finding]:
    """Maintenance and boosters are started by a prescriber and never follow automatically."""
    if pathway.phase != "induction" and pathway.started_by != "prescriber":
        says = f"a {pathway.phase} that is started by {pathway.started_by}"
        yield Finding("started_by", says, "write started_by = 'prescriber'")


@pathway_rule("R-16", Strength.SOFT, override=("prescriber",), sources=("LIOBM", "NYK", "BIONUU"))
def maintenance_keeps_to_its_interval(pathway: LibraryPathway) -> Iterator[Finding]:
    """Maintenance intervals are 7-14 days (esketamine) or 7-84 (infusions), and only lengthen."""
    if pathway.phase == "induction":
        return
    shortest, longest = INTERVALS[pathway.treatment]
    days = pathway.interval.days if pathway.interval else 0
    if not shortest <= days <= longest:
        fix = f"write one of {shortest}-{longest} days"
        yield Finding("interval.days", f"the interval is {days} days", fix)
    for dose in pathway.doses:
        if (dose.min_days_between or 0) < days:
            place = f"{pathway.place_of(dose)}.min_days_between"
            yield Finding(place, f"is shorter than the interval of {days} days", f"write {days}")
    gaps = [later - earlier for earlier, later in pairwise(pathway.dose_weeks)]
    if any(later < earlier for earlier, later in pairwise(gaps)):
        yield Finding("activities", "an interval is shorter than the one before", "only lengthen")


@plan_rule("R-16", Strength.SOFT, override=("prescriber",), sources=("LIOBM", "NYK", "BIONUU"))
def maintenance_doses_keep_their_interval(clinic: PlannedClinic) -> Iterator[Finding]:
    """Two planned maintenance doses are at least their interval apart."""
    for course in clinic.courses:
        interval = course.protocol.interval
        for earlier, later in pairwise(course.doses):
            apart = (later.day - earlier.day).days
            if interval is not None and apart < interval.days:
                says = f"{apart} days after the one before, not {interval.days}"
                yield Finding(course.place(later.appointment), says, "plan it later")

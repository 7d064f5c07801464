"""What a payer has authorised: dates, units, and pairs that are not paid for on one day."""

from collections import Counter
from collections.abc import Iterator

from pathways.protocol import LibraryPathway
from pathways.safety.planned import Course, PlannedClinic
from pathways.safety.rule import Finding, Strength, pathway_rule, plan_rule
from pathways.scenario import Authorization


@pathway_rule(
    "R-45", Strength.GATE, override=("billing lead",), sources=("VALANT", "QUAL", "CIGNA")
)
def covered_doses_name_their_service(pathway: LibraryPathway) -> Iterator[Finding]:
    """A dose that a payer authorises asks for a unit of that service, counted as the payer does."""
    service = pathway.coverage.service
    if service is None:
        return
    for dose in pathway.doses:
        if dose.needs_authorization != service:
            place = f"{pathway.place_of(dose)}.needs_authorization"
            yield Finding(place, f"asks for no unit of {service!r}", f"write {service!r}")
        if pathway.coverage.unit == "devices" and not dose.devices:
            place = f"{pathway.place_of(dose)}.devices"
            says = "the payer counts devices and the dose names none"
            yield Finding(place, says, "write how many devices each takes")


def _covering(course: Course, service: str) -> list[Authorization]:
    return [one for one in course.patient.authorizations if one.service == service]


@plan_rule(
    "R-45",
    Strength.GATE,
    override=("billing lead",),
    sources=("VALANT", "QUAL", "CIGNA", "CODE-G2083"),
)
def planned_sessions_stay_within_their_authorization(clinic: PlannedClinic) -> Iterator[Finding]:
    """Each session lies within an authorization that still has a unit; the others are at risk."""
    for course in clinic.courses:
        used: Counter[tuple[str, object]] = Counter()
        for appointment in course.appointments:
            service = course.protocol.activity(appointment.activity).needs_authorization
            if service is None:
                continue
            day = course.day(appointment.start)
            found = next((a for a in _covering(course, service) if a.holds(day)), None)
            key = (service, found.first if found else None)
            used[key] += 1
            if found is None or used[key] > found.units:
                says = f"no unit of {service!r} on {day:%a %d %b}"
                fix = "extend the authorization, agree on private pay, or move it"
                yield Finding(course.place(appointment), f"at risk: {says}", fix)


@plan_rule("R-45", Strength.GATE, override=("billing lead",), sources=("CODE-G2083", "VALANT"))
def no_day_holds_a_pair_that_the_payer_refuses(clinic: PlannedClinic) -> Iterator[Finding]:
    """Two sessions that the payer does not pay for on one day are flagged."""
    for course in clinic.courses:
        refused = course.protocol.coverage.same_day_conflicts
        named = {name for pair in refused for name in (pair.first, pair.second)}
        visits = [one for one in course.appointments if one.activity in named]
        days = {(one.activity, course.day(one.start)): one for one in visits}
        for pair in refused:
            for (activity, day), appointment in days.items():
                if activity == pair.first and (pair.second, day) in days:
                    says = f"on the same day as {pair.second}"
                    yield Finding(course.place(appointment), says, "move one of them")

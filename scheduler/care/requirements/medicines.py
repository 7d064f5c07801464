"""The prescription monitoring programme, medicines that act together, the drug itself."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

from dateutil.relativedelta import relativedelta

from pathways.safety import eligibility
from pathways.service import StateProfile, service_rules
from scheduler.care.requirements.requirement import Case, Requirement, rule

MONITORING_PROGRAMME = "monitoring-programme"
MEDICINES = "medicines"
DRUG_ON_SITE = "drug-on-site"


def the_monitoring_programme_was_looked_at(case: Case) -> Iterator[Requirement]:
    """R-08: just before the first dose, and again within the state's months."""
    profile = service_rules().state(str(case.facts.house.clinic.settings.get("state", "*")))
    looked = [c.given_at for c in case.facts.given(MONITORING_PROGRAMME) if c.given_at]
    before = [moment for moment in looked if moment <= case.first_drug]
    if case.is_first_dose:
        met = any(in_time_for_first(case, profile, moment) for moment in before)
        name, says = "first-monitoring-check", "on its day or the working day before"
    else:
        within = _months(profile.again_within_months)
        met = any(case.facts.house.day(moment) + within >= case.day for moment in before)
        name, says = "monitoring-check", f"in {profile.again_within_months} months"
    yield case.asks(
        rule(name),
        MONITORING_PROGRAMME,
        met=met,
        says=f"nobody has looked at the prescription monitoring programme {says}",
        fix="a prescriber looks, and writes it down",
    )


@cache
def _months(number: int) -> relativedelta:
    """So many months, made once: every dose of everybody asks for the same."""
    return relativedelta(months=number)


def in_time_for_first(case: Case, profile: StateProfile, looked: datetime) -> bool:
    """Whether a look counts for the first dose: its day, just before, or the working day before."""
    day = case.facts.house.day(looked)
    return (
        day == case.day
        or looked >= case.first_drug - profile.first_within
        or (profile.or_working_day_before and day == case.facts.house.working_day_before(case.day))
    )


def medicines_have_been_reviewed(case: Case) -> Iterator[Requirement]:
    """R-10: a prescriber looks at flagged medicines before every dose."""
    taken = set(case.facts.patient.assessment.get("medicines", ()))
    flagged = [medicine.id for medicine in case.protocol.medicines if medicine.id in taken]
    if flagged:
        looked = case.facts.given(MEDICINES)
        yield case.asks(
            rule("medicines"),
            MEDICINES,
            met=any(c.first <= case.day <= c.last for c in looked),
            says=f"medicines to be looked at before this dose: {', '.join(flagged)}",
            fix="a prescriber reviews the medicines for this day",
        )


def medication_visits_keep_clear(case: Case) -> Iterator[Requirement]:
    """R-10: a medication visit ends before the dose visit's hour, and none runs into it."""
    rule_ = eligibility.medication_visits_keep_clear_of_doses
    buffer = timedelta(minutes=eligibility.MEDICATION_BUFFER)
    dose = case.appointment
    near = [
        visit
        for visit in case.with_purpose("mat")
        if visit.start < dose.end and visit.end + buffer > dose.start
    ]
    if case.protocol.with_purpose("mat"):
        yield case.asks(
            rule_,
            "medication-visit",
            met=not near,
            says="a medication visit lies too close to the dose",
            fix="move one of the two",
        )


def the_risk_programme_is_in_order(case: Case) -> Iterator[Requirement]:
    """R-47: the site is certified and the patient enrolled, where the drug asks for it."""
    if not case.protocol.supply.certified_site:
        return
    settings = case.facts.house.clinic.settings
    yield case.asks(
        rule("risk-programme"),
        "certified-site",
        met=bool(settings.get("certified_site")),
        says="the site is not recorded as certified in the risk programme",
        fix="the authorised representative records the certification",
    )
    enrolled = [c for c in case.facts.consents if c.kind == "rems" and c.revoked_at is None]
    yield case.asks(
        rule("risk-programme"),
        "enrolment",
        met=bool(enrolled),
        says="the patient is not enrolled in the risk programme",
        fix="patient and prescriber sign the enrolment form",
    )


def the_drug_is_on_site(case: Case) -> Iterator[Requirement]:
    """R-47: the drug for a certified dose is there on the working day before."""
    if not case.protocol.supply.certified_site:
        return
    found = [
        c
        for c in case.facts.given(DRUG_ON_SITE)
        if c.first <= case.day <= c.last and c.given_at is not None
    ]
    eve = case.facts.house.working_day_before(case.day)
    yield case.asks(
        rule("drug-on-site"),
        DRUG_ON_SITE,
        met=any(case.facts.house.day(c.given_at) <= eve for c in found if c.given_at),
        says=f"the drug was not on site by {eve:%a %d %b}",
        fix="order it, and record that it has come; or a charge nurse decides",
    )

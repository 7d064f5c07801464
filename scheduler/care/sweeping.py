"""What comes due by itself: looked for every night, and more often before a dose."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta
from sqlmodel import Session

from pathways.protocol import LibraryPathway
from pathways.service import service_rules
from scheduler import gates, work
from scheduler.care import attendance, evaluating, insurance, measuring, rides, weeks
from scheduler.care.enrolling import running
from scheduler.care.facts import Facts, facts_of
from scheduler.care.requirements.medicines import MONITORING_PROGRAMME
from scheduler.care.requirements.requirement import first_drug
from scheduler.protocols import protocol_of
from scheduler.store.tables import Appointment, Enrolment
from scheduler.work import Wanted

EXPIRING = "clearance-expiring"
LEVEL_REVIEW = "level-review"
SHORT_WEEK = "week-short"
NEAR = timedelta(days=2)
"""So far ahead rides are watched to the minute."""


@dataclass(frozen=True)
class Care:
    """One enrolment that runs, on a pathway of the library, with what is on record."""

    protocol: LibraryPathway
    facts: Facts
    enrolment: Enrolment
    now: datetime


def sweep(session: Session, clinic_id: str, now: datetime) -> int:
    """Judge every gate of a clinic anew, and open a task for all that comes due; how many patients.

    Doing it twice changes nothing: a task that is open already stays as it is.
    """
    enrolments = running(session, clinic_id)
    names = {enrolment.patient_id for enrolment in enrolments}
    if not names:
        return 0
    gates.refresh_patients(session, clinic_id, names, now=now)
    facts = facts_of(session, clinic_id, names)
    for enrolment in enrolments:
        protocol = protocol_of(enrolment)
        if protocol is None:
            continue
        care = Care(protocol, facts[enrolment.patient_id], enrolment, now)
        attendance.follow_up(session, care.facts, enrolment, now=now)
        for look in LOOKS:
            for wanted in look(care):
                work.open_task(session, clinic_id, wanted, now=now)
    return len(names)


def watch_rides(session: Session, clinic_id: str, now: datetime) -> int:
    """Open what an unconfirmed ride asks for to the minute; how many patients were looked at.

    The hourly look is too seldom shortly before a dose, and too much for every minute.
    """
    names = rides.without_ride(session, clinic_id, since=now, until=now + NEAR)
    facts = facts_of(session, clinic_id, names) if names else {}
    for one in facts.values():
        protocol = protocol_of(one.active) if one.active else None
        if one.active is not None and protocol is not None:
            for wanted in rides_are_unconfirmed(Care(protocol, one, one.active, now)):
                work.open_task(session, clinic_id, wanted, now=now)
    return len(names)


def _task(
    care: Care, kind: str, owner: str, due: datetime, says: str, *, key: str = "", rule: str
) -> Wanted:
    patient = care.facts.patient.id
    return Wanted(kind, owner, due, says, key=key, patient_id=patient, rule=rule)


def clearances_end(care: Care) -> Iterator[Wanted]:
    """R-05: a clearance that ends before the last dose that is planned."""
    house, doses = care.facts.house, _doses_to_come(care)
    today = house.day(care.now)
    if not doses:
        return
    needed = {k for a in care.protocol.doses for k in a.needs_clearance}
    for kind in care.protocol.clearances:
        given = care.facts.given(kind.id)
        last = max((c.last for c in given), default=None)
        if kind.id not in needed or last is None or house.day(doses[-1].start) <= last:
            continue
        if today >= last - timedelta(days=kind.warn_days):
            says = f"the clearance {kind.id} ends on {last:%d %b %Y} and doses are planned after"
            key = f"{care.facts.patient.id}:{kind.id}"
            due = house.end_of(last)
            yield _task(care, EXPIRING, kind.given_by[0], due, says, key=key, rule="R-05")


def monitoring_programme_is_due(care: Care) -> Iterator[Wanted]:
    """R-08: the next look at the monitoring programme."""
    house = care.facts.house
    profile = service_rules().state(str(house.clinic.settings.get("state", "*")))
    looked = [c.given_at for c in care.facts.given(MONITORING_PROGRAMME) if c.given_at]
    if not looked or not _doses_to_come(care):
        return
    due = house.day(max(looked)) + relativedelta(months=profile.again_within_months)
    if house.day(care.now) >= due - timedelta(days=profile.warn_days):
        says = f"look at the prescription monitoring programme by {due:%d %b %Y}"
        kind = "monitoring-programme-due"
        yield _task(care, kind, "prescriber", house.end_of(due), says, rule="R-08")


def rides_are_unconfirmed(care: Care) -> Iterator[Wanted]:
    """R-29: a day before the dose a coordinator calls, shortly before it somebody decides."""
    if care.protocol.setting != "clinic":
        return
    for dose in _doses_to_come(care):
        if dose.ride_confirmed_at is not None:
            continue
        begins, key = first_drug(care.protocol, dose), str(dose.id)
        if care.now >= begins - care.protocol.rides.unconfirmed_task:
            due = begins - care.protocol.rides.hold_decision
            says = "nobody has confirmed the ride home: call"
            yield _task(care, rides.UNCONFIRMED, "coordinator", due, says, key=key, rule="R-29")
        if care.now >= begins - care.protocol.rides.hold_decision:
            says = "the ride home is still not confirmed: hold the dose, or see to a ride"
            kind = rides.HOLD_DECISION
            yield _task(care, kind, "charge nurse", begins, says, key=key, rule="R-29")


def evaluations_are_due(care: Care) -> Iterator[Wanted]:
    """R-13: an evaluation whose days have come, or whose dose has been given."""
    given = [a for a in care.facts.standing if a.is_dose and _is_of(care, a.enrolment_id)]
    done = {e["id"] for e in care.enrolment.evaluations}
    fulfilled = [a for a in given if a.status == "fulfilled"]
    for evaluation in care.protocol.evaluations:
        if evaluation.id in done or not fulfilled:
            continue
        due = care.facts.house.day(care.now)
        if evaluation.after_dose is not None and len(fulfilled) < evaluation.after_dose:
            continue
        if evaluation.from_day is not None:
            first = care.facts.house.day(fulfilled[0].start)
            if (due - first).days < evaluation.from_day:
                continue
            due = first + timedelta(days=evaluation.to_day or evaluation.from_day)
        key = f"{care.enrolment.id}:{evaluation.id}"
        ends = care.facts.house.end_of(due)
        says = f"record the evaluation: {evaluation.title}"
        yield _task(care, evaluating.DUE, evaluation.by, ends, says, key=key, rule="R-13")


def weeks_come_short(care: Care) -> Iterator[Wanted]:
    """R-33: a week that will not have its hours or days as it stands, before it fails."""
    today = care.facts.house.day(care.now)
    found = weeks.weeks_of(care.protocol, care.facts, care.enrolment, care.now)
    for week in weeks.coming_short(found, today):
        says = (
            f"week {week.number} will not have the hours of its level: plan a make-up in the same"
            " week, move the dose, or accept a short week with a reason"
        )
        key = f"{care.enrolment.id}:{week.number}"
        due = care.facts.house.end_of(week.last)
        yield _task(care, SHORT_WEEK, "coordinator", due, says, key=key, rule="R-33")


def level_is_reviewed(care: Care) -> Iterator[Wanted]:
    """R-40: the level of care is looked at again; a long stay is justified, nobody discharged."""
    rules, house = service_rules().level_review, care.facts.house
    since = care.enrolment.level_reviewed_on or care.enrolment.start
    due = since + timedelta(days=rules.every_days)
    ends = [a.last for a in care.facts.authorizations if a.last >= since]
    due = min([due, *ends])
    if house.day(care.now) >= due:
        long = house.day(care.now) - care.enrolment.start
        says = "review the level of care"
        if long > timedelta(weeks=rules.justified_after_weeks):
            says += f", and justify a stay of more than {rules.justified_after_weeks} weeks"
        key = f"{care.enrolment.id}:{due.isoformat()}"
        end = house.end_of(due)
        yield _task(care, LEVEL_REVIEW, "therapist", end, says, key=key, rule="R-40")


def measures_are_due(care: Care) -> Iterator[Wanted]:
    """R-42: questionnaires that a clinician has to answer."""
    found = measuring.measures_due(care.protocol, care.facts, care.enrolment, now=care.now)
    for due in found:
        if due.by == "clinician":
            says, key = f"{due.measure} is due ({due.why})", f"{care.enrolment.id}:{due.measure}"
            ends = care.facts.house.end_of(due.on)
            yield _task(care, "measure-due", "therapist", ends, says, key=key, rule="R-42")


def cover_is_to_be_verified_again(care: Care) -> Iterator[Wanted]:
    """R-44: a verification that does not count any more."""
    until, today = insurance.verify_again_on(care.facts), care.facts.house.day(care.now)
    if care.facts.agreements or (until is not None and today <= until):
        return
    says = "verify the patient's cover again" if until else "verify the patient's cover"
    due = care.facts.house.end_of(today)
    yield _task(care, insurance.VERIFY_AGAIN, "billing lead", due, says, rule="R-44")


def authorizations_run_out(care: Care) -> Iterator[Wanted]:
    """R-46: more is asked for in time."""
    today = care.facts.house.day(care.now)
    for usage in insurance.usages(care.protocol, care.facts):
        row = usage.authorization
        renewed = any(
            o.service == row.service and o.first > row.last for o in care.facts.authorizations
        )
        since = insurance.renew_from(care.protocol, usage, today)
        if renewed or not since <= today <= row.last:
            continue
        says = f"ask for more {row.service}: {usage.left} of {row.units} left until {row.last}"
        due = care.facts.house.end_of(min(row.last, max(since, today) + timedelta(days=1)))
        yield _task(care, insurance.RENEW, "billing lead", due, says, key=str(row.id), rule="R-46")


LOOKS: tuple[Callable[[Care], Iterator[Wanted]], ...] = (
    clearances_end,
    monitoring_programme_is_due,
    evaluations_are_due,
    rides_are_unconfirmed,
    weeks_come_short,
    level_is_reviewed,
    measures_are_due,
    cover_is_to_be_verified_again,
    authorizations_run_out,
)
"""What is looked for, in the order of the rules' ids."""


def _doses_to_come(care: Care) -> list[Appointment]:
    return [
        a
        for a in care.facts.standing
        if a.is_dose
        and _is_of(care, a.enrolment_id)
        and a.status in gates.WAITING
        and a.end > care.now
    ]


def _is_of(care: Care, enrolment_id: object) -> bool:
    return enrolment_id == care.enrolment.id

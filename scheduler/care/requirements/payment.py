"""Who pays for an appointment, and whether there is a unit left for it."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from pathways.protocol import LibraryPathway
from pathways.safety import coverage
from pathways.service import service_rules
from scheduler.care.facts import Facts
from scheduler.care.requirements.requirement import Case, Requirement, rule
from scheduler.care.units import at_risk
from scheduler.store.tables import Coverage


def is_billable(case: Case) -> bool:
    """Whether somebody is sent a bill for it: a dose, or what a payer authorises."""
    activity = case.activity
    return activity is not None and (
        activity.purpose == "dose" or activity.needs_authorization is not None
    )


def service_of(case: Case) -> str:
    """What is billed: the service that is authorised, or the activity itself."""
    activity = case.activity
    return (activity.needs_authorization if activity else None) or case.appointment.activity


def paid_privately(facts: Facts, service: str, day: date) -> bool:
    """Whether a signed agreement covers a service on a date; one that names none covers all."""
    return any(
        (not agreement.services or service in agreement.services)
        and (agreement.ends_on is None or day <= agreement.ends_on)
        for agreement in facts.agreements
    )


def is_verified(facts: Facts, on: date, for_day: date) -> bool:
    """Whether cover was verified recently enough on a date, within the plan year of another."""
    return any(verified_until(facts, c) >= on and _in_year(c, for_day) for c in facts.coverages)


def verified_until(facts: Facts, verified: Coverage) -> date:
    """The last date on which a verification still counts."""
    again = timedelta(days=service_rules().cover.verified_again_days)
    return facts.house.day(verified.verified_at) + again


def _in_year(verified: Coverage, day: date) -> bool:
    return verified.plan_year_ends is None or day <= verified.plan_year_ends


def cover_is_verified(case: Case) -> Iterator[Requirement]:
    """R-44: nothing billable starts before cover is verified or private payment agreed."""
    if not is_billable(case):
        return
    facts = case.facts
    today = facts.house.day(case.now)
    yield case.asks(
        rule("cover"),
        "cover",
        met=paid_privately(facts, service_of(case), case.day)
        or is_verified(facts, today, case.day),
        says="cover is not verified, or was too long ago",
        fix="verify it, or agree on private payment",
    )


def without_unit(protocol: LibraryPathway, facts: Facts, service: str) -> frozenset[UUID]:
    """The appointments of a service for which no unit is left, by id; worked out once."""
    key = ("at risk", protocol.id, service)
    lost: frozenset[UUID] | None = facts.remembered.get(key)
    if lost is None:
        lost = frozenset(a.id for a in at_risk(protocol, facts, service))
        facts.remembered[key] = lost
    return lost


def a_unit_is_left(case: Case) -> Iterator[Requirement]:
    """R-45: the date lies in an authorization, and a unit of it is left."""
    activity = case.activity
    if activity is None or activity.needs_authorization is None:
        return
    service = activity.needs_authorization
    lost = without_unit(case.protocol, case.facts, service)
    met = case.appointment.id not in lost or paid_privately(case.facts, service, case.day)
    says = "" if met else f"at risk: no unit of {service!r} is left on {case.day:%d %b %Y}"
    yield case.asks(
        coverage.planned_sessions_stay_within_their_authorization,
        service,
        met=met,
        says=says,
        fix="extend the authorization, agree on private payment, or move it",
    )

"""Who pays: cover verified, private agreements, units approved, and asking for more in time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from pathways.protocol import LibraryPathway
from scheduler import work
from scheduler.acting import Actor
from scheduler.care.consenting import refuse_after_dose
from scheduler.care.facts import Facts
from scheduler.care.records import changed, facts_about, hold_patient, patient_of
from scheduler.care.requirements.payment import paid_privately, verified_until
from scheduler.care.units import Usage, at_risk, usage_of
from scheduler.errors import NotUnderstood
from scheduler.store.tables import (
    Appointment,
    Authorization,
    Coverage,
    CoverageChange,
    PrivatePay,
)

VERIFY_AGAIN = "cover-verify-again"
RENEW = "authorization-renew"
CHANGED = "cover-changed"
CHANGE = "coverage-change"
"""What a task is about that a patient's words of their insurance call for."""
LONGEST = 120
"""Signs of an insurance's name, or of a number on its card."""
NEAR = timedelta(days=366)
"""So far from today a change of cover may be told."""
UNITS = ("sessions", "days", "hours", "devices")


def verify(
    session: Session,
    actor: Actor,
    patient_id: str,
    payer: str,
    *,
    member_number: str = "",
    plan_year_ends: date | None = None,
    now: datetime,
) -> Coverage:
    """Write down that a patient's cover was verified now."""
    hold_patient(session, actor, patient_id)
    row = Coverage(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        payer=payer,
        member_number=member_number,
        verified_at=now,
        verified_by=actor.account_id,
        plan_year_ends=plan_year_ends,
    )
    session.add(row)
    for kind in (VERIFY_AGAIN, CHANGED):
        work.settle(session, actor.clinic_id, kind, patient_id, now=now)
    changed(session, actor, "coverage.verify", patient_id, now=now, subject=("coverage", row.id))
    return row


@dataclass(frozen=True)
class Told:
    """What a patient says of their insurance: which it is from ``first`` on."""

    payer: str
    first: date
    member_number: str = ""
    group_number: str = ""


def tell_change(
    session: Session, actor: Actor, patient_id: str, told: Told, *, now: datetime
) -> CoverageChange:
    """A patient's insurance is another from a date on: somebody of billing verifies it.

    Nothing that was verified changes by it. What is told later takes the earlier one's place.
    """
    hold_patient(session, actor, patient_id)
    house = facts_about(session, actor, patient_id).house
    today = house.day(now)
    if not told.payer.strip():
        raise NotUnderstood("the insurance has no name", fix="write it", place="payer")
    for place in ("payer", "member_number", "group_number"):
        if len(getattr(told, place)) > LONGEST:
            fix = "write it as it stands on the card"
            raise NotUnderstood("that is too long", fix=fix, place=place)
    if abs(told.first - today) > NEAR:
        fix = "name a day within a year of today"
        raise NotUnderstood("that is too far away", fix=fix, place="first")
    row = CoverageChange(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        payer=told.payer.strip(),
        member_number=told.member_number.strip(),
        group_number=told.group_number.strip(),
        first=told.first,
        told_at=now,
        told_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    _ask_billing(session, row, house.end_of(today + timedelta(days=1)), now)
    subject = (CHANGE, row.id)
    changed(session, actor, "coverage.tell", patient_id, now=now, subject=subject)
    return row


def _ask_billing(session: Session, row: CoverageChange, due: datetime, now: datetime) -> None:
    work.settle(session, row.clinic_id, CHANGED, row.patient_id, now=now)
    wanted = work.Wanted(
        kind=CHANGED,
        owner="billing lead",
        due_at=due,
        says=f"verify the patient's cover: it is another from {row.first:%d %b %Y} on",
        key=row.patient_id,
        subject=(CHANGE, row.id),
        patient_id=row.patient_id,
    )
    work.open_task(session, row.clinic_id, wanted, now=now)


def changes_told(
    session: Session, clinic_id: str, ids: Iterable[UUID]
) -> dict[UUID, CoverageChange]:
    """Some changes of cover that patients have told, by their ids."""
    found = select(CoverageChange).where(
        CoverageChange.clinic_id == clinic_id, col(CoverageChange.id).in_(list(ids))
    )
    return {row.id: row for row in session.exec(found)}


def changes_of(session: Session, actor: Actor, patient_id: str) -> list[CoverageChange]:
    """What a patient has told of their insurance, the latest first."""
    patient_of(session, actor, patient_id)
    found = select(CoverageChange).where(
        CoverageChange.clinic_id == actor.clinic_id, CoverageChange.patient_id == patient_id
    )
    return list(session.exec(found.order_by(col(CoverageChange.told_at).desc())))


def agree_private(
    session: Session,
    actor: Actor,
    patient_id: str,
    services: list[str],
    *,
    ends_on: date | None = None,
    now: datetime,
) -> PrivatePay:
    """Write down a signed agreement to pay privately; one that names no service covers all."""
    hold_patient(session, actor, patient_id)
    refuse_after_dose(facts_about(session, actor, patient_id), now)
    row = PrivatePay(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        services=services,
        signed_at=now,
        ends_on=ends_on,
    )
    session.add(row)
    changed(session, actor, "private-pay.agree", patient_id, now=now, subject=("agreement", row.id))
    return row


@dataclass(frozen=True)
class Approved:
    """What a payer has approved: so many units of a service, on dates both included."""

    service: str
    units: int
    unit: str
    first: date
    last: date
    payer: str = ""
    reference: str = ""
    review_on: date | None = None


def authorize(
    session: Session, actor: Actor, patient_id: str, approved: Approved, *, now: datetime
) -> Authorization:
    """Write down what a payer has approved.

    NotUnderstood where its dates run backwards or overlap another of the service: one date has
    one authorization.
    """
    hold_patient(session, actor, patient_id)
    facts = facts_about(session, actor, patient_id)
    if approved.last < approved.first:
        raise NotUnderstood("it ends before it begins", fix="mend its dates", place="last")
    for other in facts.authorizations:
        overlaps = other.first <= approved.last and approved.first <= other.last
        if other.service == approved.service and overlaps:
            says = f"it overlaps the one from {other.first} to {other.last}"
            raise NotUnderstood(says, fix="begin on the day after it", place="first")
    row = Authorization(
        clinic_id=actor.clinic_id,
        patient_id=patient_id,
        position=len(facts.authorizations),
        **vars(approved),
    )
    session.add(row)
    for one in facts.authorizations:
        if one.service == approved.service:
            work.settle(session, actor.clinic_id, RENEW, str(one.id), now=now)
    subject = ("authorization", row.id)
    changed(session, actor, "authorization.add", patient_id, now=now, subject=subject)
    return row


def usages(protocol: LibraryPathway, facts: Facts) -> list[Usage]:
    """Every authorization of a patient with what has used it, in order of its dates."""
    return [usage_of(protocol, facts, one) for one in facts.authorizations]


def not_covered(protocol: LibraryPathway, facts: Facts) -> list[Appointment]:
    """The appointments for which no unit is left, and which nobody pays for privately."""
    services = {a.needs_authorization for a in protocol.activities if a.needs_authorization}
    found = [
        row
        for service in sorted(services)
        for row in at_risk(protocol, facts, service)
        if not paid_privately(facts, service, facts.house.day(row.start))
    ]
    return sorted(found, key=lambda row: row.start)


def renew_from(protocol: LibraryPathway, usage: Usage, today: date) -> date:
    """From when more is to be asked for: so long before its end, few units left, or a review.

    Whichever comes first; ``today`` where few units are left already.
    """
    cover, row = protocol.coverage, usage.authorization
    dates = [row.last - timedelta(days=cover.renew_days)]
    if row.review_on is not None:
        dates.append(row.review_on)
    if usage.left_percent <= cover.low_percent:
        dates.append(today)
    return min(dates)


def verify_again_on(facts: Facts) -> date | None:
    """The last date on which the cover of a patient counts as verified; None where it never was."""
    ends = [
        min(filter(None, (verified_until(facts, c), c.plan_year_ends))) for c in facts.coverages
    ]
    return max(ends, default=None)

"""What must be signed, for whom, and how long before; and the partner's side of it."""

from collections.abc import Iterator
from datetime import datetime

from pathways.protocol.care import ConsentForm
from scheduler.care.facts import Facts
from scheduler.care.requirements.requirement import Case, Requirement, rule
from scheduler.care.requirements.screening import signed, unanswered
from scheduler.store.tables import Consent


def stands(consent: Consent, case: Case) -> bool:
    """Whether a consent holds at the time of the appointment: not revoked, not expired."""
    return consent.revoked_at is None and (
        consent.expires_on is None or case.day <= consent.expires_on
    )


def consents_to_the_dose_are_signed(case: Case) -> Iterator[Requirement]:
    """R-09: each consent that a dose needs; before the first dose early enough."""
    for form in case.protocol.consents:
        if form.needed_for == "dose":
            yield _consent(case, form)


def _consent(case: Case, form: ConsentForm) -> Requirement:
    signatures = [c for c in case.facts.consents if c.kind == form.id and stands(c, case)]
    latest = case.first_drug
    if case.is_first_dose and form.lead is not None:
        latest -= form.lead
    early = [consent for consent in signatures if consent.signed_at <= latest]
    says = f"the consent {form.id!r} ({form.title}) is not signed"
    if signatures:
        says = f"the consent {form.id!r} was signed too late for this dose"
    return case.asks(
        rule("consent"),
        form.id,
        met=bool(early),
        says=says,
        fix=f"have it signed by {_clock(case, latest)}, or move the dose",
    )


def _clock(case: Case, moment: datetime) -> str:
    return moment.astimezone(case.facts.house.zone).strftime("%a %d %b %H:%M")


def a_session_by_video_is_consented_to(case: Case) -> Iterator[Requirement]:
    """R-09: consent to telehealth before a session by video."""
    if case.appointment.modality != "virtual":
        return
    for form in case.protocol.consents:
        if form.needed_for == "virtual session":
            signatures = [c for c in case.facts.consents if c.kind == form.id and stands(c, case)]
            yield case.asks(
                rule("consent"),
                form.id,
                met=any(c.signed_at <= case.appointment.start for c in signatures),
                says=f"the consent {form.id!r} ({form.title}) is not signed",
                fix="have it signed before the session",
            )


def the_partner_is_screened_and_has_consented(case: Case) -> Iterator[Requirement]:
    """R-38: both partners of a couple have a screening and a consent of their own."""
    if case.protocol.couples is None:
        return
    partner = case.facts.partner
    if partner is None:
        says, met = "no partner is named on a couples' pathway", False
    else:
        says = "the partner is not screened, or has not consented to the treatment"
        met = _screened(case, partner) and _consented(case, partner)
    fix = "each partner is screened and signs for themselves"
    yield case.asks(rule("partner"), "partner", met=met, says=says, fix=fix)


def _screened(case: Case, partner: Facts) -> bool:
    screening = signed(partner)
    return screening is not None and not unanswered(case.protocol, screening)


def _consented(case: Case, partner: Facts) -> bool:
    needed = {form.id for form in case.protocol.consents if form.needed_for == "dose"}
    return needed <= {consent.kind for consent in partner.consents if stands(consent, case)}

"""Whether somebody may be treated at all: the screening, and the clearances that rest on it."""

from collections.abc import Iterator
from datetime import timedelta

from pathways.levels import levels
from pathways.protocol import LibraryPathway
from pathways.protocol.care import ClearanceKind, ScreeningItem
from pathways.safety import eligibility
from scheduler.care.facts import Facts
from scheduler.care.requirements.requirement import Case, Requirement, rule
from scheduler.store.tables import Clearance, Screening

ASK = "complete the screening and let a clinician sign it"


def unanswered(protocol: LibraryPathway, screening: Screening) -> list[ScreeningItem]:
    """The items of the checklist without an answer, or with "unknown"."""
    answers = screening.answers
    return [item for item in protocol.screening if answers.get(item.id) not in ("yes", "no")]


def found(protocol: LibraryPathway, screening: Screening, strength: str) -> list[ScreeningItem]:
    """The items of a strength to which the answer is yes."""
    return [
        item
        for item in protocol.screening
        if item.strength == strength and screening.answers.get(item.id) == "yes"
    ]


def signed(facts: Facts) -> Screening | None:
    """The screening that counts, once it is signed."""
    screening = facts.screening
    return screening if screening is not None and screening.signed_at else None


def the_screening_is_complete_and_signed(case: Case) -> Iterator[Requirement]:
    """R-03: an unknown answer, or a review that nobody has signed, is no clearance."""
    screening = signed(case.facts)
    missing = unanswered(case.protocol, screening) if screening else []
    what = ", ".join(item.id for item in missing)
    says = f"the screening does not know: {what}" if missing else "no screening has been signed"
    met = screening is not None and not missing
    yield case.asks(rule("screening"), "screening", met=met, says=says, fix=ASK)


def nothing_forbids_the_treatment(case: Case) -> Iterator[Requirement]:
    """R-04: a yes to an absolute item, which nobody sets aside."""
    screening = signed(case.facts)
    items = found(case.protocol, screening, "absolute") if screening else []
    what = ", ".join(item.id for item in items)
    yield case.asks(
        rule("contraindication"),
        "contraindication",
        met=not items,
        says=f"the screening found what forbids the treatment: {what}",
        fix="a prescriber decides on another treatment, or mends the screening",
    )


def what_was_found_is_cleared(case: Case) -> Iterator[Requirement]:
    """R-04: a yes to a relative item waits for a clearance by who may give it."""
    screening = signed(case.facts)
    for item in found(case.protocol, screening, "relative") if screening else ():
        yield case.asks(
            rule("doubt"),
            item.id,
            met=any(_clears(case, c, screening) for c in case.facts.given(item.clearance)),
            says=f"{item.id} was answered with yes and has not been cleared",
            fix=f"{' or '.join(item.cleared_by)} gives the clearance {item.clearance}, or not",
        )


def _clears(case: Case, clearance: Clearance, screening: Screening | None) -> bool:
    since = screening.signed_at if screening else None
    return (
        since is not None
        and clearance.given_at is not None
        and clearance.given_at >= since
        and clearance.first <= case.day <= clearance.last
    )


def answers_are_not_too_old(case: Case) -> Iterator[Requirement]:
    """R-05: what a screening item asks about was looked at recently enough for the day."""
    screening = signed(case.facts)
    if screening is None or screening.signed_at is None:
        return
    asked_on = case.facts.house.day(screening.signed_at)
    for item in case.protocol.screening:
        if item.valid_days is None or item.strength == "advisory":
            continue
        last = asked_on + timedelta(days=item.valid_days)
        met = case.day <= last
        says = "" if met else f"{item.id} counts until {last:%d %b %Y} and the dose comes after"
        yield case.asks(rule("clearance"), item.id, met=met, says=says, fix="screen again")


def every_clearance_is_valid_on_the_day(case: Case) -> Iterator[Requirement]:
    """R-05: each kind that the dose needs, on its date; the first dose not too long after it."""
    kinds = {kind.id: kind for kind in case.protocol.clearances}
    for name in case.activity.needs_clearance if case.activity else ():
        kind = kinds[name]
        given = case.facts.given(name)
        met = any(holds(kind, clearance, case) for clearance in given)
        by = " or ".join(kind.given_by)
        yield case.asks(
            rule("clearance"),
            name,
            met=met,
            says="" if met else _missing(case, kind, given),
            fix=f"{by} gives the clearance {name}",
        )


def holds(kind: ClearanceKind, clearance: Clearance, case: Case) -> bool:
    """Whether a clearance covers the day of the case, both ends included."""
    if not clearance.first <= case.day <= clearance.last:
        return False
    within = kind.first_dose_within_days
    if not case.is_first_dose or within is None or clearance.obtained_on is None:
        return True
    return case.day <= clearance.obtained_on + timedelta(days=within)


def _missing(case: Case, kind: ClearanceKind, given: list[Clearance]) -> str:
    if not given:
        return f"there is no clearance {kind.id} ({kind.title})"
    last = max(clearance.last for clearance in given)
    if case.day <= last:
        return f"the clearance {kind.id} is too old for a first dose on {case.day:%d %b %Y}"
    return f"the clearance {kind.id} ended on {last:%d %b %Y}"


def substance_use_is_stabilised(case: Case) -> Iterator[Requirement]:
    """R-06: no dose while substance use is active and not stabilised."""
    yield case.asks(
        eligibility.every_dose_waits_for_stabilised_use,
        "substance-use",
        met=case.facts.patient.substance_status != "active_unstabilised",
        says="substance use is active and not stabilised",
        fix="an addiction clinician says when it is stabilised",
    )


def the_level_of_care_holds_doses(case: Case) -> Iterator[Requirement]:
    """R-06: detox and residential levels hold no outpatient dose."""
    level = levels()[case.level]
    yield case.asks(
        eligibility.doses_stay_on_levels_that_may_hold_them,
        "level-of-care",
        met=level.holds_doses,
        says=f"the patient is on the level {level.title!r}, which holds no dose",
        fix="move the dose, or decide on another level of care",
    )

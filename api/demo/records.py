"""What care rests on: screenings, consents, clearances, cover, evaluations."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, select

from api.demo.cast import Cast, Person
from api.demo.writing import CLINIC, write
from pathways.service import service_rules
from scheduler.care.requirements.medicines import DRUG_ON_SITE, MEDICINES, MONITORING_PROGRAMME
from scheduler.store.tables import Clearance, Consent, Coverage, PrivatePay, Screening

_MORNING = 10 * 60
_PRIVATE, _LAPSED = 8, frozenset({23, 41})
"""Who pays privately, and whose cover is to be verified again."""

_TAKES_MEDICINES = 11  # every eleventh takes something that is looked at before a dose
EXPIRES = "pregnancy-test"


def keep_records(cast: Cast) -> None:
    """Everything that was asked, signed, cleared and verified before now."""
    write(cast.session, Screening, (row for p in cast.people for row in _screening(cast, p)))
    write(cast.session, Consent, (row for p in cast.people for row in _consents(cast, p)))
    write(cast.session, Clearance, (row for p in cast.people for row in _done(cast, p)))
    write(cast.session, Coverage, (row for p in cast.people for row in _cover(cast, p)))
    write(cast.session, PrivatePay, (row for p in cast.people for row in _private(cast, p)))
    for person in cast.people:
        _evaluate(cast, person)
        _review_level(cast, person)
    _end_clearance(cast)


def begun(cast: Cast, person: Person) -> datetime:
    """When somebody was admitted: some days before their course, at the latest yesterday."""
    early = cast.at(person.enrolment.start - timedelta(days=4), _MORNING)
    return min(early, cast.at(cast.today - timedelta(days=1), _MORNING))


def _screening(cast: Cast, person: Person) -> Iterator[dict[str, Any]]:
    """Everybody's but that of the last newcomer, which waits for a signature."""
    made = begun(cast, person)
    waits = bool(cast.newcomers) and person is cast.newcomers[-1]
    answers = {item.id: "no" for item in person.protocol.screening}
    if person.number % 8 == 3 and "sleep-apnoea" in answers:
        answers["sleep-apnoea"] = "yes"
    yield {
        "patient_id": person.id,
        "pathway_id": person.protocol.id,
        "pathway_version": person.protocol.version,
        "answers": answers,
        "made_at": made,
        "signed_at": None if waits else made + timedelta(minutes=25),
    }


def _consents(cast: Cast, person: Person) -> Iterator[dict[str, Any]]:
    for form in person.protocol.consents:
        taken_back = person.id == cast.withdrawn and form.id == "treatment"
        yield {
            "patient_id": person.id,
            "kind": form.id,
            "form_version": "2026-01",
            "signed_at": begun(cast, person) + timedelta(minutes=40),
            "revoked_at": cast.now - timedelta(hours=20) if taken_back else None,
        }


def _done(cast: Cast, person: Person) -> Iterator[dict[str, Any]]:
    """The monitoring programme looked at, the drug on site, medicines reviewed."""
    if not person.doses:
        return
    looked = cast.at(cast.day(person.doses[0].start), 7 * 60 + 30)
    eve = cast.at(cast.day(person.doses[0].start) - timedelta(days=1), 8 * 60 + 30)
    for moment in (looked, eve):
        if moment <= cast.now:
            yield _clearance(cast, person, MONITORING_PROGRAMME, moment, days=200)
            break
    if person.number % _TAKES_MEDICINES == 5:
        person.patient.assessment = {"medicines": [m.id for m in person.protocol.medicines[:1]]}
    for dose in person.doses:
        yield from _before_dose(cast, person, dose.start)


def _before_dose(cast: Cast, person: Person, start: datetime) -> Iterator[dict[str, Any]]:
    """What is done two days before each dose."""
    done, day = cast.at(cast.day(start) - timedelta(days=2), _MORNING), cast.day(start)
    if done > cast.now:
        return
    kinds = [DRUG_ON_SITE] if person.protocol.supply.certified_site else []
    if person.patient.assessment.get("medicines"):
        kinds.append(MEDICINES)
    for kind in kinds:
        yield {
            "patient_id": person.id,
            "kind": kind,
            "first": day,
            "last": day,
            "obtained_on": cast.day(done),
            "given_at": done,
        }


def _clearance(
    cast: Cast, person: Person, kind: str, given: datetime, *, days: int
) -> dict[str, Any]:
    return {
        "patient_id": person.id,
        "kind": kind,
        "first": cast.day(given),
        "last": cast.day(given) + timedelta(days=days),
        "obtained_on": cast.day(given),
        "given_at": given,
    }


def _cover(cast: Cast, person: Person) -> Iterator[dict[str, Any]]:
    """Verified before the course, and again while it runs."""
    if person.number == _PRIVATE:
        return
    again = service_rules().cover.verified_again_days
    first = cast.today - timedelta(days=2 + person.number % (again - 4))
    late = again + 1 if person.number in _LAPSED and not _near(cast, person) else 0
    yield {
        "patient_id": person.id,
        "payer": "Fictional Health" if person.number % 4 else "Imaginary Mutual",
        "member_number": f"FICTION-{1000 + person.number}",
        "verified_at": cast.at(first - timedelta(days=late), _MORNING),
    }


def _near(cast: Cast, person: Person) -> bool:
    """Whether a dose of today or tomorrow waits for it."""
    dose = person.dose_after(cast.at(cast.today, 0))
    return dose is not None and dose.start < cast.at(cast.today + timedelta(days=2), 0)


def _private(cast: Cast, person: Person) -> Iterator[dict[str, Any]]:
    if person.number == _PRIVATE:
        yield {"patient_id": person.id, "signed_at": begun(cast, person)}


def _evaluate(cast: Cast, person: Person) -> None:
    """What a prescriber has decided on going on; a few of the last days wait, where none hangs."""
    given = [dose for dose in person.doses if dose.end < cast.now]
    found = []
    for evaluation in person.protocol.evaluations:
        due = _due(given, evaluation.after_dose, evaluation.from_day)
        recent = due is not None and cast.now - due < timedelta(days=4)
        if due is None or (recent and person.number % 2 and not _near(cast, person)):
            continue
        at = min(due + timedelta(hours=20), cast.now)
        found.append({"id": evaluation.id, "at": at.isoformat(), "goes_on": True})
        person.enrolment.evaluated_at = at
    person.enrolment.evaluations = found


def _due(given: list[Any], after_dose: int | None, from_day: int | None) -> datetime | None:
    if after_dose is not None:
        return given[after_dose - 1].end if len(given) >= after_dose else None
    if not given or from_day is None:
        return None
    due: datetime = given[0].start + timedelta(days=from_day)
    return due if due < given[-1].end + timedelta(days=7) else None


def _review_level(cast: Cast, person: Person) -> None:
    """The level of care was reviewed in time, but for a few of today."""
    every = timedelta(days=service_rules().level_review.every_days)
    reviewed = person.enrolment.start + every
    while reviewed + every < cast.today:
        reviewed += every
    if reviewed < cast.today or (reviewed == cast.today and person.number % 3):
        person.enrolment.level_reviewed_on = reviewed


def _end_clearance(cast: Cast) -> None:
    """Give the clearances of the file a time, and let one of them end tomorrow."""
    rows = cast.session.exec(
        select(Clearance).where(Clearance.clinic_id == CLINIC, col(Clearance.given_at).is_(None))
    )
    admitted = {person.id: begun(cast, person) for person in cast.people}
    for row in rows:
        row.given_at = admitted[row.patient_id] + timedelta(hours=1)
        if row.patient_id == cast.expiring and row.kind == EXPIRES:
            row.last = cast.today + timedelta(days=1)

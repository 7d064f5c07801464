"""Names, ways to reach people, who drives them, who works here: all of it plainly invented."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import select

from api.demo.cast import Cast, Person
from api.demo.writing import CLINIC, write
from scheduler.acting import ROLES
from scheduler.reminders.consent import AFTER_HOURS_SETTING, ALL
from scheduler.store.tables import (
    Account,
    ContactPoint,
    MessageConsent,
    OnDuty,
    Practitioner,
    RideContact,
)
from scheduler.store.vault import vault

PHONE, AFTER_HOURS = "+1 202 555 0100", "+12025550199"
"""Numbers that are kept free for fiction."""

_TITLES = {"nurse": "Nurse", "dr": "Dr", "np": "NP"}
_OF_ROLE = {"nurse": "nurse-heron", "prescriber": "dr-owl", "therapist": "finch"}
_DRIVERS = ("Avery", "Blake", "Casey", "Drew", "Emery", "Frankie", "Harper", "Jules")
_SHIFTS = ((8 * 60, 20 * 60), (20 * 60, 32 * 60))


def introduce(cast: Cast) -> None:
    """Give everybody a name, a number and a driver, and the clinic its people on duty."""
    cast.clinic.settings = {
        "phone": PHONE,
        AFTER_HOURS_SETTING: AFTER_HOURS,
        "certified_site": True,
        "state": "NY",
        "licensed_states": ["NY"],
        "sender": "Lantern Hill",
        "payer": "Fictional Health",
    }
    for person in cast.people:
        _name(person)
    _name_staff(cast)
    write(cast.session, ContactPoint, _contacts(cast))
    write(cast.session, MessageConsent, _agreements(cast))
    write(cast.session, OnDuty, _duties(cast))
    _see_to_rides(cast)


def _name(person: Person) -> None:
    patient, number = person.patient, person.number
    patient.name = f"{patient.id.title()} Example"
    patient.birth_date = f"19{60 + number % 40}-0{number % 9 + 1}-{number % 27 + 1:02d}"
    patient.language = "es" if number % 6 == 5 else "en"
    patient.state = "NY"
    if "dual-diagnosis" in person.enrolment.pathway_id:
        patient.sud, patient.substance_status = True, "stabilised"


def _name_staff(cast: Cast) -> None:
    rows = cast.session.exec(select(Practitioner).where(Practitioner.clinic_id == CLINIC))
    for row in rows:
        title, _, bird = row.id.rpartition("-")
        row.name = f"{_TITLES.get(title, '')} {bird.title()}".strip()


def accounts(shown: str, now: datetime) -> Iterator[Account]:
    """An account for each role; the patient's is of the one who is shown."""
    for role in ROLES:
        who = shown if role == "patient" else role
        address = f"{role.replace(' ', '.')}@lantern-hill.example"
        yield Account(
            clinic_id=CLINIC,
            name=f"{who.title()} Example",
            email=address,
            email_mark=vault().mark(address),
            roles=[role],
            patient_id=shown if role == "patient" else None,
            practitioner_id=_OF_ROLE.get(role),
            created_at=now,
        )


def _contacts(cast: Cast) -> Iterator[dict[str, Any]]:
    for person in cast.people:
        phone = f"+1202555{100 + person.number:04d}"
        address = f"{person.id}@patients.example"
        verified = cast.now - timedelta(days=20 + person.number)
        for kind, value in (("phone", phone), ("email", address)):
            yield {
                "patient_id": person.id,
                "kind": kind,
                "value": value,
                "mark": vault().mark(value),
                "preferred": kind == "phone",
                "verified_at": verified,
            }


def _agreements(cast: Cast) -> Iterator[dict[str, Any]]:
    """Everybody has agreed to messages; one has said stop since."""
    for person in cast.people:
        for channel in ("sms", "e-mail"):
            stopped = channel == "sms" and person.number == 17
            yield {
                "patient_id": person.id,
                "channel": channel,
                "purpose": ALL,
                "given_at": cast.now - timedelta(days=70 + person.number),
                "revoked_at": cast.now - timedelta(days=3) if stopped else None,
                "caps": "more" if person.number % 3 else "usual",
            }


def _duties(cast: Cast) -> Iterator[dict[str, Any]]:
    """By day and by night, from yesterday for a week."""
    for after in range(-1, 7):
        day = cast.today + timedelta(days=after)
        for place, role in enumerate(("charge nurse", "prescriber", "therapist")):
            for night, (begin, end) in enumerate(_SHIFTS):
                yield {
                    "role": role,
                    "name": f"{role.title()} Example",
                    "phone": f"+12025550{180 + 2 * place + night}",
                    "start": cast.at(day, begin),
                    "end": cast.at(day, end % (24 * 60))
                    if end <= 24 * 60
                    else cast.at(day + timedelta(days=1), end - 24 * 60),
                }


def _see_to_rides(cast: Cast) -> None:
    """Everybody has a driver, who has said yes to what is soon; one has not answered."""
    soon = cast.now + timedelta(days=3)
    rows = []
    for person in cast.people:
        contact = _driver(cast, person)
        rows.append(contact)
        for dose in person.doses:
            dose.ride_contact_id = contact.id
            if dose.start < soon and dose is not cast.unconfirmed:
                dose.ride_confirmed_at = min(dose.start - timedelta(days=2), cast.now)
    cast.session.add_all(rows)


def _driver(cast: Cast, person: Person) -> RideContact:
    phone = f"+1202555{300 + person.number:04d}"
    return RideContact(
        clinic_id=CLINIC,
        patient_id=person.id,
        name=f"{_DRIVERS[person.number % len(_DRIVERS)]} Fictional",
        phone=phone,
        phone_mark=vault().mark(phone),
        kind="service" if person.number % 9 == 4 else "adult",
        released_until=cast.today + timedelta(days=180) if person.number % 7 else None,
    )

"""Where the patient is, and how they get home."""

from collections.abc import Iterator
from datetime import date

from dateutil.relativedelta import relativedelta

from pathways.protocol import LibraryPathway
from scheduler.care.requirements.requirement import Case, Requirement, rule
from scheduler.reminders.people import GUESTS
from scheduler.store.tables import RideContact


def ride_fault(protocol: LibraryPathway, ride: RideContact | None) -> str | None:
    """Why somebody may not take the patient home; None where they may."""
    if ride is None:
        return "nobody is named who takes the patient home"
    if ride.revoked_at is not None:
        return "the person who was to take the patient home is not agreed on any more"
    if ride.kind in GUESTS:
        return "a sitter or a guest of the family is not agreed on as the ride home"
    if ride.kind == "rideshare" and not protocol.rides.rideshare_alone:
        return "a ride-share alone is not enough on this pathway"
    return None


def somebody_takes_the_patient_home(case: Case) -> Iterator[Requirement]:
    """R-29: a named adult or agreed service has confirmed; nobody drives themselves."""
    if case.protocol.setting != "clinic":
        return
    ride_id = case.appointment.ride_contact_id
    ride = next((r for r in case.facts.rides if r.id == ride_id), None)
    fault = ride_fault(case.protocol, ride)
    confirmed = case.appointment.ride_confirmed_at is not None
    yield case.asks(
        rule("ride"),
        "ride",
        met=fault is None and confirmed,
        says=fault or "the ride home is not confirmed",
        fix="name who takes the patient home and have them confirm",
    )


def who_is_seen_by_video_is_where_the_clinic_may_treat(case: Case) -> Iterator[Requirement]:
    """R-35: the state in which the patient is, and a number to call back."""
    if case.appointment.modality != "virtual":
        return
    licensed = case.facts.house.clinic.settings.get("licensed_states", [])
    state = case.facts.patient.state
    yield case.asks(
        rule("away"),
        "state",
        met=bool(state) and state in licensed,
        says=f"the clinic has no licence for where the patient is ({state or 'unknown'})",
        fix="record the patient's state, or see them in person",
    )
    yield case.asks(
        rule("away"),
        "callback",
        met=any(c.kind == "phone" and c.frozen_at is None for c in case.facts.contacts),
        says="there is no telephone number on which to call the patient back",
        fix="record one",
    )


def nobody_takes_it_alone_at_home(case: Case) -> Iterator[Requirement]:
    """R-35: a dose at home has an adult sitter and an address for help to come to."""
    home = case.protocol.home
    if case.protocol.setting != "home" or home is None:
        return
    assessment = case.facts.patient.assessment
    yield case.asks(
        rule("away"),
        "sitter",
        met=is_adult(assessment.get("sitter_born"), home.sitter_age, case.day),
        says=f"no sitter of at least {home.sitter_age} years is on record",
        fix="record who sits with the patient, and when they were born",
    )
    yield case.asks(
        rule("away"),
        "address",
        met=bool(assessment.get("address")),
        says="there is no address to which help could come",
        fix="record where the patient will be",
    )


def is_adult(born: object, age: int, day: date) -> bool:
    """Whether somebody born on a date (ISO text) is so old on a day; False where it is unknown."""
    if not isinstance(born, str):
        return False
    return date.fromisoformat(born) + relativedelta(years=age) <= day

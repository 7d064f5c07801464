"""Bringing the demo clinic in, moved by whole weeks so that its busy week is this one."""

import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from api.auth import entering
from pathways import reading, timing
from scheduler.acting import ROLES
from scheduler.scenarios.taking import bring_in
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.store.tables import Account, Appointment, Clinic, ContactPoint, Patient
from scheduler.store.vault import vault

ANCHOR = date(2027, 3, 1)
"""The Monday of the week that is moved to this one."""

CLINIC = "lantern-hill"
SHOWN_PATIENT = "birch"
"""The patient whose own page the printed link opens."""

_LINKS_GOOD_FOR = timedelta(hours=12)
_DATES = frozenset({"from", "to", "date"})


def load_once(store: Store, *, now: datetime) -> bool:
    """Bring the demo clinic in unless it is there; whether it was brought in now."""
    with store.writing() as session:
        if session.get(Clinic, CLINIC) is not None:
            return False
        scenario = reading.read_scenario(_with_newcomers(moved(document_of_demo(), now), now))
        bring_in(session, scenario, now=now)
        _name_people(session, now)
        _live_the_past(session, now)
    return True


def document_of_demo() -> dict[str, Any]:
    """The demo clinic as it is kept, in the week of its anchor."""
    packed = resources.files("api.demo").joinpath("clinic.json.gz").read_bytes()
    document: dict[str, Any] = json.loads(gzip.decompress(packed))
    return document


def _with_newcomers(document: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The document without what is booked for those who begin next week: somebody to plan."""
    today = now.astimezone(timing.zone(document["clinic"]["timezone"])).date().isoformat()
    new = {p["id"] for p in document["patients"] if p["start"] > today}
    booked = [b for b in document["booked"] if not new & set(b["patients"])]
    return document | {"booked": booked}


def moved(document: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The document with everything later or earlier by whole weeks, wall clocks kept."""
    zone = timing.zone(document["clinic"]["timezone"])
    today = now.astimezone(zone).date()
    by = today - timedelta(days=today.weekday()) - ANCHOR
    result: dict[str, Any] = _moved(document, by, zone, "")
    return result


def _moved(value: Any, by: timedelta, zone: ZoneInfo, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _moved(inner, by, zone, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner, by, zone, key) for inner in value]
    if not isinstance(value, str) or key not in {"start", "end", "until", *_DATES}:
        return value
    if "T" in value:
        return _moved_instant(datetime.fromisoformat(value), by, zone).isoformat()
    if len(value) == len("2027-03-01"):
        return (date.fromisoformat(value) + by).isoformat()
    return value


def _moved_instant(moment: datetime, by: timedelta, zone: ZoneInfo) -> datetime:
    """The same wall clock on the other date."""
    local = moment.astimezone(zone)
    minutes = local.hour * 60 + local.minute
    return timing.instant(local.date() + by, minutes, zone)


def _name_people(session: Session, now: datetime) -> None:
    """Names, ways to reach them and accounts, all of them invented."""
    patients = session.exec(
        select(Patient).where(Patient.clinic_id == CLINIC).order_by(col(Patient.position))
    ).all()
    for number, patient in enumerate(patients):
        patient.name = f"{patient.id.title()} Example"
        patient.birth_date = f"19{60 + number % 40}-0{number % 9 + 1}-{number % 27 + 1:02d}"
        patient.language = "es" if number % 6 == 5 else "en"
        phone = f"+1202555{100 + number:04d}"
        session.add(
            ContactPoint(
                clinic_id=CLINIC,
                patient_id=patient.id,
                kind="phone",
                value=phone,
                mark=vault().mark(phone),
                preferred=True,
                verified_at=now,
            )
        )
    for role in ROLES:
        name = SHOWN_PATIENT if role == "patient" else role
        session.add(_account(role, f"{name.title()} Example", now))


def _account(role: str, name: str, now: datetime) -> Account:
    address = f"{role.replace(' ', '.')}@lantern-hill.example"
    return Account(
        clinic_id=CLINIC,
        name=name,
        email=address,
        email_mark=vault().mark(address),
        roles=[role],
        patient_id=SHOWN_PATIENT if role == "patient" else None,
        created_at=now,
    )


def _live_the_past(session: Session, now: datetime) -> None:
    """What is over has taken place, but for a few who did not come."""
    rows = session.exec(
        select(Appointment).where(Appointment.clinic_id == CLINIC, Appointment.end < now)
    ).all()
    for number, row in enumerate(rows):
        missed = not row.is_dose and number % 23 == 7
        row.status = "noshow" if missed else "fulfilled"


def enter_links(store: Store, settings: Settings, *, now: datetime) -> Iterator[str]:
    """A line for each role with a link that signs in once."""
    with store.writing() as session:
        for account in session.exec(select(Account).where(Account.clinic_id == CLINIC)).all():
            token = entering.make_link(session, account, now=now, good_for=_LINKS_GOOD_FOR)
            yield f"  {account.roles[0]:<26} {settings.own_url}/enter/{token}"

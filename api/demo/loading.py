"""Bringing the demo clinic in, moved by whole weeks so that its busy week is this one."""

import gc
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from api.auth import entering
from api.demo import attendance, desk, people, records, scores, visits
from api.demo.cast import Cast, cast_of
from api.demo.writing import CLINIC
from pathways import reading, timing
from scheduler import runs
from scheduler.acting import Actor
from scheduler.scenarios.taking import bring_in
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.store.tables import Account, Clinic

ANCHOR = date(2027, 3, 1)
"""The Monday of the week that is moved to this one."""

_LINKS_GOOD_FOR = timedelta(hours=12)
_SECONDS = 10.0
_DATES = frozenset({"from", "to", "date"})


def is_there(store: Store) -> bool:
    """Whether the demo clinic has been brought in."""
    with store.reading() as session:
        return session.get(Clinic, CLINIC) is not None


def load_once(store: Store, *, now: datetime) -> bool:
    """Bring the demo clinic in unless it is there; whether it was brought in now."""
    with _unswept(), store.writing() as session:
        if session.get(Clinic, CLINIC) is not None:
            return False
        scenario = reading.read_scenario(_with_newcomers(moved(document_of_demo(), now), now))
        bring_in(session, scenario, now=now)
        _live(session, now)
    return True


@contextmanager
def _unswept() -> Iterator[None]:
    """No looking for garbage while tens of thousands of records come to be that all stay."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _live(session: Session, now: datetime) -> None:
    """Let everything that lies behind have happened, and what lies ahead be asked for."""
    cast = cast_of(session, now)
    people.introduce(cast)
    staff = {row.roles[0]: row for row in people.accounts(shown_patient(cast), now)}
    session.add_all(staff.values())
    session.flush()
    attendance.keep_attendance(cast)
    records.keep_records(cast)
    scores.keep_scores(cast)
    every = visits.keep_sessions(cast, staff)
    attendance.keep_status(every)
    session.flush()
    desk.open_work(cast, every)
    desk.write_messages(cast)
    _ask_for_a_plan(cast, staff["coordinator"])


def shown_patient(cast: Cast) -> str:
    """Whose page the printed link opens: who must not drive now, else who is treated next."""
    eve = cast.at(cast.today - timedelta(days=1), 0)
    recent = [
        (dose.start > cast.now, abs(dose.start - cast.now), person.id)
        for person in cast.people
        for dose in person.doses
        if dose.start >= eve
    ]
    return min(recent)[2] if recent else cast.people[0].id


def _ask_for_a_plan(cast: Cast, coordinator: Account) -> None:
    """A course for one newcomer is searched for at once: a draft to decide on."""
    if cast.newcomers:
        actor = Actor(CLINIC, coordinator.id, frozenset(coordinator.roles))
        asked = {"seconds": _SECONDS, "alternatives": 1, "seed": 0}
        patients = [cast.newcomers[0].id]
        runs.ask(cast.session, actor, "plan", asked, patients=patients, now=cast.now)


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


def enter_links(store: Store, settings: Settings, *, now: datetime) -> Iterator[str]:
    """A line for each role with a link that signs in once."""
    with store.writing() as session:
        for account in session.exec(select(Account).where(Account.clinic_id == CLINIC)).all():
            token = entering.make_link(session, account, now=now, good_for=_LINKS_GOOD_FOR)
            yield f"  {account.roles[0]:<26} {settings.own_url}/enter/{token}"

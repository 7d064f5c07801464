"""A small clinic in the store, and short ways to book, find and look in it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, select

from pathways import reading
from scheduler.acting import Actor
from scheduler.appointments import finding, making
from scheduler.appointments.finding import Asked
from scheduler.appointments.offering import Offer
from scheduler.booking import Promise
from scheduler.scenarios.taking import bring_in
from scheduler.store.session import Store
from scheduler.store.tables import Account, Appointment, LedgerSlot, Task
from scheduler.tracking import TAKES_TIME
from tests import factories

BEFORE = datetime(2027, 1, 1, 15, tzinfo=UTC)
"""A Friday, three days before the clinic's first date."""

COORDINATOR = Actor("harbor", None, frozenset({"coordinator"}), name="test")


def opened(store: Store, **changes: Any) -> None:
    """The factories' clinic, changed as asked, in the store."""
    with store.writing() as session:
        bring_in(session, reading.read_scenario(factories.scenario(**changes)), now=BEFORE)


def person(store: Store, *roles: str) -> Actor:
    """Somebody with an account, who may set rules aside."""
    account = Account(
        clinic_id="harbor",
        id=uuid4(),
        name="Fictional",
        email="x@example.org",
        email_mark=str(uuid4()),
        roles=list(roles),
        created_at=BEFORE,
    )
    with store.writing() as session:
        session.add(account)
    return Actor("harbor", account.id, frozenset(roles))


def offers(
    session: Session, activity: str, number: int = 1, patient: str = "ada", **more: Any
) -> tuple[Offer, ...]:
    """The free times of an occurrence."""
    now = more.pop("now", BEFORE)
    return finding.find(
        session, COORDINATOR, Asked(patient, activity, number, **more), now=now
    ).offers


def at(hour: int, minute: int = 0, *, day: int = 4) -> datetime:
    """A clock time of the clinic in January 2027."""
    return datetime(2027, 1, day, hour + 5, minute, tzinfo=UTC)


def booked(store: Store, activity: str, number: int, start: datetime, patient: str = "ada") -> UUID:
    """Book an occurrence at a start that is free; the appointment's id."""
    with store.writing() as session:
        (offer, *_) = offers(session, activity, number, patient, at=start, most=1)
        assert offer.start == start, f"{start} is not free, {offer.start} is"
        return making.book(session, COORDINATOR, offer, now=BEFORE).id


def row(store: Store, name: UUID) -> Appointment:
    with store.reading() as session:
        found = session.get(Appointment, ("harbor", name))
    assert found is not None
    return found


def tasks(store: Store) -> list[Task]:
    with store.reading() as session:
        return list(session.exec(select(Task).where(Task.status == "requested")))


def ledger_is_what_stands(session: Session) -> bool:
    """Whether the ledger holds what the standing appointments have promised, and no more."""
    promised: Counter[tuple[str, int]] = Counter()
    for status, taken in session.exec(select(Appointment.status, Appointment.taken)):
        for promise in map(Promise.read, taken if status in TAKES_TIME else ()):
            promised.update({(promise.resource, slot): promise.load for slot in promise.slots})
    rows = session.exec(select(LedgerSlot)).all()
    return {(r.resource, r.slot): r.load for r in rows} == dict(promised)


def later(moment: datetime, **by: float) -> datetime:
    return moment + timedelta(**by)

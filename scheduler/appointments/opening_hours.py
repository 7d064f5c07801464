"""Hours: when the clinic is open, and when somebody works. They hold from the change on.

Whoever shortens them is told what cannot stand any more: it becomes work, as with every fact.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, select

from pathways import timing
from pathways.record import WeekTable
from scheduler import audit
from scheduler.acting import Actor
from scheduler.appointments.breaking import Broken, Fact, dates_ahead, record_fact
from scheduler.booking import STEP
from scheduler.errors import NotThere, NotUnderstood, Stale
from scheduler.store.tables import Clinic, HouseMark, Practitioner

Hours = Mapping[str, Sequence[str]]
"""A week table of the contract: windows such as ``08:00-12:30`` by weekday, or by date."""


def opens(session: Session, actor: Actor, hours: Hours, *, now: datetime) -> list[Broken]:
    """The clinic is open at these hours from now on: which promises that breaks."""
    table = _understood(hours)
    if not any(table.on_weekday(day) for day in timing.WEEKDAYS):
        says = "the clinic would never be open"
        raise NotUnderstood(says, fix="close single days instead", place="hours")
    clinic = session.get(Clinic, actor.clinic_id)
    if clinic is None:
        raise NotThere("there is no such clinic")
    before = _understood(clinic.hours)
    change = _Shortened(session, actor, before, table, now)
    _refuse_overtaken(session, clinic, before)
    clinic.hours = table.model_dump(mode="json")
    return change.told("hours", ("clinic", clinic.id))


def works(
    session: Session, actor: Actor, practitioner_id: str, hours: Hours, *, now: datetime
) -> list[Broken]:
    """Somebody works at these hours from now on, or not at all: which promises that breaks."""
    table = _understood(hours)
    row = session.get(Practitioner, (actor.clinic_id, practitioner_id))
    if row is None:
        raise NotThere("there is no such practitioner")
    before = _understood(row.hours)
    change = _Shortened(session, actor, before, table, now)
    _refuse_overtaken(session, row, before)
    row.hours = table.model_dump(mode="json")
    return change.told("hours of work", ("practitioner", row.id))


def _refuse_overtaken(session: Session, row: Clinic | Practitioner, compared: WeekTable) -> None:
    """Stale where somebody has changed the hours since they were compared.

    The house's mark is held before its rows are: every fact writes them in this order.
    """
    clinic_id = row.id if isinstance(row, Clinic) else row.clinic_id
    session.exec(select(HouseMark).where(HouseMark.clinic_id == clinic_id).with_for_update()).all()
    session.refresh(row)
    if _understood(row.hours) != compared:
        raise Stale("somebody has changed these hours meanwhile", fix="look at them again")


def _understood(hours: Hours) -> WeekTable:
    """The hours; NotUnderstood, naming the place, where they cannot be used."""
    try:
        table = WeekTable.model_validate({day: list(windows) for day, windows in hours.items()})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(["hours", *(str(part) for part in first["loc"])])
        fix = "write each day's windows as HH:MM-HH:MM, one after the other"
        raise NotUnderstood(_words(first), fix=fix, place=place) from None
    for place, minutes in _edges(table):
        if timedelta(minutes=minutes) % STEP:
            fix = f"begin and end on a multiple of {STEP // timedelta(minutes=1)} minutes"
            raise NotUnderstood("a time is between two steps of the clock", fix=fix, place=place)
    return table


def _words(error: Any) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


def _edges(table: WeekTable) -> Iterator[tuple[str, int]]:
    for day, windows in table.root.items():
        for window in windows:
            yield f"hours.{day}", window.start
            yield f"hours.{day}", window.end


class _Shortened:
    """Hours in change: the dates on which they end earlier or begin later are looked at."""

    def __init__(
        self, session: Session, actor: Actor, before: WeekTable, after: WeekTable, now: datetime
    ) -> None:
        self.session, self.actor, self.now = session, actor, now
        ahead = dates_ahead(session, actor.clinic_id, now)
        dates = [day for day in ahead if _loses(before.on(day), after.on(day))]
        self.change = Fact(session, actor, dates, now) if dates else None

    def told(self, kind: str, subject: tuple[str, object]) -> list[Broken]:
        """What they break, on the work-list; nothing where they only grow longer."""
        if self.change is not None:
            found = self.change.broken(kind, subject)
        else:
            found = []
            record_fact(self.session, self.actor, kind, subject, 0, self.now)
        audit.tell(self.session, self.actor.clinic_id, *subject, at=self.now)
        return found


def _loses(before: Sequence[timing.Window], after: Sequence[timing.Window]) -> bool:
    """Whether a minute that was open is open no more."""
    return not all(
        any(new.start <= old.start and old.end <= new.end for new in after) for old in before
    )

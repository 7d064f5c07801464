"""What a clinic adds to its house: places, and people who treat. They can be booked at once.

A house is known by its mark, which the database draws anew with every row. Nobody else's time is
touched: a place or a person takes nothing from anybody.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from sqlmodel import Session, func, select

from pathways import scenario
from pathways.record import Record
from scheduler import audit
from scheduler.acting import Actor
from scheduler.appointments import opening_hours
from scheduler.booking import STEP
from scheduler.errors import Clash, NotUnderstood
from scheduler.scenarios.houses import House
from scheduler.store.session import insert_new
from scheduler.store.tables import GroupSeries, Location, Practitioner

Kept = TypeVar("Kept", bound=Record)
Row = TypeVar("Row", Location, Practitioner, GroupSeries)

LONGEST: Final = 80
"""Letters of an id."""


@dataclass(frozen=True)
class NewPlace:
    """A place: its kind, how many share a meeting there, the minutes between two visits.

    ``site`` is a label, such as another building.
    """

    id: str
    kind: str
    capacity: int | None = None
    turnover: int = 0
    site: str = ""


@dataclass(frozen=True)
class NewPerson:
    """Somebody who treats: what they are and can, and when they work."""

    name: str
    roles: Sequence[str]
    skills: Sequence[str] = ()
    hours: Mapping[str, Sequence[str]] = field(default_factory=dict)


def id_of(title: str) -> str:
    """The id by which a title is known: ``bay-4`` for ``Bay 4``; NotUnderstood for no letters."""
    found = "-".join(re.findall(r"[^\W_]+", title.lower()))[:LONGEST]
    if not found:
        raise NotUnderstood("a name is missing", fix="fill it in", place="name")
    return found


def add_place(session: Session, actor: Actor, new: NewPlace, *, now: datetime) -> Location:
    """A place is used from now on; Clash where there is one of its name, or was."""
    told: dict[str, Any] = {
        "id": new.id,
        "kind": new.kind,
        "turnover": new.turnover,
        "capacity": new.capacity,
    }
    place = understood(scenario.Location, told)
    refuse_between_steps("turnover", place.turnover)
    row = Location(clinic_id=actor.clinic_id, site=new.site.strip(), **told)
    return added(session, actor, row, "location", now)


def add_person(session: Session, actor: Actor, new: NewPerson, *, now: datetime) -> Practitioner:
    """Somebody treats here from now on, by the hours that are said."""
    name = new.name.strip()
    if not name:
        raise NotUnderstood("a name is missing", fix="fill it in", place="name")
    if not new.roles:
        raise NotUnderstood("whoever treats has a role", fix="choose one", place="roles")
    told: dict[str, Any] = {"roles": list(new.roles), "skills": list(new.skills)}
    understood(scenario.Practitioner, {"id": "new", "hours": {}, **told})
    free = _free_id(session, actor, new.roles[0])
    row = Practitioner(clinic_id=actor.clinic_id, id=free, name=name, **told)
    person = added(session, actor, row, "practitioner", now)
    opening_hours.works(session, actor, person.id, new.hours, now=now)
    return person


def _free_id(session: Session, actor: Actor, role: str) -> str:
    """The next of a role: a name is sealed where it is stored, and an id stands in clear."""
    taken = session.exec(
        select(Practitioner.id).where(Practitioner.clinic_id == actor.clinic_id)
    ).all()
    names = (f"{role}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def skills_asked_for(house: House) -> list[str]:
    """What pathways ask of those who treat, and what those who are here can."""
    asked = {
        need.skill
        for pathway in house.empty.pathways
        for activity in pathway.activities
        for need in activity.role_needs
        if need.skill is not None
    }
    return sorted(asked.union(*(person.skills for person in house.record.practitioners)))


def understood(kind: type[Kept], told: Mapping[str, Any]) -> Kept:
    """What was told, as the contract has it; NotUnderstood, naming the place, where it is not."""
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        says = first["msg"].removeprefix("Value error, ")
        raise NotUnderstood(says, fix="mend it", place=place) from None


def refuse_between_steps(place: str, minutes: int) -> None:
    """NotUnderstood where the ledger could promise something only in part."""
    if timedelta(minutes=minutes) % STEP:
        fix = f"choose a multiple of {STEP // timedelta(minutes=1)} minutes"
        raise NotUnderstood("a time is between two steps of the clock", fix=fix, place=place)


def added(session: Session, actor: Actor, row: Row, kind: str, now: datetime) -> Row:
    """A row of the house, the last of its kind; Clash where its name is taken."""
    table = type(row)
    last: int | None = session.exec(
        select(func.max(table.position)).where(table.clinic_id == actor.clinic_id)
    ).one()
    row.position = 0 if last is None else last + 1
    if not insert_new(session, row):
        says = f"there is a {kind} {row.id} already"
        raise Clash(says, fix="choose another name", place="name")
    subject = (kind, row.id)
    audit.record(session, actor, "house.add", at=now, subject=subject)
    audit.tell(session, actor.clinic_id, *subject, at=now)
    return session.get_one(table, (actor.clinic_id, row.id))

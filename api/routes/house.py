"""The clinic's house: its hours, its people's hours, who is on duty, how it is reached."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from sqlmodel import col, select

from api.dependencies import Here, Now, Reading, Writing
from api.routes.documents import Sent, Shown
from api.routes.facts import BrokenPromise, told
from scheduler.appointments import opening_hours
from scheduler.errors import NotThere
from scheduler.reminders import addressing, duty
from scheduler.store.tables import Absence, Clinic, Closure, Practitioner

router = APIRouter(tags=["house"])

Windows = Annotated[list[Annotated[str, Field(max_length=11)]], Field(max_length=20)]
Said = Annotated[str, Field(max_length=80)]


class Hours(Sent):
    """Windows such as ``08:00-12:30`` by weekday (``mon`` … ``sun``), or by date."""

    hours: Annotated[dict[Annotated[str, Field(max_length=10)], Windows], Field(max_length=400)]


class Address(Sent):
    """What messages call the clinic and where it is reached; what is left out stays."""

    sender: Said | None = None
    place: Said | None = None
    phone: Said | None = None
    after_hours_phone: Said | None = None


class NewDuty(Sent):
    """Who is called for a role from ``start`` until ``end``, and where they are reached."""

    role: Said
    name: Annotated[str, Field(min_length=1, max_length=120)]
    phone: Said
    start: AwareDatetime
    end: AwareDatetime


class DutyShown(Shown):
    """Somebody on duty."""

    id: UUID
    role: str
    name: str
    phone: str
    start: datetime
    end: datetime


class ClosedOn(Shown):
    """A date on which nothing happens."""

    day: date
    reason: str


class AwayShown(Shown):
    """Dates on which somebody is away, both included."""

    id: UUID
    practitioner_id: str
    first: date
    last: date


class HouseShown(Shown):
    """The clinic: when it is open, when it is closed, how it is reached."""

    id: str
    name: str
    timezone: str
    hours: dict[str, list[str]]
    closures: list[ClosedOn]
    address: dict[str, str]


class PractitionerShown(Shown):
    """Somebody who treats, and when."""

    id: str
    name: str
    roles: list[str]
    hours: dict[str, list[str]]
    absences: list[AwayShown]


@router.get("/clinic")
def read_house(session: Reading, actor: Here) -> HouseShown:
    """The clinic's hours, closures, and how it is reached."""
    clinic = session.get(Clinic, actor.clinic_id)
    if clinic is None:
        raise NotThere("there is no such clinic")
    closures = session.exec(
        select(Closure).where(Closure.clinic_id == actor.clinic_id).order_by(col(Closure.day))
    )
    return HouseShown(
        id=clinic.id,
        name=clinic.name,
        timezone=clinic.timezone,
        hours=clinic.hours,
        closures=[ClosedOn.model_validate(row) for row in closures],
        address=addressing.addressing_of(clinic),
    )


@router.put("/clinic/hours")
def change_hours(said: Hours, session: Writing, actor: Here, now: Now) -> list[BrokenPromise]:
    """Open at other hours from now on: which promises that breaks."""
    return told(opening_hours.opens(session, actor, said.hours, now=now))


@router.patch("/clinic/address")
def change_address(said: Address, session: Writing, actor: Here, now: Now) -> dict[str, str]:
    """Change what messages call the clinic, and where it is reached."""
    wanted = said.model_dump(exclude_none=True)
    return addressing.addressing_of(addressing.address(session, actor, wanted, now=now))


@router.get("/practitioners")
def list_practitioners(session: Reading, actor: Here) -> list[PractitionerShown]:
    """Everybody who treats, with their hours and absences."""
    away: dict[str, list[AwayShown]] = {}
    rows = session.exec(
        select(Absence).where(Absence.clinic_id == actor.clinic_id).order_by(col(Absence.first))
    )
    for row in rows:
        away.setdefault(row.practitioner_id, []).append(AwayShown.model_validate(row))
    people = session.exec(
        select(Practitioner)
        .where(Practitioner.clinic_id == actor.clinic_id)
        .order_by(col(Practitioner.position), col(Practitioner.id))
    )
    return [
        PractitionerShown(
            id=one.id,
            name=one.name,
            roles=one.roles,
            hours=one.hours,
            absences=away.get(one.id, []),
        )
        for one in people
    ]


@router.put("/practitioners/{practitioner_id}/hours")
def change_hours_of(
    practitioner_id: str, said: Hours, session: Writing, actor: Here, now: Now
) -> list[BrokenPromise]:
    """Let somebody work at other hours from now on: which promises that breaks."""
    return told(opening_hours.works(session, actor, practitioner_id, said.hours, now=now))


@router.get("/on-duty")
def list_duties(session: Reading, actor: Here, now: Now) -> list[DutyShown]:
    """Who is on duty now and later, in order of time."""
    rows = duty.duties(session, actor.clinic_id, since=now)
    return [DutyShown.model_validate(row) for row in rows]


@router.post("/on-duty", status_code=201)
def enter_duty(new: NewDuty, session: Writing, actor: Here, now: Now) -> DutyShown:
    """Write down who is on duty when."""
    wanted = duty.Duty(new.role, new.name, new.phone, new.start, new.end)
    return DutyShown.model_validate(duty.enter(session, actor, wanted, now=now))


@router.post("/on-duty/{on_duty_id}/end", status_code=204)
def end_duty(on_duty_id: UUID, session: Writing, actor: Here, now: Now) -> None:
    """End a duty now; one that has not begun is taken off the list."""
    duty.leave(session, actor, on_duty_id, now=now)

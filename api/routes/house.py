"""The clinic's house: its hours, places, people and groups, who is on duty, how it is reached."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field
from sqlmodel import col, select

from api.dependencies import Here, Now, Reading, Writing
from api.routes.documents import Sent, Shown
from api.routes.facts import BrokenPromise, told
from pathways.model import LocationKind, Role
from scheduler.appointments import enlarging, new_groups, opening_hours
from scheduler.errors import NotThere
from scheduler.reminders import addressing, duty
from scheduler.store.tables import Absence, Clinic, Closure, GroupSeries, Location, Practitioner

router = APIRouter(tags=["house"])

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Windows = Annotated[list[Annotated[str, Field(max_length=11)]], Field(max_length=20)]
Said = Annotated[str, Field(max_length=80)]
Week = Annotated[dict[Annotated[str, Field(max_length=10)], Windows], Field(max_length=400)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
ShortName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
"""How a place or a group is known, such as ``bay-4``."""


class Hours(Sent):
    """Windows such as ``08:00-12:30`` by weekday (``mon`` … ``sun``), or by date."""

    hours: Week


class Address(Sent):
    """What messages call the clinic and where it is reached; what is left out stays."""

    sender: Said | None = None
    place: Said | None = None
    phone: Said | None = None
    after_hours_phone: Said | None = None


class NewPlace(Sent):
    """A place; ``capacity``: seats of a meeting there, ``turnover``: minutes between two visits."""

    id: ShortName
    kind: LocationKind
    capacity: Annotated[int, Field(ge=1, le=1_000)] | None = None
    turnover: Annotated[int, Field(ge=0, le=24 * 60)] = 0
    site: Said = ""


class NewPerson(Sent):
    """Somebody who treats; ``hours``: windows such as ``08:00-12:30`` by weekday."""

    name: Name
    roles: Annotated[list[Role], Field(min_length=1, max_length=3)]
    skills: Annotated[tuple[Said, ...], Field(max_length=20)] = ()
    hours: Week


class NewMeeting(Sent):
    """When a group meets every week, by the clinic's clock."""

    day: Weekday
    start: Annotated[str, Field(max_length=5)]
    end: Annotated[str, Field(max_length=5)]


class NewGroup(Sent):
    """A group for an activity of the clinic's pathways; it meets as often as they ask for."""

    id: ShortName
    activity: Said
    capacity: Annotated[int, Field(ge=1, le=1_000)]
    location: Said
    facilitator: Said
    weekly: Annotated[list[NewMeeting], Field(min_length=1, max_length=20)]


class NewDuty(Sent):
    """Who is called for a role from ``start`` until ``end``, and where they are reached."""

    role: Said
    name: Name
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
    skills: list[str]
    hours: dict[str, list[str]]
    leaves_on: date | None
    absences: list[AwayShown]


class PlaceShown(Shown):
    """A place; from ``retired_on`` on it is used no more."""

    id: str
    kind: str
    capacity: int | None
    turnover: int
    site: str
    retired_on: date | None


class MeetingShown(Shown):
    """When a group meets every week, by the clinic's clock."""

    day: str
    start: str
    end: str


class GroupShown(Shown):
    """A group; on ``cancelled`` dates it does not meet, and no more from ``ends_on`` on."""

    id: str
    activity: str
    modality: str
    capacity: int
    location_id: str
    facilitator_id: str
    weekly: list[MeetingShown]
    cancelled: list[date]
    ends_on: date | None


class GroupAdded(BaseModel):
    """A new group, and the promises that it breaks."""

    group: GroupShown
    broken: list[BrokenPromise]


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
    return [_person(one, away.get(one.id, [])) for one in people]


def _person(row: Practitioner, absences: list[AwayShown]) -> PractitionerShown:
    return PractitionerShown(
        id=row.id,
        name=row.name,
        roles=row.roles,
        skills=row.skills,
        hours=row.hours,
        leaves_on=row.leaves_on,
        absences=absences,
    )


@router.post("/practitioners", status_code=201)
def add_practitioner(said: NewPerson, session: Writing, actor: Here, now: Now) -> PractitionerShown:
    """Let somebody treat here from now on."""
    wanted = enlarging.NewPerson(said.name, said.roles, said.skills, said.hours)
    return _person(enlarging.add_person(session, actor, wanted, now=now), [])


@router.get("/locations")
def list_locations(session: Reading, actor: Here) -> list[PlaceShown]:
    """Every place, those that are used no more among them."""
    rows = session.exec(
        select(Location)
        .where(Location.clinic_id == actor.clinic_id)
        .order_by(col(Location.position), col(Location.id))
    )
    return [PlaceShown.model_validate(row) for row in rows]


@router.post("/locations", status_code=201)
def add_location(said: NewPlace, session: Writing, actor: Here, now: Now) -> PlaceShown:
    """Use another place from now on."""
    wanted = enlarging.NewPlace(**said.model_dump())
    return PlaceShown.model_validate(enlarging.add_place(session, actor, wanted, now=now))


@router.get("/groups")
def list_groups(session: Reading, actor: Here) -> list[GroupShown]:
    """Every group, and when it meets."""
    rows = session.exec(
        select(GroupSeries)
        .where(GroupSeries.clinic_id == actor.clinic_id)
        .order_by(col(GroupSeries.position), col(GroupSeries.id))
    )
    return [GroupShown.model_validate(row) for row in rows]


@router.post("/groups", status_code=201)
def add_group(said: NewGroup, session: Writing, actor: Here, now: Now) -> GroupAdded:
    """Let another group meet from now on: which promises that breaks."""
    wanted = new_groups.NewGroup(**said.model_dump())
    row, broken = new_groups.add_group(session, actor, wanted, now=now)
    return GroupAdded(group=GroupShown.model_validate(row), broken=told(broken))


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

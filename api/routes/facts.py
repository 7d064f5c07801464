"""Facts that nobody refuses: who is away, what is closed; and the promises that they break."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.dependencies import Here, Now, Writing
from scheduler.appointments import ending_groups, facts, running_over
from scheduler.appointments.breaking import Broken
from scheduler.store.tables import Appointment

router = APIRouter(prefix="/facts", tags=["facts"])


class Fact(BaseModel):
    """What is sent: no unknown keys."""

    model_config = ConfigDict(extra="forbid")


class Away(Fact):
    """Who is away from ``first`` to ``last``, both included."""

    practitioner: str
    first: date
    last: date
    reason: str = Field(default="", max_length=500)


class Closed(Fact):
    """A date on which nothing happens."""

    day: date
    reason: str = Field(default="", max_length=500)


class Opened(Fact):
    """A date on which the clinic is open after all."""

    day: date


class Back(Fact):
    """Which absence ends: they are back on ``day``."""

    absence: UUID
    day: date


class Unavailable(Fact):
    """Which patient cannot come from ``first`` to ``last``, both included."""

    patient: str
    first: date
    last: date


class Retired(Fact):
    """Which place is used no more, from which date on."""

    location: str
    day: date


class Leaving(Fact):
    """Who works here no more, from which date on."""

    practitioner: str
    day: date


class Cancelled(Fact):
    """Which series of groups does not meet on which date."""

    series: str
    day: date


class GroupEnding(Fact):
    """Which series of groups meets no more, from which date on."""

    series: str
    day: date


class GroupGoingOn(Fact):
    """Which series of groups goes on after all."""

    series: str


class Overrun(Fact):
    """Which session lasts until when."""

    appointment: UUID
    until: AwareDatetime


class MendedPromise(BaseModel):
    """An appointment that can stand again as it is."""

    appointment: UUID
    code: str


class BrokenPromise(BaseModel):
    """An appointment that cannot stand as it is, and the task that asks somebody to see to it."""

    appointment: UUID
    code: str
    task: UUID
    says: str


class WentOn(BaseModel):
    """What stands again because a group goes on, and what keeps its room or leader from it."""

    mended: list[MendedPromise]
    broken: list[BrokenPromise]


def told(broken: list[Broken]) -> list[BrokenPromise]:
    """The promises that a fact breaks, as they are answered."""
    return [
        BrokenPromise(
            appointment=one.appointment.id,
            code=one.appointment.code,
            task=one.task.id,
            says=one.task.says,
        )
        for one in broken
    ]


def _mended(rows: list[Appointment]) -> list[MendedPromise]:
    return [MendedPromise(appointment=row.id, code=row.code) for row in rows]


@router.post("/absence", status_code=201)
def practitioner_is_away(
    fact: Away, session: Writing, actor: Here, now: Now
) -> list[BrokenPromise]:
    """Somebody who treats is away: which promises that breaks."""
    dates = facts.Dates(fact.first, fact.last)
    return told(
        facts.is_away(session, actor, fact.practitioner, dates, now=now, reason=fact.reason)
    )


@router.post("/closure", status_code=201)
def clinic_is_closed(fact: Closed, session: Writing, actor: Here, now: Now) -> list[BrokenPromise]:
    """Nothing happens on a date: which promises that breaks."""
    return told(facts.is_closed(session, actor, fact.day, now=now, reason=fact.reason))


@router.post("/opening", status_code=201)
def clinic_is_open(fact: Opened, session: Writing, actor: Here, now: Now) -> list[MendedPromise]:
    """The clinic is open after all: which visits can stand again."""
    return _mended(facts.is_open(session, actor, fact.day, now=now))


@router.post("/return", status_code=201)
def practitioner_is_back(
    fact: Back, session: Writing, actor: Here, now: Now
) -> list[MendedPromise]:
    """Somebody is back: which visits can stand again."""
    return _mended(facts.is_back(session, actor, fact.absence, fact.day, now=now))


@router.post("/unavailability", status_code=201)
def patient_is_unavailable(
    fact: Unavailable, session: Writing, actor: Here, now: Now
) -> list[BrokenPromise]:
    """A patient cannot come: which promises that breaks."""
    dates = facts.Dates(fact.first, fact.last)
    return told(facts.is_unavailable(session, actor, fact.patient, dates, now=now))


@router.post("/retirement", status_code=201)
def location_is_retired(
    fact: Retired, session: Writing, actor: Here, now: Now
) -> list[BrokenPromise]:
    """A place is used no more: which promises that breaks."""
    return told(facts.is_retired(session, actor, fact.location, fact.day, now=now))


@router.post("/departure", status_code=201)
def practitioner_leaves(
    fact: Leaving, session: Writing, actor: Here, now: Now
) -> list[BrokenPromise]:
    """Somebody works here no more: which promises that breaks."""
    return told(facts.leaves(session, actor, fact.practitioner, fact.day, now=now))


@router.post("/meeting-cancelled", status_code=201)
def meeting_is_cancelled(
    fact: Cancelled, session: Writing, actor: Here, now: Now
) -> list[BrokenPromise]:
    """A group does not meet on a date: which promises that breaks."""
    return told(facts.does_not_meet(session, actor, fact.series, fact.day, now=now))


@router.post("/group-end", status_code=201)
def group_ends(fact: GroupEnding, session: Writing, actor: Here, now: Now) -> list[BrokenPromise]:
    """A group meets no more from a date on: which promises that breaks."""
    return told(ending_groups.ends(session, actor, fact.series, fact.day, now=now))


@router.post("/group-going-on", status_code=201)
def group_goes_on(fact: GroupGoingOn, session: Writing, actor: Here, now: Now) -> WentOn:
    """A group goes on after all: which visits can stand again, and which promises that breaks."""
    broken, mended = ending_groups.goes_on(session, actor, fact.series, now=now)
    return WentOn(mended=_mended(mended), broken=told(broken))


@router.post("/overrun", status_code=201)
def appointment_runs_over(
    fact: Overrun, session: Writing, actor: Here, now: Now
) -> list[BrokenPromise]:
    """A session lasts longer: whose time that takes."""
    return told(running_over.runs_over(session, actor, fact.appointment, fact.until, now=now))

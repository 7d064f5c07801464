"""A clinician's own day: the visits that they treat in or watch, in order of time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from api.routes.sessions import Brief
from api.web.bars import activity_titles
from api.web.session_view import Next
from pathways import timing
from scheduler.acting import Actor
from scheduler.appointments import listing
from scheduler.sessions.loading import DoseSession
from scheduler.store.tables import Clinic
from scheduler.tracking import TAKES_TIME

Line = tuple[DoseSession, Brief, Next | None]


@dataclass(frozen=True)
class Own:
    """One of somebody's visits; a dose has its session's ``line``. ``over``: nothing is left."""

    id: UUID
    start: datetime
    end: datetime
    title: str
    place: str | None
    patients: tuple[str, ...]
    status: str
    line: Line | None
    over: bool


@dataclass(frozen=True)
class Mine:
    """The visits of whoever looks. ``practitioner``: who they are, None for who treats nobody."""

    practitioner: str | None
    visits: tuple[Own, ...]

    @property
    def to_come(self) -> list[Own]:
        """What is under way or ahead."""
        return [visit for visit in self.visits if not visit.over]

    @property
    def behind(self) -> list[Own]:
        """What is over."""
        return [visit for visit in self.visits if visit.over]

    @property
    def patients(self) -> set[str]:
        """Everybody who is named in it."""
        return {patient for visit in self.visits for patient in visit.patients}


def mine_of(session: Session, actor: Actor, lines: Sequence[Line], *, now: datetime) -> Mine:
    """What is theirs today, by the account's own practitioner."""
    clinic = session.get(Clinic, actor.clinic_id)
    if actor.practitioner_id is None or clinic is None:
        return Mine(None, ())
    today = timing.local_date(now, timing.zone(clinic.timezone))
    wanted = listing.Wanted(today, today, practitioner=actor.practitioner_id)
    found = [one for one in listing.listed(session, actor, wanted) if one.row.status in TAKES_TIME]
    doses = {one.visit.appointment_id: (one, line, due) for one, line, due in lines}
    titles = activity_titles(session, actor)
    return Mine(actor.practitioner_id, tuple(_grouped(found, doses, titles, now)))


def _grouped(
    found: Iterable[listing.Listed],
    doses: Mapping[UUID, Line],
    titles: Mapping[str, str],
    now: datetime,
) -> Iterable[Own]:
    """One line for each visit; the places of one meeting of a group are one."""
    meetings: dict[Any, Own] = {}
    for one in found:
        own, series = _own(one, doses, titles, now), one.row.series_id
        key = (series, own.start) if series else own.id
        before = meetings.get(key)
        if before is not None:
            own = replace(before, patients=(*before.patients, *own.patients))
        meetings[key] = own
    return sorted(meetings.values(), key=lambda own: (own.start, str(own.id)))


def _own(
    one: listing.Listed, doses: Mapping[UUID, Line], titles: Mapping[str, str], now: datetime
) -> Own:
    row, line = one.row, doses.get(one.row.id)
    return Own(
        id=row.id,
        start=row.start,
        end=row.end,
        title=titles.get(row.activity, row.activity.replace("-", " ")),
        place=row.location_id,
        patients=one.patients,
        status=row.status,
        line=line,
        over=line[1].stage.is_over if line else row.end <= now,
    )

"""Lists of appointments: by dates, by person or place, a patient's weeks, a clinic's day.

Each list is one query however long it is. It reads the columns that are shown and makes no rows of
the store of them: a day has hundreds. What is kept as JSON is given as the text that it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Text, bindparam, cast, func, literal, select
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, and_, or_

from pathways import timing
from scheduler.acting import Actor
from scheduler.errors import NotThere, NotUnderstood
from scheduler.store.asking import ask, table_of
from scheduler.store.tables import Appointment, AppointmentPatient, Clinic, Enrolment, Gate

WEEKS = 8
"""Weeks of a patient that are shown at once."""

LONGEST = 100
"""Days of which one list may be."""


SHOWN: Final = (
    *("id", "code", "activity", "occurrence", "status", "held_until", "cancel_reason", "start"),
    *("end", "wall_time", "zone", "modality", "sequence", "version", "hold_reason"),
    *("location_id", "series_id", "practitioners", "stages", "notes", "is_dose"),
)
"""The columns of an appointment that lists show, in this order."""

AS_TEXT: Final = frozenset({"id", "practitioners", "stages", "notes"})
"""Those that may be asked for as the database writes them: JSON, ids with or without hyphens."""

_IDENTITY: Final = itemgetter(SHOWN.index("id"))
_IN_ORDER: Final = itemgetter(SHOWN.index("start"), SHOWN.index("id"), -1)


class Listed(NamedTuple):
    """An appointment in a list. ``tentative``: a gate of it is open.

    ``row``: its columns in SHOWN, those in AS_TEXT as texts where these were asked for; of `one`
    it is the row of the store.
    """

    row: Any
    patients: tuple[str, ...]
    tentative: bool


@dataclass(frozen=True)
class Wanted:
    """Which appointments: those that begin on the dates, both included, narrowed as said."""

    first: date
    last: date
    patient: str | None = None
    practitioner: str | None = None
    location: str | None = None


def listed(
    session: Session, actor: Actor, wanted: Wanted, *, as_text: bool = False
) -> list[Listed]:
    """The appointments that somebody may see, in order of time; a patient sees their own."""
    zone = _zone_of(session, actor.clinic_id)
    return _listed(session, actor, wanted, zone, as_text=as_text)


def day_of(session: Session, actor: Actor, day: date | None, *, now: datetime) -> list[Listed]:
    """All that happens on a date of the clinic, today where none is said, as texts."""
    zone = _zone_of(session, actor.clinic_id)
    day = day or timing.local_date(now, zone)
    return _listed(session, actor, Wanted(day, day), zone, as_text=True)


def weeks_of(
    session: Session, actor: Actor, patient_id: str, start: date | None = None
) -> list[Listed]:
    """A patient's eight weeks as texts, from a date on or the start of their latest enrolment.

    NotThere for somebody who is on no pathway, or is not the patient.
    """
    if not actor.may_see(patient_id):
        raise NotThere("there is no such patient")
    values = {"clinic": actor.clinic_id, "patient": patient_id}
    found = session.connection().execute(_CLINIC_AND_START, values).first()
    if found is None or (start is None and found.start is None):
        raise NotThere("there is no such patient")
    start = start or found.start
    last = timing.week_dates(start, WEEKS)[-1]
    wanted, zone = Wanted(start, last, patient_id), timing.zone(found.timezone)
    return _listed(session, actor, wanted, zone, as_text=True)


def _zone_of(session: Session, clinic_id: str) -> ZoneInfo:
    """The clinic's time zone; NotThere without a clinic."""
    name = session.connection().execute(_ZONE, {"clinic": clinic_id}).scalar_one_or_none()
    if name is None:
        raise NotThere("there is no such clinic")
    return timing.zone(name)


def _listed(
    session: Session, actor: Actor, wanted: Wanted, zone: ZoneInfo, *, as_text: bool
) -> list[Listed]:
    if not 0 <= (wanted.last - wanted.first).days < LONGEST:
        raise NotUnderstood(f"a list is of 1 to {LONGEST} days", place="to")
    patient = actor.patient_id if actor.is_patient else wanted.patient
    if actor.is_patient and wanted.patient not in (None, actor.patient_id):
        raise NotThere("there is no such patient")
    values = {
        "clinic": actor.clinic_id,
        "patient": patient,
        "location": wanted.location,
        "begin": timing.instant(wanted.first, 0, zone),
        "end": timing.next_day_at(wanted.last, 0, zone),
    }
    narrowed = _Narrowed(
        patient is not None, wanted.location is not None, wanted.practitioner, as_text
    )
    return list(_together(session.connection().execute(_statement(narrowed), values).all()))


def _together(rows: Iterable[Any]) -> Iterator[Listed]:
    """Each appointment once, in order: there is a row for everybody who takes part in it.

    They come in order of time, but for ties: a database would sort whole rows for these.
    """
    for _, parts in groupby(sorted(rows, key=_IN_ORDER), key=_IDENTITY):
        first, *others = parts
        patients = (first.patient_id, *(row.patient_id for row in others))
        yield Listed(first, patients, bool(first.tentative))


def one(session: Session, row: Appointment) -> Listed:
    """An appointment as lists show it, with those who take part in it."""
    values = {"clinic": row.clinic_id, "appointment": row.id}
    parts = ask(session, _parts(), values)
    patients = tuple(part.patient_id for part in parts)
    return Listed(row, patients, any(part.tentative for part in parts))


@cache
def _parts() -> Select[Any]:
    """Who takes part in an appointment, in order; each says whether a gate of it is open."""
    return (
        select(_PART.c.patient_id, _has_open_gate())
        .select_from(_VISIT.join(_PART, and_(*_of(_PART.c))))
        .where(_VISIT.c.clinic_id == bindparam("clinic"), _VISIT.c.id == bindparam("appointment"))
        .order_by(_PART.c.position)
    )


_CLINIC, _ENROLMENT, _GATE = table_of(Clinic), table_of(Enrolment), table_of(Gate)
_VISIT, _PART = table_of(Appointment), table_of(AppointmentPatient)

_ZONE: Final = select(_CLINIC.c.timezone).where(_CLINIC.c.id == bindparam("clinic"))
_CLINIC_AND_START: Final = select(
    _CLINIC.c.timezone,
    select(func.max(_ENROLMENT.c.start))
    .where(_ENROLMENT.c.clinic_id == _CLINIC.c.id, _ENROLMENT.c.patient_id == bindparam("patient"))
    .scalar_subquery()
    .label("start"),
).where(_CLINIC.c.id == bindparam("clinic"))


def _as_text(name: str) -> ColumnElement[str]:
    return cast(_VISIT.c[name], Text).label(name)


def _has_open_gate() -> ColumnElement[bool]:
    """Whether a gate of an appointment is open, as a column of its query.

    The first one is looked for: where it is only asked whether there is any, PostgreSQL reads the
    gates of all appointments that there are.
    """
    of_it = and_(
        _GATE.c.clinic_id == _VISIT.c.clinic_id,
        _GATE.c.appointment_id == _VISIT.c.id,
        _GATE.c.closed_at.is_(None),
    )
    first = select(literal(1)).where(of_it).limit(1).correlate(_VISIT).scalar_subquery()
    return first.is_not(None).label("tentative")


@dataclass(frozen=True)
class _Narrowed:
    """By what a list is narrowed; the values of the first two come with each request.

    ``as_text``: its columns in AS_TEXT are asked for as texts.
    """

    of_patient: bool
    at_location: bool
    practitioner: str | None
    as_text: bool


@lru_cache(256)
def _statement(narrowed: _Narrowed) -> Select[Any]:
    """The query of a list, to which each request brings its values.

    It is built once: that takes longer than it takes the database to answer. A patient's
    appointments are found by the patient: the dates are compared with their own entry's start, for
    a database would else be free to look through what the whole clinic has on these dates.
    """
    visit, own = _VISIT.c, _PART.alias("own").c
    found = [visit.clinic_id == bindparam("clinic")]
    start = visit.start
    if narrowed.of_patient:
        found += [*_of(own), own.clinic_id == bindparam("clinic")]
        found += [own.patient_id == bindparam("patient")]
        start = own.start
    if narrowed.at_location:
        found.append(visit.location_id == bindparam("location"))
    if narrowed.practitioner is not None:
        found.append(_is_with(narrowed.practitioner))
    return (
        select(
            *(_as_text(n) if narrowed.as_text and n in AS_TEXT else visit[n] for n in SHOWN),
            _has_open_gate(),
            _PART.c.patient_id,
            _PART.c.position,
        )
        .select_from(_VISIT.join(_PART, and_(*_of(_PART.c))))
        .where(*found, start >= bindparam("begin"), start < bindparam("end"))
        .order_by(start)
    )


def _of(part: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether somebody's part is one in this appointment."""
    return part.clinic_id == _VISIT.c.clinic_id, part.appointment_id == _VISIT.c.id


def _is_with(practitioner: str) -> ColumnElement[bool]:
    """Whether somebody meets a need of it or watches a stage; both are kept as plain data."""
    named = f'"{practitioner}"'
    return or_(
        *(
            cast(_VISIT.c[name], Text).contains(named, autoescape=True)
            for name in ("practitioners", "stages")
        )
    )

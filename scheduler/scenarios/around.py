"""A few patients and what stands beside them: the part of a clinic by which a change is judged.

It is the same scenario as the whole clinic's, with less in it. What stands in the store was valid
when it was written, and whoever waits for a booking does not wait for it to be validated again:
appointments become records as they are, and a patient is remembered by the very texts of which
they were read.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, SQLModel

from pathways.plan import Note, PlannedStage
from pathways.record import Record
from pathways.scenario import Booked, Patient, Scenario
from scheduler.care.facts import OF_A_VISIT
from scheduler.scenarios.giving import OF_APPOINTMENT, OF_ENROLMENT, STANDING, is_locked
from scheduler.scenarios.houses import House, house_of
from scheduler.store.asking import among, ask, filled, one_of, room

_OF_VISIT: Final = tuple(dict.fromkeys((*OF_APPOINTMENT, *OF_A_VISIT, "held_until")))
_TABLES: Final = SQLModel.metadata.tables
_PATIENTS_REMEMBERED: Final = 1_000

Kept = TypeVar("Kept", bound=Record)

Written = tuple[Any, ...]
"""A row as it was read, structured columns as the text that is stored."""

Taken = tuple[Any, list[str]]
"""An appointment as it was read, and those who take part, in their order."""


@dataclass(frozen=True)
class Beside:
    """What else is looked at: what begins on dates; with ``sharing``, only with these names.

    Names are those of places, series and people. ``sharing`` is for who judges what the patients
    themselves do: of whom else they meet there, it is known since when they are on which pathway,
    and no more.
    """

    days: frozenset[date] = frozenset()
    sharing: frozenset[str] | None = None


class OnPathway(NamedTuple):
    """The enrolment that runs: its own id, and the pathway on which the patient is."""

    id: UUID
    pathway_id: str


@dataclass(frozen=True)
class Around:
    """The scenario, and by which enrolment each of its patients is in it.

    ``visits``: all appointments of those whom it was asked for, standing or not.
    """

    scenario: Scenario
    enrolments: Mapping[str, OnPathway]
    visits: tuple[Taken, ...]


def scenario_around(
    session: Session,
    clinic_id: str,
    patients: Iterable[str],
    beside: Beside = Beside(),
    *,
    now: datetime | None,
) -> Scenario:
    """The scenario of what stands `around` some patients."""
    return around(session, clinic_id, patients, beside, now=now).scenario


def around(
    session: Session,
    clinic_id: str,
    patients: Iterable[str],
    beside: Beside,
    *,
    now: datetime | None,
) -> Around:
    """These patients, who are named with their partners, what is booked for them, what is beside.

    Whose that is belongs to it. What began before ``now`` is locked. NoClinic where there is none
    of this name.
    """
    house = house_of(session, clinic_id)
    names = set(patients)
    taken = _taken(session, house, names, beside, now)
    visits = tuple(one for one in taken if not names.isdisjoint(one[1]))
    booked = [_record(*one, now, house) for one in taken if _stands(one[0], now)]
    others = {name for one in booked for name in one.patients} - names
    if beside.sharing is None:
        names, others = names | others, set()
    enrolled = _enrolled(session, clinic_id, names, others)
    standing = tuple(one for one in booked if enrolled.keys() >= {*one.patients})
    people = tuple(_joinable(patient, house) for patient, _ in enrolled.values())
    scenario = house.empty.model_copy(update={"patients": people, "booked": standing, "now": now})
    by = {name: enrolment for name, (_, enrolment) in enrolled.items()}
    return Around(scenario, by, visits)


# ---- who ------------------------------------------------------------------------------------


def _enrolled(
    session: Session, clinic_id: str, names: Collection[str], others: Collection[str]
) -> dict[str, tuple[Patient, OnPathway]]:
    """The patients of these names, and others of whom little is known, in the clinic's order."""
    size, values = room(len(names)), {"clinic": clinic_id} | filled("name", sorted(names))
    asked = _enrolments(size, room(len(others)))
    rows = ask(session, asked, values | filled("other", sorted(others)))
    known = {row.id for row in rows}
    allowed: dict[tuple[str, str], list[Written]] = defaultdict(list)
    for patient, kind, *row in ask(session, _permissions(size), values):
        allowed[patient, kind].append(tuple(row))
    found = {}
    for enrolment, name, partner, *rest in rows:
        patient = _patient(
            (name, partner if partner in known else None, *rest),
            tuple(sorted(allowed[name, "clearance"])),
            tuple(sorted(allowed[name, "authorization"])),
        )
        found[name] = (patient, OnPathway(enrolment, patient.pathway))
    return found


@cache
def _enrolments(size: int, others: int) -> Select[Any]:
    """Those of some patients who are on a pathway now, each with what they are enrolled on.

    Of the others what is long is not read.
    """
    patient, enrolment = _TABLES["patient"].c, _TABLES["enrolment"].c
    whole = _TABLES["enrolment"].alias("whole")
    named = among(patient.id, "name", size)
    return (
        select(
            enrolment.id.label("enrolment"),
            patient.id,
            patient.partner_id,
            enrolment.pathway_id,
            enrolment.start,
            *(_as_text(whole.c[name]) for name in OF_ENROLMENT[1:]),
        )
        .select_from(
            _TABLES["patient"]
            .join(
                _TABLES["enrolment"],
                and_(enrolment.clinic_id == patient.clinic_id, enrolment.patient_id == patient.id),
            )
            .outerjoin(
                whole,
                and_(whole.c.clinic_id == patient.clinic_id, whole.c.id == enrolment.id, named),
            )
        )
        .where(
            patient.clinic_id == bindparam("clinic"),
            enrolment.clinic_id == bindparam("clinic"),
            enrolment.status == "active",
            or_(named, among(patient.id, "other", others)),
        )
        .order_by(patient.position, patient.id)
    )


@cache
def _permissions(size: int) -> CompoundSelect[Any]:
    """What some patients are cleared and authorized for; with its place in their record."""
    cleared, approved = _TABLES["clearance"].c, _TABLES["authorization"].c
    parts = (
        (cleared, "clearance", cleared.kind, null(), cleared.revoked_at.is_(None)),
        (approved, "authorization", approved.service, approved.units, true()),
    )
    return union_all(
        *(
            select(
                row.patient_id,
                literal(kind),
                row.position,
                cast(row.id, String),
                what,
                row.first,
                row.last,
                units.label("units"),
            ).where(
                row.clinic_id == bindparam("clinic"),
                among(row.patient_id, "name", size),
                holds,
            )
            for row, kind, what, units, holds in parts
        )
    )


def _as_text(column: Any) -> Any:
    return cast(column, String) if isinstance(column.type, JSON) else column


@lru_cache(_PATIENTS_REMEMBERED)
def _patient(
    enrolled: Written, cleared: tuple[Written, ...], authorized: tuple[Written, ...]
) -> Patient:
    """The record of what was read; the same texts say the same of the same patient."""
    name, partner, pathway, start, *structured = enrolled
    rest = dict(zip(OF_ENROLMENT[1:], structured, strict=True))
    clearances = [{"kind": kind, "from": first, "to": last} for *_, kind, first, last, _ in cleared]
    authorizations = [
        {"service": service, "units": units, "from": first, "to": last}
        for *_, service, first, last, units in authorized
    ]
    return Patient.model_validate(
        {
            "id": name,
            "partner": partner,
            "pathway": pathway,
            "start": start,
            "available": {},
            "clearances": clearances,
            "authorizations": authorizations,
            **{key: json.loads(text) for key, text in rest.items() if text is not None},
        }
    )


def _joinable(patient: Patient, house: House) -> Patient:
    """The patient without the wish for a group that nobody joins any more."""
    groups = house.joinable(patient.groups) if patient.groups and house.ending else patient.groups
    return patient if groups == patient.groups else patient.model_copy(update={"groups": groups})


# ---- what stands ----------------------------------------------------------------------------


def _taken(
    session: Session, house: House, names: Collection[str], beside: Beside, now: datetime | None
) -> list[Taken]:
    clinic_id, zone = house.record.id, house.record.zone
    runs = _runs(beside.days)
    shared = None if beside.sharing is None else sorted(beside.sharing)
    values: dict[str, Any] = {"clinic": clinic_id, "now": now} | filled("patient", sorted(names))
    for number, run in enumerate(runs):
        values |= dict(zip((f"from{number}", f"to{number}"), _bounds(*run, zone), strict=True))
    for number, name in enumerate(shared or ()):
        values |= {f"name{number}": name, f"named{number}": f'"{name}"'}
    sharing = None if shared is None else len(shared)
    dialect = session.get_bind().dialect.name
    asked = _standing(dialect, room(len(names)), len(runs), sharing, held=now is not None)
    found: dict[UUID, Taken] = {}
    # A database would sort whole rows.
    for row in sorted(ask(session, asked, values), key=attrgetter("start", "code", "position")):
        found.setdefault(row.id, (row, []))[1].append(row.patient_id)
    return list(found.values())


def _stands(row: Any, now: datetime | None) -> bool:
    held = now is not None and row.status == "pending" and row.held_until > now
    return held or row.status in STANDING


@lru_cache(64)
def _standing(
    dialect: str, patients: int, runs: int, names: int | None, *, held: bool
) -> Select[Any]:
    """The query for all that some patients have, and what stands on so many stretches of dates.

    Each part is a look-up of its own by an index, however much else the clinic has.
    """
    visit, part = _TABLES["appointment"].c, _TABLES["appointment_patient"].c
    of_patients = select(part.appointment_id).where(
        part.clinic_id == bindparam("clinic"),
        among(part.patient_id, "patient", patients),
    )
    stands: ColumnElement[bool] = one_of(visit.status, STANDING)
    if held:
        stands = or_(stands, and_(visit.status == "pending", visit.held_until > bindparam("now")))
    on_days = (
        select(visit.id).where(
            visit.clinic_id == bindparam("clinic"),
            stands,
            visit.start.between(bindparam(f"from{number}"), bindparam(f"to{number}")),
            true()
            if names is None
            else or_(false(), *(_shares(dialect, visit, n) for n in range(names))),
        )
        for number in range(runs)
    )
    return select(
        # Nothing is made of structured columns: there are hundreds.
        *(_as_text(visit[name]).label(name) for name in _OF_VISIT),
        part.patient_id,
        part.position,
    ).where(
        visit.clinic_id == bindparam("clinic"),
        visit.id.in_(select(union(of_patients, *on_days).subquery())),
        part.clinic_id == visit.clinic_id,
        part.appointment_id == visit.id,
    )


def _shares(dialect: str, visit: Any, number: int) -> ColumnElement[bool]:
    """Whether it has a place, series or person of a name; people are kept as plain data.

    To look for a pattern takes a database twice as long as to look for a text.
    """
    name: Any = bindparam(f"name{number}")
    named = bindparam(f"named{number}", type_=String())
    found = func.instr if dialect == "sqlite" else func.strpos
    return or_(
        visit.location_id == name,
        visit.series_id == name,
        found(cast(visit.practitioners, String), named) > 0,
        found(cast(visit.stages, String), named) > 0,
    )


def _record(row: Any, patients: list[str], now: datetime | None, house: House) -> Booked:
    return _stored(
        Booked,
        {
            "id": row.code,
            "patients": tuple(patients),
            "activity": row.activity,
            "occurrence": row.occurrence,
            "start": row.start,
            "end": row.end,
            "modality": row.modality,
            "location": row.location_id,
            "practitioners": _names(row.practitioners),
            "stages": _parts(PlannedStage, row.stages),
            "notes": _parts(Note, row.notes),
            "locked": is_locked(row, now, house),
        },
    )


def _stored(kind: type[Kept], values: dict[str, Any]) -> Kept:
    """A record of values for all of its fields, as `model_construct` makes it.

    That looks at each field for what is missing or has another name, which takes four times as
    long; there are a hundred records in a scene.
    """
    made = kind.__new__(kind)
    object.__setattr__(made, "__dict__", values)
    object.__setattr__(made, "__pydantic_fields_set__", _fields(kind))
    object.__setattr__(made, "__pydantic_extra__", None)
    object.__setattr__(made, "__pydantic_private__", None)
    return made


@cache
def _usual(kind: type[Record]) -> dict[str, Any]:
    """What a field is that nothing is said of."""
    fields = kind.model_fields.items()
    return {name: field.default for name, field in fields if not field.is_required()}


@cache
def _fields(kind: type[Record]) -> set[str]:
    return set(kind.model_fields)


@lru_cache(1_000)
def _names(text: str) -> tuple[str, ...]:
    """The names of a list; few teams serve all appointments."""
    return tuple(json.loads(text))


def _in_utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


_INSTANTS: Final = {"start": _in_utc, "end": _in_utc, "until": datetime.fromisoformat}


def _parts(kind: type[Kept], text: str) -> tuple[Kept, ...]:
    """A list of records; stages begin and end in UTC, as their appointment does."""
    if text == "[]":
        return ()
    return tuple(
        _stored(
            kind,
            _usual(kind)
            | {
                name: _INSTANTS[name](value) if name in _INSTANTS and value else value
                for name, value in part.items()
            },
        )
        for part in json.loads(text)
    )


def _runs(days: Iterable[date]) -> list[tuple[date, date]]:
    """The dates as stretches without a gap, each with its first and last one."""
    runs: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _bounds(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first and the last instant of some dates."""
    return datetime.combine(first, time.min, zone), datetime.combine(last, time.max, zone)
